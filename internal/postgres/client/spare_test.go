package client_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
	"refresher/internal/testkit/pgserver"
)

// Short uses share a session as long as it is whole; each that isn't is replaced.
func TestSpareSession(t *testing.T) {
	ctx := context.Background()
	cfg, err := pgx.ParseConfig(pgserver.DB(t))
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	open := func(ctx context.Context) (*pgx.Conn, error) {
		opened++
		return client.Open(ctx, cfg, client.Session{})
	}
	exec := func(sql string) func(*pgx.Conn) error {
		return func(c *pgx.Conn) error { _, err := c.Exec(ctx, sql); return err }
	}
	other := pgserver.Conn(t, cfg.ConnString())
	var spare client.Spare
	var pid uint32
	for _, step := range []struct {
		about  string
		do     func(*pgx.Conn) error
		opened int // so far
		fails  bool
	}{
		{"the first use opens one", exec("SELECT 1"), 1, false},
		{"the next shares it", func(c *pgx.Conn) error { pid = c.PgConn().PID(); return nil }, 1, false},
		{"an error of a statement leaves it whole", exec("SELECT 1/0"), 1, true},
		{"a use within a use has its own", func(*pgx.Conn) error { return spare.Do(ctx, open, exec("SELECT 1")) }, 2, false},
		{"a transaction is left open", exec("BEGIN"), 2, false},
		{"so the next one is new", func(c *pgx.Conn) error { pid = c.PgConn().PID(); return nil }, 3, false},
		{"it is ended from outside", func(*pgx.Conn) error {
			_, err := other.Exec(ctx, "SELECT pg_terminate_backend($1, 5000)", pid)
			return err
		}, 3, false},
		{"and the next one is new", exec("SELECT 1"), 4, false},
		{"it is broken by its use", func(c *pgx.Conn) error { return errors.Join(c.Close(ctx), errors.New("broken")) }, 4, true},
		{"and the next one is new, too", exec("SELECT 1"), 5, false},
	} {
		if err := spare.Do(ctx, open, step.do); (err != nil) != step.fails || opened != step.opened {
			t.Errorf("%s: %d sessions opened, error %v; want %d, fails %v", step.about, opened, err, step.opened, step.fails)
		}
	}
}
