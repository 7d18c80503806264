package web

import (
	"fmt"
	"slices"

	"refresher/internal/fault"
	"refresher/internal/report/visible"
	"refresher/internal/serve"
)

// The size of a chart, in its own units; the page scales it.
const (
	chartWidth  = 320.0
	chartHeight = 64.0
	maxBar      = 26.0
)

// chart is a bar for each run, the oldest first.
type chart struct {
	Name          string
	Text          string // what a reader who does not see it is told
	Newest, Most  string // the newest value, and the highest
	Width, Height float64
	Bars          []bar
}

type bar struct {
	X, Y, Width, Height float64
	Class               string // the run's outcome
	Title               string
}

// trends are the charts of a pipeline.
func trends(runs []serve.Run) []*chart {
	if len(runs) < 2 {
		return nil
	}
	return []*chart{
		durations(runs),
		newChart("Rows", runs, func(r serve.Run) float64 { return float64(r.Rows) }, func(v float64) string { return visible.Count(int64(v)) }),
		newChart("Findings", runs, func(r serve.Run) float64 { return float64(r.Findings) },
			func(v float64) string { return visible.Count(int64(v)) }),
	}
}

func durations(runs []serve.Run) *chart {
	return newChart("Duration", runs, serve.Run.Seconds, visible.Seconds)
}

// newChart draws runs, which come newest first; those that go on, and rollbacks, are left out.
func newChart(name string, runs []serve.Run, value func(serve.Run) float64, show func(float64) string) *chart {
	runs = slices.DeleteFunc(slices.Clone(runs), func(r serve.Run) bool {
		return r.Finished == nil || r.Outcome == fault.RolledBack
	})
	slices.Reverse(runs)
	c := &chart{Name: name, Width: chartWidth, Height: chartHeight}
	if len(runs) == 0 {
		return c
	}
	most := 0.0
	for _, r := range runs {
		most = max(most, value(r))
	}
	c.Newest, c.Most = show(value(runs[len(runs)-1])), show(most)
	c.Text = fmt.Sprintf("%s of the last %d runs: at most %s, in the newest %s", name, len(runs), c.Most, c.Newest)
	step := min(chartWidth/float64(len(runs)), maxBar)
	for i, r := range runs {
		height := 1.0 // a run without any is seen, too
		if most > 0 {
			height = max(height, value(r)/most*(chartHeight-4))
		}
		c.Bars = append(c.Bars, bar{X: chartWidth - step*float64(len(runs)-i), Y: chartHeight - height, Width: step * 0.78, Height: height,
			Class: string(r.Outcome), Title: fmt.Sprintf("%s %s: %s", r.Started.UTC().Format("2006-01-02"), r.Outcome, show(value(r)))})
	}
	return c
}
