package history_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/testkit/pgserver"
)

// server is a staging server without history, and a role on it that is no superuser.
func server(t *testing.T) (*pgserver.Cluster, *pgx.ConnConfig) {
	t.Helper()
	c := pgserver.Shared(t)
	pgserver.Exec(t, c.URL("postgres"), "DROP DATABASE IF EXISTS refresher WITH (FORCE)")
	pgserver.Exec(t, c.URL("postgres"), "DROP ROLE IF EXISTS staging_role; CREATE ROLE staging_role LOGIN CREATEDB")
	cfg, err := pgx.ParseConfig(c.URL("shop"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.User = "staging_role"
	return c, cfg
}

func open(t *testing.T, cfg *pgx.ConnConfig) *history.History {
	t.Helper()
	h, err := history.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func take(t *testing.T, h *history.History, run string) *history.Lock {
	t.Helper()
	l, err := h.Lock(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Release)
	return l
}

func TestRuns(t *testing.T) {
	_, cfg := server(t)
	h := open(t, cfg)
	begin := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	first := history.Run{ID: "r1", Host: "here", Started: begin, Stage: "guard"}
	if err := h.Start(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	got, err := h.Get(t.Context(), "r1")
	if err != nil {
		t.Fatal(err)
	}
	first.Database, first.Outcome = "shop", fault.Running
	if d := cmp.Diff(first, got); d != "" {
		t.Error(d)
	}
	first.Finished, first.Outcome, first.Stage, first.Error = begin.Add(time.Hour), fault.Failed, "data", "out of luck"
	first.ReportJSON, first.Signature = []byte(`{"tables": [{"rows": 3, "bytes": 20}, {"rows": 4, "bytes": 30}], "promoted": true,
		"verification": [{"results": [{"survivors": 1, "detected": 2}, {"survivors": 0, "detected": 4}]}]}`), "signed"
	// A run that was refused before it started is recorded by its end alone.
	second := history.Run{ID: "r2", Database: "other", Host: "there", Started: begin.Add(time.Minute),
		Finished: begin.Add(time.Hour), Outcome: fault.Refused}
	for _, r := range []history.Run{first, second} {
		if err := h.Finish(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if got, err = open(t, cfg).Get(t.Context(), "r1"); err != nil {
		t.Fatal(err)
	}
	first.ReportJSON, first.Rows, first.Bytes, first.Findings, first.Promoted, first.Reported = got.ReportJSON, 7, 50, 7, true, true
	if d := cmp.Diff(first, got); d != "" {
		t.Error(d)
	}
	first.ReportJSON, first.Signature = nil, ""
	list, err := h.List(t.Context(), history.Filter{})
	if d := cmp.Diff([]history.Run{first}, list); d != "" || err != nil { // the second is another database's
		t.Error(d, err)
	}
	if _, err := h.Get(t.Context(), "r3"); !errors.Is(err, history.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// What a run is compared with is the last one that was done on its own database.
func TestLastDone(t *testing.T) {
	_, cfg := server(t)
	h := open(t, cfg)
	begin := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	if _, err := h.LastDone(t.Context(), ""); !errors.Is(err, history.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	for i, r := range []history.Run{
		{ID: "older", Outcome: fault.Done, ReportJSON: []byte(`{}`)},
		{ID: "newer", Outcome: fault.Done, ReportJSON: []byte(`{"rows": 3}`), Signature: "signed"},
		{ID: "elsewhere", Database: "other", Outcome: fault.Done, ReportJSON: []byte(`{}`)},
		{ID: "bare", Outcome: fault.Done},
		{ID: "refused", Outcome: fault.Refused, ReportJSON: []byte(`{}`)},
		{ID: "self", Outcome: fault.Done, ReportJSON: []byte(`{}`)},
	} {
		r.Started = begin.Add(time.Duration(i) * time.Hour)
		if err := h.Finish(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.LastDone(t.Context(), "self")
	if err != nil || got.ID != "newer" || string(got.ReportJSON) != `{"rows": 3}` || got.Signature != "signed" {
		t.Errorf("%+v, %v", got, err)
	}
}

// First runs of several databases may start in the same moment.
func TestOpenConcurrently(t *testing.T) {
	_, cfg := server(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, err := history.Open(t.Context(), cfg); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestOneRunAtATime(t *testing.T) {
	_, cfg := server(t)
	h := open(t, cfg)
	l := take(t, h, "20261121T030000Z-7f3a")
	_, err := open(t, cfg).Lock(t.Context(), "20261121T040000Z-0000")
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || refusal.Gate != "lock" || !refusal.Busy || !strings.Contains(err.Error(),
		"20261121T030000Z-7f3a") {
		t.Errorf("got %v", err)
	}
	other := cfg.Copy()
	other.Database = "elsewhere"
	take(t, open(t, other), "another database")
	if l.Held() != nil || l.Context().Err() != nil {
		t.Error("the lock is lost")
	}
	l.Release()
	l.Release()
	if l.Held() == nil || l.Context().Err() == nil {
		t.Error("a released lock is held")
	}
	take(t, h, "20261121T040000Z-0000")
}

// Of many that try at once, exactly one gets it.
func TestLockRace(t *testing.T) {
	_, cfg := server(t)
	h := open(t, cfg)
	var mu sync.Mutex
	var won []*history.Lock
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			l, err := h.Lock(t.Context(), "run")
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, l)
			} else if refusal := (*fault.Refusal)(nil); !errors.As(err, &refusal) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, l := range won {
		defer l.Release()
	}
	if len(won) != 1 {
		t.Errorf("%d runs hold the lock", len(won))
	}
}

// Whoever loses the lock must hear of it, and why.
func TestLostLockIsNoticed(t *testing.T) {
	c, cfg := server(t)
	l := take(t, open(t, cfg), "run")
	pgserver.Exec(t, c.URL("postgres"), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "+
		"'refresher/run'")
	select {
	case <-l.Context().Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the end of the session went unnoticed")
	}
	if err := context.Cause(l.Context()); !errors.Is(err, history.ErrLockLost) || !errors.Is(l.Held(),
		history.ErrLockLost) {
		t.Errorf("the cause is %v", err)
	}
	take(t, open(t, cfg), "next") // and the lock is free
}

// A run that lost its lock has it again if no other run had it meanwhile, even
// while the server still believes in the lost session.
func TestRegain(t *testing.T) {
	c, cfg := server(t)
	h := open(t, cfg)
	lost := take(t, h, "first")
	pgserver.Exec(t, c.URL("postgres"), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "+
		"'refresher/first'")
	<-lost.Context().Done()
	again, err := h.Regain(t.Context(), lost)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Lock(t.Context(), "second"); err == nil {
		t.Error("a lock that was regained is free")
	}
	// Another process would still hold the session that this one gave up.
	zombie := take(t, open(t, with(cfg, "elsewhere")), "first")
	third, err := h.Regain(t.Context(), again)
	if err != nil {
		t.Fatal(err)
	}
	<-zombie.Context().Done()
	third.Release()
	take(t, h, "second").Release()
	var refusal *fault.Refusal
	if _, err := h.Regain(t.Context(), third); !errors.As(err, &refusal) || !strings.Contains(err.Error(), "run second "+
		"took it") {
		t.Errorf("another run had the lock: %v", err)
	}
}

func with(cfg *pgx.ConnConfig, database string) *pgx.ConnConfig {
	cfg = cfg.Copy()
	cfg.Database = database
	return cfg
}

// Heartbeats don't disturb the session that they look at.
func TestHeartbeat(t *testing.T) {
	c, cfg := server(t)
	h := open(t, cfg)
	l, err := history.LockWithBeat(t.Context(), h, "beating", 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	watch := pgserver.Conn(t, c.URL("postgres"))
	var last time.Time
	for beats := 0; beats < 5; {
		var at time.Time
		q := `SELECT query_start FROM pg_stat_activity WHERE application_name = 'refresher/beating'`
		if err := watch.QueryRow(t.Context(), q).Scan(&at); err != nil {
			t.Fatalf("the session ended: %v, %v", err, l.Held())
		}
		if at.After(last) {
			last = at
			beats++
		}
	}
	if l.Held() != nil {
		t.Errorf("lost: %v", l.Held())
	}
	if _, err := h.Lock(t.Context(), "other"); err == nil {
		t.Error("the lock was lost silently")
	}
}

// A session can live on without the lock: behind a pooler it is another one.
func TestSessionWithoutLock(t *testing.T) {
	c, cfg := server(t)
	open(t, cfg)
	conn := pgserver.Conn(t, c.URL(history.Database))
	if _, err := conn.Exec(t.Context(), "SELECT pg_advisory_lock($1, hashtext('another database'))",
		history.LockClass); err != nil {
		t.Fatal(err)
	}
	if err := history.CheckHeld(t.Context(), conn, "shop"); err == nil {
		t.Error("another database's lock was taken for ours")
	}
	if err := history.CheckHeld(t.Context(), conn, "another database"); err != nil {
		t.Error(err)
	}
}

func TestReservedName(t *testing.T) {
	_, cfg := server(t)
	cfg.Database = history.Database
	var input *fault.Input
	if _, err := history.Open(t.Context(), cfg); !errors.As(err, &input) {
		t.Errorf("got %v", err)
	}
}

// Others can't read which runs there were.
func TestHistoryIsPrivate(t *testing.T) {
	c, cfg := server(t)
	open(t, cfg)
	pgserver.Exec(t, c.URL("postgres"), "DROP ROLE IF EXISTS curious; CREATE ROLE curious LOGIN")
	cfg.User, cfg.Database = "curious", history.Database
	if conn, err := pgx.ConnectConfig(t.Context(), cfg); err == nil {
		conn.Close(t.Context())
		t.Error("any role can connect to the history")
	}
}
