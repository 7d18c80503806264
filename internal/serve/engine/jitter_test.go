package engine

import (
	"log/slog"
	"testing"
	"time"

	"refresher/internal/config/schedule"
	"refresher/internal/history"
)

// hourly is a pipeline that is due each hour, on the hour, with a jitter.
func hourly(t *testing.T, jitter time.Duration) *Pipeline {
	t.Helper()
	plan, err := schedule.Parse("0 * * * *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return &Pipeline{Name: "shop", Plan: plan, Jitter: jitter, NewID: func(at time.Time) string { return at.Format(time.RFC3339) }}
}

// A run begins never before its time, at most the jitter later, and before the next time comes; over many, the
// whole span is used.
func TestJitter(t *testing.T) {
	slot := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	for jitter, most := range map[time.Duration]time.Duration{0: 0, time.Nanosecond: time.Nanosecond, 10 * time.Minute: 10 * time.Minute,
		time.Hour: time.Hour, 100 * time.Hour: time.Hour} {
		p := hourly(t, jitter)
		first, last := time.Duration(1<<62), time.Duration(-1)
		const draws = 2000
		for range draws {
			m := &times{Pipeline: p, now: func() time.Time { return slot }}
			args, opts := m.job()
			begins := args.(Args).At
			if !begins.Equal(slot) {
				t.Fatalf("the job is of %s", begins)
			}
			if !opts.ScheduledAt.IsZero() {
				begins = opts.ScheduledAt
			}
			late := begins.Sub(slot)
			if late < 0 || late > jitter || late >= most && most > 0 {
				t.Fatalf("jitter %s: the run begins %s after its time", jitter, late)
			}
			first, last = min(first, late), max(last, late)
		}
		// The chance that 2,000 draws leave the first or last tenth out is below 10⁻⁹¹.
		if tenth := most / 10; first > tenth || last < most-tenth-1 {
			t.Errorf("jitter %s: %d runs began between %s and %s", jitter, draws, first, last)
		}
	}
	// One that begins late already waits no longer.
	late := &times{Pipeline: hourly(t, time.Minute), now: func() time.Time { return slot.Add(time.Minute) }}
	late.CatchUp = time.Hour
	if args, opts := late.job(); args == nil || !opts.ScheduledAt.IsZero() {
		t.Errorf("%+v is to begin at %s", args, opts.ScheduledAt)
	}
}

// A run that waited for its jitter was not missed, also where missed times are left out.
func TestJitterIsNotMissed(t *testing.T) {
	h, err := history.Open(t.Context(), staging(t))
	if err != nil {
		t.Fatal(err)
	}
	slot := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	for job, tc := range []struct {
		wall string
		late time.Duration
		runs bool
	}{{"2026-03-01T03:00:00", 29 * time.Minute, true}, {"2026-03-01T04:00:00", 40 * time.Minute, false}} {
		r := &runner{Pipeline: *hourly(t, 30*time.Minute), log: slog.New(slog.DiscardHandler)}
		r.now = func() time.Time { return slot.Add(tc.late) }
		id, err := r.begins(t.Context(), h, int64(job+1), Args{Slot: tc.wall, At: slot, By: "schedule"})
		if err != nil || (id != "") != tc.runs {
			t.Errorf("%s late: begins as %q: %v", tc.late, id, err)
		}
	}
}
