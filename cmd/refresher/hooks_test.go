package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"refresher/internal/report"
)

// program writes a script that has psql, and makes it executable.
func (s *site) program(name, text string) {
	s.t.Helper()
	s.write(name, "#!/bin/sh\nset -eu\npsql='"+s.staging.Tool("psql")+" -X -q -v ON_ERROR_STOP=1'\n"+text)
	if err := os.Chmod(filepath.Join(s.dir, name), 0o755); err != nil {
		s.t.Fatal(err)
	}
}

// newHookSite is one whose migrations make, change, rename and drop tables and columns.
func newHookSite(t *testing.T) *site {
	s := newEmptySite(t)
	s.production(tinySchema + `; ALTER TABLE users ADD COLUMN legacy text DEFAULT 'x';
		CREATE TABLE orders (id serial PRIMARY KEY, user_id int REFERENCES users, total int);
		INSERT INTO orders (user_id, total) SELECT i, i FROM generate_series(1, 200) i; CREATE TABLE old_flags (name text)`)
	s.write("rules.yaml", tinyRules+"      legacy: keep\n  public.orders: {columns: {\"*\": keep}}\n"+
		"  public.old_flags: {columns: {name: keep}}\n")
	s.edit("refresher.yaml", "workers: 2", `workers: 2
hooks:
  before_promote: [{exec: [./migrate], env: [RELEASE]}, {sql: accounts.sql}]`)
	s.edit("refresher.yaml", "buckets:", "buckets:\n  - {name: full, url: s3://"+s.db+
		"/full, content: full, formats: [pgdump, parquet], keep: 2}")
	s.vars["RELEASE"] = "42"
	s.program("migrate", `
test "$RELEASE" = 42 && test -z "${KEY:-}${SOURCE:-}"
echo "migrating for hunter2"
$psql "$DATABASE_URL" <<'SQL'
ALTER TABLE users ADD COLUMN newsletter bool NOT NULL DEFAULT false, ADD COLUMN login text;
UPDATE users SET login = split_part(email, '@', 1), newsletter = id % 2 = 0;
ALTER TABLE users DROP COLUMN legacy;
ALTER TABLE orders RENAME TO purchases;
INSERT INTO purchases (user_id, total) VALUES (1, 7);
CREATE TABLE settings (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, theme text);
INSERT INTO settings (user_id, theme) SELECT id, 'dark' FROM users;
DROP TABLE old_flags;
SQL
`)
	s.write("accounts.sql", "INSERT INTO users (id, email, newsletter) VALUES (9001, 'tester@example.com', true);")
	return s
}

// The application's migrations run in the shadow. What they make is verified, is in staging and in
// every dataset, and needs no rule.
func TestMigrationsBeforeThePromote(t *testing.T) {
	t.Parallel()
	s := newHookSite(t)
	_, said := s.must(exitClean, "run")
	for _, want := range []string{"migrate wrote to public.purchases (201 rows now), public.settings (200 rows now)",
		"accounts.sql wrote to public.users (201 rows now)", "a hook made the table public.settings"} {
		if !strings.Contains(said, want) {
			t.Errorf("the run doesn't say %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, "hunter2") {
		t.Errorf("a program's output is shown:\n%s", said)
	}
	if got := s.staged("SELECT count(*) || ' ' || count(*) FILTER (WHERE newsletter) FROM users"); got != "201 101" {
		t.Errorf("users after the migrations: %s", got)
	}
	rep := s.lastReport()
	i := slices.IndexFunc(rep.Tables, func(t report.Table) bool { return t.Name == "public.settings" })
	if i < 0 || rep.Tables[i].Mode != report.HookMode || len(rep.Hooks) != 2 || rep.Hooks[0].Did != "1 line of output" {
		t.Errorf("the report says of hooks %+v, of tables %+v", rep.Hooks, rep.Tables)
	}
	for _, bucket := range []string{"full", "dev"} {
		s.must(exitClean, "verify", "--target", bucket)
	}
	for _, key := range []string{"full/runs/" + rep.Run + "/tables/public.settings/part-00000.parquet",
		"data/runs/" + rep.Run + "/tables/public.purchases/part-00000.parquet"} {
		if !slices.Contains(s.keys(), key) {
			t.Errorf("a dataset lacks %s", key)
		}
	}
	s.must(exitClean, "verify")
	s.must(exitClean, "run") // the database of the run before is judged, and doesn't stand in the way
	s.must(exitClean, "verify", "--target", "previous")
}

// What fails before the promote refuses the run, and nothing has changed.
func TestHooksThatRefuse(t *testing.T) {
	t.Parallel()
	s := newHookSite(t)
	before := s.state()
	for name, tc := range map[string]struct {
		program string
		code    int
		want    string
	}{
		"a status": {"echo hunter2; echo hunter2 >&2; exit 7", exitRefused,
			"hooks.before_promote[0]: the program ./migrate ended with exit " +
				"status 7, after 2 lines of output"},
		"a leak in a new column": {`$psql "$DATABASE_URL" -c "ALTER TABLE orders ADD c text DEFAULT 'customer17@gmail.com'"`,
			exitRefused, "public.orders.c"},
		"a table that must be empty": {`$psql "$DATABASE_URL" -c "INSERT INTO old_flags VALUES ('x')"`, exitRefused,
			"its rule is rows: none"},
	} {
		s.program("migrate", tc.program)
		if strings.Contains(name, "empty") {
			s.edit("rules.yaml", "public.old_flags: {columns: {name: keep}}", "public.old_flags: {rows: none}")
		}
		s.write("accounts.sql", "SELECT 1")
		_, said := s.must(tc.code, "run")
		if !strings.Contains(strings.ReplaceAll(said, s.dir, "."), tc.want) ||
			strings.Contains(said, "hunter2") || strings.Contains(said, "customer17") {
			t.Errorf("%s: the message lacks %q or shows a value:\n%s", name, tc.want, said)
		}
		if s.state() != before || s.leftovers() != "" {
			t.Errorf("%s: something changed", name)
		}
	}
	s.edit("refresher.yaml", "{exec: [./migrate], env: [RELEASE]}", "{exec: [./gone], env: [NONE]}")
	if _, said := s.must(exitInput, "run", "--dry-run"); !strings.Contains(said,
		"hooks.before_promote[0]: the program "+s.dir+"/gone is not there") ||
		!strings.Contains(said, "hooks.before_promote[0]: the environment variable NONE is not set") {
		t.Errorf("a dry run doesn't find what is wrong with hooks:\n%s", said)
	}
}

// What is done after the promote can't fail the run: it is tried again, then a warning.
func TestHooksAfterThePromote(t *testing.T) {
	t.Parallel()
	s := newTinySite(t)
	var calls, failing atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1); r.Header.Get("Authorization") != "Bearer hunter2" || r.Method != "PUT" {
			w.WriteHeader(http.StatusForbidden)
		} else if failing.Add(-1) >= 0 {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	t.Cleanup(server.Close)
	s.vars["TOKEN"], s.vars["HOOK"] = "Bearer hunter2", server.URL+"/reset/secret-path"
	s.write("after.sql", "CREATE VIEW v AS SELECT count(*) FROM users")
	s.program("warm", `$psql "$DATABASE_URL" -c "CREATE TABLE warmed ()"`)
	s.edit("refresher.yaml", "key: env:KEY", `key: env:KEY
hooks:
  after_promote:
    - {sql: after.sql}
    - {exec: [./warm]}
    - {http: {url: env:HOOK, method: PUT, headers: {Authorization: env:TOKEN}}, again: 1ms}`)
	failing.Store(1)
	_, said := s.must(exitClean, "run")
	if strings.Contains(said, "a hook failed") || calls.Load() != 3 ||
		s.staged("SELECT count::text FROM v, warmed RIGHT JOIN (SELECT) x ON true") != "200" {
		t.Errorf("%d requests; the run says:\n%s", calls.Load(), said)
	}
	// Each fails for good; the run is done.
	s.vars["TOKEN"] = "wrong"
	s.write("after.sql", "SELECT 1;\nSELECT nope")
	s.program("warm", "echo hunter2; exit 3")
	s.edit("refresher.yaml", "{exec: [./warm]}", "{exec: [./warm], retries: 0}")
	_, said = s.must(exitClean, "run")
	for _, want := range []string{"after.sql, line 2", "exit status 3, after 1 line",
		"(http): the server answered 403 Forbidden"} {
		if !strings.Contains(said, want) {
			t.Errorf("the run lacks the warning %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, "secret-path") || strings.Contains(said, server.URL) ||
		strings.Contains(said, "hunter2") {
		t.Errorf("a secret is shown:\n%s", said)
	}
	if hooks := s.lastReport().Hooks; len(hooks) != 4 || hooks[2].Error == "" || hooks[2].Tries != 1 {
		t.Errorf("the report says %+v", hooks)
	}
}
