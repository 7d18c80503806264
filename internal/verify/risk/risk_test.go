package risk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify/risk"
)

var patients = catalog.Name{Schema: "public", Name: "patients"}

func columns(names ...string) []risk.Column {
	var list []risk.Column
	for _, n := range names {
		list = append(list, risk.Column{Name: n, Transform: "keep", Kept: true})
	}
	return list
}

func measure(t *testing.T, conn *pgx.Conn, s ...risk.Spec) []*risk.Result {
	t.Helper()
	results, err := risk.Measure(t.Context(), conn, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		r.Seconds = 0
	}
	return results
}

func load(t *testing.T, conn *pgx.Conn) *catalog.Catalog {
	t.Helper()
	cat, err := catalog.Load(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

func one[T any](t *testing.T, conn *pgx.Conn, sql string) T {
	t.Helper()
	var v T
	if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func TestMeasure(t *testing.T) {
	conn := pgserver.Conn(t, pgserver.DB(t))
	pgserver.Exec(t, conn.Config().ConnString(), `
		CREATE TABLE patients (id int, postcode text, gender text, "Odd ""Name" text, diagnosis text);
		INSERT INTO patients VALUES
			(1, '10115', 'f', 'a', 'flu'), (2, '10115', 'f', 'a', 'flu'), (3, '10115', 'f', 'a', 'flu'),
			(4, '10115', 'm', 'a', 'flu'), (4, '10115', 'm', 'a', NULL),
			(6, NULL, 'm', 'a', 'flu'), (7, NULL, 'm', 'a', 'cold'), (8, NULL, 'm', 'a', 'gout'),
			(9, '20095', 'f', 'a', 'flu')`)
	spec := risk.Spec{Table: patients, QuasiIdentifiers: columns("postcode", "gender", `Odd "Name`),
		Sensitive: columns("diagnosis"), MinK: 3, MinL: 2, Below: risk.Fail, Origin: "r.yaml:9"}
	got := measure(t, conn, spec)[0]
	want := &risk.Result{
		Table: "public.patients", QuasiIdentifiers: spec.QuasiIdentifiers, MinK: 3, MinL: 2, Below: risk.Fail,
		Origin: "r.yaml:9",
		Rows:   9, Classes: 4, K: 1, Singletons: 1, ClassesBelow: 2, RowsBelow: 3, HighestRisk: 1, AverageRisk: 4.0 / 9,
		Sizes: []risk.Size{{From: 1, To: 1, Classes: 1, Rows: 1}, {From: 2, To: 2, Classes: 1, Rows: 2},
			{From: 3, To: 4, Classes: 2, Rows: 6}},
		// flu ×3 and the singleton; NULL is a value
		Sensitive: []risk.Diversity{{Column: "diagnosis", L: 1, ClassesBelow: 2, RowsBelow: 4}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if p := strings.Join(got.Problems(), "\n"); !strings.Contains(p, "k is 1") ||
		!strings.Contains(p, "l of diagnosis is 1") || strings.Contains(p, "10115") {
		t.Error(p)
	}
	// One person with two rows is one person.
	spec.Person = "id"
	got = measure(t, conn, spec)[0]
	if got.K != 1 || got.Singletons != 2 || got.ClassesBelow != 2 || got.RowsBelow != 3 || got.Rows != 9 {
		t.Errorf("%+v", got)
	}
	// What is only reported passes, and what holds is all right.
	spec.Below = risk.Inform
	if got = measure(t, conn, spec)[0]; got.OK || !got.Passed {
		t.Errorf("%+v", got)
	}
	if got = measure(t, conn, risk.Spec{Table: patients, QuasiIdentifiers: columns(`Odd "Name`), MinK: 9,
		Below: risk.Fail})[0]; !got.OK || !got.Passed || got.K != 9 {
		t.Errorf("%+v", got)
	}
	pgserver.Exec(t, conn.Config().ConnString(), "TRUNCATE patients")
	if got = measure(t, conn, spec)[0]; got.K != 0 || !got.OK || got.HighestRisk != 0 {
		t.Errorf("an empty table: %+v", got)
	}
}

func suppress(t *testing.T, conn *pgx.Conn, specs []risk.Spec) (map[catalog.Name]int64, error) {
	t.Helper()
	return risk.Suppress(context.Background(), conn, load(t, conn), specs)
}

func TestSuppressValues(t *testing.T) {
	conn := pgserver.Conn(t, pgserver.DB(t))
	pgserver.Exec(t, conn.Config().ConnString(), `
		CREATE TABLE patients (id int PRIMARY KEY, postcode text, gender text, diagnosis text NOT NULL);
		INSERT INTO patients SELECT i, '1', 'f', CASE WHEN i % 2 = 0 THEN 'flu' ELSE 'cold' END FROM generate_series(1, 5) i;      -- large enough
		INSERT INTO patients SELECT i, '2', 'f', CASE WHEN i % 2 = 0 THEN 'flu' ELSE 'cold' END FROM generate_series(11, 14) i;    -- large enough, the smallest
		INSERT INTO patients VALUES (21, '3', 'f', 'flu'), (22, NULL, 'm', 'gout')                                               -- too small, both together too`)
	specs := []risk.Spec{{Table: patients, QuasiIdentifiers: columns("postcode", "gender"), MinK: 4, Below: risk.Hide,
		Suppress: risk.Values}}
	removed, err := suppress(t, conn, specs)
	if err != nil || len(removed) > 0 {
		t.Fatal(removed, err)
	}
	if got := one[string](t, conn, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM patients WHERE postcode IS "+
		"NULL AND gender IS NULL"); got != "11 12 13 14 21 22" {
		t.Errorf("suppressed: %s", got)
	}
	r := measure(t, conn, specs...)[0]
	if d := cmp.Diff(&risk.Suppressed{How: risk.Values, Rows: 6, Rounds: 1}, r.Suppressed); d != "" || !r.OK ||
		r.Rows != 11 {
		t.Errorf("%s\n%+v", d, r)
	}
	// A class that tells everybody's diagnosis is too small for l.
	specs = []risk.Spec{{Table: patients, QuasiIdentifiers: columns("postcode", "gender"),
		Sensitive: columns("diagnosis"), MinK: 4, MinL: 3, Below: risk.Hide, Suppress: risk.Values}}
	if _, err := suppress(t, conn, specs); err != nil {
		t.Fatal(err)
	}
	if r := measure(t, conn, specs...)[0]; !r.OK || r.Classes != 1 || r.Sensitive[0].L != 3 {
		t.Errorf("%+v", r)
	}
	// Nobody hides in a table of eleven among twelve: verification says so.
	specs[0].MinK = 12
	if _, err := suppress(t, conn, specs); err != nil {
		t.Fatal(err)
	}
	if r := measure(t, conn, specs...)[0]; r.OK || r.Passed {
		t.Errorf("%+v", r)
	}
}

func TestSuppressRowsAndWhatPointsAtThem(t *testing.T) {
	conn := pgserver.Conn(t, pgserver.DB(t))
	const schema = `
		CREATE EXTENSION citext;
		CREATE TABLE patients (id int NOT NULL, year int NOT NULL, gender text NOT NULL) PARTITION BY RANGE (id);
		CREATE TABLE old PARTITION OF patients FOR VALUES FROM (0) TO (100); CREATE TABLE new PARTITION OF patients DEFAULT;
		CREATE TABLE logins (mail citext, patient int NOT NULL);
		CREATE TABLE visits (id int, patient int, parent int);
		CREATE TABLE letters (id int, mail citext NOT NULL)`
	const keys = `
		ALTER TABLE patients ADD PRIMARY KEY (id); ALTER TABLE logins ADD PRIMARY KEY (mail); ALTER TABLE visits ADD PRIMARY KEY (id);
		ALTER TABLE visits ADD FOREIGN KEY (patient) REFERENCES patients, ADD FOREIGN KEY (parent) REFERENCES visits;
		ALTER TABLE logins ADD FOREIGN KEY (patient) REFERENCES patients; ALTER TABLE letters ADD FOREIGN KEY (mail) REFERENCES logins`
	const rows = `
		INSERT INTO patients SELECT i, 1950, 'f' FROM generate_series(1, 3) i; INSERT INTO patients SELECT i, 1960, 'm' FROM generate_series(101, 103) i;
		INSERT INTO patients VALUES (4, 1917, 'f'), (104, 1918, 'm');
		INSERT INTO logins VALUES ('A@x.test', 1), ('b@x.test', 4), ('c@x.test', 104);
		INSERT INTO visits VALUES (1, 1, NULL), (2, 4, 1), (3, 104, 2), (4, NULL, 2);
		INSERT INTO letters VALUES (1, 'a@X.test'), (2, 'B@x.test'), (3, 'b@x.test')`
	url := conn.Config().ConnString()
	pgserver.Exec(t, url, schema)
	pgserver.Exec(t, url, keys)
	cat := load(t, conn) // the source's catalog has the keys; the shadow at that moment has not
	pgserver.Exec(t, url, "DROP TABLE patients, logins, visits, letters CASCADE; DROP EXTENSION citext")
	pgserver.Exec(t, url, schema)
	pgserver.Exec(t, url, rows)
	conn = pgserver.Conn(t, url)
	specs := []risk.Spec{{Table: patients, QuasiIdentifiers: columns("year", "gender"), MinK: 3, Below: risk.Hide,
		Suppress: risk.Rows}}
	removed, err := risk.Suppress(t.Context(), conn, cat, specs)
	if err != nil {
		t.Fatal(err)
	}
	name := func(n string) catalog.Name { return catalog.Name{Schema: "public", Name: n} }
	if d := cmp.Diff(map[catalog.Name]int64{name("old"): 1, name("new"): 1, name("logins"): 2, name("letters"): 2},
		removed); d != "" {
		t.Error(d)
	}
	r := measure(t, conn, specs...)[0]
	want := &risk.Suppressed{How: risk.Rows, Rows: 2, Rounds: 1, Follows: []risk.Follows{
		{Table: "public.logins", Removed: 2}, {Table: "public.visits", Unset: 2}, {Table: "public.letters",
			Removed: 2}}}
	if d := cmp.Diff(want, r.Suppressed); d != "" || !r.OK {
		t.Errorf("%s\n%+v", d, r)
	}
	pgserver.Exec(t, url, keys) // all hold
	if got := one[string](t, conn, "SELECT string_agg(id || ':' || coalesce(patient::text, '-'), ' ' ORDER BY id) "+
		"FROM visits"); got != "1:1 2:- 3:- 4:-" {
		t.Errorf("visits: %s", got)
	}
}

// A CHECK constraint is there before the rows are, so it can forbid NULLs.
func TestSuppressRefusesWhatAConstraintForbids(t *testing.T) {
	conn := pgserver.Conn(t, pgserver.DB(t))
	pgserver.Exec(t, conn.Config().ConnString(), `CREATE TABLE patients (postcode text CONSTRAINT known CHECK (postcode IS NOT NULL)); INSERT INTO patients VALUES ('secret-postcode')`)
	_, err := suppress(t, conn, []risk.Spec{{Table: patients, QuasiIdentifiers: columns("postcode"), MinK: 2,
		Below: risk.Hide, Suppress: risk.Values}})
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || !strings.Contains(err.Error(), "known") || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
	if n := one[int64](t, conn, "SELECT count(*) FROM patients WHERE postcode IS NOT NULL"); n != 1 {
		t.Error("the refused suppression left something behind")
	}
}

// For any table, suppression ends, leaves as many rows as it says, and
// what is measured afterwards holds, unless the table is too small for that.
func TestSuppressProperty(t *testing.T) {
	conn := pgserver.Conn(t, pgserver.DB(t))
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range 24 {
		pgserver.Exec(t, conn.Config().ConnString(), fmt.Sprintf(`
			DROP TABLE IF EXISTS patients; CREATE TABLE patients (a int, b text, c date, s text, who int);
			SELECT setseed(%g);
			INSERT INTO patients SELECT nullif((random() * %d)::int, 0), chr(65 + (random() * %d)::int), date '2000-01-01' + (random() * %d)::int, chr(65 + (random() * 3)::int), (random() * 40)::int
			FROM generate_series(1, %d)`, rng.Float64(), rng.IntN(6), rng.IntN(4), rng.IntN(3), rng.IntN(120)))
		s := risk.Spec{Table: patients, QuasiIdentifiers: columns("a", "b", "c"), MinK: int64(2 + rng.IntN(6)),
			Below: risk.Hide, Suppress: []risk.How{risk.Values, risk.Rows}[i%2]}
		if rng.IntN(2) == 0 {
			s.Sensitive, s.MinL = columns("s"), 2
		}
		if rng.IntN(2) == 0 {
			s.Person = "who"
		}
		other := risk.Spec{Table: patients, QuasiIdentifiers: columns("b", "s"), MinK: 3, Below: risk.Hide,
			Suppress: s.Suppress}
		specs := []risk.Spec{s, other}[:1+rng.IntN(2)]
		before := one[int64](t, conn, "SELECT count(*) FROM patients")
		removed, err := suppress(t, conn, specs)
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		if after := one[int64](t, conn, "SELECT count(*) FROM patients"); after != before-removed[patients] {
			t.Errorf("%d: %d rows before, %d after, %d removed", i, before, after, removed[patients])
		}
		for _, r := range measure(t, conn, specs...) {
			if !r.OK && (s.Suppress == risk.Rows || r.Classes > 1) {
				t.Errorf("%d: %+v of %+v", i, r, specs)
			}
		}
	}
}
