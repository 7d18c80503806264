package rules

import (
	"fmt"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"refresher/internal/fault"
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

// HIPAAIdentifiers are the names of the 18 identifiers, in the order of 45 CFR
// 164.514(b)(2)(i), (A) to (R).
func HIPAAIdentifiers() []string {
	return []string{
		"names", "geography", "dates", "phone", "fax", "email", "ssn", "medical_record", "health_plan", "account",
		"license", "vehicle", "device_id", "url", "ip", "biometric", "photo", "other",
	}
}

const riskShape = "{table: …, quasi_identifiers: […], sensitive: […], min_k: 5, below: fail}"

func (l *loader) risk(n ast.Node, r *Risk) {
	*r = Risk{Pos: l.pos(n), MinK: DefaultMinK}
	given := l.mapping(n, "a risk entry", riskShape, l.riskFields(r))
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
}

func (l *loader) riskFields(r *Risk) []field {
	return []field{
		{"table", true, l.tableName(&r.Table)}, {"quasi_identifiers", true, l.distinct(&r.QuasiIdentifiers)},
		{"sensitive", false, l.distinct(&r.Sensitive)}, {"person", false, func(e entry) {
			r.Person.Pos = l.pos(e.value)
			l.column(&r.Person.Name)(e)
		}},
		{"min_k", false, l.count(&r.MinK, 2)}, {"min_l", false, l.count(&r.MinL, 2)},
		{"below", false, l.choice(&r.Below, BelowChoices)}, {"suppress", false, l.choice(&r.Suppress, SuppressChoices)},
	}
}

func (l *loader) hipaa(e entry) {
	h := &l.rs.HIPAA
	*h = HIPAA{Given: true, Pos: e.pos} // a later file has its own
	const shape = `{absent: {IDENTIFIER: WHY}, columns: {schema.table.column: IDENTIFIER}}`
	l.mapping(e.value, "hipaa", shape, l.hipaaFields(h))
}

func (l *loader) hipaaFields(h *HIPAA) []field {
	return []field{
		{"absent", false, func(e entry) { l.absent(h, e) }}, {"columns", false, func(e entry) { l.identified(h, e) }},
		{"gaps", false, l.choice(&h.Gaps, GapsChoices)},
	}
}

func (l *loader) absent(h *HIPAA, e entry) {
	entries, _ := l.entries(e.value, "absent", `{IDENTIFIER: "why one can know"}`)
	for _, a := range entries {
		l.identifier(a.key, a.pos)
		if why, ok := l.str(a.value, "the reason why there is no "+a.key); ok {
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
			if key, ok := l.str(it, "an identifier"); ok && l.identifier(key, l.pos(it)) {
				out.Identifiers = append(out.Identifiers, key)
			}
		}
		h.Columns = append(h.Columns, out)
	}
}

func (l *loader) identifier(key string, at Pos) bool {
	known := HIPAAIdentifiers()
	if slices.Contains(known, key) {
		return true
	}
	l.fail(at, "%q is no identifier of Safe Harbor%s; there is %s", key, fault.DidYouMean(key, known), oneOf(known))
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
	table, err := catalog.ParseName(s[:max(dot, 0)])
	if err != nil || dot == len(s)-1 {
		return catalog.Name{}, "", fmt.Errorf("%q is no column: write it as schema.table.column", s)
	}
	column, _ := unquote(s[dot+1:])
	return table, column, nil
}
