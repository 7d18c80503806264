package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"refresher/internal/config"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/serve"
)

// local is the engine of one pipeline in this process.
type local struct {
	a        *app
	config   *config.Config // as it was at start
	log      *slog.Logger
	runs     *runsOf
	deadline time.Duration
	about    serve.PipelineState // what doesn't change
	limits   context.Context     // of the service: runs end with it

	running   sync.WaitGroup
	mu        sync.Mutex
	next      time.Time
	pausedBy  string
	current   *serve.Running
	watch     *serve.Watch
	cancel    context.CancelFunc
	listeners map[chan struct{}]bool
}

func newLocal(ctx context.Context, a *app, log *slog.Logger, c *config.Config, o refresh.Options, times config.Times) *local {
	schedule := "no schedule"
	if c.Schedule.Cron != "off" {
		schedule = c.Schedule.Cron + ", " + c.Schedule.Timezone
	}
	return &local{a: a, config: c, log: log, runs: &runsOf{staging: o.Staging}, deadline: times.Deadline, limits: ctx,
		listeners: map[chan struct{}]bool{},
		about: serve.PipelineState{Name: c.Pipeline, Database: o.Staging.Database, Schedule: schedule, Timezone: c.Schedule.Timezone,
			Server: net.JoinHostPort(o.Staging.Host, strconv.Itoa(int(o.Staging.Port))), Workers: o.Workers}}
}

func (l *local) change(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	do()
	for c := range l.listeners {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// begin notes that a run begins, and returns its id; it is a Conflict if one goes on.
func (l *local) begin(by string) (ctx context.Context, id string, err error) {
	l.change(func() {
		if l.current != nil {
			err = serve.Conflict("run " + l.current.ID + " is going on")
			return
		}
		id = refresh.NewID(time.Now())
		l.current = &serve.Running{ID: id, By: by, Started: time.Now()}
		l.watch = &serve.Watch{Changed: func() { l.change(func() {}) }}
		ctx, l.cancel = context.WithCancel(l.limits)
		l.running.Add(1)
	})
	return ctx, id, err
}

// scheduled is a run of the scheduler's.
func (l *local) scheduled(context.Context) {
	l.mu.Lock()
	paused := l.pausedBy != ""
	l.mu.Unlock()
	if paused {
		l.log.Info("the schedule is paused", "pipeline", l.about.Name)
		return
	}
	if ctx, id, err := l.begin("schedule"); err == nil {
		l.run(ctx, id)
	}
}

// run is a run by the files as they are now. Its error is logged: the next run is a new chance.
func (l *local) run(ctx context.Context, id string) {
	defer l.running.Done()
	defer l.change(func() { l.current = nil })
	defer func() {
		if p := recover(); p != nil { // what it says could be a value
			l.log.Error("run ended", "run", id, "outcome", fault.Failed, "error", "a defect of refresher: the run panicked")
		}
	}()
	if l.deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, l.deadline, errDeadline)
		defer cancel()
	}
	l.log.Info("run started", "run", id)
	rep, err := l.a.refreshNow(ctx, id, l.watch, l.runs)
	if err != nil {
		l.log.Error("run ended", "run", id, "outcome", rep.Outcome, "stage", rep.Stage, "error", err)
		return
	}
	l.log.Info("run ended", "run", id, "outcome", rep.Outcome, "seconds", int(rep.Finished.Sub(rep.Started).Seconds()))
}

// Pipelines is part of serve.Control.
func (l *local) Pipelines(ctx context.Context) []serve.PipelineState {
	l.mu.Lock()
	p := l.about
	if !l.next.IsZero() {
		next := l.next
		p.Next = &next
	}
	p.Paused, p.PausedBy = l.pausedBy != "", l.pausedBy
	if l.current != nil {
		running := *l.current
		running.Progress = l.watch.Progress()
		p.Running = &running
	}
	l.mu.Unlock()
	for outcome, to := range map[fault.Outcome]**serve.Run{"": &p.Last, fault.Done: &p.Done} {
		runs, err := l.Runs(ctx, serve.Filter{Pipeline: p.Name, Outcome: outcome, Limit: 20})
		if err != nil {
			p.Problem = "the staging server does not answer"
		}
		for _, r := range runs {
			if r.Finished != nil {
				*to = &r
				break
			}
		}
	}
	return []serve.PipelineState{p}
}

// Runs is part of serve.Control.
func (l *local) Runs(ctx context.Context, f serve.Filter) ([]serve.Run, error) {
	var out []serve.Run
	err := l.runs.with(ctx, func(ctx context.Context, h *history.History) error {
		runs, err := h.List(ctx, history.Filter{Pipeline: f.Pipeline, Outcome: f.Outcome, Before: f.Before, Limit: f.Limit})
		for _, r := range runs {
			out = append(out, runOf(r))
		}
		return err
	})
	if errors.Is(err, errNoHistory) {
		err = nil
	}
	return out, notFound(err)
}

// Run is part of serve.Control.
func (l *local) Run(ctx context.Context, id string) (out serve.Run, err error) {
	err = l.runs.with(ctx, func(ctx context.Context, h *history.History) error {
		r, err := h.Get(ctx, id)
		if err == nil {
			out = runOf(r)
		}
		return err
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.current; err != nil && c != nil && c.ID == id {
		return serve.Run{ID: id, Pipeline: l.about.Name, By: c.By, Started: c.Started, Outcome: fault.Running}, nil
	}
	return out, notFound(err)
}

func notFound(err error) error {
	if errors.Is(err, history.ErrNotFound) || errors.Is(err, errNoHistory) {
		return serve.ErrNotFound
	}
	return err
}

func runOf(r history.Run) serve.Run {
	out := serve.Run{ID: r.ID, Pipeline: r.Pipeline, Host: r.Host, By: r.By, Started: r.Started, Outcome: r.Outcome, Stage: r.Stage, Error: r.Error,
		Rows: r.Rows, Bytes: r.Bytes, Findings: r.Findings, Promoted: r.Promoted, Reported: r.Reported}
	if !r.Finished.IsZero() {
		out.Finished = &r.Finished
	}
	return out
}

// Report is part of serve.Control.
func (l *local) Report(ctx context.Context, id string) (*report.Report, error) {
	return l.runs.Report(ctx, id)
}

// Start is part of serve.Control.
func (l *local) Start(_ context.Context, pipeline, by string) (string, error) {
	if pipeline != l.about.Name {
		return "", serve.ErrNotFound
	}
	ctx, id, err := l.begin(by)
	if err == nil {
		go l.run(ctx, id)
	}
	return id, err
}

// Cancel is part of serve.Control.
func (l *local) Cancel(ctx context.Context, id, _ string) error {
	l.mu.Lock()
	if l.current != nil && l.current.ID == id {
		l.cancel()
		l.mu.Unlock()
		return nil
	}
	l.mu.Unlock()
	if _, err := l.Run(ctx, id); err != nil {
		return err
	}
	return serve.Conflict("the run does not go on here")
}

// Rollback is part of serve.Control.
func (l *local) Rollback(ctx context.Context, pipeline, _ string) error {
	if pipeline != l.about.Name {
		return serve.ErrNotFound
	}
	err := l.a.rollback(ctx, l.config, false)
	var refusal *fault.Refusal
	if errors.As(err, &refusal) {
		return serve.Conflict(refusal.Error())
	}
	return err
}

// Pause is part of serve.Control.
func (l *local) Pause(_ context.Context, pipeline, by string) error { return l.pause(pipeline, by) }

// Resume is part of serve.Control.
func (l *local) Resume(_ context.Context, pipeline, _ string) error { return l.pause(pipeline, "") }

func (l *local) pause(pipeline, by string) error {
	if pipeline != l.about.Name {
		return serve.ErrNotFound
	}
	l.change(func() { l.pausedBy = by })
	return nil
}

// Events is part of serve.Control.
func (l *local) Events(ctx context.Context) <-chan serve.PipelineState {
	changed, out := make(chan struct{}, 1), make(chan serve.PipelineState)
	l.change(func() { l.listeners[changed] = true })
	go func() {
		defer close(out)
		defer l.change(func() { delete(l.listeners, changed) })
		for second := time.NewTicker(time.Second); ; {
			select {
			case <-ctx.Done():
				second.Stop()
				return
			case <-second.C:
			}
			select {
			case <-changed:
				select {
				case out <- l.Pipelines(ctx)[0]:
				case <-ctx.Done():
				}
			default:
			}
		}
	}()
	return out
}

// Health is part of serve.Control.
func (l *local) Health(ctx context.Context) serve.Health {
	_, err := l.Runs(ctx, serve.Filter{Limit: 1})
	return serve.Health{Role: "leader", History: err == nil}
}
