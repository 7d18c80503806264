package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/postgres/client"
	"refresher/internal/report"
	"refresher/internal/serve"
)

// Pipelines are all pipelines, by what was seen at the last look.
func (e *Engine) Pipelines(context.Context) []serve.PipelineState {
	states := make([]serve.PipelineState, len(e.runners))
	for i, r := range e.runners {
		states[i] = r.state()
	}
	return states
}

func (r *runner) state() serve.PipelineState {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := serve.PipelineState{Name: r.Name, Database: r.Staging.Database, Schedule: r.Schedule, Timezone: r.Timezone,
		Server:  net.JoinHostPort(r.Staging.Host, strconv.Itoa(int(r.Staging.Port))),
		Workers: r.Workers, Paused: r.seen.paused, PausedBy: r.seen.pausedBy}
	if r.ByWorkers {
		s.Workers = 0
	}
	for _, w := range r.seen.workers {
		s.Workers += w.Streams
		s.WorkerProcesses = append(s.WorkerProcesses, serve.WorkerProcess{ID: w.ID, Host: w.Host, Streams: w.Streams, Run: w.Run,
			Table: w.At, Chunks: w.Chunks, Rows: w.Rows, Bytes: w.Bytes})
	}
	if r.seen.problem != nil {
		s.Problem = r.seen.problem.Error()
	}
	if next := r.Plan.After(r.now()).At; !next.IsZero() && !s.Paused {
		s.Next = &next
	}
	for _, run := range r.seen.latest {
		shown := r.shown(run)
		switch {
		case run.Outcome == fault.Running:
			if run.Stage != history.Waiting {
				s.Running = &serve.Running{ID: run.ID, By: run.By, Host: run.Host, Started: run.Started,
					Progress: serve.Progress{Stage: run.Stage, Stages: []serve.StageProgress{}, Tables: []serve.TableProgress{}}}
			}
			continue
		case s.Last == nil:
			s.Last = &shown
		}
		if run.Outcome == fault.Done && s.Done == nil {
			s.Done = &shown
		}
	}
	if c := r.current; c != nil {
		s.Running = &serve.Running{ID: c.id, By: c.by, Host: history.Hostname(), Started: c.started, Progress: c.watch.Progress()}
	}
	return s
}

// shown is a run of the history as pages and the API show it.
func (r *runner) shown(run history.Run) serve.Run {
	s := serve.Run{ID: run.ID, Pipeline: r.Name, Host: run.Host, By: run.By, Started: run.Started, Outcome: run.Outcome,
		Stage: run.Stage, Error: run.Error, Rows: run.Rows, Bytes: run.Bytes, Findings: run.Findings,
		Promoted: run.Promoted, Reported: run.Reported, BackTo: run.BackTo}
	if !run.Finished.IsZero() {
		s.Finished = &run.Finished
	}
	return s
}

// Runs are runs of the history.
func (e *Engine) Runs(ctx context.Context, f serve.Filter) ([]serve.Run, error) {
	runs := []serve.Run{}
	limit := cmp.Or(f.Limit, 50)
	for _, r := range e.runners {
		if f.Pipeline != "" && f.Pipeline != r.Name {
			continue
		}
		err := r.with(ctx, func(ctx context.Context, w *work) error {
			list, err := w.history.List(ctx, history.Filter{Outcome: f.Outcome, Before: f.Before, Limit: limit})
			for _, run := range list {
				runs = append(runs, r.shown(run))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(runs, func(a, b serve.Run) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.ID, a.ID))
	})
	return runs[:min(limit, len(runs))], nil
}

// Run is one run of the history.
func (e *Engine) Run(ctx context.Context, id string) (serve.Run, error) {
	r, run, err := e.find(ctx, id)
	if err != nil {
		return serve.Run{}, err
	}
	return r.shown(run), nil
}

// find looks for a run in the histories of all pipelines.
func (e *Engine) find(ctx context.Context, id string) (*runner, history.Run, error) {
	missing := serve.ErrNotFound
	for _, r := range e.runners {
		var run history.Run
		err := r.with(ctx, func(ctx context.Context, w *work) (err error) {
			run, err = w.history.Get(ctx, id)
			return err
		})
		switch {
		case err == nil && run.Database == r.Staging.Database:
			return r, run, nil
		case err != nil && !errors.Is(err, history.ErrNotFound):
			missing = err
		}
	}
	return nil, history.Run{}, missing
}

// Report is a run's report, or what the history knows where it left none.
func (e *Engine) Report(ctx context.Context, id string) (*report.Report, error) {
	_, run, err := e.find(ctx, id)
	if err != nil {
		return nil, err
	}
	return report.Of(run)
}

// pipeline is the runner of that name.
func (e *Engine) pipeline(name string) (*runner, error) {
	for _, r := range e.runners {
		if r.Name == name {
			return r, nil
		}
	}
	return nil, serve.ErrNotFound
}

// with does something on the staging server, within seconds.
func (r *runner) with(ctx context.Context, do func(context.Context, *work) error) error {
	r.mu.Lock()
	w, problem := r.work, r.seen.problem
	r.mu.Unlock()
	if w == nil {
		return cmp.Or(problem, errStarting)
	}
	ctx, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	return do(ctx, w)
}

// act is with, for what changes things; the state is looked at afterwards.
func (e *Engine) act(ctx context.Context, pipeline string, do func(context.Context, *runner, *work) error) error {
	r, err := e.pipeline(pipeline)
	if err != nil {
		return err
	}
	return r.with(ctx, func(ctx context.Context, w *work) error {
		if err := do(ctx, r, w); err != nil {
			return err
		}
		return r.see(ctx, w)
	})
}

// Start asks for a run now.
func (e *Engine) Start(ctx context.Context, pipeline, by string) (id string, err error) {
	err = e.act(ctx, pipeline, func(ctx context.Context, r *runner, w *work) error {
		if err := r.idle(ctx, w); err != nil {
			return err
		}
		now := r.now()
		id = r.NewID(now)
		run := history.Run{ID: id, Pipeline: r.Name, By: by, Started: now, Stage: history.Waiting}
		if err := w.history.Start(ctx, run); err != nil {
			return err
		}
		job := Args{At: now, Run: id, By: by}
		_, err := w.client.Insert(ctx, job, &river.InsertOpts{Queue: asked, MaxAttempts: 1})
		if err != nil {
			run.Finished, run.Outcome, run.Error = r.now(), fault.Failed, "the queue did not take it"
			err = errors.Join(client.Wrap(err, "putting the run into the queue"), w.history.Finish(ctx, run))
		}
		return err
	})
	return id, err
}

// idle is a Conflict while a run goes on, or waits to begin.
func (r *runner) idle(ctx context.Context, w *work) error {
	latest, err := w.history.Latest(ctx)
	for _, run := range latest {
		if run.Outcome == fault.Running {
			return serve.Conflict(fmt.Sprintf("run %s of pipeline %s is going on", run.ID, r.Name))
		}
	}
	return err
}

// Cancel stops a run, or takes it out of the queue.
func (e *Engine) Cancel(ctx context.Context, id, by string) error {
	r, run, err := e.find(ctx, id)
	switch {
	case err != nil:
		return err
	case run.Outcome != fault.Running:
		return serve.Conflict(fmt.Sprintf("run %s has ended: %s", id, run.Outcome))
	case run.Job == 0 && run.Stage != history.Waiting:
		return serve.Conflict(fmt.Sprintf("run %s was started by hand on %s: interrupt it there", id, run.Host))
	}
	return e.act(ctx, r.Name, func(ctx context.Context, r *runner, w *work) error {
		job, err := w.jobOf(ctx, run)
		if err != nil {
			return err
		}
		if job != nil {
			if job, err = w.client.JobCancel(ctx, job.ID); err != nil {
				return client.Wrap(err, "cancelling run %s", id)
			}
		}
		if job != nil && job.State == rivertype.JobStateRunning {
			return nil // it cleans up, and records its end itself
		}
		run.Finished, run.Outcome, run.Error = r.now(), fault.Stopped, "cancelled by "+by+" before it began"
		return w.history.Finish(ctx, run)
	})
}

// jobOf is the job of a run; nil if there is none.
func (w *work) jobOf(ctx context.Context, run history.Run) (*rivertype.JobRow, error) {
	p := river.NewJobListParams().First(1)
	if run.Job != 0 {
		p = p.IDs(run.Job)
	} else {
		p = p.Where("args ->> 'run' = @run", river.NamedArgs{"run": run.ID})
	}
	found, err := w.client.JobList(ctx, p)
	if err != nil || len(found.Jobs) == 0 {
		return nil, client.Wrap(err, "looking for the job of run %s", run.ID)
	}
	return found.Jobs[0], nil
}

// Rollback swaps the previous staging database back.
func (e *Engine) Rollback(ctx context.Context, pipeline, by string) error {
	r, err := e.pipeline(pipeline)
	if err != nil {
		return err
	}
	if err := r.with(ctx, func(ctx context.Context, w *work) error { return r.idle(ctx, w) }); err != nil {
		return err
	}
	err = r.Pipeline.Rollback(ctx, by)
	if fault.Decided(err) {
		return serve.Conflict(err.Error())
	}
	return err
}

// Pause leaves out the times of the schedule, in all services, until Resume.
func (e *Engine) Pause(ctx context.Context, pipeline, by string) error {
	return e.act(ctx, pipeline, func(ctx context.Context, _ *runner, w *work) error {
		meta, _ := json.Marshal(map[string]string{"by": by}) // a string is always encoded
		_, err := w.client.QueueUpdate(ctx, scheduled, &river.QueueUpdateParams{Metadata: meta})
		if err == nil {
			err = w.client.QueuePause(ctx, scheduled, nil)
		}
		return client.Wrap(err, "pausing pipeline %s", pipeline)
	})
}

// Resume goes on with the schedule. Times that came meanwhile are left out.
func (e *Engine) Resume(ctx context.Context, pipeline, _ string) error {
	return e.act(ctx, pipeline, func(ctx context.Context, r *runner, w *work) error {
		if past := r.Plan.Last(r.now(), r.window()); past.Wall != "" && r.isPaused() {
			if err := w.history.SkipSlot(ctx, past.Wall, history.Hostname()); err != nil {
				return err
			}
		}
		waiting, err := w.client.JobList(ctx, river.NewJobListParams().Queues(scheduled).
			States(rivertype.JobStateAvailable, rivertype.JobStateScheduled).First(10000))
		if err != nil {
			return client.Wrap(err, "listing what waits in the queue")
		}
		for _, job := range waiting.Jobs {
			if job.AttemptedAt != nil {
				continue // it was broken off, and goes on
			}
			if _, err := w.client.JobCancel(ctx, job.ID); err != nil {
				return client.Wrap(err, "leaving out a time that came meanwhile")
			}
		}
		return client.Wrap(w.client.QueueResume(ctx, scheduled, nil), "resuming pipeline %s", pipeline)
	})
}

func (r *runner) isPaused() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen.paused
}

// Health says whether all pipelines have a leader and a history that can be read.
func (e *Engine) Health(context.Context) serve.Health {
	h := serve.Health{Role: "leader", History: true}
	for _, r := range e.runners {
		r.mu.Lock()
		h.History = h.History && r.seen.problem == nil
		if role := r.seen.leader; h.Role != "" && role != "leader" {
			h.Role = role
		}
		r.mu.Unlock()
	}
	return h
}

// Events sends the states of pipelines that changed, each at most once a second.
func (e *Engine) Events(ctx context.Context) <-chan serve.PipelineState {
	events := make(chan serve.PipelineState)
	sent := make([]int, len(e.runners))
	for i, r := range e.runners {
		sent[i] = r.at()
	}
	go func() {
		defer close(events)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			for i, r := range e.runners {
				at := r.at()
				if at == sent[i] {
					continue
				}
				select {
				case events <- r.state():
					sent[i] = at
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return events
}

func (r *runner) at() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.version
}
