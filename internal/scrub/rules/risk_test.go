package rules

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/postgres/catalog"
)

const goodRisk = `version: 1
risk:
  - table: public.users
    quasi_identifiers: [postcode, date_of_birth, "\"Odd \"\"Name\""]
    sensitive: [diagnosis]
    person: user_id
    min_k: 7
    below: suppress
    suppress: rows
  - {table: public.orders, quasi_identifiers: [town]}
hipaa:
  absent: {fax: "no such column", vehicle: "none, see the dictionary"}
  columns:
    public.devices.serial: device_id
    '"Odd Schema"."Order.No"."a.b"': [account, other]
  gaps: fail
`

func TestRisk(t *testing.T) {
	rs, err := Parse("r.yaml", []byte(goodRisk))
	if err != nil {
		t.Fatal(err)
	}
	at := func(line, col int) Pos { return Pos{"r.yaml", line, col} }
	name := func(schema, name string) catalog.Name { return catalog.Name{Schema: schema, Name: name} }
	want := []Risk{{
		Table:            name("public", "users"),
		QuasiIdentifiers: []ColumnRef{{"postcode", at(4, 25)}, {"date_of_birth", at(4, 35)}, {`Odd "Name`, at(4, 50)}},
		Sensitive:        []ColumnRef{{"diagnosis", at(5, 17)}}, Person: ColumnRef{"user_id", at(6, 13)},
		MinK: 7, MinL: 2, Below: "suppress", Suppress: "rows", Pos: at(3, 5),
	}, {
		Table: name("public", "orders"), QuasiIdentifiers: []ColumnRef{{"town", at(10, 48)}}, MinK: 5, Below: "fail", Suppress: "values", Pos: at(10, 5),
	}}
	if d := cmp.Diff(want, rs.Risk); d != "" {
		t.Error(d)
	}
	hipaa := HIPAA{
		Given: true, Gaps: "fail", Pos: at(11, 1),
		Absent: []HIPAAAbsent{{"fax", "no such column", at(12, 12)}, {"vehicle", "none, see the dictionary", at(12, 35)}},
		Columns: []HIPAAColumn{
			{name("public", "devices"), "serial", []string{"device_id"}, at(14, 5), at(14, 28)},
			{name("Odd Schema", "Order.No"), "a.b", []string{"account", "other"}, at(15, 5), at(15, 38)},
		},
	}
	if d := cmp.Diff(hipaa, rs.HIPAA); d != "" {
		t.Error(d)
	}
}

// All mistakes come together, each with its place and what to write.
func TestBadRisk(t *testing.T) {
	const bad = `version: 1
risk:
  - {table: public.users, quasi_identifiers: [a, a], min_k: 1}
  - {table: users, quasi_identifiers: []}
  - {quasi_identifier: [a]}
  - {table: a.b, quasi_identifiers: [c], min_l: 2, below: suppresss}
  - {table: a.b, quasi_identifiers: [c], sensitive: d, suppress: rows, min_k: many}
  - a.b
hipaa:
  absent: {faxes: "x", ssn: 3}
  columns: {a.b: ssn, a.b.c: biometrics, a..c: ip}
  gaps: refuse
  gap: x
`
	_, err := Parse("r.yaml", []byte(bad))
	if err == nil {
		t.Fatal("no problem")
	}
	for _, want := range []string{
		`r.yaml:3:50: column "a" is given twice in quasi_identifiers`,
		`r.yaml:3:61: min_k is a whole number from 2 on`,
		`r.yaml:4:13: "users" is not a table name`,
		`r.yaml:4:39: quasi_identifiers is a list of column names`,
		`r.yaml:5:6: "quasi_identifier" is no key of a risk entry (did you mean "quasi_identifiers"?)`,
		`r.yaml:5:5: a risk entry needs table`,
		`r.yaml:6:42: min_l counts the different values of sensitive columns`,
		`r.yaml:6:59: below is fail, suppress or report, not "suppresss" (did you mean "suppress"?)`,
		`r.yaml:7:53: sensitive is a list`,
		`r.yaml:7:56: suppress says how classes are suppressed, and below is fail`,
		`r.yaml:7:79: min_k is a whole number`,
		`r.yaml:8:5: a risk entry is a mapping`,
		`r.yaml:10:12: "faxes" is no identifier of Safe Harbor`,
		`r.yaml:10:29: the reason why there is no ssn must be a string`,
		`r.yaml:11:13: "a.b" is no column: write it as schema.table.column`,
		`r.yaml:11:30: "biometrics" is no identifier of Safe Harbor (did you mean "biometric"?)`,
		`r.yaml:11:42: "a..c" is no column`,
		`r.yaml:12:9: gaps is report or fail, not "refuse"`,
		`r.yaml:13:3: "gap" is no key of hipaa`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

// What risk says changes the hash, how it is laid out doesn't; a ruleset without
// it has the hash that it had before there was such a thing.
func TestRiskHash(t *testing.T) {
	hash := func(text string) string {
		rs, err := Parse("r.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return rs.Hash()
	}
	base := hash(goodRisk)
	if other := hash("# comment\n" + strings.Replace(goodRisk, "min_k: 7", "min_k:   7", 1)); other != base {
		t.Error("layout changes the hash")
	}
	for _, edit := range [][2]string{{"min_k: 7", "min_k: 8"}, {"suppress: rows", "suppress: values"}, {"[town]", "[town, x]"}, {"person: user_id", "person: id"},
		{"gaps: fail", "gaps: report"}, {"no such column", "none"}, {": device_id", ": vehicle"}} {
		if changed := strings.Replace(goodRisk, edit[0], edit[1], 1); hash(changed) == base {
			t.Errorf("%s instead of %s leaves the hash", edit[1], edit[0])
		}
	}
	if hash("version: 1\nrisk: []\n") != hash("version: 1\n") {
		t.Error("no risk is something")
	}
}
