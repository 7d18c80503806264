package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

//go:embed report.tmpl.html
var page string

// HTML writes the report as one self-contained page: no script, no font, no
// image from elsewhere.
func (r *Report) HTML(w io.Writer) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"count": Count, "size": Size, "seconds": Seconds, "percent": percent, "when": when,
		"version": serverVersion, "short": short, "headline": r.headline, "add": func(a, b float64) float64 { return a + b },
	}).Parse(page)
	if err != nil {
		return fmt.Errorf("reading the report's template: %w", err)
	}
	return t.Execute(w, r)
}

// Bar is one row of the throughput chart.
type Bar struct {
	Name  string
	Width float64 // 0–100
	Label string
	Y     int
}

// Bars are the tables that took longest, for the chart.
func (r *Report) Bars() []Bar {
	tables := slices.Clone(r.Tables)
	slices.SortStableFunc(tables, func(a, b Table) int { return int(math.Copysign(1, float64(b.Bytes-a.Bytes))) })
	tables = slices.DeleteFunc(tables, func(t Table) bool { return t.Rows == 0 })
	if len(tables) > 16 {
		tables = tables[:16]
	}
	var bars []Bar
	for i, t := range tables {
		bars = append(bars, Bar{
			Name: t.Name, Y: i * 26, Width: 100 * float64(t.Bytes) / float64(max(tables[0].Bytes, 1)),
			Label: fmt.Sprintf("%s rows · %s · %s/s", Count(t.Rows), Size(t.Bytes), Size(int64(float64(t.Bytes)/max(t.Seconds, 1e-3)))),
		})
	}
	return bars
}

// BarsHeight is the chart's height in pixels.
func (r *Report) BarsHeight() int { return 26*len(r.Bars()) + 4 }

// Step is one stage on the time line.
type Step struct {
	Stage
	X, Width float64 // percent of the run
	Hue      int
}

// Timeline places the stages one after the other.
func (r *Report) Timeline() []Step {
	total := 0.0
	for _, s := range r.Stages {
		total += s.Seconds
	}
	var steps []Step
	x := 0.0
	for i, s := range r.Stages {
		w := 100 * s.Seconds / max(total, 1e-9)
		steps = append(steps, Step{Stage: s, X: x, Width: w, Hue: (195 + 37*i) % 360})
		x += w
	}
	return steps
}

// Figures are the numbers of the page's head.
func (r *Report) Figures() []struct{ Value, Name string } {
	_, bytes := r.Totals()
	sum := r.Summary()
	data := r.Seconds("data")
	return []struct{ Value, Name string }{
		{Count(sum.Rows), "rows copied"},
		{fmt.Sprintf("%d of %d", sum.Masked, sum.Columns), "columns masked"},
		{Count(sum.Looked), "source identifiers looked for"},
		{Count(sum.Survivors), "survivors"},
		{Count(sum.Detected), "detector findings"},
		{Size(int64(float64(bytes)/max(data, 1e-3))) + "/s", "scrubbed stream"},
	}
}

// KeptByCondition are the columns in which a condition lets values pass, and how many.
func (r *Report) KeptByCondition() []string {
	var out []string
	for _, t := range r.Tables {
		for _, c := range t.Columns {
			if c.KeepSome {
				out = append(out, fmt.Sprintf("%s.%s (%s values)", t.Name, c.Name, Count(c.KeptRows)))
			}
		}
	}
	return out
}

// Flagged are the columns that a wildcard decided: worth a reviewer's look.
func (r *Report) Flagged() []string {
	var out []string
	for _, t := range r.Tables {
		n := 0
		for _, c := range t.Columns {
			if c.Wildcard {
				n++
			}
		}
		if n > 0 {
			out = append(out, fmt.Sprintf("%s (%d columns)", t.Name, n))
		}
	}
	return out
}

func (r *Report) headline() string {
	switch r.Outcome {
	case Done:
		return "No source identifier survived. Staging was replaced and the datasets were published."
	case Refused:
		return "A gate refused this run. " + r.after()
	case Stopped:
		return "The run was stopped by a signal. " + r.after()
	case Failed:
		return "The run failed. " + r.after()
	case Lost:
		return "The run ended without a word: it was killed, or its machine was."
	}
	return "The run is going on."
}

// after says what a run that did not end well has changed.
func (r *Report) after() string {
	if !r.Promoted {
		return "Staging and the buckets are as they were before it."
	}
	published, not := 0, 0
	for _, d := range r.Datasets {
		if d.Published {
			published++
		} else {
			not++
		}
	}
	return fmt.Sprintf("Staging was replaced by verified data before that; %d datasets were published, %d were not.", published, not)
}

// Count prints a number with thin groups: 1 234 567.
func Count(n int64) string {
	s := fmt.Sprint(n)
	var b strings.Builder
	for i, c := range s {
		if i > 0 && s[i-1] != '-' && (len(s)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Size prints bytes in decimal units: 12.3 MB.
func Size(n int64) string {
	f := float64(n)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if f < 1000 {
			if unit == "B" {
				return fmt.Sprintf("%d B", n)
			}
			return fmt.Sprintf("%.3g %s", f, unit)
		}
		f /= 1000
	}
	return fmt.Sprintf("%.3g TB", f)
}

// Seconds prints a duration: 0.42 s, 12.3 s, 3 min 20 s.
func Seconds(s float64) string {
	switch {
	case s < 10:
		return fmt.Sprintf("%.2f s", s)
	case s < 120:
		return fmt.Sprintf("%.1f s", s)
	}
	return fmt.Sprintf("%d min %d s", int(s)/60, int(s)%60)
}

func percent(f float64) string { return fmt.Sprintf("%.3f%%", f) }

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func serverVersion(num int) string { return fmt.Sprintf("%d.%d", num/10000, num%10000) }

func short(hash string) string { return hash[:min(16, len(hash))] }
