package serve

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"refresher/internal/config/schedule"
)

// Clock tells the time and waits; tests bring their own.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// Wall is the machine's clock.
type Wall struct{}

// Now is the current time.
func (Wall) Now() time.Time { return time.Now() }

// After waits for d.
func (Wall) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Slots is the record, shared by all services of a staging database, of which slots
// were taken.
type Slots interface {
	// Claim takes a slot. It is not mine if it was taken before; it is the first if none
	// ever was.
	Claim(ctx context.Context, slot string) (mine, first bool, err error)
}

const (
	// longest is how long a wait goes on before the clock is read again, so that a
	// machine that slept or whose clock was set is at most this late.
	longest = time.Minute
	// setBack is how far a clock may be set back without a slot coming again. A clock
	// that goes further back was wrong before.
	setBack = time.Hour
)

// Scheduler calls Run at the slots of a plan, one call at a time: a slot that comes
// while another one's run goes on is left out. A slot is claimed before it is run, so
// that of several services one runs it. While Slots can't be reached, the claim is
// tried again until the slot is older than CatchUp or the next one comes.
type Scheduler struct {
	Clock   Clock
	Plan    *schedule.Plan
	Slots   Slots
	CatchUp time.Duration // how old a slot may be to be run still; 0: missed ones are left out
	Jitter  time.Duration // a run begins up to this much later
	Planned func(time.Time)
	Run     func(context.Context)
	Log     *slog.Logger
}

// Loop works until ctx ends. The newest slot that was missed before, if it is not older
// than CatchUp, comes first; where no slot was ever claimed, none was missed.
func (s *Scheduler) Loop(ctx context.Context) {
	if missed := s.Plan.Last(s.Clock.Now(), s.CatchUp); !missed.At.IsZero() {
		if mine, first := s.claim(ctx, missed); mine && !first {
			s.Log.Info("catching up", "slot", missed.Wall)
			s.Run(ctx)
		}
	}
	var last time.Time
	for ctx.Err() == nil {
		now := s.Clock.Now()
		if last.After(now) && last.Sub(now) < setBack {
			now = last
		}
		slot := s.Plan.After(now)
		s.Planned(slot.At)
		if slot.At.IsZero() { // the schedule is off
			<-ctx.Done()
			return
		}
		at := slot.At
		if s.Jitter > 0 {
			at = at.Add(rand.N(s.Jitter))
		}
		if !s.wait(ctx, at) {
			return
		}
		last = slot.At
		if mine, _ := s.claim(ctx, slot); mine {
			s.Run(ctx)
		} else if ctx.Err() == nil {
			s.Log.Info("another service has this slot, or it was given up", "slot", slot.Wall)
		}
	}
}

// claim takes a slot; mine is false where there is nothing to run.
func (s *Scheduler) claim(ctx context.Context, slot schedule.Slot) (mine, first bool) {
	until := slot.At.Add(max(s.CatchUp, longest))
	if next := s.Plan.After(slot.At); !next.At.IsZero() && next.At.Before(until) {
		until = next.At
	}
	for {
		mine, first, err := s.Slots.Claim(ctx, slot.Wall)
		switch {
		case ctx.Err() != nil:
			return false, false
		case err == nil && !mine:
			return false, false
		case err == nil:
			return true, first
		}
		s.Log.Warn("the slot waits for the staging server", "slot", slot.Wall, "error", err)
		if again := s.Clock.Now().Add(longest); again.After(until) {
			s.Log.Error("the slot is given up", "slot", slot.Wall)
			return false, false
		} else if !s.wait(ctx, again) {
			return false, false
		}
	}
}

func (s *Scheduler) wait(ctx context.Context, at time.Time) bool {
	for {
		left := at.Sub(s.Clock.Now())
		if left <= 0 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-s.Clock.After(min(left, longest)):
		}
	}
}
