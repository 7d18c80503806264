// Package schedule tells when a service refreshes.
//
// A schedule is a cron expression (five fields: minute, hour, day of the month, month,
// weekday) in a time zone. Its times are those that the clocks of that zone show, so
// summer time leaves them alone:
//
//   - a time that the clocks skip comes at the first moment after the gap,
//   - a time that they show twice comes once, the first time.
//
// As in cron(5), a day of the month and a weekday that are both given are alternatives:
// `0 3 1 * 1` is the first of each month, and each Monday. Sunday is 0 or 7. `@weekly`
// and `@every 6h` are understood, too; `@every` counts from the start of the service.
package schedule

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Off is the expression of a schedule without times: only what is asked for runs.
const Off = "off"

// Slot is one time of a schedule. The zero value stands for "never".
type Slot struct {
	At   time.Time // when it comes
	Wall string    // what the clocks of the zone show then, as 2026-03-29T02:30:00: its name
}

// Plan is a parsed schedule.
type Plan struct {
	spec cron.Schedule // nil: off
	zone *time.Location
}

// Parse reads an expression. The error is a sentence that says what is wrong with it.
func Parse(expression string, zone *time.Location) (*Plan, error) {
	if expression == Off {
		return &Plan{zone: zone}, nil
	}
	if strings.HasPrefix(expression, "CRON_TZ=") || strings.HasPrefix(expression, "TZ=") {
		return nil, errors.New("names a time zone of its own; say it in schedule.timezone")
	}
	spec, err := cron.ParseStandard(sundays(expression))
	if err != nil {
		return nil, errors.New(`not a cron expression of five fields: minute hour day-of-month month weekday, as in "0 3 * * 0"`)
	}
	p := &Plan{spec, zone}
	if p.After(time.Now()).At.IsZero() {
		return nil, errors.New("never comes due: no year has such a day")
	}
	return p, nil
}

// sundays writes the weekday 7, which cron(5) knows as Sunday, as 0.
func sundays(expression string) string {
	fields := strings.Fields(expression)
	if len(fields) != 5 || !strings.Contains(fields[4], "7") {
		return expression
	}
	var days []string
	for _, part := range strings.Split(fields[4], ",") {
		span, every, stepped := strings.Cut(part, "/")
		first, last, ranged := strings.Cut(span, "-")
		if !ranged {
			last = first
		}
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		step, err3 := 1, error(nil)
		if stepped {
			step, err3 = strconv.Atoi(every)
		}
		if errors.Join(err1, err2, err3) != nil || to != 7 || from > to || step < 1 {
			days = append(days, part)
			continue
		}
		for d := from; d <= to; d += step {
			days = append(days, strconv.Itoa(d%7))
		}
	}
	fields[4] = strings.Join(days, ",")
	return strings.Join(fields, " ")
}

// After is the first slot after a moment.
func (p *Plan) After(t time.Time) Slot {
	if p.spec == nil {
		return Slot{}
	}
	if _, fixed := p.spec.(cron.ConstantDelaySchedule); fixed {
		return p.slot(p.spec.Next(t.In(p.zone)))
	}
	// The expression is asked about the hands of a clock that is never set.
	for w := p.spec.Next(wall(t.In(p.zone))); !w.IsZero(); w = p.spec.Next(w) {
		if at := p.instant(w); at.After(t) {
			return Slot{at, name(w)}
		}
	}
	return Slot{}
}

// Last is the newest slot up to a moment that is not older than within.
func (p *Plan) Last(t time.Time, within time.Duration) Slot {
	var last Slot
	if _, fixed := p.spec.(cron.ConstantDelaySchedule); fixed {
		return last // its times are those of one service
	}
	for s := p.After(t.Add(-within)); !s.At.IsZero() && !s.At.After(t); s = p.After(s.At) {
		last = s
	}
	return last
}

func (p *Plan) slot(at time.Time) Slot { return Slot{at, name(wall(at.In(p.zone)))} }

func name(wall time.Time) string { return wall.Format("2006-01-02T15:04:05") }

// wall is what the clock of a time's zone shows, as a time of UTC.
func wall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant is the first moment at which the zone's clocks show w, or the end of the gap
// in which they would.
func (p *Plan) instant(w time.Time) time.Time {
	t := time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), 0, p.zone)
	start, end := t.ZoneBounds()
	if wall(t).Equal(w) {
		if !start.IsZero() { // the zone's clocks may have shown it before they were set back
			_, before := start.Add(-1).Zone()
			_, now := t.Zone()
			if earlier := t.Add(time.Duration(now-before) * time.Second); earlier.Before(start) &&
				wall(earlier).Equal(w) {
				return earlier
			}
		}
		return t
	}
	for _, change := range []time.Time{start, end} {
		if !change.IsZero() && wall(change.Add(-1)).Before(w) && wall(change).After(w) {
			return change
		}
	}
	return t
}
