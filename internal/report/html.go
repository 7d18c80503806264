package report

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"refresher/internal/fault"
	"refresher/internal/report/visible"
	"refresher/internal/verify/canary"
	"refresher/internal/verify/risk"
)

//go:embed templates
var templates embed.FS

// HTML writes the report as one self-contained page: no script, no font, no
// image from elsewhere.
func (r *Report) HTML(w io.Writer) error {
	css, err := templates.ReadFile("templates/style.css")
	if err != nil {
		return fmt.Errorf("reading the report's style: %w", err)
	}
	if r.Standing.Status == "" {
		r.Standing = r.standing()
	}
	t, err := template.New("page.html").Funcs(template.FuncMap{
		"count": visible.Count, "size": visible.Size, "seconds": visible.Seconds, "when": when, "percent1": percent1,
		"version": visible.Server,
		"style":   func() template.CSS { return template.CSS(css) }, "headline": r.headline, "reason": r.reason, "survived": r.survived,
		"took": func() string { return visible.Seconds(max(0, r.Finished.Sub(r.Started).Seconds())) },
		"peak": r.peak,
		"leaks": func(t canary.Table) bool {
			return slices.ContainsFunc(t.Columns, func(c canary.Column) bool { return c.Leaked > 0 })
		},
		"bars": sizes, "who": who, "removed": removed, "untested": untested, "most": most, "rest": rest,
		"base": filepath.Base, "rowsOf": Subject.rows, "bytesOf": Subject.bytes,
	}).ParseFS(templates, "templates/page.html")
	if err != nil {
		return fmt.Errorf("reading the report's template: %w", err)
	}
	return t.Execute(visible.NewPageWriter(w), r)
}

// Bar is one row of a chart.
type Bar struct {
	Name  string
	Width float64 // 0–100
	Label string
	Class string
}

// Bars are the largest tables, for the chart.
func (r *Report) Bars() []Bar {
	tables := slices.Clone(r.Tables)
	slices.SortStableFunc(tables, func(a, b Table) int { return cmp.Compare(b.Bytes, a.Bytes) })
	tables = slices.DeleteFunc(tables, func(t Table) bool { return t.Rows == 0 })
	if len(tables) > 12 {
		tables = tables[:12]
	}
	var bars []Bar
	for _, t := range tables {
		bars = append(bars, Bar{
			Name: t.Name, Width: 100 * float64(t.Bytes) / float64(max(tables[0].Bytes, 1)),
			Label: fmt.Sprintf("%s rows · %s", visible.Count(t.Rows), visible.Size(t.Bytes)),
		})
	}
	return bars
}

// sizes are the classes of a set of quasi-identifiers, by their size.
func sizes(x *risk.Result) []Bar {
	var most int64
	for _, s := range x.Sizes {
		most = max(most, s.Rows)
	}
	var bars []Bar
	for _, s := range x.Sizes {
		b := Bar{
			Width: 100 * float64(s.Rows) / float64(max(most, 1)),
			Label: fmt.Sprintf("%s %s in %s classes", visible.Count(s.Rows), who(x, s.Rows), visible.Count(s.Classes)),
		}
		if s.Classes == 1 {
			b.Label = fmt.Sprintf("%s %s in one class", visible.Count(s.Rows), who(x, s.Rows))
		}
		switch {
		case s.To == s.From:
			b.Name = "k = " + visible.Count(s.From)
		case s.To == 0:
			b.Name = "k ≥ " + visible.Count(s.From)
		default:
			b.Name = fmt.Sprintf("k = %s–%s", visible.Count(s.From), visible.Count(s.To))
		}
		if s.From < x.MinK {
			b.Class = "low"
		}
		bars = append(bars, b)
	}
	return bars
}

// who is what classes are counted in.
func who(x *risk.Result, n int64) string {
	s := "row"
	if x.Person != "" {
		s = "person"
	}
	if n != 1 {
		s += "s"
	}
	return s
}

func removed(h risk.HIPAA) bool {
	return !slices.ContainsFunc(h.Columns, func(c risk.HarborColumn) bool { return !c.Removed })
}

func untested(t canary.Table) int {
	n := 0
	for _, c := range t.Columns {
		if c.Why != "" {
			n++
		}
	}
	return n
}

func (s Subject) rows() int64 {
	var n int64
	for _, r := range s.Results {
		n += r.Rows
	}
	return n
}

func (s Subject) bytes() int64 {
	var n int64
	for _, r := range s.Results {
		n += r.Bytes
	}
	return n
}

// shown is how many figures of a kind the page shows.
const shown = 12

// most are the figures that changed most, by the difference.
func most(f []Figure) []Figure {
	f = slices.Clone(f)
	by := func(x Figure) int64 { return max(x.To-x.From, x.From-x.To) }
	slices.SortStableFunc(f, func(a, b Figure) int { return cmp.Compare(by(b), by(a)) })
	return f[:min(shown, len(f))]
}

func rest(f []Figure) int { return max(0, len(f)-shown) }

// Step is one stage on the time line.
type Step struct {
	Stage
	Width float64 // percent of the run
	Hue   int
}

// Timeline places the stages one after the other.
func (r *Report) Timeline() []Step {
	total := 0.0
	for _, s := range r.Stages {
		total += s.Seconds
	}
	var steps []Step
	for i, s := range r.Stages {
		steps = append(steps, Step{Stage: s, Width: 100 * s.Seconds / max(total, 1e-9), Hue: (205 + 47*i) % 360})
	}
	return steps
}

func (r *Report) peak() int64 {
	var most int64
	for _, s := range r.Stages {
		most = max(most, s.PeakRSS)
	}
	return most
}

// Headline is a number of the page's head.
type Headline struct{ Value, Name, Class string }

// Figures are the numbers of the page's head.
func (r *Report) Figures() []Headline {
	_, bytes := r.Totals()
	sum := r.Summary()
	clean := func(n int64) string {
		switch {
		case n > 0:
			return "bad"
		case len(r.Verification) > 0:
			return "ok"
		}
		return ""
	}
	out := []Headline{
		{visible.Count(sum.Rows), "rows copied", ""},
		{fmt.Sprintf("%d of %d", sum.Masked, sum.Columns), "columns masked", ""},
		{visible.Count(sum.Looked), "source identifiers looked for", ""},
		{visible.Count(sum.Survivors), "survived", clean(sum.Survivors)},
		{visible.Count(sum.Detected), "strong detector findings", clean(sum.Detected)},
	}
	if data := r.Seconds("data"); data > 0 {
		out = append(out, Headline{visible.Size(int64(float64(bytes)/max(data, 1e-3))) + "/s", "through the scrubber", ""})
	}
	return out
}

// survived counts the strong survivors of a class that are listed.
func (r *Report) survived(class string) int64 {
	var n int64
	for _, s := range r.Verification {
		for _, res := range s.Results {
			for _, f := range res.Findings {
				if f.Kind == "survivor" && f.Strong && string(f.Class) == class {
					n++
				}
			}
		}
	}
	return n
}

// Unread are the columns whose type can hold no identifier, by the reason.
func (r *Report) Unread() []Unread {
	var out []Unread
	for _, s := range r.Verification {
		for _, res := range s.Results {
			for _, c := range res.Columns {
				if c.Scanned || c.Why == "" {
					continue
				}
				name := c.Table + "." + c.Column
				i := slices.IndexFunc(out, func(u Unread) bool { return u.Why == c.Why })
				if i < 0 {
					i, out = len(out), append(out, Unread{Why: c.Why})
				}
				if !slices.Contains(out[i].Columns, name) {
					out[i].Columns = append(out[i].Columns, name)
				}
			}
		}
	}
	return out
}

// Unread are columns that were not read, for one reason.
type Unread struct {
	Why     string
	Columns []string
}

// KeptByCondition are the columns in which a condition lets values pass, and how many.
func (r *Report) KeptByCondition() []string {
	var out []string
	for _, t := range r.Tables {
		for _, c := range t.Columns {
			if c.KeepSome {
				out = append(out, fmt.Sprintf("%s.%s (%s values)", t.Name, c.Name, visible.Count(c.KeptRows)))
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
	case fault.Done:
		if r.Bucket != "" {
			return "No source identifier survived. Staging was replaced, and this dataset was published."
		}
		if len(r.Datasets) == 0 {
			return "No source identifier survived. Staging was replaced."
		}
		return "No source identifier survived. Staging was replaced and the datasets were published."
	case fault.Refused:
		return "A gate refused this run. " + r.after()
	case fault.Stopped:
		return "The run was stopped by a signal. " + r.after()
	case fault.Failed:
		return "The run failed. " + r.after()
	case fault.Invalid:
		return "The configuration or the rules are wrong. " + r.after()
	case fault.Skipped:
		return "Another run was going, so this one did nothing."
	case fault.Lost:
		return "The run ended without a word: it was killed, or its machine was."
	}
	return "The run is going on."
}

// reason is why the run did not end well. Columns that refuse are listed further down.
func (r *Report) reason() string {
	for _, s := range r.Verification {
		for _, res := range s.Results {
			if len(res.Leaks) > 0 {
				first, _, _ := strings.Cut(r.Error, "\n")
				return first
			}
		}
	}
	return r.Error
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
	return fmt.Sprintf("Staging was replaced by verified data before that; %d datasets were published, %d were not.",
		published, not)
}

func percent1(f float64) string {
	if f > 0 && f < 0.001 {
		return "< 0.1 %"
	}
	return fmt.Sprintf("%.3g %%", 100*f)
}

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
