package serve

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"refresher/internal/config/schedule"
)

// manual is a clock that moves only when it is waited on.
type manual struct{ now time.Time }

func (m *manual) Now() time.Time { return m.now }
func (m *manual) After(d time.Duration) <-chan time.Time {
	m.now = m.now.Add(d)
	c := make(chan time.Time, 1)
	c <- m.now
	return c
}

// ledger is a record of slots as the history keeps it; down says when it can't be reached.
type ledger struct {
	mu    sync.Mutex
	taken []string
	down  func() bool
}

func (l *ledger) Claim(_ context.Context, slot string) (mine, first bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down != nil && l.down() {
		return false, false, errors.New("the staging server doesn't answer")
	}
	first = len(l.taken) == 0
	if slices.Contains(l.taken, slot) {
		return false, first, nil
	}
	l.taken = append(l.taken, slot)
	return true, first, nil
}

// service is a scheduler in a test: what it ran, and until how many runs it goes on.
type service struct {
	Scheduler
	clock *manual
	ran   []time.Time
	stop  context.CancelFunc
	limit int
}

func newService(t *testing.T, cron, zone, now string, slots *ledger) (*service, context.Context) {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := schedule.Parse(cron, loc)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{clock: &manual{at}, limit: 1}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	s.stop = cancel
	s.Scheduler = Scheduler{Clock: s.clock, Plan: plan, Slots: slots, CatchUp: 24 * time.Hour, Planned: func(time.Time) {},
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	s.Run = func(context.Context) {
		if s.ran = append(s.ran, s.clock.now); len(s.ran) >= s.limit {
			cancel()
		}
	}
	return s, ctx
}

func (s *service) wants(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, at := range s.ran {
		got = append(got, at.UTC().Format(time.RFC3339))
	}
	if !slices.Equal(got, want) {
		t.Errorf("ran at %v, want %v", got, want)
	}
}

func TestRunsAtEachSlot(t *testing.T) {
	s, ctx := newService(t, "0 * * * *", "UTC", "2026-11-21T10:30:00Z", &ledger{})
	s.limit = 3
	s.Loop(ctx)
	s.wants(t, "2026-11-21T11:00:00Z", "2026-11-21T12:00:00Z", "2026-11-21T13:00:00Z")
}

func TestASlotDuringARunIsLeftOut(t *testing.T) {
	s, ctx := newService(t, "0 * * * *", "UTC", "2026-11-21T10:30:00Z", &ledger{})
	run := s.Run
	s.limit = 2
	s.Run = func(ctx context.Context) { run(ctx); s.clock.now = s.clock.now.Add(150 * time.Minute) }
	s.Loop(ctx)
	s.wants(t, "2026-11-21T11:00:00Z", "2026-11-21T14:00:00Z")
}

// A service that starts late runs what it missed, once, unless it is new or told to skip.
func TestCatchingUp(t *testing.T) {
	weekly := "0 3 * * 0" // 2026-11-22 is a Sunday
	for _, c := range []struct {
		about, now string
		taken      []string
		catchUp    time.Duration
		want       string
	}{
		{"two minutes late", "2026-11-22T03:02:00Z", []string{"2026-11-15T03:00:00"}, 24 * time.Hour, "2026-11-22T03:02:00Z"},
		{"a day and a minute late", "2026-11-23T03:01:00Z", []string{"2026-11-15T03:00:00"}, 24 * time.Hour, "2026-11-29T03:00:00Z"},
		{"told to skip", "2026-11-22T03:02:00Z", []string{"2026-11-15T03:00:00"}, 0, "2026-11-29T03:00:00Z"},
		{"restarted after its run", "2026-11-22T03:40:00Z", []string{"2026-11-22T03:00:00"}, 24 * time.Hour, "2026-11-29T03:00:00Z"},
		{"new, so nothing was missed", "2026-11-22T03:02:00Z", nil, 24 * time.Hour, "2026-11-29T03:00:00Z"},
	} {
		t.Run(c.about, func(t *testing.T) {
			s, ctx := newService(t, weekly, "UTC", c.now, &ledger{taken: c.taken})
			s.CatchUp = c.catchUp
			s.Loop(ctx)
			s.wants(t, c.want)
		})
	}
}

// While staging is down the slot waits, and runs once it is back.
func TestASlotWaitsForStaging(t *testing.T) {
	slots := &ledger{taken: []string{"2026-11-15T03:00:00"}}
	s, ctx := newService(t, "0 3 * * 0", "UTC", "2026-11-22T02:00:00Z", slots)
	slots.down = func() bool { return s.clock.now.Before(time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)) }
	s.Loop(ctx)
	s.wants(t, "2026-11-22T09:30:00Z")
}

// A clock that is set back doesn't repeat a slot; one that was a year ahead loses none.
func TestAClockThatIsSet(t *testing.T) {
	for _, back := range []time.Duration{2 * time.Second, 365 * 24 * time.Hour} {
		s, ctx := newService(t, "0 * * * *", "UTC", "2026-11-21T10:30:00Z", &ledger{})
		run := s.Run
		s.limit = 2
		s.Run = func(ctx context.Context) { run(ctx); s.clock.now = s.clock.now.Add(-back) }
		s.Loop(ctx)
		if gap := s.ran[1].Sub(s.ran[0]); gap != time.Hour && gap != time.Hour-back {
			t.Errorf("set back by %s: the next run came after %s", back, gap)
		}
	}
}

func TestJitterIsWithinItsBound(t *testing.T) {
	s, ctx := newService(t, "0 * * * *", "UTC", "2026-11-21T10:30:00Z", &ledger{})
	s.limit, s.Jitter = 50, 10*time.Minute
	s.Loop(ctx)
	later := 0
	for _, at := range s.ran {
		if at.Minute() >= 10 {
			t.Errorf("a run at %s", at)
		}
		if at.Minute() > 0 {
			later++
		}
	}
	if later == 0 {
		t.Error("no run came later")
	}
}

func TestTheScheduleIsOff(t *testing.T) {
	s, ctx := newService(t, "off", "UTC", "2026-11-21T10:30:00Z", &ledger{})
	s.Planned = func(at time.Time) {
		if !at.IsZero() {
			t.Errorf("planned at %s", at)
		}
		s.stop()
	}
	s.Loop(ctx)
	s.wants(t)
}

// Two hundred weeks in four zones, on two hosts whose clocks differ a little, with restarts
// and with staging down at times: each week has one run, on the day of its slot.
func TestTwoHundredWeeksOnTwoHosts(t *testing.T) {
	for seed, zone := range []string{"Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe"} {
		t.Run(zone, func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(seed), 3))
			slots := &ledger{taken: []string{"before"}}
			cron := []string{"30 2 * * 0", "30 1 * * 0", "0 0 * * 0", "15 2 * * 0"}[seed]
			now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
			weeks := time.Duration(200)
			if testing.Short() {
				weeks = 20
			}
			end := now.Add(weeks * 7 * 24 * time.Hour)
			runs := map[string]int{} // by the week's slot
			for now.Before(end) {
				// One stretch: both hosts work for a while, one after the other on the fake clock.
				stretch := time.Duration(1+r.IntN(20)) * 24 * time.Hour
				for host := range 2 {
					start := now.Add(time.Duration(host*r.IntN(90)) * time.Second)
					s, ctx := newService(t, cron, zone, start.Format(time.RFC3339), slots)
					downFrom := start.Add(time.Duration(r.Int64N(int64(stretch))))
					slots.down = func() bool {
						if s.clock.now.After(now.Add(stretch)) {
							s.stop()
						}
						return s.clock.now.After(downFrom) && s.clock.now.Before(downFrom.Add(6*time.Hour))
					}
					s.Planned = func(at time.Time) {
						if at.After(now.Add(stretch)) {
							s.stop()
						}
					}
					s.Run = func(context.Context) { runs[slots.taken[len(slots.taken)-1]]++ }
					s.Loop(ctx)
				}
				now = now.Add(stretch)
			}
			plan, zoned := mustPlan(t, cron, zone), time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
			for slot := plan.After(zoned); slot.At.Before(end.Add(-24 * time.Hour)); slot = plan.After(slot.At) {
				if runs[slot.Wall] != 1 {
					t.Errorf("%s was run %d times", slot.Wall, runs[slot.Wall])
				}
			}
		})
	}
}

func mustPlan(t *testing.T, cron, zone string) *schedule.Plan {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	p, err := schedule.Parse(cron, loc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
