package lake

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"refresher/internal/dataset/sample"
	"refresher/internal/fault"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub"
)

// Engine scrubs the objects of plans with one program. It is safe for concurrent use.
type Engine struct {
	Program *scrub.Program
	Store   *fingerprint.Store // of what is masked and dropped; nil: nothing is noted
	Workers int                // goroutines that scrub one object
	Pieces  int                // of Parquet files, of some 50 MiB each, that are in memory at a time; 0: 2
	// Rehearse lets canaries through the first scrubber of a table; may be nil.
	Rehearse func(w *scrub.Writer, fp *fingerprint.Collector, table string) error

	mu         sync.Mutex
	pieces     chan struct{}
	free       map[catalog.Name][]*scrub.Rows
	collectors []*fingerprint.Collector
}

// Output is where one target's copy of an object goes.
type Output struct {
	W       io.Writer
	Percent float64 // of the persons whose rows it gets; 0: it gets all rows
	By      string  // column whose value says whose a row is; empty: the objects' subject
	Salt    []byte  // see [sample.Options]
}

// Stats is what became of an object.
type Stats struct {
	Rows  int64
	Bytes int64 // read, as they are stored
}

// taker says whether an output gets a row.
type taker struct {
	m  *sample.Membership // nil: every row
	by string
	at int // field of the key

	codec value.Codec // of its wire form; nil: that is text
	text  []byte
}

func (t *taker) of(row [][]byte) bool {
	if t.m == nil {
		return true
	}
	v := row[t.at]
	if v == nil || t.codec == nil {
		return v != nil && t.m.Holds(v)
	}
	var err error
	t.text, err = t.codec.AppendText(t.text[:0], v)
	return err == nil && t.m.Holds(t.text)
}

// take is a scrubber of the rows of a table. Give it back when it is not in use.
func (e *Engine) take(table catalog.Name) (*scrub.Rows, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if list := e.free[table]; len(list) > 0 {
		r := list[len(list)-1]
		e.free[table] = list[:len(list)-1]
		return r, nil
	}
	plan := e.Program.FilePlan(table)
	if plan == nil {
		return nil, fmt.Errorf("objects of %s have no plan", table)
	}
	var fp *fingerprint.Collector
	if e.Store != nil {
		fp = e.Store.Collector()
		e.collectors = append(e.collectors, fp)
	}
	rows := e.Program.NewRows(plan, fp)
	if e.Rehearse != nil && plan.Masked() && fp != nil {
		if err := e.Rehearse(rows.Writer(), fp, table.String()); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (e *Engine) give(table catalog.Name, r *scrub.Rows) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.free == nil {
		e.free = map[catalog.Name][]*scrub.Rows{}
	}
	e.free[table] = append(e.free[table], r)
}

// enter waits until there is room in memory for a piece of a Parquet file.
func (e *Engine) enter(ctx context.Context) (leave func(), err error) {
	e.mu.Lock()
	if e.pieces == nil {
		e.pieces = make(chan struct{}, cmp.Or(e.Pieces, 2))
	}
	e.mu.Unlock()
	select {
	case e.pieces <- struct{}{}:
		return func() { <-e.pieces }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Close ends all scrubbers: only then all that they noted is in the store.
func (e *Engine) Close() (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, list := range e.free {
		for _, r := range list {
			err = errors.Join(err, r.Close())
		}
	}
	for _, c := range e.collectors {
		err = errors.Join(err, c.Close())
	}
	e.free, e.collectors = nil, nil
	return err
}

// Name returns the key of an item with the values in it masked, and whether a target that
// is sampled as out says has it: a value in the key decides of all of its rows.
func (e *Engine) Name(it *Item, outs []Output) (key string, have []bool, err error) {
	m := masked{key: it.Key}
	if it.keys != (catalog.Name{}) {
		rows, err := e.take(it.keys)
		if err != nil {
			return "", nil, err
		}
		var columns []string
		for _, v := range it.values {
			if !slices.Contains(columns, v.Column) {
				columns = append(columns, v.Column)
			}
		}
		if m, err = it.mask(rows, columns); err != nil {
			return "", nil, err
		}
		e.give(it.keys, rows)
	}
	for _, o := range outs {
		in := true
		if by := it.sampledBy(o.By); o.Percent > 0 && it.inKey(by) {
			v := m.values[by]
			in = v != nil && sample.NewMembership(o.Percent, o.Salt).Holds(v)
		}
		have = append(have, in)
	}
	return m.key, have, nil
}

// sampledBy is the column that says whose a row is.
func (it *Item) sampledBy(by string) string {
	if by == "" && it.Rule.Subject != nil {
		return it.Rule.Subject.Column
	}
	return by
}

// inKey reports whether a column's value stands in the key.
func (it *Item) inKey(column string) bool {
	for _, v := range it.values {
		if v.Column == column {
			return true
		}
	}
	return false
}

// Scrub reads an object and writes each output's scrubbed copy of it. Nothing of the
// source's bytes goes on but values that the rules keep. A value that can't be masked is a
// *fault.Refusal that names object, row and column.
func (e *Engine) Scrub(ctx context.Context, it *Item, in Content, outs []Output) (stats Stats, err error) {
	stats.Bytes = in.Size()
	if it.Version != "" && in.Version() != it.Version {
		return stats, fmt.Errorf("object %s was replaced while the run went on: try again", it.Label)
	}
	if it.Kind == Parquet {
		stats.Rows, err = e.scrubParquet(ctx, it, in, outs)
	} else {
		stats.Rows, err = e.scrubText(ctx, it, in, outs)
	}
	var record *recordError
	var cell *scrub.CellError
	if errors.As(err, &record) {
		p := fault.Problem{Kind: fault.WrongType, Table: it.Label, Text: fmt.Sprintf("object %s, %v", it.Label, err)}
		if errors.As(err, &cell) {
			p.Column = cell.Column
		}
		var already *fault.Refusal
		if errors.As(err, &already) {
			return stats, already
		}
		return stats, &fault.Refusal{Gate: "objects", Problems: []fault.Problem{p},
			Reason: "an object holds what its rules can't handle; nothing of it passes"}
	}
	if err != nil {
		err = fmt.Errorf("object %s: %w", it.Label, err)
	}
	return stats, err
}

// scrubText scrubs CSV and JSON lines.
func (e *Engine) scrubText(ctx context.Context, it *Item, in Content, outs []Output) (rows int64, err error) {
	unpacked, err := unpack(in, it.Compression)
	if err != nil {
		return 0, fmt.Errorf("unpacking it: %w", err)
	}
	defer func() { _ = unpacked.Close() }() // it was only read
	var packed []io.Writer
	var closers []io.Closer
	for _, o := range outs {
		w, err := pack(o.W, it.Compression)
		if err != nil {
			return 0, err
		}
		packed, closers = append(packed, w), append(closers, w)
	}
	r := bufio.NewReaderSize(unpacked, maxHeader)
	cut := cutLines
	if it.Kind == CSV {
		cut = cutQuoted
		if err := it.passHeader(r, packed); err != nil {
			return 0, err
		}
	}
	if len(it.layout.columns) > 0 {
		if rows, err = e.pumpText(ctx, it, r, cut, outs, packed); err != nil {
			return rows, err
		}
	}
	for _, c := range closers {
		if err := c.Close(); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// passHeader writes the header of a CSV file, which must be the one that was planned with.
func (it *Item) passHeader(r *bufio.Reader, outs []io.Writer) error {
	if !it.layout.header {
		return nil
	}
	raw, names, err := csvHeader(r, it.delimiter())
	if err != nil {
		return err
	}
	if !slices.Equal(names, it.names()) {
		return errors.New("its header is another one than before")
	}
	for _, w := range outs {
		if _, err := w.Write(raw); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) pumpText(ctx context.Context, it *Item, r io.Reader, cut func([]byte) int, outs []Output,
	packed []io.Writer) (int64, error) {
	var workers []scrubber
	var taken []*scrub.Rows
	for range max(e.Workers, 1) {
		rows, err := e.take(it.table)
		if err != nil {
			return 0, err
		}
		taken = append(taken, rows)
		takes := it.takers(outs)
		if it.Kind == CSV {
			workers = append(workers, &csvScrubber{rows: rows, delimiter: it.delimiter(),
				columns: len(it.layout.columns),
				takes:   takes})
			continue
		}
		workers = append(workers, &lineScrubber{rows: rows, rule: it.Rule, label: it.Label, takes: takes,
			columns: it.layout.columns,
			known:   map[string]bool{}})
	}
	n, err := pump(ctx, r, cut, workers, packed)
	if err == nil {
		for _, rows := range taken {
			e.give(it.table, rows)
		}
	}
	return n, err
}

// takers say of each output whether it gets a row.
func (it *Item) takers(outs []Output) (takes []taker) {
	for _, o := range outs {
		t := taker{}
		if by := it.sampledBy(o.By); o.Percent > 0 && !it.inKey(by) {
			t.m, t.by = sample.NewMembership(o.Percent, o.Salt), by
			if it.Kind != JSONL {
				t.at = slices.IndexFunc(it.layout.columns, func(c *catalog.Column) bool { return c.Name == t.by })
				if c := it.layout.columns[t.at]; c.Type.OID != catalog.TextOID {
					t.codec = value.For(c.Type, copyfmt.Binary)
				}
			}
		}
		takes = append(takes, t)
	}
	return takes
}
