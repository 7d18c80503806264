// Package engine starts the runs of `refresher serve`: at the times of their schedules, and
// when somebody asks.
//
//	e := engine.New(log, pipelines...)
//	e.Serve(ctx)                       // until ctx ends
//	id, err := e.Start(ctx, "shop", "ann")
//
// It is a [serve.Control], for the page and the API.
//
// River (riverqueue.com) is the queue. Each pipeline has a schema of River's in the database
// of the history, on its own staging server, and a River client in each service. Among the
// services one leads: it puts a job into the queue when a time of the schedule comes. Any of
// them takes it. Two queues are in a schema: that of the schedule, which can be paused, and
// that of runs that a person asked for.
//
// A time of the schedule is a slot, named by what the clocks show. Its job claims the slot in
// the history before it runs, so each has one run at most, even if the queue lost its rows. The lock of the
// history keeps runs of other commands apart.
//
// A job whose run failed by the environment is tried again; what a gate or the configuration
// refused is not. A job whose service stopped goes back into the queue, and so does one whose
// service was killed, once no session vouches for its run any more: that run is lost.
package engine

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/config/schedule"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh/notify"
	"refresher/internal/report"
	"refresher/internal/serve"
)

// Pipeline is what is run, and when.
type Pipeline struct {
	Name     string
	Staging  *pgx.ConnConfig
	Plan     *schedule.Plan
	Schedule string // in words, for people
	Timezone string // of the plan
	CatchUp  time.Duration
	Jitter   time.Duration
	Deadline time.Duration // 0: none
	Workers  int           // for people

	ByWorkers bool // other processes copy, which the history knows

	// History opens the history. Where the staging server has none it may make one, if that
	// server is surely not production's.
	History func(ctx context.Context) (*history.History, error)
	// Run refreshes once. The report is never nil. What could not be read (configuration,
	// rules, secrets) is an error like any other.
	Run func(ctx context.Context, id, by string, watch *serve.Watch) (*report.Report, error)
	// Rollback swaps the previous staging database back, and records who asked for it.
	Rollback func(ctx context.Context, by string) error
	// Expire drops what has outlived its time on the staging server, and says what that was.
	Expire func(ctx context.Context) (said []string, err error)
	// NewID names a run that begins at a time.
	NewID func(time.Time) string

	// Targets are where notifications go, by the configuration as it is now; nil: there are none.
	Targets func(ctx context.Context) ([]notify.Target, error)
	// StaleAt is when the data of a run that began at a time are stale; zero if never.
	StaleAt func(began time.Time) time.Time
	// Site is the address under which people reach the pages; empty: notifications have no link.
	Site string
}

// Engine runs pipelines. It is a [serve.Control].
type Engine struct {
	// Notified, if it is set before Serve, hears of each notification: its result is "sent" or "failed".
	Notified func(pipeline, result string)

	log     *slog.Logger
	runners []*runner
}

var _ serve.Control = (*Engine)(nil)

// New makes an engine, which does nothing before Serve.
func New(log *slog.Logger, pipelines ...Pipeline) *Engine {
	e := &Engine{log: log}
	for _, p := range pipelines {
		r := &runner{Pipeline: p, log: log.With("pipeline", p.Name), now: time.Now, look: lookEvery, pause: time.Minute,
			told: map[string]bool{}}
		r.notified = func(pipeline, result string) {
			if e.Notified != nil {
				e.Notified(pipeline, result)
			}
		}
		r.seen.problem = errStarting
		e.runners = append(e.runners, r)
	}
	return e
}

// errStarting stands for what is not known yet.
var errStarting = errors.New("the service is starting")

// Serve works until ctx ends and the runs that were going have cleaned up after themselves. A
// staging server that can't be reached ends nothing: it is asked again.
func (e *Engine) Serve(ctx context.Context) {
	var all sync.WaitGroup
	for _, r := range e.runners {
		all.Go(func() { r.serve(ctx) })
	}
	all.Wait()
}

// runner is one pipeline in this service.
type runner struct {
	Pipeline

	log     *slog.Logger
	now     func() time.Time
	look    time.Duration // between two looks at the staging server
	expired time.Time     // the last time that Expire was called
	jobs    string        // path of River's pages; empty: there are none
	pause   time.Duration // before a run that failed is tried again, the first time

	notified func(pipeline, result string)
	atOnce   sync.WaitGroup  // notifications that are sent without the queue
	told     map[string]bool // events that [runner.watch] told of
	since    time.Time       // when watch looked first

	mu      sync.Mutex
	work    *work    // nil while the staging server can't be reached
	current *current // the run that goes on here
	seen    seen
	version int // of what is shown of the pipeline
}

// current is a run in this service.
type current struct {
	id, by  string
	started time.Time
	watch   *serve.Watch
}

const (
	lookEvery = 5 * time.Second
	// expireEvery is how often it is looked for branches whose time is over.
	expireEvery = 5 * time.Minute
	// answer is how long the staging server may take to answer.
	answer = 5 * time.Second
	// preparing is how long it may take to make or change the tables.
	preparing = 2 * time.Minute
	// stopping is how long a run may take to clean up after itself, in all.
	stopping = 2 * time.Minute
)

// serve keeps the work with the staging server going.
func (r *runner) serve(ctx context.Context) {
	defer r.atOnce.Wait()
	for ctx.Err() == nil {
		w, err := r.open(ctx)
		if err == nil {
			err = r.keep(ctx, w)
			w.close(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		r.troubled(err)
		r.watch(ctx, nil)
		wait := r.look
		if fault.Decided(err) { // a person has to mend it; the source is asked each time
			wait *= 12
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// keep looks at the staging server again and again, until what was opened is of no use.
func (r *runner) keep(ctx context.Context, w *work) error {
	r.set(func() { r.work = w })
	r.announce()
	defer r.set(func() { r.work = nil })
	tick := time.NewTicker(r.look)
	defer tick.Stop()
	at := time.Now()
	for {
		r.expire(ctx)
		if err := r.examine(ctx, w); err != nil && ctx.Err() == nil {
			if gone(err) {
				return err
			}
			r.troubled(err)
		}
		r.watch(ctx, w)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		// River plans from what the clock said before.
		now := time.Now()
		if back := now.Sub(at) - now.Round(0).Sub(at.Round(0)); back > time.Minute {
			return errors.New("the clock was set back")
		}
		at = now
	}
}

// expire has what outlived its time dropped, now and then.
func (r *runner) expire(ctx context.Context) {
	if r.Expire == nil || r.now().Sub(r.expired) < expireEvery {
		return
	}
	r.expired = r.now()
	ctx, cancel := context.WithTimeout(ctx, preparing)
	defer cancel()
	said, err := r.Expire(ctx)
	for _, text := range said {
		r.log.Info(text)
	}
	if err != nil && ctx.Err() == nil {
		r.log.Warn("branches whose time is over could not be dropped", "error", err)
	}
}

// troubled notes, and says once, that the staging server does not do what it should.
func (r *runner) troubled(err error) {
	said := false
	r.set(func() {
		said = r.seen.problem != nil && !errors.Is(r.seen.problem, errStarting) && alike(r.seen.problem, err)
		r.seen.problem, r.seen.leader = err, ""
	})
	if !said {
		r.log.Warn("the staging server does not answer, or refuses; the service goes on asking", "error", err)
	}
}

// alike reports whether two errors say one thing. The text of one of the network names a port of this machine,
// which is another each time.
func alike(a, b error) bool {
	var x, y *net.OpError
	if !errors.As(a, &x) || !errors.As(b, &y) {
		return a.Error() == b.Error()
	}
	cause := y.Err
	for inner := cause; inner != nil; inner = errors.Unwrap(inner) {
		cause = inner
	}
	return x.Op == y.Op && errors.Is(x.Err, cause)
}

// announce says when the next run is due.
func (r *runner) announce() {
	if next := r.Plan.After(r.now()).At; !next.IsZero() {
		r.log.Info("next run", "at", next)
	}
}

// set changes what is shown of the pipeline.
func (r *runner) set(change func()) {
	r.mu.Lock()
	change()
	r.version++
	r.mu.Unlock()
}

func (r *runner) changed() { r.set(func() {}) }
