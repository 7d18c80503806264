package synthetic

import (
	"encoding/json"
	"fmt"
	"io"

	"refresher/internal/pii"
)

// Name is the statistics' file in a dataset.
const Name = "statistics.json"

// Statistics are all that a synthetic database knows of the rows that it stands for.
type Statistics struct {
	Method Method  `json:"method"`
	Tables []Table `json:"tables"` // by name
}

// Method is how counts are released: one of the two fields is set.
type Method struct {
	// K is the least count: counts are rounded down to multiples of it. Of a value or an interval, neither fewer rows
	// nor rows of fewer people than that are counted (see [Policy]).
	K int64 `json:"k,omitempty"`
	// Epsilon is what all statistics together may tell of one row (differential privacy, pure ε, of a row that is
	// added or removed). Counts carry discrete Laplace noise. A person with n rows has n times that.
	Epsilon float64 `json:"epsilon,omitempty"`
}

// Table is what is released of one table.
type Table struct {
	Name       string   `json:"table"` // schema.table
	Rows       int64    `json:"rows"`
	Each       float64  `json:"epsilon_of_each,omitempty"` // of Epsilon, for each of the table's histograms
	Columns    []Column `json:"columns"`
	Keys       []Key    `json:"foreign_keys,omitempty"`
	Partitions []Part   `json:"partitions,omitempty"` // that hold rows
}

// Column is what is released of one column.
type Column struct {
	Name   string     `json:"column"`
	Class  pii.Class  `json:"class,omitempty"` // by the rules, not by the rows
	Nulls  int64      `json:"nulls"`           // rows
	Filled int64      `json:"filled"`          // rows that have a value
	Values []Value    `json:"values,omitempty"`
	Bins   []Interval `json:"bins,omitempty"`
}

// Value is how many rows have a value, as text.
type Value struct {
	Text string `json:"value"`
	Rows int64  `json:"rows"`
}

// Interval is how many rows have a value from From on and below To.
type Interval struct {
	From string `json:"from"`
	To   string `json:"to"`
	Rows int64  `json:"rows"`
}

// Key is what is released of one foreign key.
type Key struct {
	Columns []string `json:"columns"`
	To      string   `json:"to"` // schema.table
	Nulls   int64    `json:"nulls"`
	Filled  int64    `json:"filled"`
	Fans    []Fan    `json:"children"` // by how many rows refer to a row
}

// Fan is how many rows of a referenced table have from Least to Most rows that refer to them.
type Fan struct {
	Least int64 `json:"least"`
	Most  int64 `json:"most"`
	Rows  int64 `json:"rows"`
}

// Part is how many rows a partition has.
type Part struct {
	Name string `json:"partition"`
	Rows int64  `json:"rows"`
}

// Write writes the statistics as JSON.
func (s *Statistics) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(s)
}

// Read reads what Write wrote.
func Read(r io.Reader) (*Statistics, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	s := new(Statistics)
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("reading the statistics: %w", err)
	}
	return s, nil
}

// table is what is released of a table, nothing if there is none.
func (s *Statistics) table(name string) Table {
	for _, t := range s.Tables {
		if t.Name == name {
			return t
		}
	}
	return Table{Name: name}
}

func (t *Table) column(name string) Column {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return Column{Name: name}
}
