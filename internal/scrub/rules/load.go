package rules

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/prf"
)

// Load reads rules files as one ruleset. A file that can't be read, and every
// problem in all files, is part of one *fault.Input. The ruleset of what could be
// understood comes back also with an error, so that a caller who has a catalog
// can report the compiler's problems along with these.
func Load(paths []string) (*Ruleset, error) {
	rs := newRuleset()
	var problems []fault.Problem
	if len(paths) == 0 {
		problems = append(problems,
			fault.Problem{Text: "no rules file is given: list one under rules: in the configuration"})
	}
	for _, path := range paths {
		text, err := ReadFile(path)
		if err != nil {
			problems = append(problems, fault.Problem{File: path, Text: "can't be read: " + cause(err)})
			continue
		}
		found := rs.add(path, text)
		found = append(found, rs.review(path)...)
		for _, p := range found {
			if !slices.Contains(problems, p) { // a file that several include says it once
				problems = append(problems, p)
			}
		}
	}
	return rs, input(problems)
}

func newRuleset() *Ruleset { return &Ruleset{Tables: map[catalog.Name]*Table{}} }

// Parse reads one rules file's text; name is what positions call it.
func Parse(name string, text []byte) (*Ruleset, error) {
	rs := newRuleset()
	return rs, input(rs.add(name, text))
}

func input(problems []fault.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &fault.Input{Problems: problems}
}

func cause(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// add adds a file, and what it includes, to what other files say. The two must not
// decide on the same thing.
func (rs *Ruleset) add(path string, text []byte) []fault.Problem {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // Windows editors write a byte order mark
	l := &loader{reader: reader{file: path}, rs: newRuleset(), top: path, vars: &vars{}}
	l.load(text)
	rs.join(l)
	slices.SortStableFunc(l.problems, func(a, b fault.Problem) int {
		if a.File != b.File {
			return 0
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return l.problems
}

// loader adds one file's content to a ruleset, over what the files say that it includes.
type loader struct {
	reader
	rs    *Ruleset
	top   string               // the file that includes all others
	chain []string             // the files that include this one, from the top
	own   map[catalog.Name]Pos // tables of this file
	vars  *vars                // of this file, those that include it and those it includes
	given *entry               // where this file gives them, nil if it doesn't
}

func (l *loader) load(text []byte) {
	l.own = map[catalog.Name]Pos{}
	if root := l.parse(text); root != nil {
		l.variables(root)
		l.includes(root)
		l.root(root)
	}
}

func (l *loader) root(n ast.Node) {
	given := l.mapping(n, "a rules file", `"version: 1" and "tables:"`, l.fields())
	if l.given != nil {
		l.unused(*l.given)
	}
	if _, versioned := given["version"]; given != nil && !versioned {
		l.fail(l.start(), "version is missing: write version: 1")
	}
	l.allowedObjects()
}

// fields are the keys of a rules file.
func (l *loader) fields() []field {
	rs := l.rs
	return []field{
		{key: "version", read: l.version},
		{key: "include", read: func(entry) {}}, // read before all others
		{key: "defaults", read: l.defaults},
		{key: "tables", read: l.tables},
		{key: "objects", read: l.objects},
		{key: "references", read: func(e entry) { list(l, &rs.References, e, referenceShape, l.reference) }},
		{key: "allow", read: func(e entry) { list(l, &rs.Allow, e, allowShape, l.allow) }},
		{key: "risk", read: func(e entry) { list(l, &rs.Risk, e, riskShape, l.risk) }},
		{key: "hipaa", read: l.hipaa},
		{key: "large_objects", read: l.largeObjects},
		{key: "prf", read: func(e entry) { rs.PRF.Pos = e.pos; l.choice(&rs.PRF.Name, prf.Names())(e) }},
		{key: "made_for", read: func(e entry) { list(l, &rs.MadeFor, e, madeForShape, l.madeFor) }},
		{key: "vars", read: func(e entry) { l.given = &e }},
	}
}

// largeObjects reads a decision that the whole database has once.
func (l *loader) largeObjects(e entry) {
	o := &l.rs.LargeObjects
	var choice string
	l.choice(&choice, LargeObjectsChoices)(e)
	o.Pos, o.Keep = e.pos, choice == "keep"
}

func (l *loader) tables(e entry) {
	if v, ok := l.scalar(e.value); ok && v.Kind == Null {
		return // nothing listed yet: the coverage gate says what is missing
	}
	entries, _ := l.entries(e.value, "tables", `"schema.table: {columns: …}"`)
	for _, e := range entries {
		if isPattern(e.key) {
			l.pattern(e)
			continue
		}
		name, err := catalog.ParseName(e.key)
		if err != nil {
			l.fail(e.pos, "%v", err)
			continue
		}
		t := l.table(e, name.String())
		t.Name = name
		if at, twice := l.own[name]; twice {
			l.fail(e.pos, "table %s is given twice, first at %s: remove one", name, at)
			continue
		}
		l.own[name] = e.pos
		l.rs.Tables[name] = t.over(l.rs.Tables[name])
	}
}

// table reads what is said of a table, or of all that a pattern fits.
func (l *loader) table(e entry, name string) *Table {
	t := &Table{Pos: e.pos, called: name}
	const shape = `{columns: {COLUMN: TRANSFORM}} or {rows: none}`
	given := l.named(e.value, "table "+name, "a table", shape, l.tableFields(t))
	_, t.rowsGiven = given["rows"]
	if at, ok := given["remember"]; ok && t.Rows == AllRows {
		l.fail(at, "remember is for rows that stay behind, and all of %s are copied: write rows: none, or leave it out",
			name)
	}
	if t.Rows != NoRows {
		return t
	}
	if at, ok := given["subject"]; ok {
		l.fail(at, "table %s has rows: none, so its subject is never used: remove one of the two", name)
	}
	if at, ok := given["columns"]; ok {
		l.fail(at, "table %s has rows: none, so no rule for its columns is ever used: remove one of the two", name)
	}
	return t
}

func (l *loader) tableFields(t *Table) []field {
	return []field{
		{"columns", false, func(e entry) { l.tableColumns(t, e.value) }},
		{"rows", false, func(e entry) { l.rows(t, e) }},
		{"subject", false, func(e entry) { l.subject(t, e) }},
		{"optional", false, l.flag(&t.Optional)}, {"remember", false, l.flag(&t.Remember)},
	}
}

func (l *loader) rows(t *Table, e entry) {
	const shape = "all, none or {when: EXPRESSION}"
	v, ok := l.scalar(e.value)
	switch {
	case !ok && !l.fancy(e.value):
		given := l.mapping(e.value, "rows", shape, []field{{key: "when", read: func(w entry) {
			t.Rows, t.When = RowsWhen, l.expression(w)
		}}})
		if given != nil && len(given) == 0 {
			l.fail(v.Pos, "rows is "+shape)
		}
	case v.Text == "all":
		t.Rows = AllRows
	case v.Text == "none":
		t.Rows = NoRows
	case ok:
		l.fail(v.Pos, "rows is "+shape)
	}
}

func (l *loader) tableColumns(t *Table, n ast.Node) {
	entries, _ := l.entries(n, "columns of "+t.called, `{COLUMN: TRANSFORM}`)
	for _, e := range entries {
		c := &Column{Wildcard: e.key == "*", Pos: e.pos}
		c.Name, _ = unquote(e.key)
		if other := t.Column(c.Name); other != nil && !c.Wildcard {
			l.fail(e.pos, "column %q is given twice in %s, first in line %d: remove one", c.Name, t.called,
				other.Pos.Line)
			continue
		}
		where := fmt.Sprintf("column %q of %s", c.Name, t.called)
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
