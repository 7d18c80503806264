package risk

import (
	"fmt"

	"refresher/internal/postgres/catalog"
)

// Below says what happens to classes under the thresholds.
type Below string

// The actions.
const (
	Fail    Below = "fail"     // the run is refused
	Hide    Below = "suppress" // they are taken out before verification
	Inform  Below = "report"   // figures only
	Nothing Below = ""
)

// How says how classes are suppressed.
type How string

// The ways.
const (
	Values How = "values" // their quasi-identifiers become NULL
	Rows   How = "rows"   // their rows go, and what can't be without them
)

// Spec is one declared set of quasi-identifiers.
type Spec struct {
	Table            catalog.Name
	QuasiIdentifiers []Column
	Sensitive        []Column
	Person           string // the column that says whom a row is about; "": a row is a person
	MinK, MinL       int64
	Below            Below
	Suppress         How    // with Hide
	Origin           string // file:line in the rules

	suppressed *Suppressed // what [Suppress] did
}

// Column is a column with what the rules do to it: classes made of fakes say
// nothing of what somebody outside could know.
type Column struct {
	Name      string `json:"column"`
	Transform string `json:"transform"`
	Kept      bool   `json:"kept"`
}

// Result is what was counted for one set.
type Result struct {
	Table            string      `json:"table"`
	QuasiIdentifiers []Column    `json:"quasi_identifiers"`
	Person           string      `json:"person,omitempty"` // the column that persons are counted by; absent: rows are
	MinK             int64       `json:"min_k"`
	MinL             int64       `json:"min_l,omitempty"`
	Below            Below       `json:"below"` // fail, suppress, report
	Origin           string      `json:"origin"`
	Rows             int64       `json:"rows"`
	Classes          int64       `json:"classes"`
	K                int64       `json:"k"`             // size of the smallest class; 0 without rows
	Singletons       int64       `json:"singletons"`    // classes of one
	ClassesBelow     int64       `json:"classes_below"` // smaller than min_k
	RowsBelow        int64       `json:"rows_below"`    // rows in those
	HighestRisk      float64     `json:"highest_risk"`  // 1/k: the odds of naming somebody in the smallest class
	AverageRisk      float64     `json:"average_risk"`  // classes per row or person
	Sizes            []Size      `json:"sizes"`         // how many classes are how large
	Sensitive        []Diversity `json:"sensitive"`     // l, by sensitive column
	Suppressed       *Suppressed `json:"suppressed,omitempty"`
	OK               bool        `json:"ok"`     // thresholds hold
	Passed           bool        `json:"passed"` // they hold, or are only reported
	Seconds          float64     `json:"seconds"`
}

// Size counts the classes of From to To rows or persons.
type Size struct {
	From    int64 `json:"from"`
	To      int64 `json:"to,omitempty"` // 0: no end
	Classes int64 `json:"classes"`
	Rows    int64 `json:"rows"`
}

// Diversity is how many different values of one sensitive column classes hold.
type Diversity struct {
	Column       string `json:"column"`
	L            int64  `json:"l"`             // of the class that holds fewest
	ClassesBelow int64  `json:"classes_below"` // that hold fewer than min_l
	RowsBelow    int64  `json:"rows_below"`
}

// Suppressed is what was taken out of one set's table, and of others because of it.
type Suppressed struct {
	How     How       `json:"how"`  // values or rows
	Rows    int64     `json:"rows"` // of the table, whose quasi-identifiers became NULL, or that went
	Rounds  int       `json:"rounds"`
	Follows []Follows `json:"follows,omitempty"` // rows of other tables that pointed at rows that went
}

// Follows is what became of rows that pointed at rows that went.
type Follows struct {
	Table   string `json:"table"`
	Unset   int64  `json:"unset"`   // their reference became NULL
	Removed int64  `json:"removed"` // they went too
}

// Set names the set in one line: table (columns).
func (r *Result) Set() string { return setName(r.Table, r.QuasiIdentifiers) }

func setName(table string, columns []Column) string {
	s := table + " ("
	for i, c := range columns {
		if i > 0 {
			s += ", "
		}
		s += c.Name
	}
	return s + ")"
}

func (s *Spec) String() string { return setName(s.Table.String(), s.QuasiIdentifiers) }

// Problems says, one line each and without values, what is below the thresholds.
func (r *Result) Problems() []string {
	var out []string
	what := "rows"
	if r.Person != "" {
		what = "persons"
	}
	if r.ClassesBelow > 0 {
		out = append(out, fmt.Sprintf("%s: k is %d, and min_k %d: %d classes of fewer than %d %s hold %d rows, %d "+
			"of them singletons",
			r.Set(), r.K, r.MinK, r.ClassesBelow, r.MinK, what, r.RowsBelow, r.Singletons))
	}
	for _, d := range r.Sensitive {
		if d.ClassesBelow > 0 {
			out = append(out, fmt.Sprintf("%s: l of %s is %d, and min_l %d: %d classes hold fewer different values, "+
				"in %d rows",
				r.Set(), d.Column, d.L, r.MinL, d.ClassesBelow, d.RowsBelow))
		}
	}
	return out
}
