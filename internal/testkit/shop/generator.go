package shop

import (
	"strconv"
	"time"
)

// generator makes rows. It doesn't change after newGenerator.
type generator struct {
	seed                    uint64
	users, employees, teams int64
	locales                 []locale
	byWeight                []*locale // each locale as often as it weighs
	days                    []string
	experiments             []experiment
	variants                int64 // of all experiments
}

// experiment is what other tables need to know of one.
type experiment struct {
	firstVariant, variants int64
	startDay               int // index in generator.days; negative for a draft
	concluded              bool
}

// The calendar runs from 2021-01-01, on which the first user came; experiments
// start in 2025.
const (
	firstYear = 2021
	day2025   = 1461 // index of 2025-01-01
	lastDay   = day2025 + 180
)

func calendar() []string {
	var days []string
	for d := time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2026; d = d.AddDate(0, 0, 1) {
		days = append(days, d.Format(time.DateOnly))
	}
	return days
}

// metricDays is how long an experiment is measured, metricNames what.
const metricDays = 28

var metricNames = []string{"conversion_rate", "revenue_per_user"}

// plan lays the experiments out.
func (g *generator) plan(n int) {
	next := int64(1)
	for i := range n {
		r := g.rng(forExperiment, int64(i+1))
		e := experiment{firstVariant: next, variants: int64(2 + r.n(3)), startDay: day2025 + r.n(170)}
		switch i % 11 {
		case 3: // measured into July, beyond the last monthly partition
			e.startDay = day2025 + 160 + r.n(10)
		case 7: // a draft
			e.startDay = -1
		}
		e.concluded = e.startDay >= 0 && e.startDay+metricDays < lastDay
		next += e.variants
		g.experiments = append(g.experiments, e)
	}
	g.variants = next - 1
}

func (g *generator) anyUser(r *rng) int64 { return 1 + int64(r.n(int(g.users))) }

func (g *generator) employee(id int64) person {
	p := g.person(forEmployee, id)
	p.domain = "bright-ab.io"
	p.style = 8 // first.last
	return p
}

// Fields are separated by tabs in COPY's text format.

func tab(b []byte) []byte { return append(b, '\t') }

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

func null(b []byte) []byte { return append(b, `\N`...) }

// appendTime appends a moment of a day.
func (g *generator) appendTime(b []byte, r *rng, day int) []byte {
	b = append(append(b, g.days[day]...), ' ')
	x := r.next()
	b = append(appendPadded(b, int(x%24), 2), ':')
	b = append(appendPadded(b, int(x>>8%60), 2), ':')
	b = append(appendPadded(b, int(x>>16%60), 2), '.')
	return append(appendPadded(b, int(x>>24%1e6), 6), "+00"...)
}

// appendEscaped appends text with what COPY's text format gives a meaning
// escaped (PostgreSQL documentation, COPY, "Text Format").
func appendEscaped(b []byte, text []byte) []byte {
	for _, c := range text {
		switch c {
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		case '\\':
			b = append(b, '\\', '\\')
		default:
			b = append(b, c)
		}
	}
	return b
}
