package canary

import (
	"fmt"

	"refresher/internal/fault"
)

// Result is what became of a run's canaries.
type Result struct {
	Tables   []Table `json:"tables"`
	Rows     int64   `json:"rows"`     // canary rows that went through
	Values   int64   `json:"values"`   // canary values in them
	Columns  int     `json:"columns"`  // masked columns of tables that are copied
	Tested   int     `json:"tested"`   // of those, columns of which a canary came out masked
	Untested int     `json:"untested"` // columns that no canary could test; each says why
	Leaked   int64   `json:"leaked"`   // canary values that came out
	Followed int64   `json:"followed"` // identities that verification looked for among the source's
	Missed   int64   `json:"missed"`   // of those, identities that its matcher would not find
}

// Table is what became of one table's canaries.
type Table struct {
	Table   string   `json:"table"`
	Rows    int64    `json:"rows"`
	Dropped int64    `json:"dropped"` // by the condition on the table's rows, as it should be
	Columns []Column `json:"columns"`
}

// Column is what became of the canaries in one masked column.
type Column struct {
	Column    string `json:"column"`
	Transform string `json:"transform"`
	Class     string `json:"class,omitempty"`
	Values    int64  `json:"values"`            // canary values put there
	Masked    int64  `json:"masked"`            // of which nothing came out
	Kept      int64  `json:"kept,omitempty"`    // in rows where a condition lets the column pass
	Refused   int64  `json:"refused,omitempty"` // the transform didn't take: such a value would have stopped the run
	Leaked    int64  `json:"leaked"`            // came out
	Missed    int64  `json:"missed,omitempty"`  // identities that the search for survivors would not find
	Where     string `json:"where,omitempty"`   // of a leak: where in the value, e.g. "path contact.email"
	Why       string `json:"why,omitempty"`     // why the column is untested
}

// Problems names each column that leaked, or whose canaries the search for survivors
// would not find; without values.
func (r *Result) Problems() []fault.Problem {
	var out []fault.Problem
	named := int64(0)
	for _, t := range r.Tables {
		for _, c := range t.Columns {
			if c.Leaked > 0 {
				where := ""
				if c.Where != "" {
					where = " (" + c.Where + ")"
				}
				out = append(out, fault.Problem{Table: t.Table, Column: c.Column,
					Text: fmt.Sprintf("%s.%s%s: a canary came out of %s", t.Table, c.Column, where, c.Transform)})
			}
			if named += c.Missed; c.Missed > 0 {
				out = append(out, fault.Problem{Table: t.Table, Column: c.Column,
					Text: fmt.Sprintf("%s.%s: the search for survivors would not find %d of the canaries that %s "+
						"masks there",
						t.Table, c.Column, c.Missed, c.Transform)})
			}
		}
	}
	if named < r.Missed {
		out = append(out, fault.Problem{Text: fmt.Sprintf("the search for survivors would not find %d of %d canaries",
			r.Missed-named, r.Followed)})
	}
	return out
}

// Detail is the result in one line of figures.
func (r *Result) Detail() string {
	s := fmt.Sprintf("%d values in %d rows of %d tables, %d came out; %d of %d masked columns tested",
		r.Values, r.Rows, len(r.Tables), r.Leaked, r.Tested, r.Columns)
	if r.Untested > 0 {
		s += fmt.Sprintf(", %d can't be", r.Untested)
	}
	return s + fmt.Sprintf("; %d identities followed to the end", r.Followed)
}
