// Package serve is what `refresher serve` does: it runs the pipelines of a configuration at the
// times of their schedules, and shows what it does.
//
// The engine is a [Control]. What stands in front of it knows no more: package web has the pages,
// api the HTTP API, metrics what Prometheus reads, and access says who may read and act. None
// holds personal data, since reports hold none.
package serve

import "time"

// Summary is a run as `refresher runs` lists it.
type Summary struct {
	ID       string     `json:"run"`
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished"` // nil while it goes on
	Outcome  string     `json:"outcome"`
	Stage    string     `json:"stage,omitempty"`
	Error    string     `json:"error,omitempty"`
}

// Seconds is how long the run took.
func (s Summary) Seconds() float64 {
	if s.Finished == nil {
		return 0
	}
	return s.Finished.Sub(s.Started).Seconds()
}
