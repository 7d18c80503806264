package rules

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"refresher/internal/postgres/catalog"
)

// Risk is a declared set of quasi-identifiers of one table: columns that
// together point at few.
type Risk struct {
	Table            catalog.Name
	QuasiIdentifiers []ColumnRef
	Sensitive        []ColumnRef
	Person           ColumnRef // whom a row is about; no name: a row is a person
	MinK             int64     // the least size of a class
	MinL             int64     // the least number of different sensitive values in a class; 0: any
	Below            string    // fail, suppress, report: what happens to classes below
	Suppress         string    // values, rows: what suppress takes out
	Pos              Pos
}

// ColumnRef is a column that is named somewhere else than in its table's rules.
type ColumnRef struct {
	Name string
	Pos  Pos
}

// What a set of quasi-identifiers is held to if nothing is said.
const (
	DefaultMinK = 5
	DefaultMinL = 2 // with sensitive columns
)

// Choices of a risk entry's keys, the default first.
var (
	BelowChoices    = []string{"fail", "suppress", "report"}
	SuppressChoices = []string{"values", "rows"}
)

// HIPAA says where the 18 identifiers of Safe Harbor are, as far as transforms
// don't.
type HIPAA struct {
	Given   bool          // the section is there
	Absent  []HIPAAAbsent // in the order of the files
	Columns []HIPAAColumn // in the order of the files
	Gaps    string        // report, fail: what an identifier does that is neither mapped nor absent
	Pos     Pos
}

// GapsChoices are what happens to identifiers of which nothing is said.
var GapsChoices = []string{"report", "fail"}

// HIPAAAbsent says that the database holds no such identifier, and why one can know.
type HIPAAAbsent struct {
	Identifier string
	Why        string
	Pos        Pos
}

// HIPAAColumn says that a column holds an identifier.
type HIPAAColumn struct {
	Table       catalog.Name
	Column      string
	Identifiers []string
	Pos         Pos // of the column
	At          Pos // of the identifiers
}

// identifierKeys name the identifiers in the order of 45 CFR 164.514(b)(2)(i), (A) to (R).
var identifierKeys = []string{
	"names", "geography", "dates", "phone", "fax", "email", "ssn", "medical_record", "health_plan", "account",
	"license", "vehicle", "device_id", "url", "ip", "biometric", "photo", "other",
}

// HIPAAIdentifiers are the names of the 18 identifiers, in the order of 45 CFR 164.514(b)(2)(i).
func HIPAAIdentifiers() []string { return append([]string(nil), identifierKeys...) }

const riskShape = "{table: …, quasi_identifiers: […], sensitive: […], min_k: 5, below: fail}"

var riskKeys = []string{"table", "quasi_identifiers", "sensitive", "person", "min_k", "min_l", "below", "suppress"}

func (l *loader) risks(n ast.Node) {
	list, ok := items(n)
	if !ok {
		l.fail(l.pos(n), "risk is a list: write [%s]", riskShape)
		return
	}
	for _, it := range list {
		if r, ok := l.risk(it); ok {
			l.rs.Risk = append(l.rs.Risk, r)
		}
	}
}

func (l *loader) risk(n ast.Node) (Risk, bool) {
	r := Risk{Pos: l.pos(n), MinK: DefaultMinK, Below: BelowChoices[0], Suppress: SuppressChoices[0]}
	before := len(l.problems)
	entries, ok := l.entries(n, "a risk entry", riskShape)
	if !ok {
		return r, false
	}
	given := map[string]Pos{}
	for _, e := range entries {
		given[e.key] = e.pos
		switch e.key {
		case "table":
			r.Table = l.tableName(e)
		case "quasi_identifiers":
			r.QuasiIdentifiers = l.columnRefs(e)
		case "sensitive":
			r.Sensitive = l.columnRefs(e)
		case "person":
			if s, ok := l.text(e.value, e.key); ok {
				name, _ := unquote(s)
				r.Person = ColumnRef{name, l.pos(e.value)}
			}
		case "min_k":
			r.MinK = l.count(e, 2)
		case "min_l":
			r.MinL = l.count(e, 2)
		case "below":
			r.Below = l.choice(e, BelowChoices)
		case "suppress":
			r.Suppress = l.choice(e, SuppressChoices)
		default:
			l.unknown(e, "a risk entry", riskKeys)
		}
	}
	for _, k := range []string{"table", "quasi_identifiers"} {
		if _, there := given[k]; !there {
			l.fail(r.Pos, "a risk entry needs %s", k)
		}
	}
	_, sensitive := given["sensitive"]
	at, least := given["min_l"]
	switch {
	case least && !sensitive:
		l.fail(at, "min_l counts the different values of sensitive columns: name them under sensitive")
	case sensitive && !least:
		r.MinL = DefaultMinL
	}
	if at, how := given["suppress"]; how && r.Below != "suppress" {
		l.fail(at, "suppress says how classes are suppressed, and below is %s: write below: suppress", r.Below)
	}
	return r, len(l.problems) == before
}

// columnRefs reads a list of column names, each once.
func (l *loader) columnRefs(e entry) []ColumnRef {
	list, ok := items(e.value)
	if !ok || len(list) == 0 {
		l.fail(l.pos(e.value), "%s is a list of column names: write [COLUMN, …]", e.key)
		return nil
	}
	var refs []ColumnRef
	first := map[string]bool{}
	for _, it := range list {
		v, ok := l.scalar(it)
		if !ok || v.Text == "" {
			l.fail(l.pos(it), "a column name is a string")
			continue
		}
		name, _ := unquote(v.Text)
		if first[name] {
			l.fail(v.Pos, "column %q is given twice in %s: remove one", name, e.key)
			continue
		}
		first[name] = true
		refs = append(refs, ColumnRef{name, v.Pos})
	}
	return refs
}

// count reads a whole number of at least least.
func (l *loader) count(e entry, least int64) int64 {
	v, ok := l.scalar(e.value)
	n, err := strconv.ParseInt(v.Text, 10, 64)
	if !ok || v.Kind != Number || err != nil || n < least || n > 1_000_000_000 {
		l.fail(l.pos(e.value), "%s is a whole number from %d on", e.key, least)
		return least
	}
	return n
}

func (l *loader) choice(e entry, choices []string) string {
	s, ok := l.text(e.value, e.key)
	if !ok {
		return choices[0]
	}
	for _, c := range choices {
		if s == c {
			return s
		}
	}
	l.fail(l.pos(e.value), "%s is %s, not %q%s", e.key, oneOf(choices), s, DidYouMean(s, choices))
	return choices[0]
}

var hipaaKeys = []string{"absent", "columns", "gaps"}

func (l *loader) hipaa(e entry) {
	h := &l.rs.HIPAA
	if h.Given {
		l.fail(e.pos, "hipaa is given twice, first at %s: put all into one file", h.Pos)
		return
	}
	h.Given, h.Gaps, h.Pos = true, GapsChoices[0], e.pos
	entries, _ := l.entries(e.value, "hipaa", `{absent: {IDENTIFIER: WHY}, columns: {schema.table.column: IDENTIFIER}}`)
	for _, e := range entries {
		switch e.key {
		case "absent":
			l.absent(h, e)
		case "columns":
			l.identified(h, e)
		case "gaps":
			h.Gaps = l.choice(e, GapsChoices)
		default:
			l.unknown(e, "hipaa", hipaaKeys)
		}
	}
}

func (l *loader) absent(h *HIPAA, e entry) {
	entries, _ := l.entries(e.value, "absent", `{IDENTIFIER: "why one can know"}`)
	for _, a := range entries {
		l.identifier(a.key, a.pos)
		if why, ok := l.text(a.value, "the reason why there is no "+a.key); ok {
			h.Absent = append(h.Absent, HIPAAAbsent{a.key, why, a.pos})
		}
	}
}

func (l *loader) identified(h *HIPAA, e entry) {
	entries, _ := l.entries(e.value, "columns", `{schema.table.column: IDENTIFIER}`)
	for _, c := range entries {
		table, column, err := columnPath(c.key)
		if err != nil {
			l.fail(c.pos, "%v", err)
			continue
		}
		out := HIPAAColumn{Table: table, Column: column, Pos: c.pos, At: l.pos(c.value)}
		list, ok := items(c.value)
		if !ok {
			list = []ast.Node{c.value}
		}
		for _, it := range list {
			if key, ok := l.text(it, "an identifier"); ok && l.identifier(key, l.pos(it)) {
				out.Identifiers = append(out.Identifiers, key)
			}
		}
		h.Columns = append(h.Columns, out)
	}
}

func (l *loader) identifier(key string, at Pos) bool {
	for _, k := range identifierKeys {
		if k == key {
			return true
		}
	}
	l.fail(at, "%q is no identifier of Safe Harbor%s; there is %s", key, DidYouMean(key, identifierKeys), oneOf(identifierKeys))
	return false
}

// columnPath reads schema.table.column, each part quoted as in SQL where it must be.
func columnPath(s string) (catalog.Name, string, error) {
	quoted, dot := false, -1
	for i, c := range s {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			dot = i
		}
	}
	if dot < 0 || dot == len(s)-1 {
		return catalog.Name{}, "", fmt.Errorf("%q is no column: write it as schema.table.column", s)
	}
	table, err := catalog.ParseName(s[:dot])
	if err != nil {
		return catalog.Name{}, "", fmt.Errorf("%q is no column: write it as schema.table.column", s)
	}
	column := s[dot+1:]
	if strings.HasPrefix(column, `"`) {
		column, _ = unquote(column)
	}
	return table, column, nil
}

// normal is what the hash takes of a set.
func (r *Risk) normal() any {
	names := func(refs []ColumnRef) []string {
		var out []string
		for _, c := range refs {
			out = append(out, c.Name)
		}
		return out
	}
	return []any{r.Table.String(), names(r.QuasiIdentifiers), names(r.Sensitive), r.Person.Name, r.MinK, r.MinL, r.Below, r.Suppress}
}

func (h *HIPAA) normal() any {
	absent, columns := map[string]string{}, map[string]any{}
	for _, a := range h.Absent {
		absent[a.Identifier] = a.Why
	}
	for _, c := range h.Columns {
		columns[c.Table.String()+"."+catalog.Quote(c.Column)] = c.Identifiers
	}
	return []any{absent, columns, h.Gaps}
}
