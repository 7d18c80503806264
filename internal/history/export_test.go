package history

import (
	"context"
	"time"
)

// What tests of the lock need.
const LockClass = lockClass

var CheckHeld = held

// LockWithBeat is Lock with another heartbeat.
func LockWithBeat(ctx context.Context, h *History, run string, beat time.Duration) (*Lock, error) {
	return h.lock(ctx, run, beat)
}
