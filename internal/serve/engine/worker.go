package engine

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/report"
	"refresher/internal/serve"
)

const (
	// askedFor is how long a run that a person asked for may wait to begin.
	askedFor = time.Hour
	// resumable is how old the slot of a run that was broken off may be to begin again.
	resumable = 24 * time.Hour
)

var (
	errDeadline = errors.New("the run took longer than schedule.deadline")
	errPanic    = errors.New("a defect of refresher: the run panicked") // what the panic says could be a value
)

// worker takes the jobs of a pipeline.
type worker struct {
	river.WorkerDefaults[Args]
	*runner
}

// Work does a job: a run, if its time is right.
func (w *worker) Work(ctx context.Context, job *river.Job[Args]) error {
	w.mu.Lock()
	open := w.work
	w.mu.Unlock()
	if open == nil { // the runner has just begun, or ends
		return river.JobSnooze(time.Second)
	}
	id, err := w.begins(ctx, open.history, job.ID, job.Args)
	if err != nil || id == "" {
		return err
	}
	return w.refresh(ctx, open, id, job)
}

// begins decides whether a job is to run now, and under which id. Without an id there is
// nothing to do: the slot is another job's, is too old, or the job has done its work.
func (r *runner) begins(ctx context.Context, h *history.History, job int64, args Args) (id string, err error) {
	now := r.now()
	last, err := h.OfJob(ctx, job)
	begun := err == nil
	switch {
	case err != nil && !errors.Is(err, history.ErrNotFound):
		return "", err
	case begun && last.Stage == history.Waiting && last.Outcome == fault.Running:
		id = last.ID
	case begun && decided(last.Outcome):
		return "", nil
	case args.Run != "" && !begun:
		id = args.Run
	default:
		id = r.NewID(now)
	}
	age := now.Sub(args.At)
	if args.Slot == "" {
		if age > askedFor && id == args.Run {
			return "", r.skip(ctx, h, id, job, args, "no service was there to begin it within an hour")
		}
		return id, nil
	}
	mine, again, err := h.ClaimSlot(ctx, args.Slot, history.Hostname(), job)
	if err != nil || !mine {
		return "", err
	}
	limit := r.window() + r.Jitter // which it waited on purpose
	if again {
		limit = max(limit, resumable)
	}
	if age > limit {
		return "", r.skip(ctx, h, id, job, args, "its time was missed by more than schedule.catch_up")
	}
	if ran, err := h.Ran(ctx, args.At); err != nil || ran && !again {
		if err == nil {
			err = r.skip(ctx, h, id, job, args, "another run was going")
		}
		return "", err
	}
	return id, nil
}

// decided reports an outcome after which the same job would end the same way.
func decided(o fault.Outcome) bool {
	return o == fault.Done || o == fault.Refused || o == fault.Invalid || o == fault.Skipped
}

// skip records a run that does not begin.
func (r *runner) skip(ctx context.Context, h *history.History, id string, job int64, args Args, why string) error {
	r.log.Warn("a run is left out", "run", id, "slot", args.Slot, "why", why)
	now := r.now()
	return h.Finish(ctx, history.Run{ID: id, Pipeline: r.Name, Host: history.Hostname(), By: args.By, Job: job, Started: now,
		Finished: now, Outcome: fault.Skipped, Error: why})
}

// refresh runs, and tells River what is to become of the job.
func (w *worker) refresh(ctx context.Context, open *work, id string, job *river.Job[Args]) error {
	release, err := open.history.Vouch(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	at := w.now()
	run := history.Run{ID: id, Pipeline: w.Name, Host: history.Hostname(), By: job.Args.By, Job: job.ID, Started: at, Stage: "guard"}
	if err := open.history.Start(ctx, run); err != nil {
		return err
	}
	watch := &serve.Watch{Changed: w.changed}
	w.set(func() { w.current = &current{id, job.Args.By, at, watch} })
	w.log.Info("run started", "run", id, "by", job.Args.By)
	within := ctx
	if w.Deadline > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeoutCause(ctx, w.Deadline, errDeadline)
		defer cancel()
	}
	rep, err := w.safely(within, id, job.Args.By, watch)
	if errors.Is(context.Cause(within), errDeadline) && err != nil {
		err = errors.Join(errDeadline, err)
	}
	recorded := w.recorded(ctx, open.history, run, rep, err)
	w.set(func() { w.current = nil })
	w.tell(ctx, open, run, rep, err)
	again, result := w.result(ctx, job, rep, err)
	w.tellEnd(ctx, open, run, rep, err, again)
	return errors.Join(result, recorded)
}

// safely runs, and takes a panic for an error.
func (r *runner) safely(ctx context.Context, id, by string, watch *serve.Watch) (rep *report.Report, err error) {
	defer func() {
		if recover() != nil {
			rep, err = &report.Report{Run: id, Outcome: fault.Failed, Finished: time.Now()}, errPanic
		}
	}()
	return r.Run(ctx, id, by, watch)
}

// tell shows and logs the end of a run.
func (r *runner) tell(ctx context.Context, open *work, run history.Run, rep *report.Report, err error) {
	short, cancel := context.WithTimeout(context.WithoutCancel(ctx), answer)
	defer cancel()
	_ = r.see(short, open) // else the next look shows it
	defer r.announce()
	if err != nil {
		r.log.Error("run ended", "run", rep.Run, "outcome", rep.Outcome, "stage", rep.Stage, "error", err)
		return
	}
	r.log.Info("run ended", "run", rep.Run, "outcome", rep.Outcome, "seconds", int(r.now().Sub(run.Started).Seconds()))
}

// recorded records the end of a run where the run itself did not.
func (r *runner) recorded(ctx context.Context, h *history.History, run history.Run, rep *report.Report,
	err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answer)
	defer cancel()
	known, lookErr := h.Get(ctx, run.ID)
	if lookErr == nil && known.Outcome != fault.Running {
		return nil
	}
	run.Finished, run.Outcome, run.Stage, run.Error = r.now(), rep.Outcome, rep.Stage, rep.Error
	switch {
	case rep.Run != run.ID:
		run.Outcome, run.Error = fault.Skipped, "the run is called "+rep.Run+", because a clock is wrong"
	case run.Error == "" && err != nil:
		run.Error = err.Error()
	}
	return h.Finish(ctx, run)
}

// result is what River is told of a job that ran: nil is done, an error is tried again, at that time.
func (r *runner) result(ctx context.Context, job *river.Job[Args], rep *report.Report,
	err error) (time.Time, error) {
	switch {
	case ctx.Err() != nil && rep.Outcome == fault.Stopped:
		// The service stops, and the job goes back; or a person cancelled it, and River knows.
		return time.Time{}, ctx.Err()
	case err == nil:
		return time.Time{}, nil
	case rep.Outcome != fault.Failed, errors.Is(err, errDeadline), errors.Is(err, errPanic),
		job.Attempt >= job.MaxAttempts:
		return time.Time{}, river.JobCancel(err)
	}
	again := backoff{r.pause}.NextRetry(job.JobRow)
	r.log.Warn("the run is tried again", "run", rep.Run, "at", again)
	return again, err
}
