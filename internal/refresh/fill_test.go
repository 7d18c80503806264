package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/faultproxy"
	"refresher/internal/testkit/pgserver"
)

// watcher calls a function as a stage begins, and counts rows.
type watcher struct {
	silent
	stage func(name string)
	rows  atomic.Int64
}

func (w *watcher) Stage(name string)              { w.stage(name) }
func (w *watcher) Copied(_ string, rows, _ int64) { w.rows.Add(rows) }

// broken is a refresh of a table of many chunks with a proxy before staging.
type broken struct {
	t        *testing.T
	source   string
	staging  *pgserver.Cluster
	database string
	proxy    *faultproxy.Proxy
	options  refresh.Options
}

const manyRows = 30_000

func newBroken(t *testing.T) *broken {
	t.Helper()
	b := &broken{t: t, source: pgserver.DB(t)}
	b.staging, b.database = stagingDatabase(t)
	pgserver.Exec(t, b.source, fmt.Sprintf(`
		CREATE TABLE logged (id int PRIMARY KEY, filler text);
		INSERT INTO logged SELECT i, repeat('lorem ipsum ', 8) FROM generate_series(1, %d) i;
		CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY, filler text);
		INSERT INTO unlogged SELECT i, repeat('lorem ipsum ', 8) FROM generate_series(1, 1000) i; ANALYZE`, manyRows))
	var err error
	if b.proxy, err = faultproxy.Listen(net.JoinHostPort("127.0.0.1", strconv.Itoa(b.staging.Port()))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.proxy.Close)
	path := filepath.Join(t.TempDir(), "r.yaml")
	if err := os.WriteFile(path, []byte("version: 1\ntables:\n  public.logged: {columns: {\"*\": keep}}\n  "+
		"public.unlogged: {columns: {\"*\": keep}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rs, err := rules.Load([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	key := secret.KeyOf([]byte("the key of a test, 32 bytes long"))
	from, err := pgx.ParseConfig(b.source)
	if err != nil {
		t.Fatal(err)
	}
	to, err := pgx.ParseConfig(fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", pgserver.User,
		b.proxy.Port(), b.database))
	if err != nil {
		t.Fatal(err)
	}
	b.options = refresh.Options{Source: from, Staging: to, Rules: rs, Key: key, Workers: 2, TempDir: t.TempDir(),
		ChunkBytes: 256 << 10,
		Retry:      refresh.Retry{Restarts: 2, Resumes: 3, Patience: time.Minute, Stall: time.Minute}}
	return b
}

func (b *broken) run(stage func(string)) (*report.Report, *watcher, error) {
	b.t.Helper()
	w := &watcher{stage: stage}
	b.options.Run = refresh.NewID(time.Now())
	ctx, cancel := context.WithTimeout(b.t.Context(), 2*time.Minute)
	defer cancel()
	rep, err := refresh.Run(ctx, b.options, w)
	return rep, w, err
}

// whole checks that staging holds every row once, and nothing of the run's own.
func (b *broken) whole() {
	b.t.Helper()
	conn := pgserver.Conn(b.t, b.staging.URL(b.database))
	defer conn.Close(context.Background())
	var got string
	const q = `SELECT concat_ws(' ', (SELECT count(*) || ' ' || count(DISTINCT id) FROM logged), (SELECT count(*) || ' '
		|| count(DISTINCT id) FROM unlogged),
		(SELECT string_agg(nspname, ' ') FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema'))`
	if err := conn.QueryRow(context.Background(), q).Scan(&got); err != nil {
		b.t.Fatal(err)
	}
	if want := fmt.Sprintf("%d %d 1000 1000 public", manyRows, manyRows); got != want {
		b.t.Errorf("staging: %s, want %s", got, want)
	}
}

var resumed = regexp.MustCompile(`resumed \(\d of 3\) with (\d+) of (\d+) chunks in staging`)

// After a fault of staging the run goes on with the chunks that are missing.
func TestARunGoesOnWhereItStopped(t *testing.T) {
	b := newBroken(t)
	b.options.Workers = 1
	for name, fault := range map[string]func(){
		"connections cut": b.proxy.Cut,
		"staging crashed": func() {
			b.staging.Kill()
			if err := b.staging.Restart(context.Background()); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b.t = t
			once := true
			rep, w, err := b.run(func(stage string) {
				if stage == "data" && once {
					once = false
					b.proxy.At(2<<20, fault)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			b.whole()
			said := resumed.FindStringSubmatch(strings.Join(rep.Warnings, "\n"))
			if said == nil {
				t.Fatalf("the report doesn't say that the run was resumed: %q", rep.Warnings)
			}
			// A crash can take back what was confirmed in the moments before.
			if done, _ := strconv.Atoi(said[1]); done == 0 && name == "connections cut" || said[2] == "1" {
				t.Errorf("%s of %s chunks were there already", said[1], said[2])
			}
			if rows := w.rows.Load(); name == "connections cut" && rows > manyRows*3/2 {
				t.Errorf("%d rows were read for %d", rows, manyRows+1000)
			}
			for _, table := range rep.Tables {
				if want := map[string]int64{"public.logged": manyRows, "public.unlogged": 1000}[table.Name]; table.Rows != want {
					t.Errorf("the report says that %s has %d rows, not %d", table.Name, table.Rows, want)
				}
			}
		})
	}
}

// Trying has an end.
func TestTryingAgainIsBounded(t *testing.T) {
	b := newBroken(t)
	rep, _, err := b.run(func(stage string) {
		if stage == "data" {
			b.proxy.At(100<<10, b.proxy.Cut)
		}
	})
	if err == nil || !strings.HasPrefix(err.Error(), "gave up after 4 interruptions: ") ||
		strings.Count(strings.Join(rep.Warnings, "\n"), "resumed (") != 3 {
		t.Errorf("%v\n%q", err, rep.Warnings)
	}
	b.proxy.Never()
	end := func(stage string) {
		if stage == "data" {
			pgserver.Exec(t, b.source, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "+
				"'refresher/%' AND state = 'idle in transaction'")
		}
	}
	rep, _, err = b.run(end)
	if err == nil || !strings.HasPrefix(err.Error(), "gave up after 3 snapshots: ") ||
		strings.Count(strings.Join(rep.Warnings, "\n"), "starts over from a new snapshot (") != 2 {
		t.Errorf("%v\n%q", err, rep.Warnings)
	}
	if rep.Outcome != fault.Failed || rep.Stage != "data" {
		t.Errorf("%s in %s", rep.Outcome, rep.Stage)
	}
	b.options.Retry.Restarts = 0
	if _, _, err = b.run(end); err == nil || !strings.HasPrefix(err.Error(), "gave up after 1 snapshots: ") {
		t.Errorf("%v", err)
	}
	if _, _, err := b.run(func(string) {}); err != nil {
		t.Fatal(err)
	}
	b.whole()
}

// A run that is told to stop while it waits for a server stops at once.
func TestWaitingCanBeInterrupted(t *testing.T) {
	b := newBroken(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.options.Run = refresh.NewID(time.Now())
	rep, err := refresh.Run(ctx, b.options, &watcher{stage: func(stage string) {
		if stage == "data" {
			b.proxy.At(1<<20, func() { b.proxy.Down(); time.AfterFunc(300*time.Millisecond, cancel) })
		}
	}})
	if !errors.Is(err, context.Canceled) || rep.Outcome != fault.Stopped {
		t.Errorf("%s, %v", rep.Outcome, err)
	}
	b.proxy.Up()
	if _, _, err := b.run(func(string) {}); err != nil {
		t.Fatal(err)
	}
	b.whole()
}

// A stream that goes silent is given up, and the run goes on.
func TestAStallIsNoticed(t *testing.T) {
	b := newBroken(t)
	b.options.Retry.Stall = 2 * time.Second
	once := true
	rep, _, err := b.run(func(stage string) {
		if stage == "data" && once {
			once = false
			b.proxy.At(1<<20, b.proxy.Stall)
		}
	})
	b.proxy.Cut()
	if err != nil || !strings.Contains(strings.Join(rep.Warnings, "\n"), "nothing happened for 2s while") {
		t.Errorf("%v, %q", err, rep.Warnings)
	}
	b.whole()
}
