package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/config/schedule"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/report"
	"refresher/internal/serve"
	"refresher/internal/testkit/pgserver"
)

// patience is how long a test waits for what must come.
const patience = 60 * time.Second

// staging is a connection to a staging database of its own, as a role that only has CREATEDB.
func staging(t *testing.T) *pgx.ConnConfig {
	t.Helper()
	cfg, err := pgx.ParseConfig(pgserver.DB(t))
	if err != nil {
		t.Fatal(err)
	}
	makeRole(t)
	cfg.User = "staging_role"
	return cfg
}

var makeRole = func() func(*testing.T) {
	var once sync.Once
	return func(t *testing.T) {
		once.Do(func() {
			pgserver.Exec(t, pgserver.Shared(t).URL("postgres"), "CREATE ROLE staging_role LOGIN CREATEDB")
		})
	}
}()

// ids are names of runs that sort by their beginning.
var ids atomic.Int64

// fake is what stands for the refresh of a service: it takes the lock, as a refresh does, and
// then does what the test says.
type fake struct {
	history *history.History
	began   chan string // ids of runs that have the lock
	do      func(ctx context.Context, n int) error
	runs    atomic.Int64
}

func (f *fake) run(ctx context.Context, id, _ string, watch *serve.Watch) (*report.Report, error) {
	watch.Stage("guard")
	rep := &report.Report{Run: id, Stage: "data"}
	lock, err := f.history.Lock(ctx, id)
	if err == nil {
		select {
		case f.began <- id:
		default:
		}
		err = f.do(ctx, int(f.runs.Add(1)))
		lock.Release()
	}
	if err != nil {
		rep.Error = err.Error()
	}
	rep.Outcome, rep.Finished = fault.OutcomeOf(ctx, err), time.Now()
	return rep, err
}

// service is an engine of one pipeline in a test.
type service struct {
	*Engine
	*fake
	log  *logged
	stop func()
}

type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.text.String() }

// newService starts an engine. It stops with the test.
func newService(t *testing.T, cfg *pgx.ConnConfig, cron string, do func(ctx context.Context, n int) error,
	change ...func(*Pipeline)) *service {
	t.Helper()
	h, err := history.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := schedule.Parse(cron, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{fake: &fake{history: h, began: make(chan string, 1000), do: do}, log: &logged{}}
	p := Pipeline{Name: "shop", Staging: cfg, Plan: plan, CatchUp: time.Hour, Run: s.run,
		History: func(ctx context.Context) (*history.History, error) { return history.Open(ctx, cfg) },
		NewID: func(at time.Time) string {
			return fmt.Sprintf("%s-%04x", at.UTC().Format("20060102T150405Z"), ids.Add(1))
		}}
	for _, c := range change {
		c(&p)
	}
	s.Engine = New(slog.New(slog.NewTextHandler(s.log, nil)), p)
	s.runners[0].look, s.runners[0].pause = 200*time.Millisecond, 10*time.Millisecond
	s.again(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.log.String())
		}
	})
	return s
}

// again starts an engine, or starts it again.
func (s *service) again(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(ctx) }()
	s.stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(s.stop)
}

// await waits until ok, looking at each change.
func (s *service) await(t *testing.T, what string, ok func(serve.PipelineState) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if p := s.Pipelines(ctx)[0]; ok(p) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: %+v", what, s.Pipelines(t.Context())[0])
		case <-tick.C:
		}
	}
}

func (s *service) ready(t *testing.T) *service {
	t.Helper()
	s.await(t, "the service is not ready", func(serve.PipelineState) bool { return s.Health(t.Context()).Ready() })
	return s
}

// next is the id of the next run that begins.
func (s *service) next(t *testing.T) string {
	t.Helper()
	select {
	case id := <-s.began:
		return id
	case <-time.After(patience):
		t.Fatal("no run began")
		return ""
	}
}

// ends waits until a run has ended, and says how.
func (s *service) ends(t *testing.T, id string) serve.Run {
	t.Helper()
	var run serve.Run
	s.await(t, "the run does not end", func(serve.PipelineState) bool {
		var err error
		run, err = s.Run(t.Context(), id)
		return err == nil && run.Outcome != fault.Running
	})
	return run
}

func at(t *testing.T, s *service, name string) string {
	t.Helper()
	id, err := s.Start(t.Context(), "shop", name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func done(context.Context, int) error { return nil }

// until is a run that goes on until it is stopped.
func until(ctx context.Context, _ int) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// A person asks for a run, and it is known at once who; meanwhile there is no other.
func TestStart(t *testing.T) {
	release := make(chan struct{})
	s := newService(t, staging(t), "off", func(ctx context.Context, _ int) error { <-release; return nil }).ready(t)
	id := at(t, s, "ann")
	if run, err := s.Run(t.Context(), id); err != nil || run.Outcome != fault.Running || run.By != "ann" {
		t.Errorf("%+v, %v", run, err)
	}
	if got := s.next(t); got != id {
		t.Errorf("run %s began, and %s was promised", got, id)
	}
	s.await(t, "the run is not shown", func(p serve.PipelineState) bool { return p.Running != nil && p.Running.ID == id })
	var conflict serve.Conflict
	if _, err := s.Start(t.Context(), "shop", "bob"); !errors.As(err, &conflict) {
		t.Errorf("a second run: %v", err)
	}
	if _, err := s.Start(t.Context(), "none", "bob"); !errors.Is(err, serve.ErrNotFound) {
		t.Errorf("no such pipeline: %v", err)
	}
	close(release)
	if run := s.ends(t, id); run.Outcome != fault.Done || run.By != "ann" || run.Pipeline != "shop" {
		t.Errorf("%+v", run)
	}
	s.await(t, "the last run", func(p serve.PipelineState) bool { return p.Done != nil && p.Done.ID == id && p.Running == nil })
	if runs, err := s.Runs(t.Context(), serve.Filter{}); err != nil || len(runs) != 1 {
		t.Errorf("%+v, %v", runs, err)
	}
	if err := s.Cancel(t.Context(), id, "ann"); !errors.As(err, &conflict) {
		t.Errorf("cancelled although it has ended: %v", err)
	}
}

// Whoever is asked, the run stops where it goes on, and is not tried again.
func TestCancel(t *testing.T) {
	cfg := staging(t)
	a := newService(t, cfg, "off", until).ready(t)
	b := newService(t, cfg, "off", until).ready(t)
	id := at(t, a, "ann")
	select {
	case <-a.began:
	case <-b.began:
	case <-time.After(patience):
		t.Fatal("no run began")
	}
	if err := a.Cancel(t.Context(), id, "bob"); err != nil {
		t.Fatal(err)
	}
	if run := a.ends(t, id); run.Outcome != fault.Stopped {
		t.Errorf("%+v", run)
	}
	at(t, b, "bob") // nothing goes on
}

// What the environment did is tried again, in a run of its own; what a gate refused or the
// configuration lacks is not.
func TestRetries(t *testing.T) {
	for _, c := range []struct {
		about string
		err   error
		want  []fault.Outcome // newest first
	}{
		{"the environment", errors.New("out of space"), []fault.Outcome{fault.Done, fault.Failed}},
		{"a gate", fault.Refuse("survivors", "3 values survived"), []fault.Outcome{fault.Refused}},
		{"the configuration", fault.BadInput("no such transform"), []fault.Outcome{fault.Invalid}},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			s := newService(t, staging(t), "@every 1s", func(_ context.Context, n int) error {
				if n == 1 {
					return c.err
				}
				return nil
			})
			var runs []serve.Run
			s.await(t, "the run does not end so", func(p serve.PipelineState) bool {
				runs, _ = s.Runs(t.Context(), serve.Filter{})
				return len(runs) >= len(c.want) && runs[0].Outcome == c.want[0]
			})
			for i, want := range c.want {
				if r := runs[len(runs)-len(c.want)+i]; r.Outcome != want || r.By != "schedule" || want != fault.Done && r.Error == "" {
					t.Errorf("%+v, want %s", r, want)
				}
			}
		})
	}
}

// A panic is a failure that is recorded, and ends nothing else.
func TestPanic(t *testing.T) {
	s := newService(t, staging(t), "off", func(_ context.Context, n int) error {
		if n == 1 {
			panic("a value of a row")
		}
		return nil
	}).ready(t)
	run := s.ends(t, at(t, s, "ann"))
	if run.Outcome != fault.Failed || !strings.Contains(run.Error, "a defect of refresher") || strings.Contains(s.log.String(), "a value") {
		t.Errorf("%+v", run)
	}
}

// Past its deadline a run is stopped, and is not tried again.
func TestDeadline(t *testing.T) {
	s := newService(t, staging(t), "@every 1s", until, func(p *Pipeline) { p.Deadline = 3 * time.Second })
	run := s.ends(t, s.next(t))
	if run.Outcome != fault.Failed || !strings.Contains(run.Error, "longer than schedule.deadline") || strings.Contains(s.log.String(), "tried again") {
		t.Errorf("%+v", run)
	}
}

// A pause is one for all services and for those to come. Who asks has a run nevertheless. Times
// that came meanwhile are left out.
func TestPause(t *testing.T) {
	cfg := staging(t)
	a := newService(t, cfg, "@every 1s", done).ready(t)
	b := newService(t, cfg, "@every 1s", done).ready(t)
	if err := a.Pause(t.Context(), "shop", "ann"); err != nil {
		t.Fatal(err)
	}
	paused := func(p serve.PipelineState) bool { return p.Paused && p.PausedBy == "ann" && p.Next == nil }
	b.await(t, "the other service does not know it", paused)
	a.stop()
	b.stop()
	c := newService(t, cfg, "@every 1s", done).ready(t)
	c.await(t, "it is forgotten", paused)
	id := at(t, c, "ann")
	if got := c.next(t); got != id {
		t.Errorf("%s began, and not %s, while the schedule is paused", got, id)
	}
	c.ends(t, id)
	if err := c.Resume(t.Context(), "shop", "ann"); err != nil {
		t.Fatal(err)
	}
	c.await(t, "it is not resumed", func(p serve.PipelineState) bool { return !p.Paused && p.Next != nil })
	c.next(t)
}

// Of two services one has each time, and their runs don't overlap.
func TestTwoServices(t *testing.T) {
	cfg := staging(t)
	var going, most atomic.Int64
	work := func(context.Context, int) error {
		if n := going.Add(1); n > most.Load() {
			most.Store(n)
		}
		going.Add(-1)
		return nil
	}
	a := newService(t, cfg, "@every 1s", work)
	b := newService(t, cfg, "@every 1s", work)
	for range 4 {
		select {
		case <-a.began:
		case <-b.began:
		case <-time.After(patience):
			t.Fatal("no run began")
		}
	}
	roles := []string{}
	for _, s := range []*service{a, b} {
		s.ready(t)
		roles = append(roles, s.Health(t.Context()).Role)
	}
	if slices.Sort(roles); !slices.Equal(roles, []string{"follower", "leader"}) {
		t.Errorf("roles %v", roles)
	}
	if most.Load() > 1 {
		t.Errorf("%d runs at once", most.Load())
	}
	list, err := a.Runs(t.Context(), serve.Filter{Outcome: fault.Done})
	if err != nil || len(list) < 3 {
		t.Errorf("%d runs, %v", len(list), err)
	}
}

// A run of a service that stops is stopped cleanly, and another service has its slot.
func TestAServiceThatStops(t *testing.T) {
	cfg := staging(t)
	a := newService(t, cfg, "@every 1s", until)
	id := a.next(t)
	b := newService(t, cfg, "off", done).ready(t)
	a.stop()
	again := b.next(t)
	if run := b.ends(t, id); run.Outcome != fault.Stopped {
		t.Errorf("%+v", run)
	}
	if run := b.ends(t, again); run.Outcome != fault.Done || again == id {
		t.Errorf("%+v", run)
	}
}
