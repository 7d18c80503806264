package canary

import (
	"fmt"
	"slices"
	"strings"
)

// Row is a canary: one row of a table.
type Row struct {
	Fields []*string // canonical texts of what is read of a row; nil is NULL
	Plants []Plant
}

// Plant is where a value stands.
type Plant struct {
	Column int    // in the row
	Place  string // for a report: where in the value, and by which of several rules
	Inside bool   // it is a part of the value, not all of it
	Value
}

// Outcome is what became of a canary's row.
type Outcome struct {
	Fields  []*string // canonical texts of the columns that are written; nil is NULL
	Dropped bool      // by the condition on rows
	Kept    []int     // columns that a condition let pass
}

// Tally gathers what became of one table's canaries.
type Tally struct {
	table   Table
	columns map[int]*Column
	places  map[place]*chance
}

type place struct {
	column int
	place  string
}

// chance counts values of which each may come out by chance.
type chance struct{ planted, out int64 }

// NewTally returns the tally of a table.
func NewTally(table string) *Tally {
	return &Tally{table: Table{Table: table, Columns: []Column{}}, columns: map[int]*Column{},
		places: map[place]*chance{}}
}

// Column announces a masked column; its Why says why no canary can be in it, "" if
// one can.
func (t *Tally) Column(at int, c Column) { t.columns[at] = &c }

// Judge looks for a row's values in what came out.
func (t *Tally) Judge(row *Row, o *Outcome) {
	t.table.Rows++
	if o.Dropped {
		t.table.Dropped++
		return
	}
	folded := make([]string, len(o.Fields))
	for i, f := range o.Fields {
		if f != nil && !slices.Contains(o.Kept, i) {
			folded[i] = Fold(*f)
		}
	}
	for i := range row.Plants {
		p := &row.Plants[i]
		c := t.columns[p.Column]
		if c == nil {
			continue // of what is joined in, and looked for in text
		}
		c.Values++
		if slices.Contains(o.Kept, p.Column) {
			c.Kept++
		} else {
			t.look(p, c, o, folded)
		}
	}
}

func (t *Tally) look(p *Plant, c *Column, o *Outcome, folded []string) {
	at, out := p.left(o.Fields, folded)
	if p.Mode == Sometimes {
		k := place{p.Column, p.Place}
		if t.places[k] == nil {
			t.places[k] = &chance{}
		}
		t.places[k].planted++
		if out {
			t.places[k].out++
		} else {
			c.Masked++
		}
		return
	}
	if !out {
		c.Masked++
		return
	}
	c.Leaked++
	if c.Where == "" {
		c.Where = p.Place
		if at != p.Column {
			c.Where = strings.TrimPrefix(c.Where+fmt.Sprintf(", into column %d of the row", at+1), ", ")
		}
	}
}

// left finds a value in what came out, and where.
func (p *Plant) left(fields []*string, folded []string) (at int, out bool) {
	if p.Mode == Nothing {
		for i, text := range folded {
			for _, part := range p.Parts {
				if strings.Contains(text, part) {
					return i, true
				}
			}
		}
		return 0, false
	}
	f := fields[p.Column]
	if f == nil {
		return 0, false
	}
	if p.Inside {
		whole := Fold(p.Text)
		return p.Column, len(whole) >= Within && strings.Contains(folded[p.Column], whole)
	}
	return p.Column, *f == p.Text || len(Fold(p.Text)) >= Within && folded[p.Column] == Fold(p.Text)
}

// Within is how many letters and digits tell a value from others within a longer
// one. Of fewer it can't be said whether they are left.
const Within = 6

// Doubtful reports whether some place let every value pass, and each could have by
// chance: more canaries tell.
func (t *Tally) Doubtful() bool {
	for _, c := range t.places {
		if c.out == c.planted {
			return true
		}
	}
	return false
}

// least is how many values of a place must have passed unchanged to be no chance.
const least = 2

// Table is what became of the table's canaries.
func (t *Tally) Table() Table {
	for k, c := range t.places {
		col := t.columns[k.column]
		if c.out == c.planted && col.Refused > 0 {
			continue // it took only what it leaves as it is, as a bucket does a multiple of its step
		}
		if c.out == c.planted && c.planted >= least {
			col.Leaked += c.out
			if col.Where == "" {
				col.Where = k.place
			}
		} else {
			col.Masked += c.out
		}
	}
	clear(t.places)
	var order []int
	for at := range t.columns {
		order = append(order, at)
	}
	slices.Sort(order)
	for _, at := range order {
		c := *t.columns[at]
		if c.Why == "" && c.Masked == 0 && c.Leaked == 0 {
			c.Why = untested(&c)
		}
		t.table.Columns = append(t.table.Columns, c)
	}
	return t.table
}

func untested(c *Column) string {
	switch {
	case c.Values == 0:
		return "no canary was put there"
	case c.Kept == c.Values:
		return "conditions let every canary pass"
	case c.Refused > 0:
		return "the transform took no canary: such a value would have stopped the run"
	}
	return "every canary was left out with its row"
}

// Add adds a table's outcome to a run's.
func (r *Result) Add(t Table) {
	r.Tables = append(r.Tables, t)
	r.Rows += t.Rows
	for _, c := range t.Columns {
		r.Columns++
		r.Values += c.Values
		r.Leaked += c.Leaked
		if c.Why == "" {
			r.Tested++
		} else {
			r.Untested++
		}
	}
}

// Refuse counts a value that a column's transform didn't take, and that was left
// out of its row.
func (t *Tally) Refuse(at int) {
	if c := t.columns[at]; c != nil {
		c.Values++
		c.Refused++
	}
}
