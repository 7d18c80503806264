package rules

import (
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
)

// Keys that say something beside the transform.
func TestDeclarations(t *testing.T) {
	rs, err := Parse("r.yaml", []byte(`version: 1
tables:
  a.b:
    optional: true
    columns:
      gone: {transform: "null", class: phone, optional: true}
      doc: {json: {who: {transform: constant, value: x, class: full_name}}}
      made: {transform: template, format: x, class: email}
      some: [{transform: keep, when: x}, {transform: email, optional: true}]
  a.c: {rows: none, remember: true}
  a.d: {rows: {when: x}, remember: true, columns: {x: keep}}
allow:
  - {table: a.d, column: x, class: full_name, up_to: 100, why: a public catalogue}
`))
	if err != nil {
		t.Fatal(err)
	}
	b := rs.Tables[catalog.Name{Schema: "a", Name: "b"}]
	gone, doc, made, some := b.Columns[0].Rule, b.Columns[1].Rule, b.Columns[2].Rule, b.Columns[3].Rule
	if !b.Optional || !gone.Optional || gone.Class != pii.Phone || len(gone.Params) > 0 {
		t.Errorf("table optional %t, column %+v", b.Optional, gone)
	}
	if c := doc.Parts[0].Rule; c.Class != pii.FullName || len(c.Params) != 1 {
		t.Errorf("path: %+v", c)
	}
	if made.Class != "" || made.Param("class") == nil {
		t.Errorf("class is a parameter of template: %+v", made)
	}
	if !some.Optional {
		t.Error("a list of rules is optional if one of them says so")
	}
	if !rs.Tables[catalog.Name{Schema: "a", Name: "c"}].Remember || !rs.Tables[catalog.Name{Schema: "a",
		Name: "d"}].Remember {
		t.Error("remember is lost")
	}
	if a := rs.Allow[0]; a.UpTo != 100 || a.Values != nil {
		t.Errorf("%+v", a)
	}
}

func TestBadDeclarations(t *testing.T) {
	_, err := Parse("r.yaml", []byte(`version: 1
tables:
  a.b: {optional: maybe, columns: {x: {transform: email, class: emial}, y: {array: {transform: email, optional: true}}}}
  a.c: {remember: true, columns: {x: keep}}
allow:
  - {table: a.b, column: x, class: email, up_to: 0, why: none}
`))
	if err == nil {
		t.Fatal("no problem")
	}
	for _, want := range []string{
		`r.yaml:3:19: optional is true or false`,
		`r.yaml:3:65: "emial" is no class (did you mean "email"?)`,
		`optional is for tables and columns, and the elements of column "y" of a.b is part of a value`,
		`r.yaml:4:9: remember is for rows that stay behind, and all of a.c are copied`,
		`r.yaml:6:50: up_to is a whole number from 1 on`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}
