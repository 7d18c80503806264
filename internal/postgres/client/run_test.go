package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
	"refresher/internal/testkit/pgserver"
)

func config(t *testing.T, url string) *pgx.ConnConfig {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func major(t *testing.T) int { return pgserver.Shared(t).Major() }

func dump(t *testing.T, url string, w io.Writer, args ...string) error {
	t.Helper()
	return client.Run(t.Context(), client.Command{Tool: client.Dump, MinMajor: major(t), Doing: "dumping the test database",
		Args: append([]string{"--format=custom"}, args...), Server: config(t, url), Stdout: w})
}

func TestDumpAndRestore(t *testing.T) {
	from, to := pgserver.DB(t), pgserver.DB(t)
	pgserver.Exec(t, from, `CREATE TABLE t (v text); INSERT INTO t VALUES ('hello')`)
	var archive bytes.Buffer
	if err := dump(t, from, &archive); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "a b.dump")
	if err := os.WriteFile(file, archive.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	target := config(t, to)
	err := client.Run(t.Context(), client.Command{Tool: client.Restore, MinMajor: major(t), Doing: "restoring",
		Args: []string{"--exit-on-error", "--jobs=2", client.DBName(target.Database), file}, Server: target})
	if err != nil {
		t.Fatal(err)
	}
	var v string
	if err := pgserver.Conn(t, to).QueryRow(t.Context(), "SELECT v FROM t").Scan(&v); err != nil || v != "hello" {
		t.Errorf("restored %q (%v)", v, err)
	}
	// An archive is also readable as a stream, without a server.
	var sql bytes.Buffer
	err = client.Run(t.Context(), client.Command{Tool: client.Restore, MinMajor: major(t), Doing: "reading",
		Args: []string{"--file=-"}, Stdin: &archive, Stdout: &sql})
	if err != nil || !strings.Contains(sql.String(), "hello") {
		t.Errorf("reading an archive from stdin: %v", err)
	}
}

// DBName must survive names that a connection string gives a meaning.
func TestDBNameOddNames(t *testing.T) {
	name := `it's a=b \ "x"`
	cluster := pgserver.Shared(t)
	quoted := pgx.Identifier{name}.Sanitize()
	pgserver.Exec(t, cluster.URL("postgres"), "CREATE DATABASE "+quoted)
	t.Cleanup(func() { pgserver.Exec(t, cluster.URL("postgres"), "DROP DATABASE "+quoted) })
	url := pgserver.DB(t)
	pgserver.Exec(t, url, "CREATE TABLE arrived (v int)")
	file := filepath.Join(t.TempDir(), "dump")
	if err := dump(t, url, nil, "--file="+file); err != nil {
		t.Fatal(err)
	}
	target := config(t, url)
	target.Database = name
	err := client.Run(t.Context(), client.Command{Tool: client.Restore, MinMajor: major(t), Doing: "restoring",
		Args: []string{"--exit-on-error", client.DBName(name), file}, Server: target})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.ConnectConfig(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "SELECT FROM arrived"); err != nil {
		t.Error(err)
	}
}

const planted = "jane.roe.secret"

// What the server says of rows must not reach an error, not even what a user's
// own function raises.
func TestErrorsQuoteNoRow(t *testing.T) {
	for _, tt := range []struct{ name, table, index, want, wantNot string }{
		{"unique", "INSERT INTO t VALUES ('" + planted + "'), ('" + planted + "')", "CREATE UNIQUE INDEX t_unique ON t (v)",
			`could not create unique index "t_unique"`, ""},
		{"cast", "INSERT INTO t VALUES ('" + planted + "')", "CREATE INDEX t_cast ON t ((v::int))", "rejected a value", ""},
		{"raised", "INSERT INTO t VALUES ('" + planted + "')", "CREATE INDEX t_fn ON t (complain(v))", "withheld", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			from, to := pgserver.DB(t), pgserver.DB(t)
			table := `CREATE TABLE t (v text); CREATE FUNCTION complain(x text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
				$$ BEGIN RAISE EXCEPTION 'do not like %', x; END $$;`
			pgserver.Exec(t, from, table+tt.index)
			pgserver.Exec(t, to, table+tt.table)
			file := filepath.Join(t.TempDir(), "dump")
			if err := dump(t, from, nil, "--file="+file); err != nil {
				t.Fatal(err)
			}
			target := config(t, to)
			err := client.Run(t.Context(), client.Command{Tool: client.Restore, MinMajor: major(t), Doing: "restoring indexes", Rows: true,
				Args: []string{"--exit-on-error", "--section=post-data", client.DBName(target.Database), file}, Server: target})
			var failed *client.ToolError
			if !errors.As(err, &failed) || failed.Status != 1 {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), planted) || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error quotes a row: %v", err)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "INDEX t_") {
				t.Errorf("the error doesn't name the cause: %v", err)
			}
		})
	}
}

// A cancelled program is gone, and so is its session, although it waits for a lock.
func TestCancelEndsProgram(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, "CREATE TABLE t (v int)")
	holder := pgserver.Conn(t, url)
	if _, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE t"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error)
	go func() {
		cfg := config(t, url)
		cfg.RuntimeParams["application_name"] = "to be cancelled"
		done <- client.Run(ctx, client.Command{Tool: client.Dump, MinMajor: major(t), Doing: "dumping", Args: []string{"--schema-only"},
			Server: cfg, Stdout: io.Discard})
	}()
	watch := pgserver.Conn(t, url)
	waitFor(t, watch, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'to be cancelled' AND wait_event_type = 'Lock')`)
	why := errors.New("the run is over")
	cancel(why)
	if err := <-done; !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	waitFor(t, watch, `SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'to be cancelled')`)
}

// waitFor polls the server until the condition holds.
func waitFor(t *testing.T, conn *pgx.Conn, condition string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for ok := false; !ok; {
		if err := conn.QueryRow(ctx, condition).Scan(&ok); err != nil {
			t.Fatalf("waiting for %s: %v", condition, err)
		}
	}
}

func TestFailuresNameTheCause(t *testing.T) {
	url := pgserver.DB(t)
	cfg := config(t, url)
	run := func(cfg *pgx.ConnConfig) error {
		return client.Run(t.Context(), client.Command{Tool: client.Dump, MinMajor: major(t), Doing: "dumping",
			Args: []string{"--schema-only", "--no-password"}, Server: cfg, Stdout: io.Discard})
	}
	gone := cfg.Copy()
	gone.Database = "not_there"
	if err := run(gone); err == nil || !strings.Contains(err.Error(), `database "not_there" does not exist`) {
		t.Errorf("missing database: %v", err)
	}
	pgserver.Exec(t, url, `CREATE TABLE closed (v int); DROP ROLE IF EXISTS tool_nobody; CREATE ROLE tool_nobody LOGIN`)
	denied := cfg.Copy()
	denied.User = "tool_nobody"
	err := run(denied)
	if err == nil || !strings.Contains(err.Error(), "permission denied for table closed") || client.Code(err) != "42501" {
		t.Errorf("missing privilege: %v", err)
	}
}

func TestRequire(t *testing.T) {
	if err := client.Require(major(t)); err != nil {
		t.Errorf("the installed version is refused: %v", err)
	}
	err := client.Require(99)
	if err == nil || !strings.Contains(err.Error(), "the server is PostgreSQL 99: no pg_dump of PostgreSQL 99 or newer was found") {
		t.Errorf("got %v", err)
	}
}
