package pgserver

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// TB is what this package needs of testing.TB. The program that runs the demo
// needn't link package testing for it.
type TB interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// New starts a cluster that ends with the test. If the test fails, the log's
// end is printed.
func New(t TB, opts ...Options) *Cluster {
	t.Helper()
	var o Options
	if len(opts) > 0 {
		o = opts[0]
	}
	ctx, cancel := startContext()
	defer cancel()
	c, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("server log:%s", c.home.logTail())
		}
		if err := c.Stop(); err != nil {
			t.Errorf("stopping the test cluster: %v", err)
		}
	})
	return c
}

// NewStandby makes a standby that ends with the primary.
func NewStandby(t TB, primary *Cluster) *Cluster {
	t.Helper()
	ctx, cancel := startContext()
	defer cancel()
	s, err := primary.Standby(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shared is the cluster of the test binary: started by the first test that
// wants it, ended by its watchdog with the process.
var shared = sync.OnceValues(func() (*Cluster, error) {
	ctx, cancel := startContext()
	defer cancel()
	return Start(ctx, Options{})
})

// databases counts the databases made by DB, for their names.
var databases atomic.Int64

// Shared is a cluster that all tests of the binary share. A test that changes
// roles or settings, or counts databases, needs its own: use New.
func Shared(t TB) *Cluster {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// DB makes an empty database on the shared cluster and returns its URL. It is
// dropped, its sessions cut off, when the test ends.
func DB(t TB) string {
	t.Helper()
	c := Shared(t)
	name := fmt.Sprintf("test_%d", databases.Add(1))
	c.Exec(t, "CREATE DATABASE "+name+" TEMPLATE template0")
	t.Cleanup(func() { c.Exec(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return c.URL(name)
}

// Conn opens a session that ends with the test.
func Conn(t TB, url string) *pgx.Conn {
	t.Helper()
	ctx, cancel := startContext()
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Exec runs statements, separated by semicolons, in a session of their own. Use
// it for set-up: several statements in one string form one transaction.
func Exec(t TB, url, sql string) {
	t.Helper()
	ctx, cancel := startContext()
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

// Exec runs a statement that sets nothing in the cluster's maintenance database, in a
// session that is kept for the next one.
func (c *Cluster) Exec(t TB, sql string) {
	t.Helper()
	ctx, cancel := startContext()
	defer cancel()
	if err := c.do(ctx, func(conn *pgx.Conn) error { _, err := conn.Exec(ctx, sql); return err }); err != nil {
		t.Fatal(err)
	}
}

func startContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 2*time.Minute)
}
