package objectset

import (
	"cmp"
	"fmt"
	"slices"

	"refresher/internal/dataset/lake"
	"refresher/internal/report"
	"refresher/internal/scrub/rules"
)

// report begins what the report says of a set.
func (s *set) report() *report.ObjectSet {
	r := &report.ObjectSet{Name: s.Name, From: s.Source.URL(), Patterns: []report.ObjectPattern{}}
	if s.plan != nil {
		r.LeftBehind = s.plan.LeftBehind
	}
	return r
}

// count adds an object to the report.
func (w *work) count(pattern string, stats lake.Stats, carried bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i, known := w.byPattern[pattern]
	if !known {
		i = len(w.report.Patterns)
		w.byPattern[pattern] = i
		w.report.Patterns = append(w.report.Patterns, w.pattern(pattern))
	}
	p := &w.report.Patterns[i]
	p.Objects++
	p.Rows += stats.Rows
	p.Bytes += stats.Bytes
	if carried {
		p.Carried++
	}
}

// pattern is what the rules of a pattern say of each column.
func (w *work) pattern(pattern string) report.ObjectPattern {
	p := report.ObjectPattern{Pattern: pattern, Columns: []report.Column{}}
	i := slices.IndexFunc(w.Rules.Objects, func(o *rules.Object) bool { return o.Pattern == pattern })
	if i < 0 {
		return p
	}
	o := w.Rules.Objects[i]
	p.Origin = fmt.Sprintf("%s:%d", o.Pos.File, o.Pos.Line)
	for _, c := range o.Columns {
		name := c.Rule.Transform
		if c.Rule.Kind != rules.Scalar {
			name = c.Rule.Kind.String()
		}
		p.Columns = append(p.Columns, report.Column{
			Name: c.Name, Transform: name, Keep: name == "keep", Wildcard: c.Wildcard,
			Origin: fmt.Sprintf("%s:%d", c.Pos.File, c.Pos.Line),
		})
	}
	return p
}

// Report says what became of the sets, and of the targets' datasets.
func (s *Staged) Report() (sets []report.ObjectSet, datasets []report.Dataset) {
	for _, one := range s.sets {
		slices.SortFunc(one.Patterns, func(a, b report.ObjectPattern) int { return cmp.Compare(a.Pattern, b.Pattern) })
		sets = append(sets, *one)
	}
	for _, st := range s.targets {
		d := report.Dataset{Bucket: st.Name, URL: st.staging.URL(), Content: "objects", Published: st.published}
		if st.Percent > 0 {
			d.Content = fmt.Sprintf("objects, %v %% by %s", st.Percent, cmp.Or(st.By, "subject"))
		}
		for _, o := range st.staging.Objects() {
			d.Bytes += o.Size
			d.Objects = append(d.Objects, report.Object{Key: o.Name, Bytes: o.Size, SHA256: o.SHA256})
		}
		datasets = append(datasets, d)
	}
	return sets, datasets
}
