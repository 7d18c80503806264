// Package serve calls a function at the times of a cron expression, one call
// at a time: a call that is due while another goes on is skipped, not queued.
package serve

import (
	"context"
	"time"
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

// longest is how long a wait goes on before the clock is read again, so that a
// machine that slept or whose clock was set is at most this late.
const longest = time.Minute

// Loop calls run at every time that next gives, until ctx ends. planned hears of
// each next time before the wait for it. What run does with an error is its
// own affair; the loop goes on.
func Loop(
	ctx context.Context,
	clock Clock,
	next func(time.Time) time.Time,
	planned func(time.Time),
	run func(context.Context),
) {
	for ctx.Err() == nil {
		at := next(clock.Now())
		if at.IsZero() { // an expression that never comes due, such as 30 February
			<-ctx.Done()
			return
		}
		planned(at)
		if !wait(ctx, clock, at) {
			return
		}
		run(ctx)
	}
}

func wait(ctx context.Context, clock Clock, at time.Time) bool {
	for {
		left := at.Sub(clock.Now())
		if left <= 0 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-clock.After(min(left, longest)):
		}
	}
}
