package synthetic_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/dataset/synthetic"
	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
)

// constrained has a column or table for each kind of constraint that is met.
const constrained = `
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE address AS (street text, zip int);
CREATE DOMAIN percent AS numeric(5,2) CHECK (VALUE >= 0 AND VALUE <= 100);
CREATE DOMAIN iso2 AS char(2) NOT NULL CHECK (VALUE ~ '^[A-Z]{2}$');
CREATE DOMAIN mail AS text CHECK (VALUE ~~ '%_@_%') CHECK (lower(VALUE) = VALUE);
CREATE TABLE people (
	id int GENERATED ALWAYS AS IDENTITY, email mail NOT NULL, country iso2, share percent, mood mood NOT NULL,
	plan varchar(10) NOT NULL CHECK (plan IN ('free', 'pro')), age smallint CHECK (age BETWEEN 18 AND 120),
	code text NOT NULL CHECK (code ~ '^[A-Z]{3}-[0-9]{4}$'), slug text CHECK (length(slug) >= 5 AND char_length(slug) < 12),
	starts timestamptz NOT NULL, ends timestamptz, CHECK (ends > starts), born date CHECK (born >= '1900-01-01' AND born < DATE '2015-01-01'),
	org int, team int, CONSTRAINT one_owner CHECK ((org IS NULL) <> (team IS NULL)), CHECK (num_nonnulls(org, team) = 1),
	low int NOT NULL, high int NOT NULL, CHECK (low < high), CHECK (low >= 0 OR high >= 0),
	total numeric(8,2) CHECK (total > 0), home address, tags text[] NOT NULL, moods mood[],
	label text GENERATED ALWAYS AS (upper(plan)) STORED, blank text NOT NULL CHECK (btrim(blank) <> ''),
	chief int CHECK (chief <> id), state text NOT NULL DEFAULT 'new', closed timestamptz,
	CONSTRAINT closed_when CHECK (state <> 'closed' OR closed IS NOT NULL), CHECK (state = ANY (ARRAY['new', 'open', 'closed'])));
CREATE TABLE orgs (id int NOT NULL, name text NOT NULL);
CREATE TABLE teams (id int NOT NULL, name text NOT NULL);
CREATE TABLE lines (person int NOT NULL, line int NOT NULL, amount numeric NOT NULL CHECK (amount > 0 AND amount < 50));
CREATE TABLE members (person int NOT NULL, org int NOT NULL, role mood NOT NULL);
CREATE TABLE profiles (person int NOT NULL, bio text);
CREATE TABLE defaults (person int NOT NULL, card text NOT NULL, active boolean NOT NULL);
CREATE TABLE bookings (room int NOT NULL, during tstzrange NOT NULL);
CREATE TABLE logs (at timestamptz NOT NULL, id bigint NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE places (region text NOT NULL, id int NOT NULL) PARTITION BY LIST (region);
CREATE TABLE places_eu PARTITION OF places FOR VALUES IN ('de', 'fr');
CREATE TABLE places_us PARTITION OF places FOR VALUES IN ('us');
CREATE TABLE chain (id int NOT NULL, after int);
CREATE TABLE base (id int NOT NULL, size int NOT NULL CHECK (size > 10));
CREATE TABLE derived (extra text NOT NULL) INHERITS (base);
CREATE EXTENSION btree_gist;
`

const constrainedKeys = `
ALTER TABLE people ADD PRIMARY KEY (id), ADD UNIQUE (code), ADD FOREIGN KEY (chief) REFERENCES people;
CREATE UNIQUE INDEX ON people (lower(email));
ALTER TABLE orgs ADD PRIMARY KEY (id); ALTER TABLE teams ADD PRIMARY KEY (id);
ALTER TABLE people ADD FOREIGN KEY (org) REFERENCES orgs, ADD FOREIGN KEY (team) REFERENCES teams;
ALTER TABLE lines ADD PRIMARY KEY (person, line), ADD FOREIGN KEY (person) REFERENCES people;
ALTER TABLE members ADD PRIMARY KEY (person, org), ADD FOREIGN KEY (person) REFERENCES people, ADD FOREIGN KEY (org) REFERENCES orgs;
ALTER TABLE profiles ADD PRIMARY KEY (person), ADD FOREIGN KEY (person) REFERENCES people;
ALTER TABLE defaults ADD FOREIGN KEY (person) REFERENCES people; CREATE UNIQUE INDEX ON defaults (person) WHERE active;
ALTER TABLE bookings ADD EXCLUDE USING gist (room WITH =, during WITH &&);
ALTER TABLE logs ADD PRIMARY KEY (id, at); ALTER TABLE places ADD PRIMARY KEY (region, id);
ALTER TABLE chain ADD PRIMARY KEY (id), ADD UNIQUE (after), ADD FOREIGN KEY (after) REFERENCES chain;
`

const constrainedRows = `
INSERT INTO orgs SELECT i, 'org ' || i FROM generate_series(1, 40) i;
INSERT INTO teams SELECT i, 'team ' || i FROM generate_series(1, 40) i;
INSERT INTO people (email, country, share, mood, plan, age, code, slug, starts, ends, born, org, team, low, high, total, home, tags,
	moods, blank, chief, state, closed)
SELECT 'p' || i || '@example.org', 'DE', i % 100, (ARRAY['sad', 'ok', 'happy'])[1 + i % 3]::mood, CASE WHEN i % 4 = 0 THEN 'pro' ELSE 'free' END,
	18 + i % 60, 'ABC-' || lpad(i::text, 4, '0'), 'slug-' || i, '2024-01-01'::timestamptz + i * interval '1 hour', NULL, '1980-01-01',
	CASE WHEN i % 2 = 0 THEN 1 + i % 40 END, CASE WHEN i % 2 = 1 THEN 1 + i % 40 END, i, i + 5, i, ROW('x', i)::address, '{}', NULL, 'b',
	CASE WHEN i > 10 THEN 1 + i % 5 END, CASE WHEN i % 3 = 0 THEN 'closed' ELSE 'new' END, CASE WHEN i % 3 = 0 THEN now() END
FROM generate_series(1, 400) i;
INSERT INTO lines SELECT 1 + i / 5, i % 5, 1 + i % 40 FROM generate_series(0, 999) i;
INSERT INTO members SELECT 1 + i % 400, 1 + i / 400, 'ok' FROM generate_series(0, 1199) i;
INSERT INTO profiles SELECT i, 'bio' FROM generate_series(1, 200) i;
INSERT INTO defaults SELECT 1 + i % 100, 'c', i < 100 FROM generate_series(0, 999) i;
INSERT INTO bookings SELECT i % 5, tstzrange('2024-01-01'::timestamptz + i * interval '1 day', '2024-01-01'::timestamptz + (i + 1) * interval '1 day')
	FROM generate_series(0, 99) i;
INSERT INTO logs SELECT '2024-01-02'::timestamptz + (i % 50) * interval '1 day', i, 'what' FROM generate_series(1, 500) i;
INSERT INTO places SELECT (ARRAY['de', 'fr', 'us'])[1 + i % 3], i FROM generate_series(1, 120) i;
INSERT INTO chain SELECT i, nullif(i - 1, 0) FROM generate_series(1, 60) i;
INSERT INTO derived SELECT i, 11 + i, 'x' FROM generate_series(1, 60) i;
INSERT INTO base SELECT i, 11 + i FROM generate_series(1, 60) i;
`

// Rows that the server takes keep to every constraint, and have the shape of the released statistics.
func TestConstraints(t *testing.T) {
	w := newWorld(t, constrained, constrainedRows, constrainedKeys)
	kinds := columns{"email": pii.Email, "bio": pii.FreeText}
	m := w.must(t, kinds.policy(synthetic.Method{K: 20}), synthetic.Options{Seed: 3})
	for table, want := range map[string]int64{"people": 400, "lines": 1000, "members": 1200, "profiles": 200,
		"defaults": 1000, "bookings": 100, "logs": 500, "places": 120, "chain": 60, "derived": 60, "base": 60} {
		if got := m.rows["public."+table]; got != want {
			t.Errorf("%s has %d rows, not %d", table, got, want)
		}
	}
	for what, sql := range map[string]string{
		"people have lines as before": "SELECT min(n) || ' to ' || max(n) FROM (SELECT count(*) n FROM lines GROUP BY person) x",
		"lines are numbered":          "SELECT min(line) || ' to ' || max(line) FROM lines",
		"some are closed":             "SELECT (count(*) FILTER (WHERE state = 'closed') BETWEEN 30 AND 190)::text FROM people",
		"nobody is his own chief":     "SELECT count(*)::text FROM people WHERE chief >= id",
		"both partitions":             "SELECT (min(n) > 100)::text FROM (SELECT count(*) n FROM logs GROUP BY tableoid) x",
		"addresses are fakes":         "SELECT count(*)::text FROM people WHERE email !~ '@example\\.(com|org|net)$'",
		"both plans":                  "SELECT (count(*) FILTER (WHERE plan = 'pro') BETWEEN 60 AND 140)::text FROM people",
	} {
		want := map[string]string{"people have lines as before": "5 to 6", "lines are numbered": "1 to 6", "nobody is his own chief": "0",
			"addresses are fakes": "0"}[what]
		if want == "" {
			want = "true"
		}
		if got := one(t, m.conn, sql); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
}

// What can't be met is refused in one sentence that names the table, the constraint and the way out.
func TestRefusals(t *testing.T) {
	rows, twenty := int64(3), int64(20)
	for what, c := range map[string]struct {
		tables, rows, keys string
		options            synthetic.TableOptions
		want               string
	}{
		"two columns": {tables: "CREATE TABLE t (a text, b text, CONSTRAINT odd CHECK (md5(a) = md5(b)))",
			want: "constraint odd (of a, b) of public.t"},
		"no value": {tables: "CREATE TABLE t (a int CHECK (a > 5 AND a < 3))", want: "column a of public.t"},
		"never true": {tables: "CREATE TABLE t (a int NOT NULL, b int NOT NULL, CONSTRAINT odd CHECK (a + b = -a - b - 1))",
			want: "constraint odd of public.t"},
		"too many rows": {tables: "CREATE TABLE t (a boolean NOT NULL)", keys: "ALTER TABLE t ADD PRIMARY KEY (a)",
			options: synthetic.TableOptions{Rows: &rows}, want: "unique key t_pkey of public.t lets it have 2 rows and not 3"},
		"circle": {tables: "CREATE TABLE t (a int NOT NULL); CREATE TABLE u (a int NOT NULL)",
			options: synthetic.TableOptions{Rows: &twenty},
			keys: "ALTER TABLE t ADD PRIMARY KEY (a); ALTER TABLE u ADD PRIMARY KEY (a);" +
				"ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u; ALTER TABLE u ADD FOREIGN KEY (a) REFERENCES t", want: "circle"},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, c.tables, "SELECT 1", c.keys)
			if c.options.Rows == nil {
				many := int64(50)
				c.options.Rows = &many
			}
			_, err := w.synthesize(t, columns{}.policy(synthetic.Method{K: 20}), synthetic.Options{
				Tables: map[catalog.Name]synthetic.TableOptions{name("t"): c.options}})
			var r *fault.Refusal
			if !errors.As(err, &r) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "rows: 0") {
				t.Errorf("%v", err)
			}
			zero := int64(0)
			_, err = w.synthesize(t, columns{}.policy(synthetic.Method{K: 20}), synthetic.Options{
				Tables: map[catalog.Name]synthetic.TableOptions{name("t"): {Rows: &zero}}})
			if err != nil {
				t.Errorf("with rows: 0: %v", err)
			}
		})
	}
}

// What is not understood of one column is tried by the server: functions of PostgreSQL's, of the application's and of
// domains. Columns whose rows must differ have enough values.
func TestConstraintsThatTheServerTries(t *testing.T) {
	w := newWorld(t, `
CREATE FUNCTION even(n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 % 2 = 0';
CREATE DOMAIN spread AS text CONSTRAINT spread CHECK (md5(VALUE) < '8');
CREATE TABLE t (id int NOT NULL CHECK (public.even(id)), code char(6) NOT NULL CHECK (right(md5(code), 1) IN ('0', '1', '2')),
	place spread, "Odd ""name" date CHECK (extract(dow FROM "Odd ""name") BETWEEN 1 AND 5), n int CHECK (CASE WHEN n > 5 THEN n % 3 = 0 ELSE true END));`, `
INSERT INTO t SELECT 2 * i, c, c, '2024-01-03', 3 * i FROM generate_series(1, 100) i, (SELECT lpad(g::text, 6, 'x') FROM generate_series(1, 500) g
	WHERE right(md5(lpad(g::text, 6, 'x')), 1) = '0' AND md5(lpad(g::text, 6, 'x')) < '8' LIMIT 1) x (c)`,
		"ALTER TABLE t ADD PRIMARY KEY (id)")
	m := w.must(t, columns{"code": pii.FreeText, "place": pii.FreeText}.policy(synthetic.Method{K: 20}), synthetic.Options{Seed: 5})
	if got := one(t, m.conn, "SELECT count(*) || ' ' || (count(DISTINCT place) > 10) || ' ' || (count(DISTINCT code) > 10) FROM t"); got != "100 true true" {
		t.Error(got)
	}
}

// Before a row is read, what can't be made is found by the schema and what the planner believes; what may have no
// rows, or values that will be released, is not refused.
func TestTry(t *testing.T) {
	many := int64(500)
	said := map[catalog.Name]synthetic.TableOptions{name("t"): {Rows: &many}}
	for what, c := range map[string]struct {
		tables, rows string
		options      synthetic.Options
		old          bool // the planner knows what was there once
		want         string
	}{
		"said":    {tables: "CREATE TABLE t (a boolean PRIMARY KEY)", options: synthetic.Options{Tables: said}, want: "unique key t_pkey of public.t"},
		"a type":  {tables: "CREATE TABLE t (a pg_snapshot NOT NULL)", rows: "INSERT INTO t SELECT '10:20:' FROM generate_series(1, 99)", want: "column a of public.t is of type pg_snapshot"},
		"emptied": {tables: "CREATE TABLE t (a pg_snapshot NOT NULL)", rows: "INSERT INTO t SELECT '10:20:' FROM generate_series(1, 99); ANALYZE; DELETE FROM t", old: true},
		"fewer than before": {tables: "CREATE TABLE t (a int PRIMARY KEY CHECK (a BETWEEN 1 AND 60))",
			rows: "ALTER TABLE t DROP CONSTRAINT t_a_check; INSERT INTO t SELECT generate_series(1, 99); ANALYZE; DELETE FROM t WHERE a > 50; ALTER TABLE t ADD CHECK (a BETWEEN 1 AND 60)", old: true},
		"as many as before": {tables: "CREATE TABLE t (a pg_snapshot NOT NULL)", rows: "INSERT INTO t SELECT '10:20:' FROM generate_series(1, 99); ANALYZE", old: true,
			want: "column a of public.t is of type pg_snapshot"},
		"no rows":         {tables: "CREATE TABLE t (a pg_snapshot NOT NULL)"},
		"rows stay":       {tables: "CREATE TABLE t (a pg_snapshot NOT NULL); CREATE TABLE empty (a pg_snapshot NOT NULL)", rows: "INSERT INTO empty SELECT '10:20:' FROM generate_series(1, 99)"},
		"a function":      {tables: "CREATE TABLE t (a text CONSTRAINT odd CHECK (md5(a) = 'x'))", options: synthetic.Options{Tables: said}, want: "column a of public.t has a constraint, odd,"},
		"released":        {tables: "CREATE TABLE t (kept text CHECK (md5(kept) = 'x'))", options: synthetic.Options{Tables: said}},
		"an own function": {tables: "CREATE FUNCTION never(t text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false'; CREATE TABLE t (a text CHECK (never(a)))", options: synthetic.Options{Tables: said}},
		"one of two":      {tables: "CREATE TABLE t (a text, b text, CONSTRAINT odd CHECK ((a IS NULL) <> (b IS NULL)))", options: synthetic.Options{Tables: said}},
		"one of two parents": {tables: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int REFERENCES p, b int REFERENCES p, " +
			"CONSTRAINT odd CHECK ((a IS NULL) <> (b IS NULL)))", options: synthetic.Options{Tables: said}},
		"a sum": {tables: "CREATE TABLE t (a text NOT NULL, b text NOT NULL, CONSTRAINT odd CHECK (a = b || 'x'))", options: synthetic.Options{Tables: said}, want: "constraint odd of public.t"},
	} {
		t.Run(what, func(t *testing.T) {
			if !c.old {
				c.rows += "; ANALYZE"
			}
			w := newWorld(t, c.tables, c.rows, "SELECT 1")
			bounds, err := synthetic.Bounds(t.Context(), w.conn)
			if err != nil {
				t.Fatal(err)
			}
			none := columns{"a": pii.FreeText, "b": pii.FreeText} // whose values are not released
			c.options.Method.K = 20
			err = c.options.Try(t.Context(), w.conn, synthetic.Schema{Catalog: catalogOf(t, w.conn), Bounds: bounds,
				Empty: map[catalog.Name]bool{name("empty"): true}, Policy: none.policy(c.options.Method),
				Session: func(_ context.Context, fn func(*pgx.Conn) error) error { return fn(w.conn) }})
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
