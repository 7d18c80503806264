package verify_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
	"refresher/internal/verify/pass"
)

// What is wrong with a database beside its cells is found by the right check.
func TestChecks(t *testing.T) {
	url := scrubbed(t)
	for _, c := range []struct{ name, sql, undo, check, problem string }{
		{"table", "CREATE TABLE extra (a int)", "DROP TABLE extra", "coverage",
			"public.extra: no rule names this table"},
		{"column", "ALTER TABLE users ADD mail2 text", "ALTER TABLE users DROP mail2", "coverage",
			"public.users.mail2: no rule names this column"},
		{"gone column", "ALTER TABLE users DROP rank", "ALTER TABLE users ADD rank int2", "coverage",
			"public.users.rank: the rules name it, but there is no such column"},
		{"gone table", "DROP TABLE nothing", "CREATE TABLE nothing ()", "coverage",
			"public.nothing: the rules name it, but there is no such table"},
		{"lost row", "DELETE FROM events WHERE id = 0", `INSERT INTO events VALUES (0, '2026-01-11', '{}')`, "rows",
			"public.events_1: 149 rows where 150 left the source"},
		{"more rows", "INSERT INTO events VALUES (-1, '2026-08-11', '{}')", "DELETE FROM events WHERE id = -1", "rows",
			"public.events_2: 151 rows where 150 left the source"},
		{"not empty", "INSERT INTO sessions VALUES (1, 'x')", "TRUNCATE sessions", "empty",
			"public.sessions: 1 rows, but its rule is rows: none"},
		{"constraint", "ALTER TABLE users ADD CONSTRAINT pos CHECK (id >= 0) NOT VALID",
			"ALTER TABLE users DROP CONSTRAINT pos", "constraints", `public.users: constraint "pos" is not validated`},
		{"index", "CREATE INDEX nicks ON users (nick); UPDATE pg_index SET indisvalid = false WHERE indexrelid = " +
			"'nicks'::regclass", "DROP INDEX nicks", "constraints", `public.users: index "nicks" is not valid`},
		{"large object", "SELECT lo_from_bytea(4711, 'x')", "SELECT lo_unlink(4711)", "large objects",
			"1 large objects: the rules don't keep them (large_objects: keep)"},
	} {
		pgserver.Exec(t, url, c.sql)
		r := database(t, verify.Options{Set: source(t)}, url, specs())
		for _, k := range r.Checks {
			if k.OK == (k.Name == c.check) {
				t.Errorf("%s: check %s is %v: %s", c.name, k.Name, k.OK, k.Detail)
			}
		}
		refusal := refused(t, c.check, r)
		if len(refusal.Problems) != 1 || refusal.Problems[0].Text != c.problem {
			t.Errorf("%s: %q", c.name, refusal.Problems)
		}
		pgserver.Exec(t, url, c.undo)
	}
	passes(t, database(t, verify.Options{Set: source(t)}, url, specs()))

	// A constraint that the source has not validated either is no fault; row counts that nobody knows neither.
	pgserver.Exec(t, url, "ALTER TABLE users ADD CONSTRAINT pos CHECK (id >= 0) NOT VALID")
	rules := specs()
	rules[0].NotValid = []string{"pos"}
	for i := range rules {
		rules[i].SourceRows = -1
	}
	pgserver.Exec(t, url, "DELETE FROM events WHERE id = 0")
	passes(t, database(t, verify.Options{}, url, rules))

	// Partitions take their root's rules.
	rules = slices.DeleteFunc(rules, func(s verify.Table) bool { return strings.HasPrefix(s.Name.Name, "events_") })
	passes(t, database(t, verify.Options{}, url, rules))
}

// A policy that hides rows from the verifying role is an error, not a clean result.
func TestHiddenRowsAreAnError(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE t (a text); INSERT INTO t VALUES ('`+srcEmail+`'); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
		DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT SELECT ON t TO reader`)
	t.Cleanup(func() { pgserver.Exec(t, url, "DROP OWNED BY reader; DROP ROLE reader") })
	cfg := config(t, url)
	cfg.User = "reader"
	if r, err := verify.New(verify.Options{Run: run}).Database(context.Background(), cfg, nil); err == nil {
		t.Errorf("no error, but %d rows", r.Rows)
	} else {
		silent(t, err)
	}
}

// A source value in a definition refuses the run; a detection there is weak. What
// the rules list as allowed anywhere is allowed in definitions.
func TestSchemaText(t *testing.T) {
	url := scrubbed(t)
	pgserver.Exec(t, url, `
		COMMENT ON COLUMN users.bio IS 'ask `+srcName+`';
		ALTER TABLE users ALTER bio SET DEFAULT 'by lars.holm@telia.com';
		ALTER TYPE mood ADD VALUE '`+srcEmail+`';
		CREATE VIEW v AS SELECT '`+srcPhone+`' AS x;
		CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT '`+srcIBAN+`' $$;
		ALTER TABLE users ADD CONSTRAINT c CHECK (nick <> '`+srcCard+`');
		CREATE INDEX partial ON users (id) WHERE bio = 'lars.holm@telia.com'`)
	r := database(t, verify.Options{Set: source(t)}, url, specs())
	refused(t, "survivors", r)
	silent(t, r)
	var got []string
	for _, f := range r.Findings {
		if f.Strong != (f.Kind == verify.Survivor) || f.Column != "" || f.Row != "" {
			t.Errorf("%+v", f)
		}
		got = append(got, f.Table+": "+f.Kind+" "+string(f.Class))
	}
	for _, want := range []string{
		"comment on column public.users.bio: survivor full_name", "table public.users: detection email",
		"type public.mood: survivor email", "view public.v: survivor phone", "function public.f(): survivor iban",
		"table public.users: survivor credit_card", "index public.partial: detection email"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	d, err := verify.New(verify.Options{Run: run, Set: source(t)}).Dump(context.Background(), "x.dump",
		bytes.NewReader(dump(t, url)))
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "survivors", d)
	silent(t, d)

	// Without source values in it, only strict rules refuse it.
	passes(t, database(t, verify.Options{}, url, specs()))
	refused(t, "detectors", database(t, verify.Options{Strict: true}, url, specs()))

	url = pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE t (a text DEFAULT '`+srcEmail+`')`)
	allow := verify.Exception{Table: catalog.Name{Schema: "public", Name: "t"}, Column: "a", Class: pii.Email,
		Values: []string{srcEmail}, Why: "our own"}
	passes(t, database(t, verify.Options{Set: source(t), Exceptions: []verify.Exception{allow}}, url, nil))
	allow.Values = nil
	refused(t, "survivors", database(t, verify.Options{Set: source(t), Exceptions: []verify.Exception{allow}}, url,
		nil))
}

// Exceptions by value allow what they list; by class they allow detections only.
func TestExceptions(t *testing.T) {
	url := scrubbed(t)
	pgserver.Exec(t, url, `UPDATE users SET bio = 'Mail Lars.Holm@telia.com, or `+srcEmail+`' WHERE id = 1`)
	users := catalog.Name{Schema: "public", Name: "users"}
	for _, c := range []struct {
		e      verify.Exception
		passes bool
	}{
		{verify.Exception{Table: users, Column: "bio", Class: pii.Email, Values: []string{"lars.holm@TELIA.com",
			srcEmail}}, true},
		{verify.Exception{Table: users, Column: "bio", Class: pii.Email, Values: []string{"lars.holm@telia.com"}},
			false},
		{verify.Exception{Table: users, Column: "bio", Class: pii.Email, Values: []string{srcEmail}}, false},
		{verify.Exception{Table: users, Column: "bio", Class: pii.Email}, false},
		{verify.Exception{Table: users, Column: "nick", Class: pii.Email, Values: []string{"lars.holm@telia.com",
			srcEmail}}, false},
		{verify.Exception{Table: users, Column: "bio", Class: pii.Phone, Values: []string{"lars.holm@telia.com",
			srcEmail}}, false},
	} {
		c.e.Why = "reviewed"
		r := database(t, verify.Options{Set: source(t), Exceptions: []verify.Exception{c.e}}, url, specs())
		_, err := verify.Judge(run, "x", r)
		if (err == nil) != c.passes {
			t.Errorf("%+v: %v", c.e, err)
		}
		if c.passes && r.Excepted != 2 {
			t.Errorf("%d excepted", r.Excepted)
		}
	}
}

// An exception by number accepts findings of its class up to that number, survivors
// too, and is listed with what was found in any case.
func TestExceptionsByNumber(t *testing.T) {
	url := scrubbed(t)
	pgserver.Exec(t, url, `UPDATE users SET bio = 'Mail Lars.Holm@telia.com, or `+srcEmail+`' WHERE id = 1`)
	for _, c := range []struct {
		column string
		class  pii.Class
		upTo   int64
		values []string
		passes bool
		found  int64
	}{
		{"bio", pii.Email, 2, nil, true, 2}, {"bio", pii.Email, 100, nil, true, 2}, {"bio", pii.Email, 1, nil, false, 2},
		{"bio", pii.Email, 1, []string{srcEmail}, true, 1}, {"bio", pii.Phone, 2, nil, false, 0}, {"nick", pii.Email, 2, nil, false, 0},
	} {
		e := verify.Exception{Table: catalog.Name{Schema: "public", Name: "users"}, Column: c.column, Class: c.class,
			UpTo: c.upTo, Values: c.values, Why: "a public list"}
		r := database(t, verify.Options{Set: source(t), Exceptions: []verify.Exception{e}}, url, specs())
		_, err := verify.Judge(run, "x", r)
		want := []verify.Accepted{{Table: "public.users", Column: c.column, Class: c.class, Found: c.found, UpTo: c.upTo, Why: "a public list"}}
		if d := cmp.Diff(want, r.Accepted); d != "" || (err == nil) != c.passes {
			t.Errorf("%+v: %v\n%s", c, err, d)
		}
		if c.upTo == 1 && !c.passes && !strings.Contains(err.Error(), "public.users.bio: 2 findings of class email, and the rules accept 1 (a public list)") {
			t.Errorf("%v", err)
		}
	}
}

// Numbers are weighed: chance hits are weak, what chance can't explain is strong.
func TestNumbersAreWeighed(t *testing.T) {
	var phones []string
	for i := range 20000 { // of all numbers of eleven digits, one in 5 million
		phones = append(phones, fmt.Sprintf("46%09d", 100000000+i*7))
	}
	set := source(t, phones...)
	for _, c := range []struct {
		name, sql string
		strong    bool
	}{
		{"random card-like ids", "SELECT 4000000000000000 + g * 104729 AS v FROM generate_series(1, 1000) g", false},
		{"card-like ids as text", "SELECT (4000000000000000 + g * 104729)::text AS v FROM generate_series(1, 1000) g",
			false},
		{"a column of cards", "SELECT 4556737586899855 + (g - g) AS v FROM generate_series(1, 10) g", true},
		{"a card among words", "SELECT CASE WHEN g = 500 THEN '4716108999716531' ELSE 'word' || g END AS v FROM " +
			"generate_series(1, 1000) g", true},
		{"one phone among other numbers",
			"SELECT CASE WHEN g = 9 THEN 46100000007 ELSE 90000000000 + g END AS v FROM generate_series(1, 100) g",
			true},
		{"one phone among millions of numbers",
			"SELECT CASE WHEN g = 9 THEN 46100000007 ELSE 90000000000 + g END AS v FROM generate_series(1, 200000) g",
			false},
		{"many phones among many numbers", "SELECT CASE WHEN g < 9 THEN 46100000000 + g * 7 ELSE 90000000000 + g " +
			"END AS v FROM generate_series(1, 200000) g", true},
	} {
		url := pgserver.DB(t)
		pgserver.Exec(t, url, "CREATE TABLE t AS "+c.sql)
		r := database(t, verify.Options{Set: set}, url, nil)
		if (r.Survivors+r.Detected > 0) != c.strong || r.Survivors+r.Detected+r.Weak == 0 {
			t.Errorf("%s: %d survivors, %d detected, %d weak", c.name, r.Survivors, r.Detected, r.Weak)
		}
	}
}

// At most 20 findings of a sort a column are kept, all are counted, and a refusal names the column once.
func TestManyFindings(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, "CREATE TABLE t AS SELECT 'lars' || g || '@telia.com' AS v FROM generate_series(1, 50000) g")
	r := database(t, verify.Options{}, url, nil)
	if r.Detected != 50000 || len(r.Findings) != 20 || r.Rows != 50000 {
		t.Errorf("%d detected, %d kept", r.Detected, len(r.Findings))
	}
	refusal := refused(t, "detectors", r)
	want := fault.Problem{Table: "public.t", Column: "v",
		Text: "public.t.v: 50000 values personal by shape (class email), such as l***@t***.com at ctid (0,1)",
		Fix:  "\nor, if it is no leak, under allow:   - {table: public.t, column: v, class: email, up_to: 50000, why: WHY}"}
	if len(refusal.Problems) != 1 || refusal.Problems[0] != want {
		t.Errorf("%q", refusal.Problems)
	}
}

func TestJudgeWantsItsOwnResults(t *testing.T) {
	url := pgserver.DB(t)
	r := database(t, verify.Options{}, url, nil)
	passes(t, r)
	for _, results := range [][]*verify.Result{nil, {nil}, {{}},
		{{Checks: []verify.Check{{Name: "survivors", OK: true}}}}, {r, {}}} {
		if verified, err := verify.Judge(run, "x", results...); err == nil || verified.For(run, "x") {
			t.Errorf("%v passes", results)
		}
	}
	if verified, err := verify.Judge("another", "x", r); err == nil || verified.For("another", "x") {
		t.Error("a result of another run passes")
	}
	if (pass.Pass{}).For("", "") {
		t.Error("the zero pass is for something")
	}
}

func TestCancel(t *testing.T) {
	url := scrubbed(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	v := verify.New(verify.Options{Run: run})
	if _, err := v.Database(ctx, config(t, url), nil); err == nil {
		t.Error("Database goes on")
	}
	if _, err := v.Dump(ctx, "x", bytes.NewReader(dump(t, url))); err == nil {
		t.Error("Dump goes on")
	}
}

// A materialised view's rows are read whole, under any names of its columns.
func TestViewWithOddColumns(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE MATERIALIZED VIEW v AS SELECT 'x'::text AS t, '`+srcEmail+`'::text AS v, 1 AS text`)
	r := database(t, verify.Options{Set: source(t)}, url, nil)
	if !slices.ContainsFunc(r.Findings, func(f verify.Finding) bool {
		return f.Table == "public.v" &&
			f.Kind == verify.Survivor && f.Row != ""
	}) {
		t.Errorf("not found in the rows: %v", r.Findings)
	}
	refused(t, "survivors", r)
}

// All that a definition can hold is looked through, names too; a name that is a
// finding is not printed to say where it is.
func TestAllOfTheSchema(t *testing.T) {
	set := source(t)
	url := pgserver.DB(t)
	cases := []struct{ name, sql, object string }{
		{"sql body", `CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT '` + srcName + `'; END`,
			"function public.f()"},
		{"default of an argument", `CREATE PROCEDURE f(a text DEFAULT '` + srcName + `') LANGUAGE sql AS $$ SELECT $$`,
			"procedure public.f(text)"},
		{"setting of a function", `CREATE FUNCTION f() RETURNS int LANGUAGE sql SET application_name = '` + srcEmail +
			`' AS $$ SELECT 1 $$`, "function public.f()"},
		{"aggregate", `CREATE AGGREGATE f(text) (SFUNC = textcat, STYPE = text, INITCOND = '` + srcEmail + `')`,
			"aggregate public.f(text)"},
		{"statistics", `CREATE TABLE f (a text); CREATE STATISTICS s ON (a || '` + srcName + `'), (lower(a)) FROM f`,
			"statistics public.s"},
		{"schema", `CREATE SCHEMA "` + srcEmail + `"`, "schema no. "},
		{"table", `CREATE TABLE "` + srcName + `" (a int)`, "table no. "},
		{"column", `CREATE TABLE f ("for hanna_bergström" int)`, "table public.f"},
		{"field", `CREATE TYPE f AS ("` + srcEmail + `" int)`, "type public.f"},
		{"type", `CREATE DOMAIN "` + srcEmail + `" AS int`, "domain no. "},
		{"sequence", `CREATE SEQUENCE "` + srcEmail + `"`, "sequence no. "},
		{"wrapper's option", `CREATE FOREIGN DATA WRAPPER f OPTIONS (contact '` + srcEmail + `')`,
			"foreign data wrapper f"},
		{"foreign column's option", `CREATE FOREIGN DATA WRAPPER f2; CREATE SERVER g2 FOREIGN DATA WRAPPER f2; CREATE FOREIGN TABLE h (a text OPTIONS (note '` + srcEmail + `')) SERVER g2`, "foreign table public.h"},
		{"type and version of a server", `CREATE FOREIGN DATA WRAPPER f3; CREATE SERVER g3 TYPE 'x' VERSION '` +
			srcEmail + `' FOREIGN DATA WRAPPER f3`, "server g3"},
		{"text search", `CREATE TEXT SEARCH CONFIGURATION "` + srcEmail + `" (COPY = simple)`,
			"text search configuration no. "},
		{"collation", `CREATE COLLATION "` + srcEmail + `" FROM "C"`, "collation no. "},
		{"conversion", `CREATE CONVERSION "` + srcEmail + `" FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8`,
			"conversion no. "},
		{"operator family", `CREATE OPERATOR FAMILY "` + srcEmail + `" USING btree`, "operator family no. "},
		{"constraint", `CREATE TABLE f (a int, CONSTRAINT "` + srcEmail + `" UNIQUE (a))`,
			"constraint no. "},
		{"role of a policy", `CREATE TABLE f (a int); CREATE ROLE "` + srcEmail + `"; CREATE POLICY p ON f TO "` + srcEmail +
			`"`, "policy public.f p"},
		{"privilege", `CREATE TABLE f (a int); GRANT SELECT ON f TO "` + srcEmail + `"`, "acl on table public.f"},
		{"limit of a sequence", `CREATE SEQUENCE f MAXVALUE ` + srcCard, "sequence public.f"},
		{"filter of a publication", `CREATE TABLE f (a text); CREATE PUBLICATION p FOR TABLE f WHERE (a = '` + srcEmail +
			`')`, "publication table public.p f"},
		{"option of a column", `CREATE TABLE f (a int); ALTER TABLE f ALTER a SET (n_distinct = ` + srcCard + `)`,
			"table public.f"},
		{"comment on a role", `CREATE TABLE f (a int); GRANT SELECT ON f TO "` + srcEmail +
			`"; COMMENT ON ROLE "` + srcEmail + `" IS '` + srcName + `'`, "definition no. "},
		{"setting of a role", `DO $$ BEGIN EXECUTE format('ALTER ROLE "` + srcEmail +
			`" IN DATABASE %I SET application_name = ''` + srcName + `''', current_database()); END $$`, "definition no. "},
		{"setting of the database", `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET application_name = ''` + srcName +
			`''', current_database()); END $$`, "settings of database "},
	}
	for i, c := range cases {
		pgserver.Exec(t, url, fmt.Sprintf("CREATE SCHEMA s%d; SET search_path = s%d; %s", i, i, c.sql))
	}
	r := database(t, verify.Options{Set: set}, url, nil)
	for i, c := range cases {
		object := strings.Replace(c.object, "public.", fmt.Sprintf("s%d.", i), 1)
		if !slices.ContainsFunc(r.Findings, func(f verify.Finding) bool {
			return f.Kind == verify.Survivor && strings.HasPrefix(f.Table, object)
		}) {
			t.Errorf("%s: no %q in %v", c.name, object, r.Findings)
		}
	}
	silent(t, r.Findings)
	refused(t, "survivors", r)
	pgserver.Exec(t, url, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET app.api_key = ''k3y9f8e7d6c''', current_database()); END $$`)
	refused(t, "detectors", database(t, verify.Options{}, url, nil))
	pgserver.Exec(t, url, `DO $$ BEGIN EXECUTE format('ALTER ROLE "`+srcEmail+`" IN DATABASE %I RESET ALL', current_database()); END $$;
		DROP OWNED BY "`+srcEmail+`"; DROP ROLE "`+srcEmail+`"`)
	passes(t, database(t, verify.Options{Set: set, Strict: true}, pgserver.DB(t), nil))
}

// A refusal says how many findings there are, listed or not.
func TestFindingsThatAreNotListed(t *testing.T) {
	v := verify.New(verify.Options{Run: run, Set: source(t), Workers: 2})
	results := looked(t, v, "x.log", []byte(strings.Repeat("to lars.holm@telia.com\n",
		25)+strings.Repeat("to "+srcEmail+"\n", 23)))
	_, err := verify.Judge(run, "x.log", results...)
	for _, want := range []string{"x.log: 23 values of the source, 25 values personal by shape (class email), such as h***@p***.se at line 26"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}
