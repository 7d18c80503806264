// Package servetest has an engine in memory, for tests of what stands in front of one.
package servetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/serve"
)

// Engine is a serve.Control whose runs go on until the test ends them.
type Engine struct {
	mu        sync.Mutex
	pipelines []serve.PipelineState
	runs      []serve.Run // newest first
	reports   map[string]*report.Report
	health    serve.Health
	acts      []string
	down      error
	listeners map[chan serve.PipelineState]bool
}

// New is an engine with pipelines of those names.
func New(names ...string) *Engine {
	e := &Engine{reports: map[string]*report.Report{}, health: serve.Health{Role: "leader", History: true},
		listeners: map[chan serve.PipelineState]bool{}}
	for _, name := range names {
		e.pipelines = append(e.pipelines, serve.PipelineState{Name: name, Database: name + "_staging",
			Server: "staging.internal:5432", Schedule: "0 3 * * 0, Europe/Berlin", Timezone: "Europe/Berlin", Workers: 4})
	}
	return e
}

// Change changes a pipeline and sends its state.
func (e *Engine) Change(name string, do func(*serve.PipelineState)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.change(name, do)
}

func (e *Engine) change(name string, do func(*serve.PipelineState)) {
	p := e.find(name)
	if p.Running != nil { // who was given the state before reads it without the lock
		running := *p.Running
		p.Running = &running
	}
	do(p)
	for listener := range e.listeners {
		select {
		case listener <- *p:
		default:
			select { // the newest state takes the place of an older one
			case <-listener:
			default:
			}
			listener <- *p
		}
	}
}

func (e *Engine) find(name string) *serve.PipelineState {
	i := slices.IndexFunc(e.pipelines, func(p serve.PipelineState) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return &e.pipelines[i]
}

// Add puts a run that ended in front of the others, with its report if there is one.
func (e *Engine) Add(r serve.Run, rep *report.Report) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.add(r, rep)
}

func (e *Engine) add(r serve.Run, rep *report.Report) {
	r.Reported = rep != nil
	if rep != nil {
		e.reports[r.ID] = rep
	}
	e.runs = slices.Insert(e.runs, 0, r)
	e.change(r.Pipeline, func(p *serve.PipelineState) {
		if r.Outcome != fault.RolledBack {
			p.Last = &r
		}
		if r.Outcome == fault.Done {
			p.Done = &r
		}
	})
}

// End ends the run that goes on.
func (e *Engine) End(pipeline string, outcome fault.Outcome, rep *report.Report) {
	e.mu.Lock()
	defer e.mu.Unlock()
	running := e.find(pipeline).Running
	e.runs = slices.DeleteFunc(e.runs, func(r serve.Run) bool { return r.ID == running.ID })
	now := time.Now()
	e.find(pipeline).Running = nil
	e.add(serve.Run{ID: running.ID, Pipeline: pipeline, By: running.By, Started: running.Started, Finished: &now,
		Outcome: outcome, Rows: running.Rows, Bytes: running.Bytes, Promoted: outcome == fault.Done}, rep)
}

// Down lets everything that asks the staging server fail; nil mends it.
func (e *Engine) Down(err error) { e.mu.Lock(); e.down = err; e.mu.Unlock() }

// SetHealth is what Health answers from now on.
func (e *Engine) SetHealth(h serve.Health) { e.mu.Lock(); e.health = h; e.mu.Unlock() }

// Acts are what was asked for, such as "start experimentation by token".
func (e *Engine) Acts() []string { e.mu.Lock(); defer e.mu.Unlock(); return slices.Clone(e.acts) }

// Pipelines is part of serve.Control.
func (e *Engine) Pipelines(context.Context) []serve.PipelineState {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := slices.Clone(e.pipelines)
	for i := range out {
		if e.down != nil {
			out[i].Problem = "the staging server does not answer"
		}
	}
	return out
}

// Runs is part of serve.Control.
func (e *Engine) Runs(_ context.Context, f serve.Filter) (out []serve.Run, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	from := 0
	if f.Before != "" {
		i := slices.IndexFunc(e.runs, func(r serve.Run) bool { return r.ID == f.Before })
		if i < 0 {
			return nil, serve.ErrNotFound
		}
		from = i + 1
	}
	for _, r := range e.runs[from:] {
		if (f.Pipeline == "" || r.Pipeline == f.Pipeline) && (f.Outcome == "" || r.Outcome == f.Outcome) &&
			len(out) < f.Limit {
			out = append(out, r)
		}
	}
	return out, e.down
}

// Run is part of serve.Control.
func (e *Engine) Run(_ context.Context, id string) (serve.Run, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.runs {
		if r.ID == id {
			return r, e.down
		}
	}
	return serve.Run{}, serve.ErrNotFound
}

// Report is part of serve.Control.
func (e *Engine) Report(ctx context.Context, id string) (*report.Report, error) {
	r, err := e.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if rep := e.reports[id]; rep != nil {
		return rep, nil
	}
	return &report.Report{Run: r.ID, Started: r.Started, Outcome: r.Outcome, Stage: r.Stage, Error: r.Error}, nil
}

// Start is part of serve.Control.
func (e *Engine) Start(_ context.Context, pipeline, by string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.find(pipeline)
	switch {
	case p == nil:
		return "", serve.ErrNotFound
	case e.down != nil:
		return "", e.down
	case p.Running != nil:
		return "", serve.Conflict("run " + p.Running.ID + " is going on")
	}
	e.acts = append(e.acts, fmt.Sprintf("start %s by %s", pipeline, by))
	id := fmt.Sprintf("20261129T0300%02dZ-0000", len(e.acts))
	e.runs = slices.Insert(e.runs, 0, serve.Run{ID: id, Pipeline: pipeline, By: by, Started: time.Now(), Outcome: fault.Running})
	e.change(pipeline, func(p *serve.PipelineState) {
		p.Running = &serve.Running{ID: id, By: by, Started: time.Now(), Progress: (&serve.Watch{}).Progress()}
	})
	return id, nil
}

// Cancel is part of serve.Control.
func (e *Engine) Cancel(ctx context.Context, id, by string) error {
	r, err := e.Run(ctx, id)
	if err != nil {
		return err
	}
	if r.Outcome != fault.Running {
		return serve.Conflict("the run has ended")
	}
	e.note("cancel " + id + " by " + by)
	e.End(r.Pipeline, fault.Stopped, nil)
	return nil
}

// Rollback is part of serve.Control.
func (e *Engine) Rollback(_ context.Context, pipeline, by string) error {
	return e.act("rollback", pipeline, by, func(p *serve.PipelineState) error {
		if p.Running != nil {
			return serve.Conflict("run " + p.Running.ID + " is going on")
		}
		return nil
	})
}

// Pause is part of serve.Control.
func (e *Engine) Pause(_ context.Context, pipeline, by string) error {
	return e.act("pause", pipeline, by, func(p *serve.PipelineState) error {
		p.Paused, p.PausedBy = true,
			by
		return nil
	})
}

// Resume is part of serve.Control.
func (e *Engine) Resume(_ context.Context, pipeline, by string) error {
	return e.act("resume", pipeline, by,
		func(p *serve.PipelineState) error { p.Paused, p.PausedBy = false, ""; return nil })
}

func (e *Engine) act(what, pipeline, by string, do func(*serve.PipelineState) error) (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.find(pipeline) == nil {
		return serve.ErrNotFound
	}
	if e.down != nil {
		return e.down
	}
	e.change(pipeline, func(p *serve.PipelineState) { err = do(p) })
	if err == nil {
		e.acts = append(e.acts, fmt.Sprintf("%s %s by %s", what, pipeline, by))
	}
	return err
}

func (e *Engine) note(act string) { e.mu.Lock(); e.acts = append(e.acts, act); e.mu.Unlock() }

// Events is part of serve.Control.
func (e *Engine) Events(ctx context.Context) <-chan serve.PipelineState {
	in, out := make(chan serve.PipelineState, 1), make(chan serve.PipelineState)
	e.mu.Lock()
	e.listeners[in] = true
	e.mu.Unlock()
	go func() {
		defer close(out)
		defer func() { e.mu.Lock(); delete(e.listeners, in); e.mu.Unlock() }()
		for {
			select {
			case <-ctx.Done():
				return
			case p := <-in:
				select {
				case out <- p:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out
}

// Health is part of serve.Control.
func (e *Engine) Health(context.Context) serve.Health {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.health
}
