package refresh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/postgres/client"
	"refresher/internal/report"
	"refresher/internal/restore"
)

// claim is the right to be the only run on the staging database.
type claim struct {
	history *history.History
	lock    *history.Lock // nil: another run has it, and this one is only to be recorded
	dir     string        // the run's own folder: schema dump and keyed fingerprints
	retry   Retry
}

// takeClaim takes the right to be the only run, and clears away what runs that died
// left behind. From here on the run is in the history. The claim is nil if
// there is no history, and has no lock if another run has the right.
func takeClaim(ctx context.Context, o *Options, rec *recorder, made *cleanup, server *restore.Server) (*claim, error) {
	runs, err := history.Open(ctx, o.Staging)
	if err != nil {
		return nil, err
	}
	mine := &claim{history: runs, retry: o.Retry}
	if mine.lock, err = runs.Lock(ctx, o.Run); err != nil {
		return mine, err
	}
	if rec.before, err = lastDone(ctx, runs, o.Run, rec); err != nil {
		return mine, err
	}
	err = runs.Start(ctx, history.Run{ID: o.Run, Database: o.Staging.Database, Pipeline: o.Pipeline, Host: history.Hostname(), By: o.By,
		Started: rec.report.Started, Stage: rec.report.Stage})
	if err != nil {
		return mine, err
	}
	rec.entered = func(stage string) {
		short, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		_ = runs.Stage(short, o.Run, stage) // the report has it in any case
	}
	if o.KeepDays > 0 {
		if err := runs.Prune(ctx, o.KeepDays); err != nil {
			rec.warn("old runs stay in the history: %v", err)
		}
	}
	if err := probe(ctx, o); err != nil {
		return mine, err
	}
	if mine.dir, err = server.WorkDir(o.TempDir, "refresher-", o.Run+"-"); err != nil {
		return mine, err
	}
	made.always(func(context.Context) error { return os.RemoveAll(mine.dir) })
	return mine, sweep(ctx, o, rec, server, mine.lock)
}

// remember notes the shadow, and the database that it replaces, as what later runs may
// replace.
func (c *claim) remember(ctx context.Context, o *Options, data *filled) error {
	live, _, err := data.server.Occupants(ctx)
	if err != nil {
		return err
	}
	oid, err := data.shadow.OID(ctx)
	if err != nil {
		return err
	}
	return c.history.Remember(ctx, o.Run, oid, live.OID)
}

// sweep removes what runs that died left on the staging server and in buckets.
func sweep(ctx context.Context, o *Options, rec *recorder, server *restore.Server, lock *history.Lock) error {
	dropped, left, err := server.Sweep(ctx, lock)
	if err != nil {
		return err
	}
	for _, l := range left {
		rec.warn("the remains of an earlier run are left: %s", l)
	}
	for _, d := range dropped {
		rec.warn("dropped the remains of a run that died: database %s", d)
	}
	for _, b := range o.places() {
		removed, err := b.Sink.Sweep(ctx)
		if err != nil {
			return fmt.Errorf("bucket %s: %w", b.Name, err)
		}
		for _, d := range removed {
			rec.warn("removed the remains of a run that died: %s", d)
		}
	}
	return nil
}

// lastDone is the report that this run is compared with, nil if there is none.
func lastDone(ctx context.Context, runs *history.History, run string, rec *recorder) (*report.Report, error) {
	last, err := runs.LastDone(ctx, run)
	if errors.Is(err, history.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	before, err := report.Parse(last.ReportJSON, []byte(last.Signature))
	if err != nil {
		rec.warn("what changed since run %s can't be told: its report can't be read", last.ID)
		return nil, nil
	}
	return before, nil
}

// explain is the error of a stage, or that the lock was lost, which says more than
// what its loss broke.
func (c *claim) explain(rec *recorder, err error) error {
	if err == nil {
		return nil
	}
	if lost := c.lock.Held(); lost != nil {
		return &stageError{rec.report.Stage, lost}
	}
	return err
}

// untilDone does something, with the lock held, until it succeeds, fails for good, or
// Retry.Patience ends.
func (c *claim) untilDone(ctx context.Context, do func(context.Context) error) error {
	limit := time.Now().Add(c.retry.Patience)
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := c.regain(ctx)
		if err == nil {
			err = bounded(ctx, c.retry.Stall, do)
		}
		busy := client.Code(err) == "55P03"
		if err == nil || ctx.Err() != nil || !(fault.Retry(err) || busy) || time.Now().After(limit) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// regain takes the lock again if it was lost.
func (c *claim) regain(ctx context.Context) error {
	if c.lock.Held() == nil {
		return nil
	}
	lock, err := c.history.Regain(ctx, c.lock)
	if err == nil {
		c.lock = lock
	}
	return err
}
