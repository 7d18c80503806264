package restore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
	"refresher/internal/verify"
	"refresher/internal/verify/canary"
	"refresher/internal/verify/pass"
)

// promoteShadow promotes as Promote does once it has seen the pass.
func (s *stage) promoteShadow(marker string) []string {
	s.t.Helper()
	run, db := s.shadow(marker)
	notes, err := s.srv.promote(s.t.Context(), run, db)
	s.ok(err)
	return notes
}

func TestPromoteAndRollback(t *testing.T) {
	s := newStage(t, sourceSchema)
	ctx := t.Context()
	var refusal *fault.Refusal
	if err := s.srv.Rollback(ctx); !errors.As(err, &refusal) || refusal.Gate != "rollback" {
		t.Errorf("rollback before the first run: %v", err)
	}
	state := func(want string) {
		t.Helper()
		got := s.databases() + ": " + s.marker(s.live)
		if strings.Contains(got, "previous") {
			got += " " + s.marker(PreviousName(s.live))
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	s.promoteShadow("one")
	state("live: one")
	if open := s.value("postgres", `SELECT has_database_privilege('public',
		'`+s.live+`', 'CONNECT')::text`); open != "true" {
		t.Error("nobody can connect to the first staging database")
	}
	s.promoteShadow("two")
	state("live live_previous: two one")
	s.promoteShadow("three")
	state("live live_previous: three two")
	s.ok(s.srv.Rollback(ctx))
	state("live live_previous: two three")
	s.ok(s.srv.Rollback(ctx))
	state("live live_previous: three two")
	s.sql("postgres", "DROP DATABASE "+s.live)
	s.ok(s.srv.Rollback(ctx))
	state("live: two")
	// With live gone, previous is the last good one and stays.
	s.promoteShadow("four")
	s.sql("postgres", "DROP DATABASE "+s.live)
	s.promoteShadow("five")
	state("live live_previous: five two")
}

// Only verify makes a pass; without one of this run nothing moves.
func TestPromoteNeedsAPass(t *testing.T) {
	s := newStage(t, sourceSchema)
	ctx := t.Context()
	run, db := s.shadow("one")
	passFor := func(run, subject string) pass.Pass {
		result, err := verify.New(verify.Options{Run: run, Canaries: &canary.Result{}, Workers: 1}).Database(ctx,
			db.Config(), nil)
		s.ok(err)
		p, err := verify.Judge(run, subject, result)
		s.ok(err)
		return p
	}
	var refusal *fault.Refusal
	for name, p := range map[string]pass.Pass{"none": {}, "another run's": passFor("other", pass.StagingDatabase),
		"a bucket's": passFor(run, "dev")} {
		if _, err := s.srv.Promote(ctx, p, run, db); !errors.As(err, &refusal) {
			t.Errorf("%s pass: %v", name, err)
		}
	}
	good := passFor(run, pass.StagingDatabase)
	if _, err := s.srv.Promote(ctx, good, run, &Database{srv: s.srv, name: s.live}); err == nil {
		t.Error("promoted a database that isn't the run's shadow")
	}
	if got := s.databases(); strings.Contains(got, "live ") || !strings.HasPrefix(got, "live_shadow") {
		t.Errorf("databases: %s", got)
	}
	_, err := s.srv.Promote(ctx, good, run, db)
	s.ok(err)
	if got := s.databases(); got != "live" {
		t.Errorf("databases: %s", got)
	}
}

// Clients that connect again and again don't stop the swap, and every query they
// get through is answered by the old database or by the new one.
func TestPromoteAmidReconnects(t *testing.T) {
	s := newStage(t, sourceSchema)
	s.promoteShadow("old")
	s.sql("postgres", "CREATE ROLE "+s.prefix+"_client LOGIN")
	s.sql(s.live, "GRANT SELECT ON marker TO PUBLIC; REVOKE ALL ON DATABASE "+s.live+" FROM PUBLIC; GRANT CONNECT ON "+
		"DATABASE "+s.live+" TO "+s.prefix+"_client")
	run, db := s.shadow("new")

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var clients sync.WaitGroup
	var olds, news atomic.Int64
	var gap atomic.Int64 // longest time without an answer, ns
	for range 4 {
		clients.Go(func() {
			answered := time.Now()
			for ctx.Err() == nil {
				marker, err := s.ask(ctx)
				switch {
				case ctx.Err() != nil:
				case err == nil && marker == "old" && news.Load() == 0:
					olds.Add(1)
				case err == nil && marker == "new":
					news.Add(1)
				case err == nil && marker != "old":
					t.Errorf("a query was answered by %q", marker)
				case client.Code(err) == "42501", client.Code(err) == "42P01":
					t.Errorf("a client found a database that isn't ready: %v", err)
				}
				if err == nil {
					gap.Store(max(gap.Load(), int64(time.Since(answered))))
					answered = time.Now()
				}
			}
		})
	}
	for olds.Load() < 20 && ctx.Err() == nil {
		time.Sleep(time.Millisecond) // until the clients are at it
	}
	began := time.Now()
	notes, err := s.srv.promote(ctx, run, db)
	took := time.Since(began)
	s.ok(err)
	for was := news.Load(); news.Load() < was+20; {
		time.Sleep(time.Millisecond)
	}
	stop()
	clients.Wait()
	t.Logf("promoted in %v; %d answers of the old, %d of the new database; longest wait %v; notes %q", took,
		olds.Load(), news.Load(), time.Duration(gap.Load()), notes)
	if time.Duration(gap.Load()) > 5*time.Second {
		t.Errorf("a client waited %v", time.Duration(gap.Load()))
	}
}

// ask connects as an application does and asks which database this is.
func (s *stage) ask(ctx context.Context) (marker string, err error) {
	conn, err := pgx.ConnectConfig(ctx, s.liveConfig(s.prefix+"_client"))
	if err != nil {
		return "", err
	}
	defer conn.Close(context.Background())
	for range 3 { // some work, so that the swap meets sessions at it
		if err := conn.QueryRow(ctx, "SELECT v FROM marker").Scan(&marker); err != nil {
			return "", err
		}
	}
	return marker, nil
}

// Sessions that the role may not end: the swap says so, and nothing changed.
func TestPromoteAgainstSessionsItMayNotEnd(t *testing.T) {
	s := newStage(t, sourceSchema)
	s.promoteShadow("old")
	other := s.prefix + "_other"
	s.sql("postgres", "CREATE ROLE "+other+" LOGIN; REVOKE pg_signal_backend FROM "+s.role)
	conn, err := pgx.ConnectConfig(t.Context(), s.liveConfig(other))
	s.ok(err)
	run, db := s.shadow("new")
	s.srv.tries = 1
	_, err = s.srv.promote(t.Context(), run, db)
	if client.Code(err) != "55006" || !strings.Contains(err.Error(), "sessions of "+other+" are in the way") {
		t.Errorf("got %v", err)
	}
	if err := conn.Ping(t.Context()); err != nil || s.marker(s.live) != "old" {
		t.Errorf("the live database was touched: %v", err)
	}
	s.ok(conn.Close(t.Context()))
	_, err = s.srv.promote(t.Context(), run, db) // and it can be tried again
	s.ok(err)
	if s.marker(s.live) != "new" {
		t.Error("not promoted")
	}
}

// A run that is killed while it promotes leaves the old state or the new one.
func TestKilledWhilePromoting(t *testing.T) {
	if os.Getenv(childEnv) != "" {
		promoteAsChild(t)
		return
	}
	s := newStage(t, sourceSchema)
	s.promoteShadow("0")
	s.promoteShadow("1")
	live, outcomes := "1", map[string]int{}
	for i := range 8 {
		next := fmt.Sprint(i + 2)
		run, db := s.shadow(next)
		child := exec.Command(os.Args[0], "-test.run=^TestKilledWhilePromoting$")
		child.Env = append(os.Environ(), childEnv+"="+strings.Join([]string{s.liveConfig(s.role).ConnString(), s.role,
			run}, " "))
		started, err := child.StdoutPipe()
		s.ok(err)
		s.ok(child.Start())
		_, err = started.Read(make([]byte, 1)) // it is about to promote
		s.ok(err)
		time.Sleep(rand.N(150 * time.Millisecond)) // any instant is as good as another
		s.ok(child.Process.Kill())
		_ = child.Wait()
		s.settled()
		switch got := s.marker(s.live); {
		case got == next:
			outcomes["new"]++
		case got == live && s.marker(db.Name()) == next:
			outcomes["old"]++
			s.ok(db.Drop(t.Context()))
		default:
			t.Fatalf("live is %s, was %s, should become %s: %s", got, live, next, s.databases())
		}
		live = s.marker(s.live)
		if got := s.databases(); !strings.HasPrefix(got, "live ") || !strings.Contains(got, "live_previous") {
			t.Fatalf("databases: %s", got)
		}
		s.sweepOld()
	}
	t.Logf("outcomes: %v", outcomes)
}

const childEnv = "RESTORE_TEST_PROMOTE"

func promoteAsChild(t *testing.T) {
	args := strings.Fields(os.Getenv(childEnv))
	cfg, err := pgx.ParseConfig(args[0])
	if err != nil {
		t.Fatal(err)
	}
	cfg.User = args[1]
	srv, err := Connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := &Database{srv: srv, name: srv.ShadowName(args[2]), cfg: srv.cfg.Copy()}
	db.cfg.Database = db.name
	fmt.Print(".")
	if _, err := srv.promote(t.Context(), args[2], db); err != nil {
		t.Fatal(err)
	}
}

// settled waits until the server has noticed that the killed sessions are gone.
func (s *stage) settled() {
	s.t.Helper()
	for s.value("postgres", `SELECT count(*)::text FROM pg_stat_activity WHERE usename = '`+s.role+`'`) != "0" {
		time.Sleep(5 * time.Millisecond)
	}
}

// sweepOld drops what a promote that was killed after its swap had no time to drop.
func (s *stage) sweepOld() {
	s.t.Helper()
	for name := range strings.FieldsSeq(s.value("postgres", `SELECT coalesce(string_agg(datname, ' '), '') FROM
		pg_database WHERE datname LIKE '`+s.live+`_old_%'`)) {
		if !isScratch(s.live, name) {
			s.t.Fatalf("Sweep would not drop %s", name)
		}
		s.sql("postgres", `DROP DATABASE "`+name+`"`)
	}
}

func TestBecame(t *testing.T) {
	s := newStage(t, sourceSchema)
	s.promoteShadow("one")
	var oid uint32
	s.ok(s.srv.do(t.Context(), func(conn *pgx.Conn) (err error) {
		oid, err = oidOf(t.Context(), conn, s.live)
		return err
	}))
	if !s.srv.became(t.Context(), oid) || s.srv.became(t.Context(), oid+1) || s.srv.became(t.Context(), 0) {
		t.Error("a swap's outcome is told wrongly")
	}
}
