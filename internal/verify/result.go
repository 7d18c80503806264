package verify

import (
	"fmt"
	"time"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/verify/canary"
	"refresher/internal/verify/risk"
)

// Result is what was found in one database, file or archive.
type Result struct {
	Subject   string        `json:"subject"` // "database shop", "tables/public.users/part-00000.parquet"
	Checks    []Check       `json:"checks"`
	Findings  []Finding     `json:"findings,omitempty"` // at most maxKept a column and kind; the counts count all
	Leaks     []Leak        `json:"leaks,omitempty"`    // what refuses, a column each
	Columns   []ColumnStats `json:"columns"`            // in the order of tables and columns
	Rows      int64         `json:"rows"`
	Bytes     int64         `json:"bytes"` // of the cells looked through
	Survivors int64         `json:"survivors"`
	Detected  int64         `json:"detected"`           // strong detections
	Weak      int64         `json:"weak"`               // weak findings of either kind
	Excepted  int64         `json:"excepted"`           // findings that the rules allow
	Accepted  []Accepted    `json:"accepted,omitempty"` // exceptions by number, each with what was found
	Duration  time.Duration `json:"duration"`

	Risk     []*risk.Result `json:"-"` // of a database: each declared set of quasi-identifiers
	Canaries *canary.Result `json:"-"` // of a run's database: what became of the run's canaries

	run  string
	done bool // made here, and to the end
}

// Check is one thing that was proved, or not.
type Check struct {
	// coverage, rows, empty, large objects, schema, constraints, risk, canaries, survivors, detectors
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // one line of figures

	problems []fault.Problem // without values
}

// Kinds of finding.
const (
	Survivor  = "survivor"  // a value of the source
	Detection = "detection" // personal data by its shape
)

// Finding is one place where personal data stands.
type Finding struct {
	Table  string    `json:"table"`            // or the object whose definition is meant
	Column string    `json:"column,omitempty"` // empty in schema text
	Row    string    `json:"row,omitempty"`    // "ctid (12,3)" or "row 17"
	Key    string    `json:"key,omitempty"`    // the row's primary key, as far as it may be shown: "id=17", "code=***"
	Class  pii.Class `json:"class"`
	Kind   string    `json:"kind"` // Survivor or Detection
	Shape  string    `json:"shape"`
	Strong bool      `json:"strong"`

	Encoding string `json:"encoding,omitempty"` // the layers it was found under, the outermost first: "escapes, base64"
	Line     int64  `json:"line,omitempty"`     // of the file that Table names
	// Confirmed says, of a survivor known by a set that was written down, whether the
	// source holds it now; nil if nobody asked the source.
	Confirmed *bool `json:"confirmed,omitempty"`

	print uint64 // a survivor's fingerprint
}

// String is the finding in one line.
func (f Finding) String() string {
	where := f.Table
	if f.Column != "" {
		where += "." + f.Column
	}
	if f.Row != "" {
		where += ", " + f.Row
	}
	if f.Key != "" {
		where += ", " + f.Key
	}
	weak := ""
	if !f.Strong {
		weak = "weak "
	}
	under := ""
	if f.Encoding != "" {
		under = " (under " + f.Encoding + ")"
	}
	if f.Confirmed != nil {
		under += map[bool]string{true: ", in the source now", false: ", not in the source any more"}[*f.Confirmed]
	}
	return fmt.Sprintf("%s: %s%s of class %s: %s%s", where, weak, f.Kind, f.Class, f.Shape, under)
}

// ColumnStats is what was done in one column.
type ColumnStats struct {
	Table     string    `json:"table"`
	Column    string    `json:"column"`
	Type      string    `json:"type,omitempty"`
	Class     pii.Class `json:"class,omitempty"`
	Scanned   bool      `json:"scanned"`
	Why       string    `json:"why,omitempty"` // why it was not scanned
	Cells     int64     `json:"cells"`         // that are not NULL
	Bytes     int64     `json:"bytes"`
	Fictional int64     `json:"fictional"` // values found that are fakes
	Survivors int64     `json:"survivors"`
	Detected  int64     `json:"detected"`
	Weak      int64     `json:"weak"`
	Excepted  int64     `json:"excepted"`
	Cut       int64     `json:"cut,omitempty"` // cells that unfold (from gzip, say) to more than is looked through
}

// Confirm asks the source's exact set which survivors it holds now, and notes it
// with each finding kept; it returns how many it holds, and of how many.
func (r *Result) Confirm(source *fingerprint.Set) (held, of int, err error) {
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Kind != Survivor {
			continue
		}
		in, err := source.Has(f.print)
		if err != nil {
			return held, of, err
		}
		if of++; in {
			held++
		}
		f.Confirmed = &in
	}
	return held, of, nil
}
