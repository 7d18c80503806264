package refresh

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"refresher/internal/fault"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/restore"
	"refresher/internal/snapshot"
)

// Retry says how hard a run tries before a fault ends it.
type Retry struct {
	Restarts int           // new snapshots after the first, when the source lost the one at hand
	Resumes  int           // times that the run goes on in the same snapshot, after a fault of staging or the network
	Patience time.Duration // longest wait for a server that is down
	Stall    time.Duration // longest silence of a stream; a stage that copies nothing may take three times that
}

// DefaultRetry is what a run does that isn't told otherwise.
func DefaultRetry() Retry {
	return Retry{Restarts: 3, Resumes: 10, Patience: 5 * time.Minute, Stall: 10 * time.Minute}
}

// attempts counts how often a run started over or went on.
type attempts struct {
	retry             Retry
	rec               *recorder
	restarts, resumes int
}

// restart notes that the run starts over, or that it has done so too often.
func (a *attempts) restart(why error) error {
	if a.restarts >= a.retry.Restarts {
		return fmt.Errorf("gave up after %d snapshots: %w", a.restarts+1, why)
	}
	a.restarts++
	a.rec.warn("starts over from a new snapshot (%d of %d), after: %v", a.restarts, a.retry.Restarts, why)
	return nil
}

// filled is a shadow with every row, and what was learnt while it was filled.
type filled struct {
	*plan
	shadow    *restore.Database
	schema    string // path of the dump
	keptDump  string // path of the dump of staging's own tables
	store     *fingerprint.Store
	jobs      []job
	counts    counters
	canaries  *canaries
	sequences []catalog.SequenceValue
	hooked    *hooked // nil: no hooks ran
}

// filling is a shadow on its way to be filled. A fault that passes by itself doesn't
// end it: while the snapshot lives, the run goes on with what is missing in the
// shadow, else it starts over from a new one.
type filling struct {
	o     *Options
	rec   *recorder
	made  *cleanup
	mine  *claim
	tries attempts

	data   *filled
	open   bool                   // the shadow has its tables and a ledger
	booked map[restore.Entry]bool // chunks that are in the shadow
	closed bool                   // all are, and the ledger is gone
}

// fill carries out the stages that need the snapshot, and lets go of that.
func fill(ctx context.Context, o *Options, rec *recorder, made *cleanup, mine *claim, p *plan) (*filled, error) {
	f := &filling{o: o, rec: rec, made: made, mine: mine, tries: attempts{retry: o.Retry, rec: rec}}
	f.begin(p)
	made.onFailure(func(ctx context.Context) error {
		if f.data.shadow == nil || rec.report.Promoted || o.KeepShadow {
			return nil
		}
		return f.data.shadow.Drop(ctx)
	})
	made.always(func(context.Context) error { return f.data.closeStore() })
	for {
		err := f.mine.explain(rec, f.once(f.mine.lock.Context()))
		if err == nil {
			f.data.source.Close(ctx) // the replica's snapshot is held no longer than it is read
			return f.data, nil
		}
		if err := f.recover(ctx, err); err != nil {
			return nil, err
		}
	}
}

// begin starts from a plan, with no shadow.
func (f *filling) begin(p *plan) {
	f.open, f.booked, f.closed = false, nil, false
	f.data = &filled{
		plan: p, canaries: &canaries{}, schema: filepath.Join(f.mine.dir, "schema.dump"),
		keptDump: filepath.Join(f.mine.dir, "own.dump"),
	}
	f.rec.report.LeftOut = nil
}

func (f *filled) closeStore() error {
	if f.store == nil {
		return nil
	}
	return f.store.Close()
}

func (f *filling) once(ctx context.Context) error {
	if !f.open {
		if err := f.rec.stage(ctx, "schema", f.makeShadow); err != nil {
			return err
		}
	}
	return f.rec.stage(ctx, "data", f.copyData)
}

// makeShadow makes the shadow database and its pre-data: types, tables, functions,
// but no index, constraint or trigger. What an earlier attempt of the run made is
// made anew.
func (f *filling) makeShadow(ctx context.Context) error {
	d := f.data
	return bounded(ctx, f.o.Retry.Stall, func(ctx context.Context) error {
		if err := d.source.DumpSchema(ctx, d.schema); err != nil {
			return err
		}
		if err := noCredentials(ctx, f.o, d.schema); err != nil {
			return err
		}
		if d.shadow != nil {
			if err := d.shadow.Drop(ctx); err != nil {
				return err
			}
		}
		var err error
		if d.shadow, err = d.server.Create(ctx, d.server.ShadowName(f.o.Run), d.catalog); err != nil {
			return err
		}
		d.shadow.CloseAs(d.public)
		d.shadow.Without(d.bound)
		left, err := d.shadow.PreData(ctx, d.schema)
		f.rec.report.LeftOut = left
		if err != nil {
			return err
		}
		left, err = d.makeKept(ctx)
		if f.rec.report.LeftOut = append(f.rec.report.LeftOut, left...); err != nil {
			return err
		}
		for _, s := range d.program.Searches() {
			if err := d.shadow.MakeSearch(ctx, s.Table, s.Search); err != nil {
				return err
			}
		}
		err = d.shadow.OpenLedger(ctx)
		f.open = err == nil
		return err
	})
}

// recover makes another try possible, or returns why there is none.
func (f *filling) recover(ctx context.Context, why error) error {
	switch {
	case ctx.Err() != nil || fault.Decided(why):
		return why
	case errors.Is(why, snapshot.ErrLost) || f.data.source.Holding(ctx) != nil:
		return f.restart(ctx, why) // the cause, even if the error says something else
	case fault.Retry(why):
		return f.resume(ctx, why)
	}
	return why
}

// resume goes on in the same snapshot. What the shadow holds is what its ledger
// says: an answer that was lost may have been a success, and a server that crashed
// may have lost what it had confirmed.
func (f *filling) resume(ctx context.Context, why error) error {
	t := &f.tries
	if t.resumes >= t.retry.Resumes {
		return fmt.Errorf("gave up after %d interruptions: %w", t.resumes+1, why)
	}
	t.resumes++
	err := f.mine.untilDone(ctx, func(ctx context.Context) error {
		if !f.open {
			return nil
		}
		booked, err := f.data.shadow.Booked(ctx)
		if f.closed = errors.Is(err, restore.ErrLedgerClosed); f.closed {
			return nil
		}
		f.booked = booked
		return err
	})
	if err != nil {
		return fmt.Errorf("%w; going on after that failed too: %w", why, err)
	}
	jobs := len(f.data.jobs)
	if jobs == 0 {
		f.rec.warn("resumed (%d of %d) after: %v", t.resumes, t.retry.Resumes, why)
		return nil
	}
	f.rec.warn("resumed (%d of %d) with %d of %d chunks in staging, after: %v",
		t.resumes, t.retry.Resumes, jobs-len(f.missing()), jobs, why)
	return nil
}

// restart begins again with a new snapshot of the source and an empty shadow.
func (f *filling) restart(ctx context.Context, why error) error {
	if err := f.tries.restart(why); err != nil {
		return err
	}
	f.data.source.Close(ctx)
	err := f.mine.untilDone(ctx, func(ctx context.Context) error {
		if f.data.shadow == nil {
			return nil
		}
		return f.data.shadow.Drop(ctx)
	})
	if err == nil {
		err = f.data.closeStore()
		f.begin(f.data.plan)
	}
	if err == nil {
		err = f.rec.stage(ctx, "guard", func(ctx context.Context) error {
			return f.mine.untilDone(ctx, func(ctx context.Context) error {
				p, err := openSource(ctx, f.o, f.rec, f.made, f.data.server)
				if err == nil {
					f.data.plan = p
				}
				return err
			})
		})
	}
	if err != nil {
		return fmt.Errorf("%w; starting over after: %w", err, why)
	}
	return nil
}
