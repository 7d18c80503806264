package refresh

import (
	"context"
	"errors"
	"fmt"
	"time"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/postgres/client"
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

// filling is how far the shadow has come: the stages schema and data.
type filling struct {
	open     bool // the shadow has its tables and a ledger
	jobs     []job
	booked   map[restore.Entry]bool // chunks that are in the shadow
	closed   bool                   // all are, and the ledger is gone
	restarts int
	resumes  int
}

// fill carries out the stages that need the snapshot. A fault that passes by itself
// doesn't end them: while the snapshot lives, the run goes on with what is missing
// in the shadow, else it starts over from a new one.
func (r *run) fill(ctx context.Context) error {
	for {
		err := r.fillOnce(r.lock.Context())
		if err == nil {
			return nil
		}
		if held := r.lock.Held(); held != nil {
			err = &stageError{r.report.Stage, held} // says more than what its loss broke
		}
		if err := r.recover(ctx, err); err != nil {
			return err
		}
	}
}

func (r *run) fillOnce(ctx context.Context) error {
	if !r.filling.open {
		if err := r.stage(ctx, "schema", r.restoreSchema); err != nil {
			return err
		}
	}
	return r.stage(ctx, "data", r.copyData)
}

// recover makes another try possible, or returns why there is none.
func (r *run) recover(ctx context.Context, why error) error {
	switch {
	case ctx.Err() != nil || decided(why):
		return why
	case errors.Is(why, snapshot.ErrLost) || !r.holding(ctx):
		return r.restart(ctx, why) // whatever the error says, it comes of that
	case passes(why):
		return r.resume(ctx, why)
	}
	return why
}

// decided reports whether an error is a gate's or the user's: no fault.
func decided(err error) bool {
	var refusal *fault.Refusal
	var input *fault.Input
	return errors.As(err, &refusal) || errors.As(err, &input)
}

// passes reports whether an error can be gone at the next try.
func passes(err error) bool {
	if decided(err) {
		return false
	}
	var s *stalled
	var l *lostChunks
	if errors.As(err, &s) || errors.As(err, &l) {
		return true
	}
	for _, e := range []error{history.ErrLockLost, snapshot.ErrLost, snapshot.ErrSchemaChanged, restore.ErrBooked} {
		if errors.Is(err, e) {
			return true
		}
	}
	return client.Transient(err)
}

// holding reports whether the source holds the snapshot and its locks still.
func (r *run) holding(ctx context.Context) bool {
	return r.source.Holding(ctx) == nil
}

// resume goes on in the same snapshot. What the shadow holds is what its ledger
// says: an answer that was lost may have been a success, and a server that crashed
// may have lost what it had confirmed.
func (r *run) resume(ctx context.Context, why error) error {
	f := &r.filling
	if f.resumes >= r.Retry.Resumes {
		return fmt.Errorf("gave up after %d interruptions: %w", f.resumes+1, why)
	}
	f.resumes++
	err := r.patiently(ctx, func(ctx context.Context) error {
		if !f.open {
			return nil
		}
		booked, err := r.shadow.Booked(ctx)
		if f.closed = errors.Is(err, restore.ErrLedgerClosed); f.closed {
			return nil
		}
		f.booked = booked
		return err
	})
	if err != nil {
		return fmt.Errorf("%w; going on after that failed too: %w", why, err)
	}
	if len(f.jobs) == 0 {
		r.warn("resumed (%d of %d) after: %v", f.resumes, r.Retry.Resumes, why)
		return nil
	}
	r.warn("resumed (%d of %d) with %d of %d chunks in staging, after: %v", f.resumes, r.Retry.Resumes, len(f.jobs)-len(f.todo()), len(f.jobs), why)
	return nil
}

// restart begins again with a new snapshot of the source and an empty shadow.
func (r *run) restart(ctx context.Context, why error) error {
	if err := r.countRestart(why); err != nil {
		return err
	}
	r.source.Close(ctx)
	err := r.patiently(ctx, func(ctx context.Context) error {
		if r.shadow == nil {
			return nil
		}
		return r.shadow.Drop(ctx)
	})
	if err == nil {
		err = r.forget()
	}
	if err == nil {
		err = r.stage(ctx, "guard", func(ctx context.Context) error { return r.patiently(ctx, r.openSource) })
	}
	if err != nil {
		return fmt.Errorf("%w; starting over after: %w", err, why)
	}
	return nil
}

// countRestart notes that the run starts over, or that it has done so too often.
func (r *run) countRestart(why error) error {
	f := &r.filling
	if f.restarts >= r.Retry.Restarts {
		return fmt.Errorf("gave up after %d snapshots: %w", f.restarts+1, why)
	}
	f.restarts++
	r.warn("starts over from a new snapshot (%d of %d), after: %v", f.restarts, r.Retry.Restarts, why)
	return nil
}

// forget drops all that was made from a snapshot that is lost.
func (r *run) forget() error {
	r.shadow = nil
	r.filling = filling{restarts: r.filling.restarts, resumes: r.filling.resumes}
	r.counts = map[string]*counter{}
	r.birds.tables, r.birds.identities = nil, nil
	r.report.LeftOut = nil
	if r.store == nil {
		return nil
	}
	store := r.store
	r.store = nil
	return store.Close()
}

// patiently does something, with the lock held, until it succeeds, fails for good,
// or patience ends.
func (r *run) patiently(ctx context.Context, do func(context.Context) error) error {
	limit := time.Now().Add(r.Retry.Patience)
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := r.regain(ctx)
		if err == nil {
			err = r.bounded(ctx, do)
		}
		if err == nil || ctx.Err() != nil || !(passes(err) || client.Code(err) == "55P03") || time.Now().After(limit) {
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
func (r *run) regain(ctx context.Context) error {
	if r.lock.Held() == nil {
		return nil
	}
	lock, err := r.history.Regain(ctx, r.lock)
	if err == nil {
		r.lock = lock
	}
	return err
}
