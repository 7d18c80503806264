package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
)

func plainKeys(columns ...string) []catalog.IndexKey {
	var keys []catalog.IndexKey
	for _, c := range columns {
		keys = append(keys, catalog.IndexKey{Column: c, Expr: c, Reads: []string{c}})
	}
	return keys
}

// What indexes, constraints, generated columns and partition keys read.
func TestLoadExpressions(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `
		CREATE EXTENSION btree_gist;
		CREATE DOMAIN mail AS text CHECK (VALUE ~ '@') CONSTRAINT short CHECK (length(VALUE) < 100);
		CREATE DOMAIN work_mail AS mail CHECK (VALUE ~ 'acme');
		CREATE TABLE t (
			id int, a text, b text, "Odd ""c" text, d date, m work_mail, r daterange,
			g text GENERATED ALWAYS AS (lower(a) || coalesce(b, '{')) STORED,
			CHECK (a IS NOT NULL OR b IS NOT NULL), CONSTRAINT longer CHECK (length(a) > 3 AND b IS NULL),
			CONSTRAINT apart EXCLUDE USING gist (id WITH =, r WITH &&) WHERE (a = 'x'));
		CREATE UNIQUE INDEX i1 ON t (lower(a), b, upper("Odd ""c"), ('{' || a || '}')) WHERE a IS NOT NULL AND d > '2024-01-01';
		CREATE UNIQUE INDEX i2 ON t (id) WHERE a IS NULL AND b IS NOT NULL AND b <> '';
		CREATE UNIQUE INDEX i3 ON t ((t IS NULL));
		CREATE TABLE child (x int CHECK (x > 0)) INHERITS (t);
		CREATE TABLE p (id int, at date, who text, n int) PARTITION BY RANGE (at, lower(who));
		CREATE TABLE p1 PARTITION OF p DEFAULT PARTITION BY LIST (n);
		CREATE TABLE p2 PARTITION OF p1 DEFAULT;`)
	cat := load(t, url)
	table := cat.Table(public("t"))
	key := func(expr string, reads ...string) catalog.IndexKey { return catalog.IndexKey{Expr: expr, Reads: reads} }
	all := []string{"id", "a", "b", `Odd "c`, "d", "m", "r", "g"}
	if d := cmp.Diff([]catalog.UniqueIndex{
		{Name: "i1", Columns: []string{"b", "a", `Odd "c`}, Expression: true, Predicate: "((a IS NOT NULL) AND (d > '2024-01-01'::date))", PredicateReads: []string{"d"}, PredicateNulls: []string{"a"},
			Keys: []catalog.IndexKey{key("lower(a)", "a"), plainKeys("b")[0], key(`upper("Odd ""c")`, `Odd "c`), key("(('{'::text || a) || '}'::text)", "a")}},
		{Name: "i2", Columns: []string{"id"}, Predicate: "((a IS NULL) AND (b IS NOT NULL) AND (b <> ''::text))", PredicateReads: []string{"b"}, PredicateNulls: []string{"a"}, Keys: plainKeys("id")},
		{Name: "i3", Columns: all, Expression: true, Keys: []catalog.IndexKey{key("(t.* IS NULL)", all...)}},
	}, table.Unique); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]catalog.UniqueIndex{{Name: "apart", Columns: []string{"id", "r"}, Keys: plainKeys("id", "r"), Predicate: "(a = 'x'::text)", PredicateReads: []string{"a"}}}, table.Exclusions); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]catalog.Check{
		{Name: "longer", Expr: "CHECK (length(a) > 3 AND b IS NULL)", Reads: []string{"a"}},
		{Name: "t_check", Expr: "CHECK (a IS NOT NULL OR b IS NOT NULL)"},
	}, table.Checks); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]catalog.Check{{Name: "child_x_check", Expr: "CHECK (x > 0)", Reads: []string{"x"}}}, cat.Table(public("child")).Checks); d != "" {
		t.Error(d)
	}
	m := table.Column("m").Type
	if d := cmp.Diff([]catalog.Check{{Name: "work_mail_check", Expr: "CHECK (VALUE::text ~ 'acme'::text)"}}, m.Checks); d != "" || len(m.Base.Checks) != 2 {
		t.Errorf("%s, %+v", d, m.Base.Checks)
	}
	if g := table.Column("g"); !cmp.Equal(g.From, []string{"a", "b"}) || g.As != "(lower(a) || COALESCE(b, '{'::text))" || table.Column("a").As != "" {
		t.Errorf("%+v", g)
	}
	for name, want := range map[string][]string{"p": {"at", "who"}, "p1": {"n"}, "p2": nil, "t": nil} {
		if got := cat.Table(public(name)).PartitionBy; !cmp.Equal(got, want) {
			t.Errorf("%s is partitioned by %v", name, got)
		}
	}
}

// A collation that takes texts for equal, and NULLs that are.
func TestLoadUnusualIndexes(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE t (a text, b text)`)
	conn := pgserver.Conn(t, url)
	var icu bool
	if err := conn.QueryRow(t.Context(), "SELECT count(*) > 0 FROM pg_collation WHERE collprovider = 'i'").Scan(&icu); err != nil {
		t.Fatal(err)
	}
	folds := false
	if icu {
		pgserver.Exec(t, url, `CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE UNIQUE INDEX i1 ON t (a COLLATE nocase, b)`)
		folds = true
	}
	var version int
	if err := conn.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		t.Fatal(err)
	}
	if version >= 150000 {
		pgserver.Exec(t, url, `CREATE UNIQUE INDEX i2 ON t (a, b) NULLS NOT DISTINCT`)
	}
	for _, u := range load(t, url).Table(public("t")).Unique {
		if u.Name == "i1" && (u.Keys[0].Folds != folds || u.Keys[1].Folds) || u.NullsNotDistinct != (u.Name == "i2") {
			t.Errorf("%+v", u)
		}
	}
}
