package client_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
	"refresher/internal/testkit/pgserver"
)

// Each error of a server that a run can meet names what to do about it.
func TestHintByCode(t *testing.T) {
	for _, tt := range []struct {
		code, message, want string
		transient           bool
	}{
		{"08006", "", "the network", true},
		{"08P01", "", "pooler", true},
		{"0A000", "", "as new as the source", false},
		{"22021", "", "not valid in its own encoding", false},
		{"23502", "", "another transform", false},
		{"23503", "", "same transform and domain", false},
		{"23505", "", "keeps values distinct", false},
		{"23514", "", "whose values fit", false},
		{"25006", "", "must name a primary", false},
		{"25P03", "", "SET idle_in_transaction_session_timeout = 0", true},
		{"25P04", "", "SET transaction_timeout = 0", true},
		{"26000", "", "point the URL at the server itself", false},
		{"28000", "", "pg_hba.conf", false},
		{"28P01", "", "password", false},
		{"3D000", "", "database's name", false},
		{"40001", "canceling statement due to conflict with recovery", "hot_standby_feedback = on", true},
		{"40P01", "", "quieter time", true},
		{"42501", "permission denied for table users", "GRANT SELECT ON TABLE users TO", false},
		{"42501", "permission denied for materialized view totals", "GRANT SELECT ON TABLE totals TO", false},
		{"42501", "permission denied for sequence users_id_seq", "GRANT SELECT ON SEQUENCE users_id_seq TO", false},
		{"42501", "permission denied for schema app", "GRANT USAGE ON SCHEMA app TO", false},
		{"42501", "permission denied for database shop", "GRANT CONNECT, CREATE ON DATABASE shop TO", false},
		{"42501", "permission denied for function secret", "GRANT EXECUTE ON ROUTINE secret TO", false},
		{"42501", "permission denied for tablespace fast", "GRANT CREATE ON TABLESPACE fast TO", false},
		{"42501", "permission denied for foreign server other", "GRANT USAGE ON FOREIGN SERVER other TO", false},
		{"42501", "permission denied to create database", "CREATEDB", false},
		{"42501", `permission denied to create extension "hstore"`, "approve the extension", false},
		{"42501", "permission denied to terminate process", "GRANT pg_signal_backend", false},
		{"42501", "must be owner of database shop", "owner's role", false},
		{"42501", `query would be affected by row-level security policy for table "t"`, "BYPASSRLS", false},
		{"42501", "something else", "grant the role", false},
		{"42704", "", "create the extension, role, collation", false},
		{"42P01", "", "run again", false},
		{"53100", "", "free disk space", false},
		{"53200", "out of shared memory", "max_locks_per_transaction", false},
		{"53200", "out of memory", "more memory", false},
		{"53300", "", "max_connections", true},
		{"53400", "", "temp_file_limit", false},
		{"54000", "", "shorter", false},
		{"55006", "", "pg_signal_backend", false},
		{"55P03", "", "conflicting lock", false},
		{"57014", "canceling statement due to statement timeout", "statement_timeout = 0", false},
		{"57014", "canceling statement due to lock timeout", "conflicting lock", false},
		{"57P01", "", "ended the session", true},
		{"57P02", "", "crashed", true},
		{"57P03", "", "accepts connections", true},
		{"57P05", "", "SET idle_session_timeout = 0", true},
		{"58030", "", "storage", false},
		{"58P01", "", "extension's package", false},
		{"72000", "", "old_snapshot_threshold", true},
		{"XX001", "", "amcheck", false},
		{"XX002", "", "REINDEX", false},
		{"99999", "", "", false},
	} {
		err := client.Wrap(&pgconn.PgError{Code: tt.code, Message: tt.message}, "doing")
		hint := client.Hint(err)
		if !strings.Contains(hint, tt.want) || tt.want == "" && hint != "" {
			t.Errorf("%s %s: hint %q, want %q", tt.code, tt.message, hint, tt.want)
		}
		if hint != "" && strings.Count(err.Error(), "; hint: "+hint) != 1 || strings.Count(fmt.Errorf("more: %w", err).Error(), "hint:") > 1 {
			t.Errorf("%s: the text is %q", tt.code, err)
		}
		if again := client.Wrap(err, "more"); strings.Count(again.Error(), "hint:") != strings.Count(err.Error(), "hint:") || client.Hint(again) != hint {
			t.Errorf("%s: wrapped again: %q", tt.code, again)
		}
		if got := fault.Retry(err); got != tt.transient {
			t.Errorf("%s: transient %t", tt.code, got)
		}
	}
}

func TestHintOfTheWay(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for _, tt := range []struct {
		err       error
		want      string
		transient bool
	}{
		{refused, "nothing listens there", true},
		{&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, "was cut", true},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)}, "no answer", true},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, "no answer", true},
		{io.ErrUnexpectedEOF, "was cut", true},
		{pgconn.ErrConnClosed, "", true},
		{&net.DNSError{Name: "db.example"}, "name is not known", true},
		{x509.UnknownAuthorityError{}, "sslrootcert", false},
		{x509.HostnameError{Certificate: &x509.Certificate{}, Host: "db"}, "another name", false},
		{x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired}, "clock", false},
		{errors.New("anything"), "", false},
		{nil, "", false},
	} {
		err := client.Wrap(tt.err, "connecting")
		if hint := client.Hint(err); !strings.Contains(hint, tt.want) || tt.want == "" && hint != "" {
			t.Errorf("%v: hint %q, want %q", tt.err, hint, tt.want)
		}
		if got := fault.Retry(err); got != tt.transient {
			t.Errorf("%v: transient %t", tt.err, got)
		}
	}
}

// What real servers say is recognised.
func TestHintsOfARealServer(t *testing.T) {
	url := pgserver.DB(t)
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	pgserver.Exec(t, url, `
		DROP ROLE IF EXISTS hint_poor; CREATE ROLE hint_poor LOGIN; DROP ROLE IF EXISTS hint_none; CREATE ROLE hint_none LOGIN CONNECTION LIMIT 0;
		CREATE SCHEMA shut; CREATE TABLE shut.t (v int); CREATE TABLE secret (id serial); CREATE TABLE pairs (v text PRIMARY KEY);
		CREATE FUNCTION hush() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION hush() FROM PUBLIC;
		INSERT INTO pairs VALUES ('a'), ('b')`)
	as := func(role string) *pgx.ConnConfig { c := cfg.Copy(); c.User = role; return c }
	run := func(c *pgx.ConnConfig, sql ...string) error {
		conn, err := pgx.ConnectConfig(t.Context(), c)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		for _, s := range sql {
			if _, err := conn.Exec(t.Context(), s); err != nil {
				return err
			}
		}
		return nil
	}
	idle := func(setting string) error {
		conn := pgserver.Conn(t, url)
		if _, err := conn.Exec(t.Context(), setting); err != nil {
			return err
		}
		// The server's farewell arrives by itself.
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, err := conn.WaitForNotification(ctx)
		return err
	}
	locked := func() error {
		holder := pgserver.Conn(t, url)
		if _, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE pairs"); err != nil {
			return err
		}
		defer holder.Close(context.Background())
		return run(cfg, "SET lock_timeout = '10ms'", "SELECT * FROM pairs")
	}
	deadlock := func() error {
		a, b := pgserver.Conn(t, url), pgserver.Conn(t, url)
		for _, c := range []*pgx.Conn{a, b} {
			if _, err := c.Exec(t.Context(), "SET deadlock_timeout = '10ms'; BEGIN"); err != nil {
				return err
			}
		}
		const lock = "SELECT FROM pairs WHERE v = $1 FOR UPDATE"
		_, _ = a.Exec(t.Context(), lock, "a")
		_, _ = b.Exec(t.Context(), lock, "b")
		other := make(chan error, 1)
		go func() { _, err := a.Exec(t.Context(), lock, "b"); other <- err; a.Close(context.Background()) }()
		_, err := b.Exec(t.Context(), lock, "a")
		b.Close(context.Background())
		return errors.Join(err, <-other)
	}
	gone := cfg.Copy()
	gone.Port = 1
	nowhere := cfg.Copy()
	nowhere.Host = "no-such-host.invalid"
	for _, tt := range []struct {
		name, code string
		err        error
		want       string
	}{
		{"table", "42501", run(as("hint_poor"), "SELECT * FROM secret"), "GRANT SELECT ON TABLE secret TO"},
		{"sequence", "42501", run(as("hint_poor"), "SELECT last_value FROM secret_id_seq"), "GRANT SELECT ON SEQUENCE secret_id_seq TO"},
		{"schema", "42501", run(as("hint_poor"), "SELECT * FROM shut.t"), "GRANT USAGE ON SCHEMA shut TO"},
		{"function", "42501", run(as("hint_poor"), "SELECT hush()"), "GRANT EXECUTE ON ROUTINE hush TO"},
		{"createdb", "42501", run(as("hint_poor"), "CREATE DATABASE x"), "CREATEDB"},
		{"owner", "42501", run(as("hint_poor"), "DROP TABLE pairs"), ""},
		{"role", "28000", run(as("hint_nobody")), "pg_hba.conf"},
		{"database", "3D000", run(with(cfg, "hint_gone")), "database's name"},
		{"connections", "53300", run(as("hint_none")), "CONNECTION LIMIT"},
		{"statement", "57014", run(cfg, "SET statement_timeout = '10ms'", "SELECT pg_sleep(30)"), "statement_timeout = 0"},
		{"lock", "55P03", locked(), "conflicting lock"},
		{"read-only", "25006", run(cfg, "SET default_transaction_read_only = on", "CREATE TABLE x ()"), "default_transaction_read_only"},
		{"idle", "57P05", idle("SET idle_session_timeout = '10ms'"), "SET idle_session_timeout = 0"},
		{"idle in transaction", "25P03", idle("SET idle_in_transaction_session_timeout = '10ms'; BEGIN"), "SET idle_in_transaction_session_timeout = 0"},
		{"ended", "57P01", run(cfg, "SELECT pg_terminate_backend(pg_backend_pid())"), "ended the session"},
		{"deadlock", "40P01", deadlock(), "quieter time"},
		{"unique", "23505", run(cfg, "INSERT INTO pairs VALUES ('a')"), "distinct"},
		{"temporary files", "53400", run(cfg, "SET work_mem = '64kB'; SET temp_file_limit = '1MB'", "SELECT count(*) FROM (SELECT DISTINCT i, repeat('x', 100) FROM generate_series(1, 100000) i) x"), "temp_file_limit"},
		{"index row", "54000", run(cfg, "INSERT INTO pairs SELECT string_agg(md5(i::text), '') FROM generate_series(1, 1000) i"), "shorter"},
		{"type", "42704", run(cfg, "CREATE TABLE y (v nosuchtype)"), "create the extension"},
		{"extension", "0A000", run(cfg, "CREATE EXTENSION nosuchextension"), "same extensions"},
		{"nothing there", "", run(gone), "nothing listens there"},
		{"no such host", "", run(nowhere), "name is not known"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := client.Wrap(tt.err, "trying")
			if client.Code(err) != tt.code || !strings.Contains(client.Hint(err), tt.want) || tt.want != "" && !strings.Contains(err.Error(), "; hint: ") {
				t.Errorf("SQLSTATE %q, hint %q: %v", client.Code(err), client.Hint(err), err)
			}
		})
	}
	pgserver.Exec(t, url, "DROP ROLE hint_poor; DROP ROLE hint_none")
}

func with(cfg *pgx.ConnConfig, database string) *pgx.ConnConfig {
	c := cfg.Copy()
	c.Database = database
	return c
}
