package config

import (
	"time"

	"refresher/internal/config/schedule"
	"refresher/internal/fault"
)

// Schedule is when `serve` starts a run.
type Schedule struct {
	Cron     string `yaml:"cron" doc:"five fields: minute hour day-of-month month weekday; a day of the month and a weekday that are both given are alternatives; \"off\": only what is asked for runs" default:"0 3 * * 0"`
	Timezone string `yaml:"timezone" doc:"IANA name; a time that its clocks skip comes after the gap, one that they show twice comes once" default:"UTC"`
	Missed   string `yaml:"missed" doc:"what to do at start about the newest time that passed while serve was down: run, or skip" default:"run"`
	CatchUp  string `yaml:"catch_up" doc:"how old a missed time may be to be run still" default:"24h"`
	Jitter   string `yaml:"jitter" doc:"each run begins up to this much later, by chance and before the next time, so that not all services ask at the same moment" default:"0s"`
	Deadline string `yaml:"deadline" doc:"a scheduled run that takes longer is stopped, and staging stays as it was; 0s: none" default:"0s"`
	Stale    string `yaml:"stale_after" doc:"how long after the time at which a run was due the data are stale, if no run was done since: serve tells notify" default:"12h"`
}

// Times are the parsed schedule.
type Times struct {
	Plan                      *schedule.Plan
	Zone                      *time.Location
	CatchUp, Jitter, Deadline time.Duration // CatchUp is 0 if missed times are skipped
	Stale                     time.Duration
}

// Times parses the schedule; the error names every field that is wrong.
func (s Schedule) Times() (t Times, err error) {
	var wrong fault.Input
	bad := func(field, text string) {
		wrong.Problems = append(wrong.Problems, fault.Problem{Field: "schedule." + field, Text: text})
	}
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil || s.Timezone == "Local" {
		bad("timezone", "no such IANA time zone")
		zone = time.UTC
	}
	t.Zone = zone
	if t.Plan, err = schedule.Parse(s.Cron, zone); err != nil {
		bad("cron", err.Error())
	}
	for _, d := range []struct {
		name, text string
		into       *time.Duration
	}{{"catch_up", s.CatchUp, &t.CatchUp}, {"jitter", s.Jitter, &t.Jitter}, {"deadline", s.Deadline, &t.Deadline},
		{"stale_after", s.Stale, &t.Stale}} {
		if *d.into, err = time.ParseDuration(d.text); err != nil || *d.into < 0 {
			bad(d.name, "must be a duration such as 5m or 24h")
		}
	}
	switch s.Missed {
	case "run":
	case "skip":
		t.CatchUp = 0
	default:
		bad("missed", "must be run or skip")
	}
	if len(wrong.Problems) > 0 {
		return t, &wrong
	}
	return t, nil
}

// StaleAt is when data of a run that began at a time are stale if no other was done; zero without a
// schedule.
func (t Times) StaleAt(began time.Time) time.Time {
	due := t.Plan.After(began).At
	if due.IsZero() {
		return due
	}
	return due.Add(t.Jitter + t.Stale)
}
