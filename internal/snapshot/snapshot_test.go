package snapshot_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/snapshot"
	"refresher/internal/testkit/pgserver"
)

// All readers and pg_dump see the moment of Lock while the primary goes on.
func TestOneMomentForAll(t *testing.T) {
	p, db, cfg := setup(t, `CREATE TABLE t (v int); INSERT INTO t SELECT generate_series(1, 1000)`)
	src := openLocked(t, snapshot.Options{Config: cfg, Workers: 2})
	first := reader(t, src)
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		conn, err := pgx.Connect(t.Context(), p.primary.URL(db))
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(context.Background())
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := conn.Exec(t.Context(), "UPDATE t SET v = v + 1 WHERE v % 7 = $1; ", i%7); err != nil {
				t.Error(err)
				return
			}
		}
	})
	pgserver.Exec(t, p.primary.URL(db), "INSERT INTO t SELECT generate_series(2001, 3000)")
	p.catchUp(t)
	second := reader(t, src)
	var sums []string
	for _, r := range []*snapshot.Reader{first, second, first} {
		text, rows, err := copyAll(t.Context(), r, src, "t")
		if err != nil {
			t.Fatal(err)
		}
		if rows != 1000 {
			t.Errorf("%d rows, want the 1000 of the snapshot", rows)
		}
		sums = append(sums, text)
	}
	close(stop)
	writer.Wait()
	if sums[0] != sums[1] || sums[1] != sums[2] {
		t.Error("readers of one snapshot saw different rows")
	}
	if want := "1\n2\n3\n"; !strings.HasPrefix(sums[0], want) {
		t.Errorf("rows don't come as they lie: %q…", sums[0][:20])
	}
}

// A snapshot taken before a TRUNCATE would silently see no rows; the lock makes it
// loud, for a table that nobody is reading at that moment too.
func TestTruncateOnPrimaryIsLoud(t *testing.T) {
	p, db, cfg := setup(t, `CREATE TABLE t (v int); INSERT INTO t SELECT generate_series(1, 1000)`)
	src := openLocked(t, snapshot.Options{Config: cfg})
	r := reader(t, src)
	pgserver.Exec(t, p.primary.URL(db), "TRUNCATE t")
	p.catchUp(t) // the standby has cancelled the exporter and replayed it
	_, rows, err := copyAll(t.Context(), r, src, "t")
	if err == nil {
		t.Fatalf("read %d rows of a truncated table without an error", rows)
	}
	if !errors.Is(err, snapshot.ErrLost) {
		t.Errorf("the error doesn't say what happened: %v", err)
	}
	if err := src.DumpSchema(t.Context(), filepath.Join(t.TempDir(), "dump")); err == nil {
		t.Error("the schema was dumped from a snapshot that is gone")
	}
}

// On a primary the same lock makes TRUNCATE wait.
func TestTruncateWaitsOnPrimary(t *testing.T) {
	p, db, _ := setup(t, `CREATE TABLE t (v int); INSERT INTO t SELECT generate_series(1, 1000)`)
	src := openLocked(t, snapshot.Options{Config: config(t, p.primary.URL(db))})
	conn := pgserver.Conn(t, p.primary.URL(db))
	_, err := conn.PgConn().Exec(t.Context(), "SET lock_timeout = '50ms'; TRUNCATE t").ReadAll()
	if client.Code(client.Wrap(err, "x")) != "55P03" {
		t.Errorf("TRUNCATE: %v", err)
	}
	if w := src.Warnings(); len(w) != 1 || !strings.Contains(w[0], "not a hot standby") {
		t.Errorf("warnings: %q", w)
	}
}

// Between Open and Lock the schema may change; the plan made on the old one must
// not be used, and a TRUNCATE in between is simply seen.
func TestChangesBetweenOpenAndLock(t *testing.T) {
	for _, tt := range []struct{ name, change, want string }{
		{"column", "ALTER TABLE t ADD COLUMN email text", "column public.t.email is new"},
		{"type", "ALTER TABLE t ALTER v TYPE bigint", "column public.t.v has another type"},
		{"table", "CREATE TABLE u (v int)", "table public.u is new"},
		{"gone", "DROP TABLE t", `relation "public.t" does not exist`},
		{"truncate", "TRUNCATE t", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, db, cfg := setup(t, `CREATE TABLE t (v int); INSERT INTO t SELECT generate_series(1, 1000)`)
			src := open(t, snapshot.Options{Config: cfg})
			pgserver.Exec(t, p.primary.URL(db), tt.change)
			p.catchUp(t)
			err := src.Lock(t.Context(), readable(src))
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, snapshot.ErrSchemaChanged) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// The order of Lock: a row committed after the locks were taken and before the
// snapshot is in the snapshot, so nothing can slip between the two.
func TestSnapshotIsNewerThanLocks(t *testing.T) {
	p, db, _ := setup(t, `CREATE TABLE a (v int); CREATE TABLE b (v int)`)
	url := p.primary.URL(db)
	src := open(t, snapshot.Options{Config: config(t, url)})
	holder := pgserver.Conn(t, url)
	if _, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE b IN ACCESS EXCLUSIVE MODE; INSERT INTO a VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	locked := make(chan error)
	go func() { locked <- src.Lock(t.Context(), readable(src)) }()
	watch := pgserver.Conn(t, url)
	for waiting := false; !waiting; { // Lock has a and waits for b
		if err := watch.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'b'::regclass)`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := holder.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-locked; err != nil {
		t.Fatal(err)
	}
	if _, rows, err := copyAll(t.Context(), reader(t, src), src, "a"); err != nil || rows != 1 {
		t.Errorf("%d rows (%v): the snapshot is older than the locks", rows, err)
	}
}

func TestChunksCoverTheTable(t *testing.T) {
	p, db, _ := setup(t, `CREATE TABLE big (id int, pad text); INSERT INTO big SELECT i, repeat('x', 500) FROM generate_series(1, 2000) i;
		CREATE TABLE toasted (id int, doc text); ALTER TABLE toasted ALTER doc SET STORAGE EXTERNAL; INSERT INTO toasted SELECT i, repeat('y', 20000) FROM generate_series(1, 300) i;
		CREATE TABLE empty (v int); CREATE TABLE nocol (); INSERT INTO nocol DEFAULT VALUES; INSERT INTO nocol DEFAULT VALUES;
		CREATE TABLE parent (v int); CREATE TABLE child () INHERITS (parent); INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2), (3)`)
	src := open(t, snapshot.Options{Config: config(t, p.primary.URL(db)), ChunkBytes: 100 << 10})
	// Blocks that appear between Open and Lock belong to the last chunk.
	pgserver.Exec(t, p.primary.URL(db), "INSERT INTO big SELECT i, repeat('x', 500) FROM generate_series(2001, 3000) i")
	if err := src.Lock(t.Context(), readable(src)); err != nil {
		t.Fatal(err)
	}
	r := reader(t, src)
	for _, tt := range []struct {
		table        string
		rows, chunks int
	}{{"big", 3000, 11}, {"toasted", 300, 2}, {"empty", 0, 1}, {"parent", 1, 1}, {"child", 2, 1}} {
		text, rows, err := copyAll(t.Context(), r, src, tt.table)
		if err != nil {
			t.Fatal(err)
		}
		if int(rows) != tt.rows || strings.Count(text, "\n") != tt.rows {
			t.Errorf("%s: %d rows, %d lines, want %d", tt.table, rows, strings.Count(text, "\n"), tt.rows)
		}
		chunks := src.Chunks(src.Catalog().Table(public(tt.table)))
		if len(chunks) < tt.chunks {
			t.Errorf("%s: %d chunks, want at least %d", tt.table, len(chunks), tt.chunks)
		}
		for i, c := range chunks {
			if i == 0 && c.First != 0 || i > 0 && c.First != chunks[i-1].End || c.Index != i || c.Of != len(chunks) || (c.End < 0) != (i == len(chunks)-1) {
				t.Errorf("%s: chunk %d is %+v", tt.table, i, c)
			}
		}
	}
	// No columns, yet rows: binary rows of no fields, between header and trailer.
	nocol := src.Catalog().Table(public("nocol"))
	var out bytes.Buffer
	rows, err := r.CopyOut(t.Context(), src.Chunks(nocol)[0], nil, copyfmt.Binary, &out)
	if err != nil || rows != 2 || out.Len() != 19+2*2+2 {
		t.Errorf("a table without columns: %d rows in %d bytes, %v", rows, out.Len(), err)
	}
}

func TestUnreadableTablesAreSaid(t *testing.T) {
	_, _, cfg := setup(t, `CREATE UNLOGGED TABLE scratch (id serial); INSERT INTO scratch DEFAULT VALUES;
		CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw; CREATE FOREIGN TABLE far (v int) SERVER s;
		CREATE TABLE parts (v int) PARTITION BY LIST (v)`)
	src := openLocked(t, snapshot.Options{Config: cfg})
	for _, name := range []string{"scratch", "far", "parts"} {
		if c := src.Chunks(src.Catalog().Table(public(name))); len(c) != 0 {
			t.Errorf("%s has chunks: %v", name, c)
		}
	}
	want := []string{
		"unlogged tables have no rows on a standby and arrive empty: public.scratch",
		"foreign tables arrive without rows: public.far",
	}
	if d := cmp.Diff(want, src.Warnings()); d != "" {
		t.Error(d)
	}
	if _, err := src.Sequences(t.Context()); err != nil {
		t.Errorf("sequences of an unlogged table: %v", err)
	}
	if err := src.DumpSchema(t.Context(), filepath.Join(t.TempDir(), "dump")); err != nil {
		t.Error(err)
	}
}

func TestSequences(t *testing.T) {
	_, _, cfg := setup(t, `CREATE SEQUENCE fresh START 7; CREATE SEQUENCE used; SELECT nextval('used'); SELECT setval('used', 41);
		CREATE SEQUENCE down INCREMENT -3 START -1; SELECT setval('down', -10, false);
		DO $$ BEGIN FOR i IN 1..250 LOOP EXECUTE 'CREATE SEQUENCE many_' || i; END LOOP; END $$`)
	src := open(t, snapshot.Options{Config: cfg})
	got, err := src.Sequences(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 253 {
		t.Errorf("%d sequences", len(got))
	}
	for _, want := range []catalog.SequenceValue{{Name: public("fresh"), LastValue: 7}, {Name: public("used"), LastValue: 41, IsCalled: true}, {Name: public("down"), LastValue: -10}} {
		found := false
		for _, v := range got {
			found = found || v == want
		}
		if !found {
			t.Errorf("%+v is missing", want)
		}
	}
}

// The dump must be that of the snapshot, private, and without what belongs to
// production's roles.
func TestDumpSchema(t *testing.T) {
	p, db, cfg := setup(t, `CREATE TABLE t (v int); DROP ROLE IF EXISTS snap_app; CREATE ROLE snap_app; ALTER TABLE t OWNER TO snap_app; GRANT SELECT ON t TO PUBLIC;
		CREATE PUBLICATION pub FOR TABLE t`)
	src := openLocked(t, snapshot.Options{Config: cfg})
	pgserver.Exec(t, p.primary.URL(db), "CREATE TABLE later (v int)")
	p.catchUp(t)
	path := filepath.Join(t.TempDir(), "schema.dump")
	if err := src.DumpSchema(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the dump's mode is %v (%v)", info.Mode(), err)
	}
	dump, err := snapshot.Listing(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"later", "ACL", "PUBLICATION", "TABLE DATA"} {
		if strings.Contains(dump, bad) {
			t.Errorf("the dump holds %s:\n%s", bad, dump)
		}
	}
	if !strings.Contains(dump, "TABLE public t") {
		t.Errorf("the dump lacks the table:\n%s", dump)
	}
	pgserver.Exec(t, p.primary.URL(db), "DROP OWNED BY snap_app; DROP ROLE snap_app")
}

func TestLockTimeout(t *testing.T) {
	p, db, _ := setup(t, `CREATE TABLE t (v int)`)
	src := open(t, snapshot.Options{Config: config(t, p.primary.URL(db)), LockTimeout: 100 * time.Millisecond})
	holder := pgserver.Conn(t, p.primary.URL(db))
	if _, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE t"); err != nil {
		t.Fatal(err)
	}
	err := src.Lock(t.Context(), readable(src))
	if client.Code(err) != "55P03" || !strings.Contains(err.Error(), "conflicting lock") {
		t.Errorf("got %v", err)
	}
}

// A writer's error comes back as it is, and a cancelled context with its cause.
func TestCopyOutErrors(t *testing.T) {
	p, db, _ := setup(t, `CREATE TABLE t (v text); INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 20000)`)
	src := openLocked(t, snapshot.Options{Config: config(t, p.primary.URL(db))})
	table := src.Catalog().Table(public("t"))
	chunk := src.Chunks(table)[0]
	full := errors.New("the other side is full")
	if _, err := reader(t, src).CopyOut(t.Context(), chunk, table.Columns, copyfmt.Binary, failing{full}); err != full {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the run is over")
	if _, err := reader(t, src).CopyOut(ctx, chunk, table.Columns, copyfmt.Binary, onWrite(func() { cancel(why) })); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	r := reader(t, src)
	src.Close(t.Context())
	if _, err := r.CopyOut(t.Context(), chunk, table.Columns, copyfmt.Binary, io.Discard); err == nil {
		t.Error("a read without the exporter's locks was believed")
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

type onWrite func()

func (f onWrite) Write(p []byte) (int, error) { f(); return len(p), nil }

func TestOrderOfCalls(t *testing.T) {
	_, _, cfg := setup(t, `CREATE TABLE t (v int)`)
	src := open(t, snapshot.Options{Config: cfg})
	if _, err := src.Reader(t.Context()); err == nil {
		t.Error("a reader without a snapshot")
	}
	if err := src.DumpSchema(t.Context(), "x"); err == nil {
		t.Error("a dump without a snapshot")
	}
	if err := src.Lock(t.Context(), nil); err != nil || src.SnapshotID() == "" {
		t.Errorf("locking nothing: %v", err)
	}
	if err := src.Lock(t.Context(), nil); err == nil {
		t.Error("locked twice")
	}
}
