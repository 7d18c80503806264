package schemafile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadMigrations(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "0001_users.sql", `
SET transaction_timeout = 0;
BEGIN;
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);
ALTER TABLE users OWNER TO "the app";
GRANT SELECT ON users TO reader, writer;
COMMIT;
COPY public.users (id, email) FROM stdin;
1	jane@mail.test
\.
`)
	write(t, dir, "0002_phone.sql", `CREATE SCHEMA public; ALTER TABLE users ADD phone varchar(20); CREATE INDEX CONCURRENTLY users_by_phone ON users (phone);`)
	cat, err := Load(context.Background(), []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	users := cat.Table(catalog.Name{Schema: "public", Name: "users"})
	if users == nil || users.Column("phone") == nil || users.Column("phone").MaxChars() != 20 {
		t.Fatalf("tables: %+v", cat.Tables)
	}
}

func TestLoadNamesThePlaceOfAMistake(t *testing.T) {
	dir := t.TempDir()
	cluster := pgserver.Shared(t)
	for _, c := range []struct{ name, sql, want string }{
		{"column.sql", "CREATE TABLE t (\n  a int,\n  b nothing\n);", `column.sql:3:1: PostgreSQL refuses it: type "nothing" does not exist`},
		{"include.sql", `\ir other.sql`, "includes another file"},
		{"dump.sql", "PGDMP\x01", "custom format"},
		{"ext.sql", "\nCREATE EXTENSION nothing_of_the_sort;", "ext.sql:2:1: the server here lacks it"},
	} {
		s, err := read(write(t, dir, c.name, c.sql))
		if err == nil {
			pgserver.Exec(t, cluster.URL(pgserver.User), "DROP DATABASE IF EXISTS schema")
			_, err = apply(context.Background(), cluster, []script{s})
		}
		var input *fault.Input
		if !errors.As(err, &input) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
	if _, err := Load(context.Background(), []string{filepath.Join(dir, "gone.sql")}); err == nil || !strings.Contains(err.Error(), "can't be read") {
		t.Errorf("a file that isn't there: %v", err)
	}
}

// What stands in the text as a value is not repeated, only where it stands.
func TestLoadQuotesNoValues(t *testing.T) {
	dir := t.TempDir()
	cluster := pgserver.Shared(t)
	for _, c := range []struct{ name, sql, want string }{
		{"default.sql", "CREATE TABLE t (\n  a int DEFAULT 'anna.huber@posteo.de');", "default.sql:2:1: PostgreSQL refuses it: the server rejected a value (invalid text representation) (SQLSTATE 22P02)"},
		{"raise.sql", `DO $$ BEGIN RAISE EXCEPTION 'no anna.huber@posteo.de' USING HINT = 'anna.huber@posteo.de'; END $$;`, "raise.sql:1:1: PostgreSQL refuses it: a function or DO block fails"},
		{"feature.sql", `DO $$ BEGIN RAISE EXCEPTION 'extension of anna.huber@posteo.de' USING ERRCODE = '0A000'; END $$;`, "a function or DO block fails"},
		{"enum.sql", "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (m mood DEFAULT 'anna.huber@posteo.de');", "SQLSTATE 22P02"},
		{"syntax.sql", "SELECT 1\n'anna.huber@posteo.de' x;", "syntax.sql:2:1: PostgreSQL refuses it: syntax error at or near \"…\""},
		{"quotes.sql", `SELECT "anna.huber@posteo.de";`, `column "…" does not exist`},
		{"half.sql", `SELECT 'O'huber';';`, `syntax error at or near "…"`},
		{"deferred.sql", `CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'huber'; END $$;
			CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); INSERT INTO t VALUES (1);`, "deferred.sql:2:1: PostgreSQL refuses it: a function or DO block fails"},
	} {
		s, err := read(write(t, dir, c.name, c.sql))
		if err == nil {
			pgserver.Exec(t, cluster.URL(pgserver.User), "DROP DATABASE IF EXISTS schema")
			_, err = apply(context.Background(), cluster, []script{s})
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "huber") {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}

func TestLoadWithoutTables(t *testing.T) {
	dir := t.TempDir()
	cluster := pgserver.Shared(t)
	for name, sql := range map[string]string{"empty.sql": "", "comment.sql": "-- later\n", "types.sql": "CREATE TYPE mood AS ENUM ('ok');"} {
		s, err := read(write(t, dir, name, sql))
		if err == nil {
			pgserver.Exec(t, cluster.URL(pgserver.User), "DROP DATABASE IF EXISTS schema")
			_, err = apply(context.Background(), cluster, []script{s})
		}
		var input *fault.Input
		if !errors.As(err, &input) || !strings.Contains(err.Error(), name+" makes no table") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
