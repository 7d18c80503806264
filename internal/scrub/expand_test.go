package scrub_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// Patterns decide on what the rules don't name; a column says who decided.
func TestPatternsAreCompiled(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.users", columns: []string{"id int8", "email text", "updated_by text"}},
		tableDef{name: "a.posts", columns: []string{"id int8", "updated_by text"}},
		tableDef{name: "a.jobs_1", columns: []string{"id int8"}})
	p := compile(t, cat, head+`  a.users: {columns: {id: keep, email: email}}
  a.posts: {columns: {id: keep}}
  "a.jobs_*": {rows: none}
  "*.updated_by": username
  "*.nothing": email
`)
	got := map[string]string{}
	for _, d := range p.Decisions() {
		if d.RowsNone {
			got[d.Table.String()] = "none " + d.Origin
		}
		for _, c := range d.Columns {
			got[d.Table.String()+"."+c.Name] = c.Transform + " " + c.Pattern
		}
	}
	for column, want := range map[string]string{
		"a.users.id": "keep ", "a.users.updated_by": "username *.updated_by",
		"a.posts.updated_by": "username *.updated_by", "a.jobs_1": "none r.yaml:5",
	} {
		if got[column] != want {
			t.Errorf("%s: %q, want %q", column, got[column], want)
		}
	}
	if !slices.Contains(p.Warnings(), `r.yaml:7: "*.nothing" matches nothing`) {
		t.Errorf("warnings: %q", p.Warnings())
	}
}

// A column that a pattern keeps and that no review knows is a refusal, not a mistake.
func TestUnreviewedColumnsAreRefused(t *testing.T) {
	cat := newCatalog(t, tableDef{name: "a.users", columns: []string{"id int8", "state text"}})
	rs, err := rules.Parse("r.yaml", []byte(head+"  \"a.*\": {columns: {\"*\": keep}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = scrub.Compile(rs, cat, testKey)
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || refusal.Gate != "review" || len(refusal.Problems) != 2 {
		t.Fatalf("%v", err)
	}
	want := `r.yaml:3:21: a.users.state (text) is kept by "a.*" and came after its last review; a rule that confirms it:   state: keep`
	if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "refresher check --accept") {
		t.Errorf("%v", err)
	}
	rs.Reviewed = map[catalog.Name]map[string]string{{Schema: "a", Name: "users"}: {"id": "bigint", "state": "text"}}
	if _, err = scrub.Compile(rs, cat, testKey); err != nil {
		t.Errorf("reviewed, and refused: %v", err)
	}
}
