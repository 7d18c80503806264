package verify

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"refresher/internal/fault"
	"refresher/internal/pii/detect"
)

// What the name of a part of a table ends in, unpacked.
const (
	csvRows  = ".csv"
	jsonRows = ".jsonl"
)

// Rows looks through a part of a table that a dataset holds as CSV or JSON lines, packed with
// gzip, as name says (part-00000.csv.gz, part-00000.jsonl.gz): cell by cell, each under its
// table and column. A table without columns has no coverage check. The subject is the format and
// the table's name. A damaged file is a *fault.Input.
func (v *Verifier) Rows(ctx context.Context, table Table, name string, r io.Reader) (*Result, error) {
	var from origin
	z, err := gzip.NewReader(from.reader(r))
	if err != nil {
		return nil, from.blame(name, err)
	}
	result, err := v.rows(ctx, table, path.Ext(strings.TrimSuffix(name, ".gz")), name, z)
	if err != nil {
		return nil, from.blame(name, err)
	}
	return result, nil
}

// rows looks through the unpacked rows of a table.
func (v *Verifier) rows(ctx context.Context, table Table, ext, name string, r io.Reader) (*Result, error) {
	began := time.Now()
	t := &tableRows{table: table, name: table.Name.String(), file: name, ledger: &ledger{}, known: map[string]*tally{}}
	var err error
	if ext == csvRows {
		in := &records{r: bufio.NewReaderSize(r, 64<<10), line: 1, comma: ',', most: math.MaxInt}
		err = v.records(ctx, in, &csvColumns{l: t.ledger, name: name, table: t})
	} else {
		err = v.jsonRows(ctx, t, r)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	var checks []Check
	if len(table.Columns) > 0 {
		checks = append(checks, partCoverage(table, t.names, t.ledger.rows))
	}
	return v.result(ext[1:]+" "+t.name, began, t.ledger, checks...), nil
}

// tableRows are the columns of a part of a table.
type tableRows struct {
	table  Table
	name   string // the table's, as rules write it
	file   string
	ledger *ledger

	mu    sync.Mutex
	names []string // of the columns, as the file has them
	known map[string]*tally
}

// column is where what is found in a column goes; its name is looked through when it is first seen.
func (t *tableRows) column(s *scanner, name string) *tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.known[name]; known != nil {
		return known
	}
	if len(t.names) >= maxColumns {
		return t.ledger.column(t.name, "further columns", func(*tally) {})
	}
	s.cell(t.ledger.column(t.name, "names of columns", asDefinition), place{}, []byte(name))
	label := name
	if s.finds([]byte(name)) {
		label = fmt.Sprintf("column %d", len(t.names)+1)
	}
	is := t.ledger.column(t.name, label, func(y *tally) {
		y.stats.Type = "text"
		i := slices.IndexFunc(t.table.Columns, func(c Column) bool { return c.Name == name })
		if i < 0 {
			return
		}
		if rule := t.table.Columns[i]; !rule.Keep {
			y.follow(rule)
		}
		if t.table.Columns[i].Dates {
			y.context = detect.Context{} // under any name
		}
	})
	t.names, t.known[name] = append(t.names, name), is
	return is
}

// numbered is the column of that number, from 0; one that the file gave no name has a number alone.
func (t *tableRows) numbered(i int) *tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i < len(t.names) {
		return t.known[t.names[i]]
	}
	return t.ledger.column(t.name, fmt.Sprintf("column %d", i+1), func(*tally) {})
}

// partCoverage compares a part of a table with the rules.
func partCoverage(table Table, names []string, rows int64) Check {
	var problems []string
	for _, name := range names {
		if !table.Rest && !table.ByRules && !slices.ContainsFunc(table.Columns,
			func(c Column) bool { return c.Name == name }) {
			problems = append(problems, fmt.Sprintf("%s.%s: no rule names this column", table.Name, name))
		}
	}
	if table.RowsNone && rows > 0 {
		problems = append(problems, fmt.Sprintf("%s: %d rows, but its rule is rows: none", table.Name, rows))
	}
	return check("coverage", fmt.Sprintf("%d columns, each with its rule", len(names)), problems)
}

// brokenRows says that rows are none of a dataset's.
func brokenRows(file string, line int64) error {
	return fault.BadInput("%s: not looked through, since it is damaged: line %d is no JSON object", file, line)
}
