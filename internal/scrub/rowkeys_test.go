package scrub_test

import (
	"errors"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// A listed key becomes what the row's key becomes.
func TestKeysOfRows(t *testing.T) {
	keyed := func(name string, columns ...string) tableDef {
		return tableDef{name: name, columns: columns, edit: func(t *catalog.Table) {
			for _, c := range t.Columns {
				if c.NotNull {
					t.PrimaryKey = append(t.PrimaryKey, c.Name)
				}
			}
			t.Unique = []catalog.UniqueIndex{primary(t.PrimaryKey...)}
		}}
	}
	cat := newCatalog(t, keyed("a.users", "id int8 not null", "plan text"), keyed("a.members", "id int8 not null", "team text not null"))
	p := compile(t, cat, head+`  a.users: {columns: {id: fpe, plan: keep}}
  a.members: {columns: {id: fpe, team: keep}}
`)
	name := func(n string) catalog.Name { return catalog.Name{Schema: "a", Name: n} }
	user := scrubbed(t, p, "a.users", []string{"4711", "pro"})[0]
	got, err := p.Keys(name("users"), [][]string{{"4711"}, {"4712"}})
	if err != nil || got[0][0] != user[0] || got[0][0] == "4711" || got[1][0] == got[0][0] {
		t.Errorf("%q, %v; the row has %q", got, err, user)
	}
	if got, err := p.Keys(name("members"), [][]string{{"4711", "red"}}); err != nil || got[0][1] != "red" || got[0][0] == "4711" {
		t.Errorf("%q, %v", got, err)
	}
	var in *fault.Input
	if _, err := p.Keys(name("users"), [][]string{{"4711"}, {"jane"}}); !errors.As(err, &in) ||
		!strings.Contains(err.Error(), "entry 2") || strings.Contains(err.Error(), "jane") {
		t.Errorf("no number: %v", err)
	}
}
