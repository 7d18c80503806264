package rules

import (
	"github.com/goccy/go-yaml/ast"

	"refresher/internal/postgres/catalog"
)

const referenceShape = "{table: …, columns: […], to: …, to_columns: […], when: …}"

var referenceKeys = []string{"table", "columns", "to", "to_columns", "when"}

func (l *loader) references(n ast.Node) {
	list, ok := items(n)
	if !ok {
		l.fail(l.pos(n), "references is a list: write [%s]", referenceShape)
		return
	}
	for _, it := range list {
		if r, ok := l.reference(it); ok {
			l.rs.References = append(l.rs.References, r)
		}
	}
}

func (l *loader) reference(n ast.Node) (Reference, bool) {
	r := Reference{Pos: l.pos(n)}
	before := len(l.problems)
	entries, ok := l.entries(n, "a reference", referenceShape)
	if !ok {
		return r, false
	}
	given := map[string]bool{}
	for _, e := range entries {
		given[e.key] = true
		switch e.key {
		case "table":
			r.Table = l.tableName(e)
		case "to":
			r.To = l.tableName(e)
		case "columns":
			r.Columns = l.names(e)
		case "to_columns":
			r.ToColumns = l.names(e)
		case "when":
			r.When = l.condition(e)
		default:
			l.unknown(e, "a reference", referenceKeys)
		}
	}
	for _, k := range []string{"table", "columns", "to"} {
		if !given[k] {
			l.fail(r.Pos, "a reference needs %s", k)
		}
	}
	if len(r.ToColumns) > 0 && len(r.ToColumns) != len(r.Columns) {
		l.fail(r.Pos, "a reference has as many to_columns as columns: here are %d and %d", len(r.ToColumns), len(r.Columns))
	}
	return r, len(l.problems) == before
}

func (l *loader) tableName(e entry) catalog.Name {
	s, ok := l.text(e.value, e.key)
	if !ok {
		return catalog.Name{}
	}
	name, err := catalog.ParseName(s)
	if err != nil {
		l.fail(l.pos(e.value), "%v", err)
	}
	return name
}

// names reads a list of column names, which are taken literally but for quotes
// as in SQL.
func (l *loader) names(e entry) []string {
	list, ok := items(e.value)
	if !ok || len(list) == 0 {
		l.fail(l.pos(e.value), "%s is a list of column names: write [COLUMN, …]", e.key)
		return nil
	}
	var names []string
	for _, it := range list {
		v, ok := l.scalar(it)
		if !ok || v.Text == "" {
			l.fail(l.pos(it), "a column name is a string")
			continue
		}
		name, _ := unquote(v.Text)
		names = append(names, name)
	}
	return names
}
