package snapshot_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/snapshot"
	"refresher/internal/testkit/pgserver"
)

func TestSourceSessionCannotWrite(t *testing.T) {
	_, _, cfg := setup(t, `CREATE TABLE t (v int)`)
	p, _ := servers()
	cfg = config(t, p.primary.URL(cfg.Database)) // the primary could be written to
	src := openLocked(t, snapshot.Options{Config: cfg, Run: "20261121T030000Z-0001"})
	_ = reader(t, src)
	var n int
	q := `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'refresher/20261121T030000Z-0001' AND datname = current_database()`
	if err := pgserver.Conn(t, p.primary.URL(cfg.Database)).QueryRow(t.Context(), q).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d named sessions, want exporter and reader (%v)", n, err)
	}
	if err := snapshot.Write(t.Context(), src); client.Code(client.Wrap(err, "x")) != "25006" {
		t.Errorf("writing through the exporter: %v", err)
	}
}

func TestRequireReplica(t *testing.T) {
	p, db, cfg := setup(t, "")
	_, err := snapshot.Open(t.Context(), snapshot.Options{Config: config(t, p.primary.URL(db)), RequireReplica: true})
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || refusal.Gate != "source" {
		t.Errorf("got %v", err)
	}
	if w := open(t, snapshot.Options{Config: cfg, RequireReplica: true}).Warnings(); len(w) != 0 {
		t.Errorf("a standby with feedback is warned of: %q", w)
	}
}

func TestMissingPrivilegesAllAtOnce(t *testing.T) {
	p, db, cfg := setup(t, `
		CREATE SCHEMA closed; CREATE SCHEMA "Odd S";
		CREATE TABLE closed.a (v int); CREATE TABLE "Odd S"."T ""x""" (id serial); CREATE TABLE fine (v int); CREATE TABLE secret (v int);
		CREATE TABLE parts (v int) PARTITION BY LIST (v);
		ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
		DROP ROLE IF EXISTS snap_reader; CREATE ROLE snap_reader LOGIN;
		GRANT SELECT ON fine, secret TO snap_reader; GRANT USAGE ON SCHEMA "Odd S" TO snap_reader`)
	cfg.User = "snap_reader"
	src := open(t, snapshot.Options{Config: cfg})
	err := src.Lock(t.Context(), readable(src))
	var missing *snapshot.PrivilegeError
	if !errors.As(err, &missing) {
		t.Fatalf("got %v", err)
	}
	want := []string{
		`GRANT SELECT ON TABLE "Odd S"."T ""x""" TO "snap_reader";`,
		`GRANT SELECT ON SEQUENCE "Odd S"."T ""x""_id_seq" TO "snap_reader";`,
		`GRANT USAGE ON SCHEMA "closed" TO "snap_reader";`,
		`GRANT SELECT ON TABLE "closed"."a" TO "snap_reader";`,
		`GRANT SELECT ON TABLE "public"."parts" TO "snap_reader";`,
		`ALTER ROLE "snap_reader" BYPASSRLS;  -- row-level security would hide rows of public.secret`,
	}
	if d := cmp.Diff(want, missing.Problems); d != "" {
		t.Error(d)
	}
	// What is printed is what helps.
	pgserver.Exec(t, p.primary.URL(db), strings.Join(missing.Problems, "\n"))
	p.catchUp(t)
	src = openLocked(t, snapshot.Options{Config: cfg})
	if err := src.DumpSchema(t.Context(), filepath.Join(t.TempDir(), "dump")); err != nil {
		t.Error(err)
	}
	pgserver.Exec(t, p.primary.URL(db), "DROP OWNED BY snap_reader; DROP ROLE snap_reader")
}

// pg_read_all_data is all that the source's role needs.
func TestReadAllDataIsEnough(t *testing.T) {
	_, _, cfg := setup(t, `CREATE SCHEMA closed; CREATE TABLE closed.a (id serial); INSERT INTO closed.a DEFAULT VALUES;
		CREATE MATERIALIZED VIEW closed.m AS SELECT 1 AS one;
		DROP ROLE IF EXISTS snap_all; CREATE ROLE snap_all LOGIN; GRANT pg_read_all_data TO snap_all`)
	cfg.User = "snap_all"
	src := openLocked(t, snapshot.Options{Config: cfg, Workers: 2})
	if err := src.DumpSchema(t.Context(), filepath.Join(t.TempDir(), "dump")); err != nil {
		t.Error(err)
	}
	if v, err := src.Sequences(t.Context()); err != nil || len(v) != 1 {
		t.Errorf("%v, %v", v, err)
	}
	table := src.Catalog().Table(catalog.Name{Schema: "closed", Name: "a"})
	if rows, err := reader(t, src).CopyOut(t.Context(), src.Chunks(table)[0], table.Columns, copyfmt.Binary, io.Discard); err != nil || rows != 1 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestRoomForWorkers(t *testing.T) {
	_, _, cfg := setup(t, `DROP ROLE IF EXISTS snap_few; CREATE ROLE snap_few LOGIN CONNECTION LIMIT 3`)
	cfg.User = "snap_few"
	if _, err := snapshot.Open(t.Context(), snapshot.Options{Config: cfg, Workers: 4}); err == nil || !strings.Contains(err.Error(), "the run needs 5") {
		t.Errorf("got %v", err)
	}
	open(t, snapshot.Options{Config: cfg, Workers: 1})
}

// Two servers behind one address, as behind a load balancer: the second session
// reaches the other one, and must not be believed.
func TestAnotherInstanceIsNoticed(t *testing.T) {
	p, db, cfg := setup(t, `CREATE TABLE t (v int)`)
	lb := newBalancer(t, cfg.Port)
	cfg.Port = lb.port
	src := openLocked(t, snapshot.Options{Config: cfg})
	lb.to(uint16(p.primary.Port()))
	// The snapshot's name means something there too, if one of that name is exported.
	other := pgserver.Conn(t, p.primary.URL(db))
	if _, err := other.Exec(t.Context(), "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1"); err != nil {
		t.Fatal(err)
	}
	if _, err := src.Reader(t.Context()); err == nil {
		t.Error("a reader on another instance was believed")
	}
	if err := snapshot.CheckInstance(t.Context(), src); err == nil || !strings.Contains(err.Error(), "another server answered") {
		t.Errorf("got %v", err)
	}
}

// A name of several addresses: all sessions and pg_dump go where the first went.
func TestSessionsArePinned(t *testing.T) {
	_, _, cfg := setup(t, `CREATE TABLE t (v int); INSERT INTO t VALUES (1)`)
	asked := 0
	cfg.Host = "db.test"
	cfg.LookupFunc = func(context.Context, string) ([]string, error) {
		if asked++; asked > 2 {
			return nil, errors.New("asked again")
		}
		return []string{"127.0.0.1"}, nil
	}
	src := openLocked(t, snapshot.Options{Config: cfg})
	if _, rows, err := copyAll(t.Context(), reader(t, src), src, "t"); err != nil || rows != 1 {
		t.Errorf("%d rows, %v", rows, err)
	}
	// db.test can't be looked up by libpq: it must be told the address.
	if err := src.DumpSchema(t.Context(), filepath.Join(t.TempDir(), "dump")); err != nil {
		t.Error(err)
	}
}

// balancer forwards connections to a port that can change.
type balancer struct {
	port   uint16
	target chan uint16
}

func newBalancer(t *testing.T, target uint16) *balancer {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	b := &balancer{port: uint16(l.Addr().(*net.TCPAddr).Port), target: make(chan uint16, 1)}
	b.target <- target
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			port := <-b.target
			b.target <- port
			out, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				in.Close()
				continue
			}
			go func() { _, _ = io.Copy(out, in); out.Close() }()
			go func() { _, _ = io.Copy(in, out); in.Close() }()
		}
	}()
	return b
}

func (b *balancer) to(port uint16) { <-b.target; b.target <- port }
