package restore

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
)

// script writes a file and reads it as a run does.
func script(t *testing.T, sql string) Script {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seed.sql")
	if err := os.WriteFile(path, []byte(sql), 0o600); err != nil {
		t.Fatal(err)
	}
	scripts, err := ReadScripts([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	return scripts[0]
}

func scriptDatabase(t *testing.T) (*Database, string) {
	t.Helper()
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users SELECT i, 'user' || i
		FROM generate_series(1, 100) i;
		CREATE TABLE parts (id int) PARTITION BY RANGE (id); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO
			(10); CREATE TABLE empty (x int)`)
	s := &stage{t: t}
	return &Database{name: "test", cfg: s.config(url)}, url
}

func TestScriptErrorsNameThePlaceAndNoValue(t *testing.T) {
	db, url := scriptDatabase(t)
	for sql, want := range map[string]string{
		"SELECT 1;\n\nINSERT INTO users\n VALUES (1, 'hunter2')": `seed.sql, line 3: duplicate key value violates ` +
			`unique constraint "users_pkey" (SQLSTATE 23505)`,
		"SELECT 1;\nSELECT 'ä',\n  nope FROM users": `seed.sql, line 3: column "nope" does not exist ` +
			`(SQLSTATE 42703)`,
		"SELECT 1;\nINSERT INTO users VALUES (1 'hunter2')":    "seed.sql, line 2: syntax error (SQLSTATE 42601)",
		"\nSELECT 'hunter2'::int":                              "seed.sql, line 2: the server rejected a value",
		"INSERT INTO users VALUES (0, 'hunter2');\nSELECT 1/0": "seed.sql, line 2: the server rejected a value",
		"DO $$ BEGIN RAISE EXCEPTION 'hunter2'; END $$": "seed.sql, line 1: a function of the database " +
			"failed",
		"DO $$ BEGIN\n COMMIT; END $$": "seed.sql, line 1: ",
		"-- c\nVACUUM users": "seed.sql, line 2: VACUUM cannot run inside a " +
			"transaction block",
		"CREATE INDEX CONCURRENTLY ON users (email)": "seed.sql, line 1: CREATE INDEX CONCURRENTLY " +
			"cannot run inside a transaction block",
		"ALTER TABLE users ADD CHECK (email <> 'user7')": `seed.sql, line 1: check constraint ` +
			`"users_email_check" of relation "users" is violated by some row`,
		"INSERT INTO users SELECT 500, 'hunter2';\nSELECT * FROM nobody": `seed.sql, line 2: relation "nobody" does not ` +
			`exist`,
	} {
		changed, err := db.RunScript(t.Context(), script(t, sql))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") ||
			strings.Contains(err.Error(), "user7") || changed != nil {
			t.Errorf("%q: got %v, want %q", sql, err, want)
		}
	}
	var n int
	if err := pgserver.Conn(t, url).QueryRow(t.Context(), "SELECT count(*) FROM users").Scan(&n); err != nil || n != 100 {
		t.Errorf("files that failed left %d users, %v", n, err)
	}
}

func TestScriptsTellWhatTheyChanged(t *testing.T) {
	for sql, want := range map[string]map[string]int64{
		"SELECT * FROM users; CREATE INDEX ON users (email)":                   {},
		"INSERT INTO users VALUES (101, 'x'); DELETE FROM users WHERE id < 11": {"users": 91},
		"UPDATE users SET email = 'y' WHERE id = 1":                            {"users": 100},
		"TRUNCATE users":                    {"users": 0},
		"INSERT INTO parts VALUES (1), (2)": {"parts_1": 2},
		"CREATE TABLE new AS SELECT 1 AS x": {"new": 1},
		"DROP TABLE users":                  {},
		"SAVEPOINT a; INSERT INTO empty VALUES (1); ROLLBACK TO a; INSERT INTO parts VALUES (3)": {"empty": 0,
			"parts_1": 1},
		"DO $$ BEGIN INSERT INTO empty SELECT generate_series(1, 5); DELETE FROM empty; END $$":     {"empty": 0},
		"CREATE TEMP TABLE scratch AS SELECT 1 AS x; INSERT INTO empty SELECT x FROM scratch":       {"empty": 1},
		"SET search_path = nowhere; INSERT INTO public.empty VALUES (1); SET ROLE pg_read_all_data": {"empty": 1},
	} {
		db, url := scriptDatabase(t)
		changed, err := db.RunScript(t.Context(), script(t, sql))
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		for name, n := range want {
			if got, ok := changed[catalog.Name{Schema: "public", Name: name}]; !ok || got != n {
				t.Errorf("%s: %s has %d rows, want %d; told: %t", sql, name, got, n, ok)
			}
		}
		for n := range changed {
			if _, ok := want[n.Name]; !ok && n.Schema == "public" {
				t.Errorf("%s: %s was told of, unchanged", sql, n)
			}
		}
		if err := db.AnalyzeTables(t.Context(), changed); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
		_ = url
	}
}

func TestReadScriptsFindsAllProblems(t *testing.T) {
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "a.sql"), filepath.Join(dir, "gone.sql"), filepath.Join(dir, "b.sql")}
	for i, sql := range map[int]string{0: "COMMIT;\n\\i b.sql;\nCOPY t FROM stdin", 2: "\n'"} {
		if err := os.WriteFile(paths[i], []byte(sql), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := ReadScripts(paths)
	var in *fault.Input
	if !errors.As(err, &in) || len(in.Problems) != 5 {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"a.sql:1:1: COMMIT", "a.sql:2:1: a psql command", "a.sql:3:1: COPY", "gone.sql: no " +
		"such file", "b.sql:2:1: a quote"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in %v", want, err)
		}
	}
}
