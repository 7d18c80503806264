package web

import (
	"fmt"
	"html/template"
	"net/http"
	"time"

	"refresher/internal/report/visible"
	"refresher/internal/serve"
	"refresher/internal/serve/access"
)

// shownTables is how many tables a run that goes on shows.
const shownTables = 8

// card is a pipeline as the page shows it.
type card struct {
	serve.PipelineState
	Zone   *time.Location
	MayAct bool
	Trend  *chart // of the duration
}

func (p *pages) cardOf(r *http.Request, s serve.PipelineState, runs []serve.Run) card {
	c := card{PipelineState: s, Zone: zone(s.Timezone), MayAct: access.Of(r).MayAct}
	if len(runs) > 1 {
		c.Trend = durations(runs)
	}
	return c
}

// State is what the badge says.
func (c card) State() string {
	switch {
	case c.Problem != "":
		return "unknown"
	case c.Running != nil:
		return "running"
	case c.Paused:
		return "paused"
	case c.Last == nil:
		return "new"
	}
	return string(c.Last.Outcome)
}

// Percent is how much of the copy is done, by bytes; -1 while that can't be told.
func (c card) Percent() int {
	r := c.Running
	if r == nil || r.ExpectedBytes <= 0 || r.Bytes == 0 {
		return -1
	}
	return int(min(100*r.Bytes/r.ExpectedBytes, 100))
}

// Tables are the largest tables of the run that goes on, and Largest the bytes of the first.
func (c card) Tables() []serve.TableProgress {
	return c.Running.Tables[:min(len(c.Running.Tables), shownTables)]
}

// More is how many tables are not shown.
func (c card) More() int {
	return len(c.Running.Tables) + c.Running.MoreTables - len(c.Tables())
}

func zone(name string) *time.Location {
	if loc, err := time.LoadLocation(name); err == nil {
		return loc
	}
	return time.UTC
}

// line is a run as lists show it.
type line struct {
	serve.Run
	Zone     *time.Location
	Database string
}

func (p *pages) line(s serve.PipelineState, r serve.Run) line {
	return line{r, zone(s.Timezone), s.Database}
}

func (p *pages) lines(states []serve.PipelineState, runs []serve.Run) (out []line) {
	byName := map[string]serve.PipelineState{}
	for _, s := range states {
		byName[s.Name] = s
	}
	for _, r := range runs {
		out = append(out, p.line(byName[r.Pipeline], r))
	}
	return out
}

func (p *pages) functions() template.FuncMap {
	return template.FuncMap{
		"count": visible.Count, "size": visible.Size, "seconds": visible.Seconds, "line": visible.Line, "text": visible.Text,
		"rate":  func(perSecond float64) string { return visible.Size(int64(perSecond)) + "/s" },
		"rows":  func(perSecond float64) string { return visible.Count(int64(perSecond)) + " rows/s" },
		"when":  when,
		"stamp": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"away":  func(t time.Time) string { return away(time.Until(t)) },
		"style": func() template.CSS { return p.style },
		"asset": func(name string) string { return "/static/" + name + "?v=" + p.etag },
		"deref": func(f *float64) float64 { return *f },
		"args": func(pairs ...any) (map[string]any, error) {
			m := map[string]any{}
			for i := 0; i+1 < len(pairs); i += 2 {
				name, ok := pairs[i].(string)
				if !ok {
					return nil, fmt.Errorf("argument %d has no name", i)
				}
				m[name] = pairs[i+1]
			}
			return m, nil
		},
	}
}

func when(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("Mon 2006-01-02 15:04 MST")
}

// away says how far a moment is, in one or two units.
func away(d time.Duration) string {
	format, past := "in %s", d < 0
	if past {
		format, d = "%s ago", -d
	}
	switch m := int(d.Minutes()); {
	case m < 1 && past:
		return "just now"
	case m < 1:
		return "in a moment"
	default:
		return fmt.Sprintf(format, visible.Away(m))
	}
}
