package synthetic_test

import (
	"strings"
	"testing"

	"refresher/internal/dataset/synthetic"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
)

// All mistakes in options are found at once, without a row.
func TestCheck(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE a (id int PRIMARY KEY, b text GENERATED ALWAYS AS ('x') STORED);
CREATE TABLE c (a int REFERENCES a, d text); CREATE TABLE p (x int) PARTITION BY HASH (x);
CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 1, REMAINDER 0);`)
	values := func(column string) synthetic.TableOptions {
		return synthetic.TableOptions{Values: map[string][]string{column: {"1"}}}
	}
	err := synthetic.Options{Method: synthetic.Method{K: 3}, Tables: map[catalog.Name]synthetic.TableOptions{
		name("none"): {}, name("a"): values("b"), name("c"): values("a"), name("p1"): {},
	}}.Check(catalogOf(t, session(t, url)))
	if err == nil {
		t.Fatal("no mistake was found")
	}
	for _, want := range []string{"k must be at least 20", "there is no table public.none",
		`table public.a has no column "b" that values can be listed for`, `column "a" of public.c refers to public.a; list values there`,
		"public.p1 is a partition; write public.p, whose rows it holds"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	good := synthetic.Options{Method: synthetic.Method{Epsilon: 0.5}, Tables: map[catalog.Name]synthetic.TableOptions{name("c"): values("d")}}
	if err := good.Check(catalogOf(t, session(t, url))); err != nil {
		t.Error(err)
	}
}

// Neither way to release counts can be asked for so weakly that single rows come out.
func TestLeastProtection(t *testing.T) {
	for _, tt := range []struct {
		m  synthetic.Method
		ok bool
	}{
		{synthetic.Method{K: 20}, true}, {synthetic.Method{K: 19}, false}, {synthetic.Method{K: -20}, false},
		{synthetic.Method{}, false}, {synthetic.Method{Epsilon: 0.01}, true}, {synthetic.Method{Epsilon: 10}, true},
		{synthetic.Method{Epsilon: 10.5}, false}, {synthetic.Method{Epsilon: 1e9}, false},
		{synthetic.Method{Epsilon: -1}, false}, {synthetic.Method{K: 20, Epsilon: 1}, false},
	} {
		if err := tt.m.Check(); (err == nil) != tt.ok {
			t.Errorf("%+v: %v", tt.m, err)
		}
	}
}
