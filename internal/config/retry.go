package config

import (
	"strconv"
	"time"
)

// Retry is how hard a run tries while it reads the source. The texts are durations
// as in 90s, 5m, 1h30m.
type Retry struct {
	Restarts string `yaml:"restarts" doc:"new snapshots after the first, when the source lost the one at hand: a recovery conflict, a migration, a restart" default:"3"`
	Resumes  string `yaml:"resumes" doc:"times that the run goes on in the same snapshot, when staging or the network failed" default:"10"`
	Patience string `yaml:"patience" doc:"longest wait for a server that is down, once the run has begun" default:"5m"`
	Stall    string `yaml:"stall" doc:"longest silence of a stream, whose other side is then taken to be dead" default:"10m"`
}

// Limits are the texts of Retry as numbers.
type Limits struct {
	Restarts, Resumes int
	Patience, Stall   time.Duration
}

// Limits parses; Load has found what is wrong.
func (r Retry) Limits() (l Limits, err error) {
	for _, n := range []struct {
		name, text string
		into       *int
	}{{"restarts", r.Restarts, &l.Restarts}, {"resumes", r.Resumes, &l.Resumes}} {
		if *n.into, err = strconv.Atoi(n.text); err != nil || *n.into < 0 || *n.into > 1000 {
			return l, badField("retry."+n.name, "must be a whole number from 0 to 1000")
		}
	}
	for _, d := range []struct {
		name, text string
		into       *time.Duration
		least      time.Duration
	}{{"patience", r.Patience, &l.Patience, 0}, {"stall", r.Stall, &l.Stall, time.Second}} {
		if *d.into, err = time.ParseDuration(d.text); err != nil || *d.into < d.least {
			return l, badField("retry."+d.name, "must be a duration such as 90s or 5m, at least %s", d.least)
		}
	}
	return l, nil
}
