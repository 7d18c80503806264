package preview

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub"
	"refresher/internal/snapshot"
)

// Page is a few rows of one table, before and after.
type Page struct {
	Table     catalog.Name
	Columns   []Column
	Generated []string // columns that PostgreSQL computes again on arrival
	Rows      []Row    // in the order in which they lie in the table
	RowsNone  bool     // by the rules no row of the table is copied
	RowsWhen  string   // only rows for which this condition holds are; "": all
	Estimate  float64  // how many rows the table has; negative: never analysed
}

// Column is what the rules say of one column.
type Column struct {
	Name   string
	Rule   string // as a transform's name; what it does in detail is left to the rules file
	Masked bool   // has a transform other than keep
	Inside bool   // the transform replaces what stands within the value, and leaves the rest
}

// Row is one row; the cells are in the order of the page's columns.
type Row struct {
	Before []Cell
	After  []Cell // nil if the row is left behind by a condition on rows
}

// Cell is one value as canonical text (see pgvalue).
type Cell struct {
	Text string
	Null bool
}

// inside are the rules for parts of a value.
var inside = []string{"json", "text", "xml", "array", "composite", "hstore"}

// maxBytes ends reading early, so that rows of huge values don't fill memory.
const maxBytes = 64 << 20

// Read takes the first n rows of a table and scrubs them. Source must not be
// locked yet; Read locks the table. A partitioned table's rows are those of its
// partitions, the largest first. The table must be one of the program's (see [Find]).
func Read(ctx context.Context, source *snapshot.Source, program *scrub.Program, table catalog.Name,
	n int) (*Page, error) {
	p := &Page{Table: table, Estimate: -1}
	p.describe(program)
	var plans []*scrub.TablePlan
	var tables []*catalog.Table
	for _, tp := range program.Tables() {
		if tp.Table.Name == table || tp.Table.Root == table {
			plans, tables = append(plans, tp), append(tables, sources(program, tp)...)
			if tp.Table.Rows >= 0 {
				p.Estimate = max(p.Estimate, 0) + tp.Table.Rows
			}
		}
	}
	if len(plans) == 0 {
		return p, nil
	}
	if err := source.Lock(ctx, tables); err != nil {
		return nil, err
	}
	for _, tp := range plans {
		if left := n - len(p.Rows); left > 0 {
			if err := p.read(ctx, source, program, tp, left); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

// sources lists the tables that a plan's rows are read from.
func sources(program *scrub.Program, tp *scrub.TablePlan) []*catalog.Table {
	if tp.Join == nil {
		return []*catalog.Table{tp.Table}
	}
	tables := []*catalog.Table{tp.Table, tp.Join.Table}
	for _, other := range program.Tables() {
		if other.Table.Root == tp.Join.Table.Name {
			tables = append(tables, other.Table)
		}
	}
	return tables
}

// describe fills in the columns.
func (p *Page) describe(program *scrub.Program) {
	for _, d := range program.Decisions() {
		if d.Table != p.Table {
			continue
		}
		p.RowsNone, p.RowsWhen = d.RowsNone, d.RowsWhen
		for _, c := range d.Columns {
			if c.Generated {
				p.Generated = append(p.Generated, c.Name)
				continue
			}
			rule := c.Transform
			if c.KeepSome {
				rule += " or keep"
			}
			p.Columns = append(p.Columns, Column{Name: c.Name, Rule: rule, Masked: !c.Keep, Inside: slices.Contains(inside, c.Transform)})
		}
	}
}

// Find is the table that a person names, as schema.table. A name that no table
// has is a [fault.Input] with the one that was probably meant.
func Find(cat *catalog.Catalog, arg string) (catalog.Name, error) {
	name, err := catalog.ParseName(arg)
	if err == nil && cat.Table(name) != nil {
		return name, nil
	}
	if err == nil {
		err = fmt.Errorf("there is no table %s in database %s", name, cat.Database)
	}
	bare := arg
	if name.Name != "" {
		bare = name.Name
	}
	var full, short []string
	for _, t := range cat.Tables {
		if t.Name.Name == bare {
			return catalog.Name{}, fault.BadInput("%v (did you mean %s?)", err, t.Name)
		}
		full, short = append(full, t.Name.String()), append(short, t.Name.Name)
	}
	near := fault.Nearest(arg, full)
	if i := slices.Index(short, fault.Nearest(bare, short)); near == "" && i >= 0 {
		near = full[i]
	}
	if near != "" {
		return catalog.Name{}, fault.BadInput("%v (did you mean %s?)", err, near)
	}
	return catalog.Name{}, fault.BadInput("%v", err)
}

// read adds up to n rows of one table that holds rows itself.
func (p *Page) read(ctx context.Context, source *snapshot.Source, program *scrub.Program, tp *scrub.TablePlan,
	n int) error {
	for _, chunk := range source.Chunks(tp.Table) {
		chunk.Join = tp.Join
		w := newWindow(tp, n)
		if err := w.fill(ctx, source, chunk); err != nil {
			return err
		}
		for _, raw := range w.rows {
			if err := p.add(program, tp, raw); err != nil {
				return fmt.Errorf("row %d of the preview: %w", len(p.Rows)+1, err)
			}
		}
		if n -= len(w.rows); n <= 0 || w.bytes >= maxBytes {
			return nil
		}
	}
	return nil
}

// errEnough ends a COPY when the window is full.
var errEnough = errors.New("enough rows for a preview")

// window keeps the first rows of a COPY stream as they come.
type window struct {
	tp     *scrub.TablePlan
	parser *copyfmt.Parser
	rows   [][]byte
	bytes  int
}

func newWindow(tp *scrub.TablePlan, n int) *window {
	w := &window{tp: tp}
	w.parser = copyfmt.NewRawParser(tp.Format, tp.Fields(), func(r *copyfmt.Row) error {
		w.rows = append(w.rows, append([]byte(nil), r.Raw()...))
		if w.bytes += len(r.Raw()); len(w.rows) == n || w.bytes >= maxBytes {
			return errEnough
		}
		return nil
	})
	return w
}

// fill reads a chunk in a session of its own, as ending a COPY early ends the session.
func (w *window) fill(ctx context.Context, source *snapshot.Source, chunk snapshot.Chunk) error {
	reader, err := source.Reader(ctx)
	if err != nil {
		return err
	}
	defer reader.Close(context.WithoutCancel(ctx))
	if _, err = reader.CopyOut(ctx, chunk, w.tp.Columns, w.tp.Format, w.parser); errors.Is(err, errEnough) {
		return source.Holding(ctx)
	}
	return err
}

// add scrubs one row and puts it on the page. Each row has a writer of its own,
// so that a row which the rules leave behind can be told.
func (p *Page) add(program *scrub.Program, tp *scrub.TablePlan, raw []byte) error {
	stream := append(copyfmt.AppendHeader(nil, tp.Format), raw...)
	stream = copyfmt.AppendTrailer(stream, tp.Format)
	var row Row
	before := p.cells(tp, tp.Fields(), &row.Before)
	if _, err := before.Write(stream); err != nil {
		return err
	}
	after := p.cells(tp, len(tp.Columns), &row.After)
	w := program.NewWriter(tp, after, nil)
	if _, err := w.Write(stream); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	p.Rows = append(p.Rows, row)
	return nil
}

// cells is a parser that takes one row, which begins with a plan's columns, as
// cells of the page's: a partition can have them in another order than its root.
func (p *Page) cells(tp *scrub.TablePlan, fields int, to *[]Cell) *copyfmt.Parser {
	return copyfmt.NewParser(tp.Format, fields, func(fields [][]byte) error {
		*to = make([]Cell, len(p.Columns))
		for i := range p.Columns {
			for j, col := range tp.Columns {
				if col.Name != p.Columns[i].Name {
					continue
				}
				var err error
				if (*to)[i], err = cell(col.Type, tp.Format, fields[j]); err != nil {
					return fmt.Errorf("column %s: %w", col.Name, err)
				}
			}
		}
		return nil
	})
}

func cell(t *catalog.Type, f copyfmt.Format, wire []byte) (Cell, error) {
	if wire == nil {
		return Cell{Null: true}, nil
	}
	codec := value.For(t, f)
	if codec == nil { // a type that refresher can carry but not read
		return Cell{Text: fmt.Sprintf(`\x%x`, wire)}, nil
	}
	text, err := codec.AppendText(nil, wire)
	return Cell{Text: string(text)}, err
}
