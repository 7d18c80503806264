package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh/notify"
	"refresher/internal/refresh/outbound"
	"refresher/internal/report"
	"refresher/internal/report/notice"
)

const (
	// telling is the queue of notifications.
	telling = "notify"
	// tellings are how often a notification is a job, with its own tries in each.
	tellings = 4
	// recent is how old a lost run may be to be told of.
	recent = 24 * time.Hour
)

// Notification says what a job of the queue of notifications tells, and whom. There is one for an
// event and a target, whichever services know of the event.
type Notification struct {
	Event  string        `json:"event" river:"unique"` // the notice's ID
	Target string        `json:"target" river:"unique"`
	Notice notice.Notice `json:"notice"`
}

// Kind names the jobs in River's tables.
func (Notification) Kind() string { return "notify" }

// messenger takes the jobs of notifications.
type messenger struct {
	river.WorkerDefaults[Notification]
	*runner
}

// Timeout is part of River's worker: a job that takes longer was that of a service that was killed.
func (m *messenger) Timeout(*river.Job[Notification]) time.Duration {
	return notify.Bound + time.Minute
}

var errNoTarget = errors.New("the configuration has no such target any more")

// Work tells one target of one event.
func (m *messenger) Work(ctx context.Context, job *river.Job[Notification]) error {
	targets, err := m.Targets(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(targets, func(t notify.Target) bool { return t.Name == job.Args.Target })
	if i < 0 {
		return river.JobCancel(errNoTarget)
	}
	got := targets[i].Send(ctx, job.Args.Notice)
	if got.Err != nil && ctx.Err() == nil && job.Attempt < job.MaxAttempts && !outbound.IsFinal(got.Err) {
		m.log.Warn("a notification was not sent, and is tried again", "event", job.Args.Event, "tries", got.Tries,
			"at", backoff{m.pause}.NextRetry(job.JobRow), "error", got.Err)
		return got.Err
	}
	if ctx.Err() != nil {
		return ctx.Err() // the service stops, and the job goes back
	}
	m.sent(job.Args.Event, got)
	if got.Err != nil {
		return river.JobCancel(got.Err)
	}
	return nil
}

// sent counts and logs what became of a notification.
func (r *runner) sent(event string, got notify.Result) {
	if got.Err != nil {
		r.notified(r.Name, "failed")
		r.log.Warn("a notification was not sent", "event", event, "tries", got.Tries, "error", got.Err)
		return
	}
	r.notified(r.Name, "sent")
	r.log.Info("notified", "event", event, "target", got.Target)
}

// tellOf tells of an event: by the queue, so that it is told once, whichever services know of it, and
// again if it doesn't arrive. Without a staging server there is no queue, and it is told at once.
func (r *runner) tellOf(ctx context.Context, w *work, n notice.Notice) {
	if r.Targets == nil {
		return
	}
	n.Pipeline, n.Database = r.Name, r.Staging.Database
	if n.Host == "" {
		n.Host = history.Hostname()
	}
	if r.Site != "" {
		n.Link = strings.TrimRight(r.Site, "/") + "/"
		if n.Run != "" {
			n.Link += "runs/" + n.Run
		}
	}
	short, cancel := context.WithTimeout(context.WithoutCancel(ctx), answer)
	defer cancel()
	targets, err := r.Targets(short)
	if err != nil {
		r.log.Warn("nobody is notified: the configuration can't be read", "event", n.ID, "error", err)
	}
	for _, t := range notify.Wanting(targets, n.Kind) {
		if w != nil {
			_, err := w.client.Insert(short, Notification{Event: n.ID, Target: t.Name, Notice: n},
				&river.InsertOpts{Queue: telling, MaxAttempts: tellings,
					UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: rivertype.JobStates()}})
			if err == nil {
				continue
			}
		}
		r.atOnce.Go(func() { r.sent(n.ID, t.Send(context.WithoutCancel(ctx), n)) })
	}
}

// tellEnd tells of a run of this service that ended. again is when it is tried again.
func (r *runner) tellEnd(ctx context.Context, w *work, run history.Run, rep *report.Report, err error,
	again time.Time) {
	if r.Targets == nil {
		return
	}
	short, cancel := context.WithTimeout(context.WithoutCancel(ctx), answer)
	defer cancel()
	before, _ := w.history.Before(short, run.ID) // without it, it isn't told what was before
	stale := !before.Done.Started.IsZero() && r.staleBy(before.Done.Started, run.Started)
	said := *rep
	said.Run, said.Started = run.ID, run.Started
	if said.Finished.IsZero() {
		said.Finished = r.now()
	}
	switch {
	case errors.Is(err, errDeadline):
		said.Error = errDeadline.Error() + "\n" + said.Error
	case said.Error == "" && err != nil:
		said.Error = err.Error()
	}
	n, ok := notify.Of(&said, before.Bad || stale)
	if !ok {
		return
	}
	n.By, n.LastDone, n.RetryAt = run.By, before.Done.Finished, again
	r.tellOf(ctx, w, n)
}

// staleBy reports whether the data of a run that began at a time are stale at another.
func (r *runner) staleBy(began, now time.Time) bool {
	if r.StaleAt == nil {
		return false
	}
	at := r.StaleAt(began)
	return !at.IsZero() && now.After(at)
}

// watch tells, each once, of a run that was killed and of data that are stale, as the last look shows
// them. w is nil if the staging server does not answer.
func (r *runner) watch(ctx context.Context, w *work) {
	if r.Targets == nil {
		return
	}
	if r.since.IsZero() {
		r.since = r.now()
	}
	r.mu.Lock()
	now := r.seen
	r.mu.Unlock()
	var last, done *history.Run // the newest that ended, the newest that was done
	for _, run := range now.latest {
		if run.Outcome != fault.Running && last == nil {
			last = &run
		}
		if run.Outcome == fault.Done && done == nil {
			done = &run
		}
	}
	if last != nil && last.Outcome == fault.Lost && r.now().Sub(last.Finished) < recent {
		n, _ := notify.Of(&report.Report{Run: last.ID, Outcome: last.Outcome, Error: last.Error, Stage: last.Stage,
			Started: last.Started, Finished: last.Finished}, false)
		n.By, n.Host = last.By, last.Host
		if done != nil {
			n.LastDone = done.Finished
		}
		r.tellOnce(ctx, w, n)
	}
	if n, stale := r.stale(now, last, done); stale {
		r.tellOnce(ctx, w, n)
	}
}

// tellOnce leaves out what this service has told already.
func (r *runner) tellOnce(ctx context.Context, w *work, n notice.Notice) {
	if r.told[n.ID] {
		return
	}
	r.told[n.ID] = true
	r.tellOf(ctx, w, n)
}

// stale is what there is to tell of data that are too old: since when, and what stands in the way.
func (r *runner) stale(now seen, last, done *history.Run) (n notice.Notice, stale bool) {
	n = notice.Notice{Kind: notice.Stale, ID: "stale-" + r.Name + "-never"}
	began, reason := r.since, "no refresh is known to have been done"
	if done != nil {
		n.ID, n.LastDone, began = "stale-"+r.Name+"-"+done.ID, done.Finished, done.Started
		reason = "no refresh was done since " + done.Finished.UTC().Format("2006-01-02 15:04 MST")
	}
	if !r.staleBy(began, r.now()) {
		return n, false
	}
	if now.problem != nil {
		reason += "\nthe staging server does not answer, or refuses; the log says more"
	}
	if now.paused {
		reason += "\nthe schedule is paused by " + now.pausedBy
	}
	if last != nil && last.Outcome != fault.Done {
		first, _, _ := strings.Cut(last.Error, "\n")
		reason += fmt.Sprintf("\nrun %s: %s: %s", last.ID, last.Outcome, first)
	}
	n.Because(reason)
	return n, true
}
