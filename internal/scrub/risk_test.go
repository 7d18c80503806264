package scrub_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify/risk"
)

func TestRiskCompiles(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"id int8", "zip text", "born date", "sum text generated", "illness text"}})
	p := compile(t, cat, head+`  a.t: {columns: {id: keep, zip: postcode, born: [{transform: keep, when: id > 5}, date_truncate], illness: keep}}
risk:
  - {table: a.t, quasi_identifiers: [zip, born, sum], sensitive: [illness], person: id, min_k: 3, below: report}
  - {table: a.t, quasi_identifiers: [zip], below: suppress}
`)
	want := []risk.Spec{{
		Table:            catalog.Name{Schema: "a", Name: "t"},
		QuasiIdentifiers: []risk.Column{{Name: "zip", Transform: "postcode"}, {Name: "born", Transform: "date_truncate", Kept: true}, {Name: "sum", Transform: "generated"}},
		Sensitive:        []risk.Column{{Name: "illness", Transform: "keep", Kept: true}},
		Person:           "id", MinK: 3, MinL: 2, Below: risk.Inform, Origin: "r.yaml:5",
	}, {
		Table: catalog.Name{Schema: "a", Name: "t"}, QuasiIdentifiers: []risk.Column{{Name: "zip", Transform: "postcode"}}, MinK: 5, Below: risk.Hide, Suppress: risk.Values, Origin: "r.yaml:6",
	}}
	if d := cmp.Diff(want, p.Risk(), cmp.AllowUnexported(risk.Spec{})); d != "" {
		t.Error(d)
	}
}

func TestRiskProblems(t *testing.T) {
	cat := newCatalog(t,
		tableDef{name: "a.t", columns: []string{"id int8 not null", "zip text not null", "born date", "doc json", "spot xml", "sum text generated", "mail text", "part text"}, edit: func(t *catalog.Table) {
			t.PrimaryKey = []string{"id"}
			t.Unique = []catalog.UniqueIndex{{Name: "t_lower", Columns: []string{"mail"}, Expression: true, Keys: []catalog.IndexKey{{Expr: "lower(mail)", Reads: []string{"mail"}}}}}
		}},
		tableDef{name: "a.child", columns: []string{"id int8"}, edit: func(t *catalog.Table) { t.Root = catalog.Name{Schema: "a", Name: "t"} }},
		tableDef{name: "a.none", columns: []string{"x text"}},
		tableDef{name: "a.ref", columns: []string{"born date"}, edit: func(t *catalog.Table) {
			t.ForeignKeys = []catalog.ForeignKey{{Name: "k", Table: t.Name, Columns: []string{"born"}, RefTable: catalog.Name{Schema: "a", Name: "t"}, RefColumns: []string{"born"}, Validated: true}}
		}})
	got := problems(t, cat, head+`  a.t: {columns: {"*": keep}}
  a.none: {rows: none}
  a.ref: {columns: {born: keep}}
risk:
  - {table: a.child, quasi_identifiers: [id]}
  - {table: a.none, quasi_identifiers: [x]}
  - {table: a.t, quasi_identifiers: [doc, spot, zipp], sensitive: [born], person: nobody}
  - {table: a.t, quasi_identifiers: [born], sensitive: [born]}
  - {table: a.t, quasi_identifiers: [born]}
  - {table: a.t, quasi_identifiers: [part]}
  - {table: a.t, quasi_identifiers: [part]}
  - {table: a.t, quasi_identifiers: [id, zip, born, sum, mail], below: suppress}
  - {table: a.t, quasi_identifiers: [zip, part], below: suppress, suppress: rows}
`)
	expect(t, got, []string{
		"7:5: the rows of a.child are those of a.t too",
		"8:5: no row of a.none is copied",
		"9:38: a.t.doc is json, whose values can't be compared",
		"9:43: a.t.spot is xml, whose values",
		`9:49: there is no column "zipp" in a.t (did you mean "zip"?)`,
		`9:83: there is no column "nobody" in a.t`,
		"10:57: a.t.born is a quasi-identifier of the set",
		"13:5: the set a.t (part) is declared twice",
		"14:38: a.t.id is NOT NULL, so it can't become NULL where classes are suppressed: write suppress: rows",
		"14:42: a.t.zip is NOT NULL",
		"14:47: a.t.born is what a foreign key of a.ref points at",
		"14:53: a.t.sum is generated",
		`14:58: a.t.mail belongs to the unique index "t_lower"`,
	})
}

// Every class is prose, one of the 18 identifiers, or known to be none of them.
func TestEveryClassHasItsPlaceInTheMatrix(t *testing.T) {
	for _, name := range rules.Classes() {
		if class := pii.Class(name); risk.Identifier(class) == "" && class != pii.Country {
			t.Errorf("class %s is no identifier of Safe Harbor", class)
		}
	}
	for i, id := range risk.Matrix(false, nil, nil).Identifiers {
		if id.Key != rules.HIPAAIdentifiers()[i] {
			t.Errorf("%s stands where rules have %s", id.Key, rules.HIPAAIdentifiers()[i])
		}
	}
}

func TestSafeHarbor(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.t", columns: []string{"id int8", "name text", "mail text", "born date", "died date", "seen date", "doc jsonb", "tags _text", "note text", "serial text", "photo bytea", "card text"}},
		tableDef{name: "a.logs", columns: []string{"ip inet"}})
	text := head + `  a.t:
    columns:
      id: keep
      name: full_name
      mail: [{transform: keep, when: id == 1}, email]
      born: date_shift
      died: {transform: date_truncate, to: year}
      seen: {transform: date_truncate, to: month}
      doc: {json: {"a.phone": phone, plan: keep, note: text}}
      tags: {array: street}
      note: text
      serial: keep
      photo: null
      card: {transform: mask, last: 4}
  a.logs: {rows: none}
hipaa:
  columns: {a.t.serial: [device_id, other], a.t.photo: photo, a.t.card: account, a.logs.ip: ip}
  absent: {fax: none, vehicle: none}
`
	m := compile(t, cat, text).SafeHarbor()
	got := map[string]string{}
	for _, id := range m.Identifiers {
		s := id.Status
		for _, c := range id.Columns {
			s += "; " + c.String() + " " + c.Transform
			if c.Removed {
				s += " removed"
			}
			if c.Declared {
				s += " declared"
			}
		}
		got[id.Letter+" "+id.Key] = s
	}
	want := map[string]string{
		"A names": "mapped; a.t.name full_name removed", "B geography": "mapped; a.t.tags street removed",
		"C dates": "mapped; a.t.born date_shift; a.t.died date_truncate removed; a.t.seen date_truncate",
		"D phone": "mapped; a.t.doc (a.phone) phone removed", "E fax": "absent", "F email": "mapped; a.t.mail (where nothing else holds) email",
		"G ssn": "unmapped", "H medical_record": "unmapped", "I health_plan": "unmapped", "J account": "mapped; a.t.card mask declared", "K license": "unmapped",
		"L vehicle": "absent", "M device_id": "mapped; a.t.serial keep declared", "N url": "unmapped", "O ip": "mapped; a.logs.ip rows: none removed declared",
		"P biometric": "unmapped", "Q photo": "mapped; a.t.photo null removed declared", "R other": "mapped; a.t.serial keep declared",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(m.FreeText) != 2 || m.FreeText[0].String() != "a.t.doc (note)" || strings.Join(m.Unmapped, " ") != "ssn medical_record health_plan license url biometric" {
		t.Errorf("%+v %v", m.FreeText, m.Unmapped)
	}
	if len(m.Gaps) != 6+6 {
		t.Errorf("%d gaps: %q", len(m.Gaps), m.Gaps)
	}
	_, err := scrub.Compile(mustParse(t, text+"  gaps: fail\n"), cat, testKey)
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || refusal.Gate != "safe harbor" || len(refusal.Problems) != len(m.Gaps) {
		t.Errorf("gaps: %v", err)
	}
	expect(t, problems(t, cat, strings.Replace(text, "fax: none", "phone: none", 1)), []string{"20:12: phone is declared absent, and a.t.doc (a.phone) is one, by its transform phone"})
}
