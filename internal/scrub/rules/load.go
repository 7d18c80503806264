package rules

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
)

// Load reads rules files as one ruleset. A file that can't be read, and every
// problem in all files, is part of one *fault.Input. The ruleset of what could be
// understood comes back also with an error, so that a caller who has a catalog
// can report the compiler's problems along with these.
func Load(paths []string) (*Ruleset, error) {
	rs := &Ruleset{Tables: map[catalog.Name]*Table{}}
	var problems []fault.Problem
	if len(paths) == 0 {
		problems = append(problems, fault.Problem{Text: "no rules file is given: list one under rules: in the configuration"})
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			problems = append(problems, fault.Problem{File: path, Text: "can't be read: " + cause(err)})
			continue
		}
		problems = append(problems, rs.add(path, text)...)
	}
	if len(problems) > 0 {
		return rs, &fault.Input{Problems: problems}
	}
	return rs, nil
}

// Parse reads one rules file's text; name is what positions call it.
func Parse(name string, text []byte) (*Ruleset, error) {
	rs := &Ruleset{Tables: map[catalog.Name]*Table{}}
	if problems := rs.add(name, text); len(problems) > 0 {
		return rs, &fault.Input{Problems: problems}
	}
	return rs, nil
}

func cause(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

func (rs *Ruleset) add(path string, text []byte) []fault.Problem {
	l := loader{reader{file: path}, rs}
	if root := l.parse(text); root != nil {
		l.root(root)
	}
	slices.SortStableFunc(l.problems, func(a, b fault.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return l.problems
}

// loader adds one file's content to a ruleset.
type loader struct {
	reader
	rs *Ruleset
}

var rootKeys = []string{"version", "tables", "references", "allow", "risk", "hipaa", "large_objects"}

func (l *loader) root(n ast.Node) {
	entries, ok := l.entries(n, "a rules file", `"version: 1" and "tables:"`)
	if !ok {
		return
	}
	versioned := false
	for _, e := range entries {
		switch e.key {
		case "version":
			versioned = true
			if v, _ := l.scalar(e.value); v.Text != "1" {
				l.fail(e.pos, "this refresher knows version 1 of the rules format: write version: 1")
			}
		case "tables":
			l.tables(e.value)
		case "references":
			l.references(e.value)
		case "allow":
			l.allows(e.value)
		case "risk":
			l.risks(e.value)
		case "hipaa":
			l.hipaa(e)
		case "large_objects":
			l.largeObjects(e)
		default:
			l.unknown(e, "a rules file", rootKeys)
		}
	}
	if !versioned {
		l.fail(l.start(), "version is missing: write version: 1")
	}
}

// largeObjects reads a decision that the whole database has once.
func (l *loader) largeObjects(e entry) {
	o := &l.rs.LargeObjects
	if o.Pos != (Pos{}) {
		l.fail(e.pos, "large_objects is given twice, first at %s: remove one", o.Pos)
		return
	}
	o.Pos, o.Keep = e.pos, l.choice(e, LargeObjectsChoices) == "keep"
}

func (l *loader) unknown(e entry, what string, known []string) {
	l.fail(e.pos, "%q is no key of %s%s; it takes %s", e.key, what, DidYouMean(e.key, known), oneOf(known))
}

func (l *loader) tables(n ast.Node) {
	if v, ok := l.scalar(n); ok && v.Kind == Null {
		return // nothing listed yet: the coverage gate says what is missing
	}
	entries, _ := l.entries(n, "tables", `"schema.table: {columns: …}"`)
	for _, e := range entries {
		name, err := catalog.ParseName(e.key)
		if err != nil {
			l.fail(e.pos, "%v", err)
			continue
		}
		t := l.table(e, name)
		if other := l.rs.Tables[name]; other != nil {
			l.fail(e.pos, "table %s is given twice, first at %s: remove one", name, other.Pos)
			continue
		}
		l.rs.Tables[name] = t
	}
}

var tableKeys = []string{"columns", "rows", "subject"}

func (l *loader) table(e entry, name catalog.Name) *Table {
	t := &Table{Name: name, Pos: e.pos}
	entries, ok := l.entries(e.value, "table "+name.String(), `{columns: {COLUMN: TRANSFORM}} or {rows: none}`)
	if !ok {
		return t
	}
	given := map[string]Pos{}
	for _, e := range entries {
		given[e.key] = e.pos
		switch e.key {
		case "columns":
			l.columns(t, e.value)
		case "rows":
			l.rows(t, e)
		case "subject":
			l.subject(t, e)
		default:
			l.unknown(e, "a table", tableKeys)
		}
	}
	if at, subject := given["subject"]; subject && t.Rows == NoRows {
		l.fail(at, "table %s has rows: none, so its subject is never used: remove one of the two", name)
	}
	if _, columns := given["columns"]; columns && t.Rows == NoRows {
		l.fail(given["columns"], "table %s has rows: none, so no rule for its columns is ever used: remove one of the two", name)
	}
	return t
}

func (l *loader) rows(t *Table, e entry) {
	const shape = "rows is all, none or {when: EXPRESSION}"
	v, ok := l.scalar(e.value)
	switch {
	case !ok && !l.fancy(e.value):
		entries, mapping := l.entries(e.value, "rows", "all, none or {when: EXPRESSION}")
		for _, w := range entries {
			if w.key != "when" {
				l.unknown(w, "rows", []string{"when"})
				continue
			}
			t.Rows, t.When = RowsWhen, l.condition(w)
		}
		if mapping && len(entries) == 0 {
			l.fail(v.Pos, shape)
		}
	case v.Text == "all":
		t.Rows = AllRows
	case v.Text == "none":
		t.Rows = NoRows
	case ok:
		l.fail(v.Pos, shape)
	}
}

func (l *loader) columns(t *Table, n ast.Node) {
	entries, _ := l.entries(n, "columns of "+t.Name.String(), `{COLUMN: TRANSFORM}`)
	for _, e := range entries {
		c := &Column{Name: e.key, Wildcard: e.key == "*", Pos: e.pos}
		if unquoted, ok := unquote(e.key); ok {
			c.Name = unquoted
		}
		if other := t.Column(c.Name); other != nil && !c.Wildcard {
			l.fail(e.pos, "column %q is given twice in %s, first in line %d: remove one", c.Name, t.Name, other.Pos.Line)
			continue
		}
		where := fmt.Sprintf("column %q of %s", c.Name, t.Name)
		if c.Rule = l.columnRule(e.value, e.pos, where); c.Rule != nil {
			t.Columns = append(t.Columns, c)
		}
	}
}

// unquote reads a name written as in SQL, with its quotes.
func unquote(s string) (string, bool) {
	if len(s) < 3 || s[0] != '"' || s[len(s)-1] != '"' {
		return s, false
	}
	inner := s[1 : len(s)-1]
	if strings.Contains(strings.ReplaceAll(inner, `""`, ""), `"`) {
		return s, false
	}
	return strings.ReplaceAll(inner, `""`, `"`), true
}

var allowKeys = []string{"table", "column", "class", "values", "why"}

func (l *loader) allows(n ast.Node) {
	list, ok := items(n)
	if !ok {
		l.fail(l.pos(n), "allow is a list: write [{table: …, column: …, class: …, values: […], why: …}]")
		return
	}
	for _, it := range list {
		if a, ok := l.allow(it); ok {
			l.rs.Allow = append(l.rs.Allow, a)
		}
	}
}

func (l *loader) allow(n ast.Node) (Allow, bool) {
	a := Allow{Pos: l.pos(n)}
	before := len(l.problems)
	entries, ok := l.entries(n, "an exception", "{table: …, column: …, class: …, values: […], why: …}")
	if !ok {
		return a, false
	}
	given := map[string]bool{}
	for _, e := range entries {
		given[e.key] = true
		switch e.key {
		case "table":
			if s, ok := l.text(e.value, "table"); ok {
				var err error
				if a.Table, err = catalog.ParseName(s); err != nil {
					l.fail(l.pos(e.value), "%v", err)
				}
			}
		case "column":
			a.Column, _ = l.text(e.value, "column")
		case "class":
			a.Class = l.class(e.value)
		case "values":
			a.Values = l.values(e.value)
		case "why":
			a.Why, _ = l.text(e.value, "why")
		default:
			l.unknown(e, "an exception", allowKeys)
		}
	}
	for _, k := range allowKeys {
		if !given[k] {
			l.fail(a.Pos, "an exception needs %s", k)
		}
	}
	return a, len(l.problems) == before
}

func (l *loader) class(n ast.Node) pii.Class {
	s, ok := l.text(n, "class")
	if !ok {
		return pii.None
	}
	var known []string
	for _, c := range classes {
		if string(c) == s {
			return c
		}
		known = append(known, string(c))
	}
	l.fail(l.pos(n), "%q is no class%s; there is %s", s, DidYouMean(s, known), oneOf(known))
	return pii.None
}

// classes are those that a finding can have.
var classes = []pii.Class{
	pii.Email, pii.Phone, pii.FullName, pii.FirstName, pii.LastName, pii.Company, pii.Street, pii.City, pii.Postcode,
	pii.IP, pii.UserAgent, pii.NationalID, pii.CreditCard, pii.IBAN, pii.Token, pii.Date,
	pii.Username, pii.MAC, pii.URL, pii.Domain, pii.Region, pii.Country, pii.Latitude, pii.Longitude,
	pii.BirthDate, pii.IMEI, pii.VIN, pii.BIC, pii.Crypto, pii.Location,
}

func (l *loader) values(n ast.Node) []string {
	list, ok := items(n)
	if !ok || len(list) == 0 {
		l.fail(l.pos(n), "values is a list of the values that may be seen: write [VALUE, …]")
		return nil
	}
	var values []string
	for _, it := range list {
		v, ok := l.scalar(it)
		if !ok || v.Kind == Null || v.Text == "" {
			l.fail(l.pos(it), "a value that may be seen is a string")
			continue
		}
		values = append(values, v.Text)
	}
	return values
}
