package scrub_test

import (
	"errors"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/pgserver"
)

// A child copies rows although the parent that owns its column copies none.
func TestAColumnInheritedFromATableWithoutRowsNeedsARule(t *testing.T) {
	for name, tc := range map[string]struct{ sql, rules string }{
		"second parent": {"CREATE TABLE a (id int); CREATE TABLE b (email text, n text); CREATE TABLE c () INHERITS (a, b)",
			"version: 1\ntables:\n  public.a: {columns: {id: keep}}\n  public.b: {rows: none}\n"},
		"foreign parent": {"CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE f (email text, n text) SERVER s; CREATE TABLE kid (extra int) INHERITS (f)",
			"version: 1\ntables:\n  public.kid: {columns: {extra: keep}}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			url := pgserver.DB(t)
			pgserver.Exec(t, url, tc.sql)
			cat, err := catalog.Load(t.Context(), pgserver.Conn(t, url))
			if err != nil {
				t.Fatal(err)
			}
			rs, err := rules.Parse("r.yaml", []byte(tc.rules))
			if err != nil {
				t.Fatal(err)
			}
			_, err = scrub.Compile(rs, cat, make([]byte, 32))
			var refusal *fault.Refusal
			var input *fault.Input
			if !errors.As(err, &refusal) && !errors.As(err, &input) || !strings.Contains(err.Error(), "email") {
				t.Errorf("got %v; want to hear of the column email", err)
			}
		})
	}
}

// Only one rule can be applied to a column that a table has from two parents.
func TestParentsAgreeOnAColumn(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, "CREATE TABLE a (email text); CREATE TABLE b (email text); CREATE TABLE c () INHERITS (a, b)")
	cat, err := catalog.Load(t.Context(), pgserver.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	for rule, want := range map[string]string{
		"keep":                       `r.yaml:4:24: public.c inherits column "email" from public.b and from public.a (r.yaml:3:24), whose rules for it differ: give both the same rule`,
		"{transform: email}":         "",
		"{transform: hash_of_sorts}": "hash_of_sorts",
	} {
		rs, err := rules.Parse("r.yaml", []byte("version: 1\ntables:\n  public.a: {columns: {email: email}}\n  public.b: {columns: {email: "+rule+"}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = scrub.Compile(rs, cat, make([]byte, 32))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", rule, err, want)
		}
	}
}
