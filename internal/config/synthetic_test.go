package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/dataset/synthetic"
	"refresher/internal/postgres/catalog"
)

func TestSynthetic(t *testing.T) {
	c, err := load(t, minimal+`buckets:
  - name: dev
    url: s3://b/p
    content: synthetic
    formats: [pgdump]
    synthetic:
      seed: 7
      scale: 0.5
      tables:
        public.users: 5000
        public.audit_log: 0
        public.events: {scale: 3}
        public.plans: {values: {code: [free, pro]}}
`, env("REPLICA", "postgres://ro:pw@replica/app"))
	if err != nil {
		t.Fatal(err)
	}
	rows := func(n int64) *int64 { return &n }
	table := func(n string) catalog.Name { return catalog.Name{Schema: "public", Name: n} }
	want := synthetic.Options{Seed: 7, Scale: 0.5, Method: synthetic.Method{K: 20},
		Tables: map[catalog.Name]synthetic.TableOptions{
			table("users"): {Rows: rows(5000)}, table("audit_log"): {Rows: rows(0)}, table("events"): {Scale: 3},
			table("plans"): {Values: map[string][]string{"code": {"free", "pro"}}},
		}}
	if d := cmp.Diff(want, c.Buckets[0].Synthetic.Options()); d != "" {
		t.Error(d)
	}
}

// All problems are found at once, each at its place.
func TestSyntheticProblems(t *testing.T) {
	_, err := load(t, minimal+`buckets:
  - name: dev
    url: s3://b/p
    content: synthetic
    formats: [pgdump]
    synthetic:
      scale: -1
      k: 5
      tables:
        users: 7
        public.a: {rows: 1, scale: 2}
        public.b: -2
        public.c: {scale: -1}
  - {name: full, url: s3://b/q, content: full, formats: [pgdump], synthetic: {k: 30}}
  - {name: both, url: s3://b/r, content: synthetic, formats: [pgdump], synthetic: {k: 30, epsilon: 1}}
`, env("REPLICA", "postgres://ro:pw@replica/app"))
	if err == nil {
		t.Fatal("no problem was found")
	}
	for _, want := range []string{
		"buckets[0].synthetic is wrong: k must be at least 20",
		"buckets[0].synthetic.scale can't be below 0",
		`buckets[0].synthetic.tables.users is wrong: "users" is not a table name: write it as schema.table`,
		"buckets[0].synthetic.tables.public.a has rows and scale; write one of them",
		"buckets[0].synthetic.tables.public.b.rows can't be below 0",
		"buckets[0].synthetic.tables.public.c.scale can't be below 0",
		"buckets[1].synthetic is given, but content is full; write content: synthetic, or leave synthetic out",
		"buckets[2].synthetic is wrong: k and epsilon are two ways to release counts; write one of them",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in\n%s", want, err)
		}
	}
}
