package refresh

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// stalled is why a stage or a stream was given up: its peer is there, but silent.
type stalled struct {
	after time.Duration
	doing string
}

// Passes is for fault.Retry.
func (s *stalled) Passes() bool { return true }

func (s *stalled) Error() string {
	return fmt.Sprintf("nothing happened for %s while %s; look at what that server waits for (locks, disk, network), "+
		"or raise retry.stall", s.after, s.doing)
}

// activity is what moves at the two ends of a chunk's stream.
type activity struct {
	steps   atomic.Int64
	writing atomic.Bool // the source's bytes wait for staging
}

// watch ends the context that it returns if nothing moves for as long as after, or
// up to twice as long.
func (a *activity) watch(ctx context.Context, after time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	last := a.steps.Load()
	var timer *time.Timer
	timer = time.AfterFunc(time.Hour, func() {
		now := a.steps.Load()
		if now != last {
			last = now
			timer.Reset(after)
			return
		}
		doing := "waiting for rows from the source"
		if a.writing.Load() {
			doing = "writing rows to staging"
		}
		cancel(&stalled{after, doing})
	})
	timer.Reset(after)
	return ctx, func() { timer.Stop(); cancel(nil) }
}

// reading counts what comes out of the source as activity.
func (a *activity) reading(w io.Writer) io.Writer { return &activeWriter{w, a} }

type activeWriter struct {
	w io.Writer
	a *activity
}

func (w *activeWriter) Write(data []byte) (int, error) {
	w.a.steps.Add(1)
	return w.w.Write(data)
}

// bounded gives a piece of work that streams nothing three times a stream's longest
// silence.
func bounded(ctx context.Context, stall time.Duration, do func(context.Context) error) error {
	limit := 3 * stall
	inner, cancel := context.WithTimeoutCause(ctx, limit, &stalled{limit, "it waited for a server"})
	defer cancel()
	err := do(inner)
	if err != nil && inner.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", context.Cause(inner), err)
	}
	return err
}
