package serve

import (
	"context"
	"testing"
	"time"
)

// manual is a clock that moves only when somebody waits on it.
type manual struct{ now time.Time }

func (m *manual) Now() time.Time { return m.now }
func (m *manual) After(d time.Duration) <-chan time.Time {
	m.now = m.now.Add(d)
	c := make(chan time.Time, 1)
	c <- m.now
	return c
}

func hourly(t time.Time) time.Time { return t.Truncate(time.Hour).Add(time.Hour) }

func TestLoopRunsAtEachTime(t *testing.T) {
	clock := &manual{now: time.Date(2026, 11, 21, 10, 30, 0, 0, time.UTC)}
	ctx, cancel := context.WithCancel(context.Background())
	var planned, ran []int
	Loop(ctx, clock, hourly, func(at time.Time) { planned = append(planned, at.Hour()) }, func(context.Context) {
		ran = append(ran, clock.now.Hour())
		if len(ran) == 3 {
			cancel()
		}
	})
	if len(planned) != 3 || ran[0] != 11 || ran[1] != 12 || ran[2] != 13 {
		t.Errorf("planned %v, ran %v", planned, ran)
	}
}

func TestATimeThatPassesDuringARunIsSkipped(t *testing.T) {
	clock := &manual{now: time.Date(2026, 11, 21, 10, 30, 0, 0, time.UTC)}
	ctx, cancel := context.WithCancel(context.Background())
	var ran []int
	Loop(ctx, clock, hourly, func(time.Time) {}, func(context.Context) {
		ran = append(ran, clock.now.Hour())
		clock.now = clock.now.Add(150 * time.Minute) // 11:00 → 13:30
		if len(ran) == 2 {
			cancel()
		}
	})
	if ran[0] != 11 || ran[1] != 14 {
		t.Errorf("ran at %v; want 11 and 14", ran)
	}
}

func TestAClockThatJumpsForwardRunsOnce(t *testing.T) {
	clock := &manual{now: time.Date(2026, 11, 21, 10, 30, 0, 0, time.UTC)}
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	next := func(t time.Time) time.Time {
		if n == 0 {
			clock.now = clock.now.Add(5 * time.Hour)
		}
		return hourly(t)
	}
	Loop(ctx, clock, next, func(time.Time) {}, func(context.Context) { n++; cancel() })
	if n != 1 {
		t.Errorf("ran %d times", n)
	}
}

func TestLoopEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	Loop(ctx, Wall{}, hourly, func(time.Time) {}, func(context.Context) { t.Error("ran") })
	ctx, cancel = context.WithCancel(context.Background())
	Loop(
		ctx,
		Wall{},
		func(time.Time) time.Time { cancel(); return time.Time{} },
		func(time.Time) {},
		func(context.Context) { t.Error("ran") },
	)
}
