package rules

import (
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// field is a key that a mapping takes.
type field struct {
	key  string
	must bool // it has to be given
	read func(entry)
}

func keys(fields []field) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.key
	}
	return list
}

// mapping reads a mapping key by key and returns where each key stands. Keys that
// it doesn't take and those that are missing are problems.
func (l *loader) mapping(n ast.Node, what, shape string, fields []field) map[string]Pos {
	return l.named(n, what, what, shape, fields)
}

// named is mapping for a mapping that has a name.
func (l *loader) named(n ast.Node, name, what, shape string, fields []field) map[string]Pos {
	entries, ok := l.entries(n, name, shape)
	if !ok {
		return nil
	}
	given := map[string]Pos{}
	for _, e := range entries {
		given[e.key] = e.pos
		if i := slices.IndexFunc(fields, func(f field) bool { return f.key == e.key }); i >= 0 {
			fields[i].read(e)
		} else {
			l.unknown(e, what, keys(fields))
		}
	}
	for _, f := range fields {
		if _, there := given[f.key]; f.must && !there {
			l.fail(l.pos(n), "%s needs %s", what, f.key)
		}
	}
	return given
}

func (l *loader) unknown(e entry, what string, known []string) {
	l.fail(e.pos, "%q is no key of %s%s; it takes %s", e.key, what, fault.DidYouMean(e.key, known), oneOf(known))
}

// list appends the items of a list that read without a problem.
func list[T any](l *loader, to *[]T, e entry, shape string, read func(ast.Node, *T)) {
	nodes, ok := items(e.value)
	if !ok {
		l.fail(l.pos(e.value), "%s is a list: write [%s]", e.key, shape)
		return
	}
	for _, n := range nodes {
		var item T
		before := len(l.problems)
		if read(n, &item); len(l.problems) == before {
			*to = append(*to, item)
		}
	}
}

// The readers of fields. Each puts what it reads in its place, or notes a problem.

func (l *loader) text(to *string) func(entry) {
	return func(e entry) {
		if s, ok := l.str(e.value, e.key); ok {
			*to = s
		}
	}
}

// column reads a column's name, which may be quoted as in SQL.
func (l *loader) column(to *string) func(entry) {
	return func(e entry) {
		s, _ := l.str(e.value, e.key)
		*to, _ = unquote(s)
	}
}

func (l *loader) flag(to *bool) func(entry) {
	return func(e entry) {
		v, ok := l.scalar(e.value)
		if !ok || v.Kind != Bool || v.Text != "true" && v.Text != "false" {
			l.fail(l.pos(e.value), "%s is true or false", e.key)
		}
		*to = v.Text == "true"
	}
}

// count reads a whole number of at least least.
func (l *loader) count(to *int64, least int64) func(entry) {
	return func(e entry) {
		v, ok := l.scalar(e.value)
		n, err := strconv.ParseInt(v.Text, 10, 64)
		if !ok || v.Kind != Number || err != nil || n < least || n > 1_000_000_000 {
			l.fail(l.pos(e.value), "%s is a whole number from %d on", e.key, least)
			n = least
		}
		*to = n
	}
}

// choice reads one of several words, of which the first is the default.
func (l *loader) choice(to *string, choices []string) func(entry) {
	*to = choices[0]
	return func(e entry) {
		s, ok := l.str(e.value, e.key)
		switch {
		case !ok:
		case slices.Contains(choices, s):
			*to = s
		default:
			l.fail(l.pos(e.value), "%s is %s, not %q%s", e.key, oneOf(choices), s, fault.DidYouMean(s, choices))
		}
	}
}

func (l *loader) tableName(to *catalog.Name) func(entry) {
	return func(e entry) {
		s, ok := l.str(e.value, e.key)
		if !ok {
			return
		}
		var err error
		if *to, err = catalog.ParseName(s); err != nil {
			l.fail(l.pos(e.value), "%v", err)
		}
	}
}

// columns reads a list of column names, which are taken literally but for quotes
// as in SQL.
func (l *loader) columns(to *[]ColumnRef) func(entry) {
	return func(e entry) {
		list, ok := items(e.value)
		if !ok || len(list) == 0 {
			l.fail(l.pos(e.value), "%s is a list of column names: write [COLUMN, …]", e.key)
			return
		}
		for _, it := range list {
			v, ok := l.scalar(it)
			if !ok || v.Text == "" {
				l.fail(l.pos(it), "a column name is a string")
				continue
			}
			name, _ := unquote(v.Text)
			*to = append(*to, ColumnRef{name, v.Pos})
		}
	}
}

// distinct is columns of which none may be given twice.
func (l *loader) distinct(to *[]ColumnRef) func(entry) {
	read := l.columns(to)
	return func(e entry) {
		read(e)
		first := map[string]bool{}
		*to = slices.DeleteFunc(*to, func(c ColumnRef) bool {
			twice := first[c.Name]
			if twice {
				l.fail(c.Pos, "column %q is given twice in %s: remove one", c.Name, e.key)
			}
			first[c.Name] = true
			return twice
		})
	}
}

func (l *loader) condition(to *Condition) func(entry) {
	return func(e entry) { *to = l.expression(e) }
}
