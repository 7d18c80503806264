package schedule

import (
	"math/rand/v2"
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func parse(t testing.TB, expression, in string) *Plan {
	t.Helper()
	p, err := Parse(expression, zone(t, in))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What the clocks skip comes after the gap, what they show twice comes once.
func TestClocksThatAreSet(t *testing.T) {
	for _, c := range []struct {
		about, zone, cron, after string
		want                     []string // in UTC
	}{
		{"spring skips 02:30", "Europe/Berlin", "30 2 * * 0", "2026-03-22T12:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-04-05T00:30:00Z"}},
		{"autumn shows 02:30 twice", "Europe/Berlin", "30 2 * * 0", "2026-10-18T12:00:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z"}},
		{"autumn in New York", "America/New_York", "30 1 * * *", "2026-10-31T12:00:00Z",
			[]string{"2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"}},
		{"spring skips midnight", "America/Santiago", "0 0 * * 0", "2026-08-31T12:00:00Z",
			[]string{"2026-09-06T04:00:00Z", "2026-09-13T03:00:00Z"}},
		{"half an hour", "Australia/Lord_Howe", "15 2 * * *", "2026-10-03T00:00:00Z",
			[]string{"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}},
		{"several in one gap come together", "Europe/Berlin", "*/20 2 * * *", "2026-03-28T12:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}},
		{"started in the second of two hours", "Europe/Berlin", "30 2 * * *", "2026-10-25T01:10:00Z",
			[]string{"2026-10-26T01:30:00Z"}},
		{"a day that was left out", "Pacific/Apia", "0 12 30 12 *", "2011-12-01T00:00:00Z",
			[]string{"2011-12-30T10:00:00Z"}},
		{"no clocks are set", "UTC", "0 3 * * 7", "2026-11-21T00:00:00Z", []string{"2026-11-22T03:00:00Z"}},
		{"weekdays up to 7", "UTC", "0 3 * * 6-7", "2026-11-21T12:00:00Z", []string{"2026-11-22T03:00:00Z", "2026-11-28T03:00:00Z"}},
		{"the day or the weekday", "UTC", "0 3 1 * 1", "2026-11-28T00:00:00Z",
			[]string{"2026-11-30T03:00:00Z", "2026-12-01T03:00:00Z", "2026-12-07T03:00:00Z"}},
		{"a leap day", "UTC", "0 3 29 2 *", "2026-01-01T00:00:00Z", []string{"2028-02-29T03:00:00Z"}},
		{"off", "UTC", "off", "2026-01-01T00:00:00Z", []string{"0001-01-01T00:00:00Z"}},
	} {
		p := parse(t, c.cron, c.zone)
		at, err := time.Parse(time.RFC3339, c.after)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			at = p.After(at).At
			if got := at.UTC().Format(time.RFC3339); got != want {
				t.Errorf("%s: %s, want %s", c.about, got, want)
			}
		}
	}
}

func TestExpressionsThatAreRefused(t *testing.T) {
	for _, expression := range []string{"", "weekly", "0 3 30 2 *", "0 0 31 4,6 *", "CRON_TZ=Asia/Tokyo 0 3 * * *", "TZ=UTC 0 3 * * *",
		"0 3 * * 8", "0 3 * * 7-9", "60 3 * * *"} {
		if _, err := Parse(expression, time.UTC); err == nil {
			t.Errorf("%q is accepted", expression)
		}
	}
}

// Two hundred weeks over both changes in four zones: each week has its slot, and no two
// have one name or come in another order than the clocks show.
func TestEveryWeekHasItsSlot(t *testing.T) {
	for _, in := range []string{"Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe"} {
		for _, cron := range []string{"30 2 * * 0", "0 0 * * 0", "59 1 * * 0", "15 3 * * 0"} {
			p := parse(t, cron, in)
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			seen := map[string]bool{}
			for week := range 200 {
				s := p.After(at)
				if gap := s.At.Sub(at); week > 0 && (gap < 6*24*time.Hour || gap > 8*24*time.Hour) || seen[s.Wall] {
					t.Errorf("%s %s: %s comes %s after the one before", in, cron, s.Wall, gap)
				}
				seen[s.Wall], at = true, s.At
			}
		}
	}
}

// From wherever it is asked, the next slot is the next one; Last and After agree.
func TestAfterAndLastAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := parse(t, "*/30 1-3 * * *", "Europe/Berlin")
	for range 2000 {
		at := time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), 0, time.UTC)
		s := p.After(at)
		if !s.At.After(at) || p.After(s.At.Add(-1)).At != s.At || p.Last(s.At, 48*time.Hour) != s {
			t.Fatalf("after %s comes %s, and %s is the last then", at, s.At, p.Last(s.At, 48*time.Hour).At)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0 3 * * 0", "*/5 1-7/2 * jan sun", "@every 1h", "off", "0 3 * * 5-7/2", "0 0 29 2 7"} {
		f.Add(s)
	}
	berlin := zone(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, expression string) {
		p, err := Parse(expression, berlin)
		if err != nil {
			return
		}
		at := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)
		if s := p.After(at); expression != Off && !s.At.IsZero() && !s.At.After(at) {
			t.Errorf("after %s comes %s", at, s.At)
		}
	})
}
