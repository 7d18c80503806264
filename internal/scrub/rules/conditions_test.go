package rules

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/postgres/catalog"
)

const conditional = `version: 1
tables:
  a.b:
    rows: {when: true}
    columns:
      a: [{transform: keep, when: x == 1}, {transform: "null", when: "y"}, {transform: phone, when: 'z'}, email]
      b:
        - transform: keep
          when: x == "it's"
        - transform: keep
          when: 'x == ''it'''
        - transform: keep
          when: >
            x ==
            2
        - email
      c: [email]
      d: {range: date_shift}
      e: {range: narrow, transform: phone}
references:
  - {table: a.b, columns: ['"a"', b], to: '"C".d', to_columns: [e, f], when: x}
  - {table: a.b, columns: [c], to: a.d}
`

func TestConditions(t *testing.T) {
	rs, err := Parse("r.yaml", []byte(conditional))
	if err != nil {
		t.Fatal(err)
	}
	b := rs.Tables[catalog.Name{Schema: "a", Name: "b"}]
	if b.Rows != RowsWhen || b.When.Text != "true" {
		t.Errorf("rows: %+v", b.When)
	}
	var got []string
	for _, c := range append(b.Columns[0].Rule.Cases, b.Columns[1].Rule.Cases...) {
		if c.When.Text != "" {
			got = append(got, c.Transform+" "+c.When.Text+" "+strings.TrimPrefix(c.When.At(2).String(), "r.yaml:"))
		}
	}
	want := []string{"keep x == 1 6:37", "null y 6:73", "phone z 6:104", `keep x == "it's" 9:19`, `keep x == 'it' 11:18`, "keep x == 2\n 13:17"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if r := b.Columns[2].Rule; r.Kind != Scalar || r.Transform != "email" {
		t.Errorf("a list of one: %+v", r)
	}
	if r := b.Columns[3].Rule; r.Kind != Range || r.Elem.Transform != "date_shift" {
		t.Errorf("range: %+v", r)
	}
	if r := b.Columns[4].Rule; r.Kind != Scalar || r.Transform != "phone" || r.Param("range") == nil {
		t.Errorf("range as a parameter: %+v", r)
	}
	refs := []Reference{
		{Table: catalog.Name{Schema: "a", Name: "b"}, Columns: []string{"a", "b"}, To: catalog.Name{Schema: "C", Name: "d"}, ToColumns: []string{"e", "f"},
			When: Condition{Text: "x", Pos: Pos{"r.yaml", 21, 78}, inline: true}, Pos: Pos{"r.yaml", 21, 5}},
		{Table: catalog.Name{Schema: "a", Name: "b"}, Columns: []string{"c"}, To: catalog.Name{Schema: "a", Name: "d"}, Pos: Pos{"r.yaml", 22, 5}},
	}
	if d := cmp.Diff(refs, rs.References, cmp.AllowUnexported(Condition{})); d != "" {
		t.Error(d)
	}
}

// What a condition or a reference says is part of what the ruleset says.
func TestConditionsAreHashed(t *testing.T) {
	const text = `version: 1
tables: {a.b: {rows: {when: true}, columns: {a: [{transform: keep, when: x == 1}, email]}}}
references: [{table: a.b, columns: [c], to: a.d, when: x}]
`
	one, err := Parse("r.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{{"x == 1", "x == 3"}, {"when: true", "when: false"}, {", when: x}", "}"}, {"to: a.d", "to: a.e"}, {"keep, when", "phone, when"}} {
		other, err := Parse("r.yaml", []byte(strings.Replace(text, change[0], change[1], 1)))
		if err != nil || one.Hash() == other.Hash() {
			t.Errorf("%s: the hash stays, %v", change, err)
		}
	}
}
