package verify

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"refresher/internal/fault"
	"refresher/internal/pii"
)

// Leak is what refuses a run in one column: all its findings that count.
type Leak struct {
	Table     string       `json:"table"` // or the object, the definition or the file
	Column    string       `json:"column,omitempty"`
	Survivors int64        `json:"survivors"`           // values of the source
	Detected  int64        `json:"detected"`            // values that are personal data by their shape
	Weak      int64        `json:"weak,omitempty"`      // weak findings; they count under strict only
	Classes   []ClassCount `json:"classes"`             // the commonest first
	ValuesOf  []string     `json:"values_of,omitempty"` // columns of the source that survivors are values of
	Example   string       `json:"example"`             // the shape of a finding
	Row       string       `json:"row,omitempty"`       // of that finding
	Rule      string       `json:"rule,omitempty"`      // for the rules, in the column's place
	Allow     []string     `json:"allow,omitempty"`     // entries for the rules, if it is no leak

	prints []uint64 // of survivors
}

// ClassCount is how many findings are of a class.
type ClassCount struct {
	Class pii.Class `json:"class"`
	Count int64     `json:"count"`
}

// leak sums up what was found in a column, nil if nothing of it refuses.
func (t *tally) leak(found []Finding, strict bool) *Leak {
	l := &Leak{Table: t.stats.Table, Column: t.stats.Column, Survivors: t.stats.Survivors, Detected: t.stats.Detected}
	if strict {
		l.Weak = t.stats.Weak
	}
	counts := map[pii.Class]int64{}
	for sort := range t.found {
		x := &t.found[sort]
		if len(x.kept) == 0 || !(t.strong[sort] || strict) {
			continue
		}
		for class, n := range x.byClass {
			counts[class] += n
		}
	}
	for class, n := range counts {
		l.Classes = append(l.Classes, ClassCount{class, n})
	}
	slices.SortFunc(l.Classes, func(a, b ClassCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Class, b.Class))
	})
	for _, f := range found {
		if !f.Strong && !strict {
			continue
		}
		if l.Example == "" {
			l.Example, l.Row = f.Shape, f.Row
			if f.Table != l.Table { // one of the large objects
				l.Row = strings.TrimSuffix(f.Table+", "+f.Row, ", ")
			}
		}
		if f.Kind == Survivor {
			l.prints = append(l.prints, f.print)
		}
	}
	if l.Example == "" {
		return nil // what archives within large objects hold has leaks of its own
	}
	if !t.schema && !t.file {
		place := "table: " + flow(l.Table)
		if t.ruled != "" {
			place = "objects: " + flow(t.ruled)
		}
		for _, c := range l.Classes {
			l.Allow = append(l.Allow, fmt.Sprintf("{%s, column: %s, class: %s, up_to: %d, why: WHY}",
				place, flow(l.Column), c.Class, c.Count))
		}
	}
	return l
}

// flow is a name in a YAML mapping in braces.
func flow(name string) string {
	if plainFlow().MatchString(name) {
		return name
	}
	b, _ := json.Marshal(name) // of a string
	return string(b)
}

var plainFlow = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$`)
})

// maxValuesOf is how many columns of the source a leak names.
const maxValuesOf = 3

// Trace names the columns of the source whose values survived. origins finds them by
// fingerprint ([fingerprint.Store.Origins]).
func (r *Result) Trace(origins func(prints []uint64) (map[uint64][]string, error)) error {
	var prints []uint64
	for i := range r.Leaks {
		prints = append(prints, r.Leaks[i].prints...)
	}
	if len(prints) == 0 {
		return nil
	}
	from, err := origins(prints)
	if err != nil {
		return err
	}
	for i := range r.Leaks {
		l := &r.Leaks[i]
		values := map[string]int{}
		for _, p := range l.prints {
			for _, column := range from[p] {
				values[column]++
			}
		}
		for column := range values {
			l.ValuesOf = append(l.ValuesOf, column)
		}
		slices.SortFunc(l.ValuesOf, func(a, b string) int {
			return cmp.Or(cmp.Compare(values[b], values[a]), cmp.Compare(a, b))
		})
		l.ValuesOf = l.ValuesOf[:min(len(l.ValuesOf), maxValuesOf)]
	}
	return nil
}

// Place is the column as a message names it.
func (l *Leak) Place() string {
	if l.Column == "" {
		return l.Table
	}
	return l.Table + "." + l.Column
}

// String is the leak in one line.
func (l *Leak) String() string {
	var parts []string
	if l.Survivors > 0 {
		of := "the source"
		if len(l.ValuesOf) > 0 {
			of = strings.Join(l.ValuesOf, ", ")
		}
		parts = append(parts, fmt.Sprintf("%s of %s", values(l.Survivors), of))
	}
	if l.Detected > 0 {
		parts = append(parts, fmt.Sprintf("%s personal by shape", values(l.Detected)))
	}
	if l.Weak > 0 {
		parts = append(parts, fmt.Sprintf("%d weak findings", l.Weak))
	}
	classes := make([]string, len(l.Classes))
	for i, c := range l.Classes {
		classes[i] = string(c.Class)
	}
	word := "class"
	if len(classes) > 1 {
		word = "classes"
	}
	text := fmt.Sprintf("%s: %s (%s %s), such as %s", l.Place(), strings.Join(parts, ", "), word,
		strings.Join(classes, ", "), l.Example)
	if l.Row != "" {
		text += " at " + l.Row
	}
	return text
}

func values(n int64) string {
	if n == 1 {
		return "1 value"
	}
	return fmt.Sprintf("%d values", n)
}

// problem is the leak with what to paste.
func (l *Leak) problem() fault.Problem {
	p := fault.Problem{Table: l.Table, Column: l.Column, Text: l.String()}
	if l.Rule != "" {
		p.Fix += "\npaste:   " + l.Rule
	}
	for _, a := range l.Allow {
		p.Fix += "\nor, if it is no leak, under allow:   - " + a
	}
	return p
}
