package report

import (
	"fmt"

	"refresher/internal/report/visible"
)

// ObjectSet is what became of objects that stand beside the database: an entry of objects in
// the configuration.
type ObjectSet struct {
	Name       string          `json:"objects"`
	From       string          `json:"from"` // the prefix that was read
	LeftBehind int64           `json:"left_behind"`
	Patterns   []ObjectPattern `json:"patterns"` // those that objects were scrubbed by
}

// ObjectPattern is what became of the objects that one pattern of the rules takes.
type ObjectPattern struct {
	Pattern string   `json:"pattern"`
	Origin  string   `json:"origin"`  // file:line in the rules
	Objects int64    `json:"count"`   // of objects
	Carried int64    `json:"carried"` // of them: unchanged, so the last run's copies were taken over
	Rows    int64    `json:"rows"`
	Bytes   int64    `json:"bytes"` // read from the source
	Columns []Column `json:"columns"`
}

// Masked is how many columns are not kept as they are.
func (p ObjectPattern) Masked() (n int) {
	for _, c := range p.Columns {
		if !c.Keep {
			n++
		}
	}
	return n
}

// Total sums up the patterns.
func (s ObjectSet) Total() (t ObjectPattern) {
	for _, p := range s.Patterns {
		t.Objects += p.Objects
		t.Carried += p.Carried
		t.Rows += p.Rows
		t.Bytes += p.Bytes
	}
	return t
}

// String says it in one line.
func (s ObjectSet) String() string {
	t := s.Total()
	text := fmt.Sprintf("%s: %s objects (%s rows) scrubbed, %s read", s.Name, visible.Count(t.Objects),
		visible.Count(t.Rows), visible.Size(t.Bytes))
	if t.Carried > 0 {
		text += fmt.Sprintf(", of them unchanged and taken over: %s", visible.Count(t.Carried))
	}
	if s.LeftBehind > 0 {
		text += fmt.Sprintf("; left behind by the rules: %s", visible.Count(s.LeftBehind))
	}
	return text
}
