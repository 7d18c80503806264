package main

import (
	"fmt"
	"strings"
	"testing"

	"refresher/internal/testkit/pgserver"
)

// newTinySite is a site whose production has one small table, and no bucket.
func newTinySite(t *testing.T) *site {
	t.Helper()
	s := newEmptySite(t)
	s.production(tinySchema)
	s.write("rules.yaml", tinyRules)
	s.write("refresher.yaml",
		"source: {url: \"${SOURCE}\"}\nstaging: {url: \"${STAGING}\"}\nrules: [rules.yaml]\nkey: env:KEY\n")
	return s
}

// inStaging runs statements in the staging database.
func (s *site) inStaging(sql string) {
	s.t.Helper()
	pgserver.Exec(s.t, s.staging.URL(s.db), sql)
}

// staged is a query's only value in the staging database.
func (s *site) staged(sql string) string { s.t.Helper(); return s.one(s.staging.URL(s.db), sql) }

const flagsRule = "  public.feature_flags: {rows: none}\n"

// newFlagSite is one with a table of flags in production, of which staging has
// rows of its own, and a table of test accounts that only staging has.
func newFlagSite(t *testing.T) *site {
	t.Helper()
	s := newTinySite(t)
	s.production(
		`CREATE TABLE feature_flags (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, enabled bool NOT NULL,
			payload jsonb, upper_name text GENERATED ALWAYS AS (upper(name)) STORED);
		INSERT INTO feature_flags (name, enabled) SELECT 'production-' || i, true FROM generate_series(1, 40) i`,
	)
	s.write("rules.yaml", tinyRules+flagsRule)
	s.edit("refresher.yaml", `staging: {url: "${STAGING}"`,
		`staging: {preserve: [public.feature_flags, 'tools."test accounts"'], url: "${STAGING}"`)
	_, said := s.must(exitClean, "run")
	if !strings.Contains(said,
		"there is no staging database yet from which to preserve public.feature_flags, tools.\"test accounts\"") {
		t.Errorf("the first run doesn't say that there was nothing to preserve:\n%s", said)
	}
	if n := s.staged("SELECT count(*)::text FROM feature_flags"); n != "0" {
		t.Errorf("%s flags of production arrived", n)
	}
	s.inStaging(
		`INSERT INTO feature_flags (name, enabled, payload) VALUES ('new-checkout', true, '{"share": 0.5}'), ('dark', false, NULL), (E'tab\there', true, '[]');
		CREATE SCHEMA tools; CREATE TABLE tools."test accounts" (id serial PRIMARY KEY, email text UNIQUE, user_id int REFERENCES users, added date DEFAULT now());
		COMMENT ON TABLE tools."test accounts" IS 'for the end-to-end tests'; CREATE INDEX ON tools."test accounts" (added);
		INSERT INTO tools."test accounts" (email, user_id) VALUES ('robot-1@example.com', 7), ('robot-2@example.com', NULL);
		DELETE FROM tools."test accounts" WHERE id = 2`,
	)
	return s
}

func TestStagingsOwnTablesSurvive(t *testing.T) {
	t.Parallel()
	s := newFlagSite(t)
	s.edit(
		"refresher.yaml",
		"key: env:KEY",
		"key: env:KEY\ns3: {endpoint: \"${S3}\", path_style: true}\nbuckets: [{name: full, url: s3://"+s.db+"/data, content: full, formats: [pgdump, parquet, csv, jsonl]}]",
	)
	role := "tester_" + s.db
	pgserver.Exec(t, s.staging.URL(pgserver.User), "CREATE ROLE "+role)
	s.inStaging(
		`GRANT USAGE ON SCHEMA tools TO ` + role + `; GRANT SELECT, INSERT ON tools."test accounts" TO ` + role + `; GRANT SELECT ON feature_flags TO ` + role,
	)
	before := s.staged(`SELECT string_agg(f::text, ' ' ORDER BY id) FROM feature_flags f`)
	s.production("UPDATE feature_flags SET enabled = NOT enabled")
	commented(t, s)
	s.must(exitClean, "run")
	for q, want := range map[string]string{
		`SELECT string_agg(f::text, ' ' ORDER BY id) FROM feature_flags f`:                                                            before,
		`SELECT string_agg(id || email || coalesce(user_id, 0), ' ') FROM tools."test accounts"`:                                      "1robot-1@example.com7",
		`SELECT obj_description('tools."test accounts"'::regclass)`:                                                                   "for the end-to-end tests",
		`SELECT count(*)::text FROM pg_indexes WHERE tablename = 'test accounts'`:                                                     "3",
		`SELECT string_agg(contype::text, '' ORDER BY contype) FROM pg_constraint WHERE conrelid = 'tools."test accounts"'::regclass`: "fpu",
		`SELECT has_table_privilege('` + role + `', 'tools."test accounts"', 'INSERT')::text`:                                         "true",
		`SELECT has_schema_privilege('` + role + `', 'tools', 'USAGE')::text`:                                                         "true",
		`SELECT has_table_privilege('` + role + `', 'feature_flags', 'SELECT')::text`:                                                 "true",
	} {
		if got := s.staged(q); got != want {
			t.Errorf("%s: got %s, want %s", q, got, want)
		}
	}
	// Sequences go on where staging's stood, not where production's do.
	want := s.staged("SELECT max(id) + 1 || ' 3' FROM feature_flags")
	s.production("SELECT setval('feature_flags_id_seq', 4000)")
	s.must(exitClean, "run")
	s.inStaging(
		`INSERT INTO feature_flags (name, enabled) VALUES ('next', true); INSERT INTO tools."test accounts" (email) VALUES ('robot-3@example.com')`,
	)
	if got := s.staged(`SELECT max(f.id) || ' ' || max(a.id) FROM feature_flags f, tools."test accounts" a`); got != want {
		t.Errorf("the next numbers are %s, not %s", got, want)
	}
	s.must(exitClean, "verify")
	s.must(exitClean, "verify", "--offline")
	s.must(exitClean, "verify", "--target", "full")
	if dump := s.bucketText(); !strings.Contains(dump, "new-checkout") ||
		!strings.Contains(dump, "robot-1@example.com") ||
		strings.Contains(dump, "production-1") {
		t.Error("the full dataset is no copy of staging")
	}
	s.describes("public.users", "email", "scrubbed")
	modes := map[string]string{}
	for _, table := range s.lastReport().Tables {
		modes[table.Name] = fmt.Sprintf("%s %d", table.Mode, table.Rows)
	}
	if modes["public.feature_flags"] != "preserved 3" || modes[`tools."test accounts"`] != "preserved 1" {
		t.Errorf("the report says %v", modes)
	}
}

// What is preserved is verified like everything else.
func TestPreservedRowsAreVerified(t *testing.T) {
	t.Parallel()
	s := newFlagSite(t)
	email := s.one(s.primary.URL(s.db), "SELECT email FROM users WHERE id = 5")
	before := s.state()
	for table, column := range map[string]string{"feature_flags": "public.feature_flags.name", `tools."test accounts"`: `tools."test accounts".email`} {
		leak := "INSERT INTO feature_flags (name, enabled) VALUES ('" + email + "', true)"
		if table != "feature_flags" {
			leak = "UPDATE " + table + " SET email = '" + email + "'; DELETE FROM feature_flags WHERE name LIKE '%@%'"
		}
		s.inStaging(leak)
		_, said := s.must(exitRefused, "run")
		if !strings.Contains(said, column) || strings.Contains(said, email) {
			t.Errorf("the refusal doesn't name %s, or shows the address:\n%s", column, said)
		}
		if s.state() != before || s.leftovers() != "" {
			t.Error("something changed")
		}
	}
}

// Rows that don't fit into what production has now are never bent or dropped:
// the run is refused before a row is read, and says of each column what to do.
func TestPreserveRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	s := newFlagSite(t)
	for name, tc := range map[string]struct {
		staging, production, undo string // undo is run on both
		code                      int
		want                      []string
	}{
		"a column that production hasn't": {"ALTER TABLE feature_flags ADD owner text", "", "ALTER TABLE feature_flags DROP IF EXISTS owner", exitRefused,
			[]string{`public.feature_flags: staging has a column "owner", production hasn't`}},
		"another type": {"ALTER TABLE feature_flags ALTER payload TYPE text", "ALTER TABLE feature_flags ALTER enabled TYPE int USING enabled::int",
			"ALTER TABLE feature_flags ALTER payload TYPE jsonb USING payload::jsonb, ALTER enabled TYPE bool USING enabled::int::bool", exitRefused,
			[]string{`column "payload" is text in staging and jsonb in production`, `column "enabled" is boolean in staging and integer in production`}},
		"a required column": {"", "ALTER TABLE feature_flags ADD team text NOT NULL DEFAULT 'x'; ALTER TABLE feature_flags ALTER team DROP DEFAULT",
			"ALTER TABLE feature_flags DROP IF EXISTS team", exitRefused, []string{`a column "team" that must not be NULL and has no default`}},
		"a computed column": {"ALTER TABLE feature_flags ALTER upper_name DROP EXPRESSION", "", "ALTER TABLE feature_flags DROP upper_name; ALTER TABLE feature_flags ADD upper_name text GENERATED ALWAYS AS (upper(name)) STORED",
			exitRefused, []string{`column "upper_name" is computed in production`}},
		"neither has it": {`DROP TABLE tools."test accounts"`, "", "", exitRefused, []string{`tools."test accounts": neither staging nor production has such a table`}},
	} {
		run := func(url, sql string) {
			if sql != "" {
				pgserver.Exec(t, url, sql)
			}
		}
		before := s.state()
		run(s.staging.URL(s.db), tc.staging)
		run(s.primary.URL(s.db), tc.production)
		_, said := s.must(tc.code, "run")
		for _, want := range tc.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: the refusal lacks %q:\n%s", name, want, said)
			}
		}
		if strings.Contains(said, "\n  data …") || s.state() != before || s.leftovers() != "" {
			t.Errorf("%s: rows were read, or something changed:\n%s", name, said)
		}
		run(s.staging.URL(s.db), tc.undo)
		run(s.primary.URL(s.db), tc.undo)
		if name == "neither has it" {
			s.edit("refresher.yaml", `, 'tools."test accounts"'`, "")
		}
	}
	// A column that production has more, and may be empty, is no hindrance.
	s.production("ALTER TABLE feature_flags ADD since date, ADD kind text NOT NULL DEFAULT 'flag'")
	s.must(exitClean, "run")
	if got := s.staged("SELECT string_agg(kind || coalesce(since::text, '-'), ' ') FROM feature_flags"); got != "flag- flag- flag-" {
		t.Errorf("new columns hold %s", got)
	}
	// Nobody could say whose rows win.
	s.write("rules.yaml", tinyRules+"  public.feature_flags: {columns: {\"*\": keep}}\n")
	if _, said := s.must(exitInput, "run"); !strings.Contains(said,
		"staging.preserve names public.feature_flags, but by the rules its rows come from production") {
		t.Errorf("rows of both sides:\n%s", said)
	}
}

// Tables that would be lost are named.
func TestTablesThatStayBehindAreNamed(t *testing.T) {
	t.Parallel()
	s := newTinySite(t)
	s.must(exitClean, "run")
	s.inStaging("CREATE TABLE scratch (x int)")
	if _, said := s.must(exitClean, "run"); !strings.Contains(said, "they stay in "+s.db+"_previous: public.scratch") {
		t.Errorf("nothing says that public.scratch is gone:\n%s", said)
	}
}

func TestAfterFilesRunBeforeVerification(t *testing.T) {
	t.Parallel()
	s := newFlagSite(t)
	s.edit("refresher.yaml", "staging: {", "staging: {after: [seed.sql, more.sql], ")
	s.write("seed.sql", `-- accounts for the end-to-end tests; nothing else;
		INSERT INTO users VALUES (9001, 'tester@example.com');
		DELETE FROM users WHERE id = 3;
		DO $$ BEGIN UPDATE users SET email = 'admin@example.org' WHERE id = 1; END $$;
		CREATE TABLE IF NOT EXISTS tools."test accounts" (id int);
		INSERT INTO feature_flags (name, enabled) VALUES ('seeded', true) ON CONFLICT DO NOTHING;`)
	s.write("more.sql", "INSERT INTO users VALUES (9002, 'second@example.com'); TRUNCATE tools.\"test accounts\"")
	for _, flags := range []string{"public.feature_flags (4 rows now), ", ""} {
		_, said := s.must(exitClean, "run")
		if !strings.Contains(said, "seed.sql wrote to "+flags+"public.users (200 rows now)") ||
			!strings.Contains(said,
				"more.sql wrote to public.users (201 rows now), tools.\"test accounts\" (0 rows now)") {
			t.Errorf("the run doesn't say what the files changed:\n%s", said)
		}
	}
	if got := s.staged(`SELECT string_agg(email, ' ' ORDER BY id) FROM users WHERE id IN (1, 3) OR id > 9000`); got != "admin@example.org tester@example.com second@example.com" {
		t.Errorf("users: %s", got)
	}
	if got := s.staged(`SELECT reltuples::text FROM pg_class WHERE relname = 'users'`); got != "201" {
		t.Errorf("the planner believes in %s users", got)
	}
	s.must(exitClean, "verify")
}

// A file that fails stops the run; the message names file, line and condition,
// and nothing that the file or a row says.
func TestAfterFilesThatFail(t *testing.T) {
	t.Parallel()
	s := newTinySite(t)
	s.must(exitClean, "run")
	s.edit("refresher.yaml", "staging: {", "staging: {after: [seed.sql], ")
	before := s.state()
	for name, tc := range map[string]struct {
		sql  string
		code int
		want string
	}{
		"a constraint":   {"SELECT 1;\n\nINSERT INTO users\n VALUES (1, 'hunter2@example.com')", exitRefused, "seed.sql, line 3: duplicate key value violates"},
		"half of it":     {"INSERT INTO users VALUES (9001, 'hunter2@example.com');\nSELECT 1/0", exitRefused, "seed.sql, line 2: the server rejected a value"},
		"a COMMIT":       {"SELECT 1;\nCOMMIT;\nROLLBACK", exitInput, "seed.sql:2:1: COMMIT: the file runs in one transaction"},
		"a psql command": {"\\set x hunter2", exitInput, "seed.sql:1:1: a psql command"},
		"an open quote":  {"SELECT 1;\nSELECT 'hunter2", exitInput, "seed.sql:2:1: a quote"},
		"a leak":         {"INSERT INTO users VALUES (9001, 'customer17@gmail.com')", exitRefused, "public.users.email"},
	} {
		s.write("seed.sql", tc.sql)
		_, said := s.must(tc.code, "run")
		if !strings.Contains(said, tc.want) || strings.Contains(said, "hunter2") ||
			strings.Contains(said, "customer17") {
			t.Errorf("%s: the message lacks %q or shows a value:\n%s", name, tc.want, said)
		}
		if s.state() != before || s.leftovers() != "" {
			t.Errorf("%s: something changed", name)
		}
	}
	s.edit("refresher.yaml", "seed.sql", "none.sql")
	if _, said := s.must(exitInput, "run"); !strings.Contains(said, "none.sql: no such file") {
		t.Errorf("a file that isn't there:\n%s", said)
	}
}
