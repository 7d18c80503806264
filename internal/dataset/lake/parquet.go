package lake

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"

	"refresher/internal/fault"
	"refresher/internal/scrub"
)

const (
	parquetRows  = 64       // read and written at once
	parquetGroup = 16 << 20 // bytes of values in a row group that is written
	parquetDict  = 4 << 20  // bytes of a dictionary; a column with a larger one goes on without
)

var errDamaged = errors.New("the Parquet file is damaged")

// recovered turns a panic of the decoder on a damaged file into an error. What it says is
// dropped, as it can quote the file.
func recovered(err *error) {
	if recover() != nil {
		*err = errDamaged
	}
}

func openParquet(c Content) (f *parquet.File, err error) {
	defer recovered(&err)
	f, err = parquet.OpenFile(c, c.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil && !errors.Is(err, errDamaged) {
		err = fault.BadInput("it can't be read as Parquet: it is damaged, or encrypted")
	}
	return f, err
}

// parquetLayout reads the footer of a file.
func parquetLayout(c Content) (l *layout, err error) {
	f, err := openParquet(c)
	if err != nil {
		return nil, err
	}
	defer recovered(&err)
	l = &layout{}
	for _, top := range f.Root().Columns() {
		l.leaves = appendLeaves(l.leaves, top, top.Name(), "", false)
	}
	return l, nil
}

// scrubParquet rewrites a file row group by row group. Statistics, dictionaries and all
// metadata are those of the scrubbed values; what else the source's footer held is left out.
func (e *Engine) scrubParquet(ctx context.Context, it *Item, in Content, outs []Output) (n int64, err error) {
	f, err := openParquet(in)
	if err != nil {
		return 0, err
	}
	defer recovered(&err)
	p := &parquetScrubber{leaves: it.layout.leaves, takes: it.takers(outs),
		schema: parquet.NewSchema("schema", f.Root())}
	if len(it.layout.columns) > 0 {
		if p.rows, err = e.take(it.table); err != nil {
			return 0, err
		}
	}
	for _, o := range outs {
		p.outs = append(p.outs, p.writer(o.W))
	}
	for _, group := range f.RowGroups() {
		if err := p.group(ctx, group); err != nil {
			return p.n, err
		}
	}
	for _, w := range p.outs {
		if err := w.Close(); err != nil {
			return p.n, err
		}
	}
	if p.rows != nil {
		e.give(it.table, p.rows)
	}
	return p.n, nil
}

// parquetScrubber scrubs the rows of one file.
type parquetScrubber struct {
	rows   *scrub.Rows // nil: every column is kept
	leaves []*leaf
	takes  []taker
	schema *parquet.Schema
	outs   []*parquet.GenericWriter[any]
	n      int64
	size   int // bytes of values since a row group was ended

	fields [][]byte
	arena  []byte // of what was made for the batch at hand
	values [][]parquet.Value
}

func (p *parquetScrubber) writer(w io.Writer) *parquet.GenericWriter[any] {
	return parquet.NewGenericWriter[any](w, p.schema, parquet.CreatedBy("refresher", "1", "parquet-go"),
		parquet.PageBufferSize(256<<10), parquet.WriteBufferSize(256<<10), parquet.DataPageStatistics(false),
		parquet.DictionaryMaxBytes(parquetDict))
}

func (p *parquetScrubber) group(ctx context.Context, group parquet.RowGroup) (err error) {
	rows := group.Rows()
	defer func() { err = errors.Join(err, rows.Close()) }()
	batch := make([]parquet.Row, parquetRows)
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, rerr := rows.ReadRows(batch)
		if rerr != nil && !errors.Is(rerr, io.EOF) {
			return fmt.Errorf("reading it: %w", errDamaged)
		}
		if err := p.batch(batch[:n]); err != nil {
			return err
		}
		if p.size >= parquetGroup {
			if err := p.flush(); err != nil {
				return err
			}
		}
		if rerr != nil || n == 0 {
			return p.flush()
		}
	}
}

func (p *parquetScrubber) flush() error {
	p.size = 0
	for _, w := range p.outs {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func (p *parquetScrubber) batch(rows []parquet.Row) error {
	p.arena = p.arena[:0]
	have := make([][]parquet.Row, len(p.outs))
	for _, row := range rows {
		p.n++
		made, err := p.row(row)
		if err != nil {
			return &recordError{row: p.n, err: err}
		}
		for i := range p.outs {
			if p.takes[i].of(made) {
				have[i] = append(have[i], row)
			}
		}
	}
	for i, w := range p.outs {
		if _, err := w.WriteRows(have[i]); err != nil {
			return err
		}
	}
	return nil
}

// row scrubs a row in its place.
func (p *parquetScrubber) row(row parquet.Row) (made [][]byte, err error) {
	p.values = append(p.values[:0], make([][]parquet.Value, len(p.leaves))...)
	for from := 0; from < len(row); {
		column, to := row[from].Column(), from+1
		for to < len(row) && row[to].Column() == column {
			to++
		}
		p.values[column], from = row[from:to], to
	}
	for _, v := range row {
		if k := v.Kind(); k == parquet.ByteArray || k == parquet.FixedLenByteArray {
			p.size += len(v.ByteArray())
		}
		p.size += 8
	}
	if p.rows == nil {
		return nil, nil
	}
	p.fields = p.fields[:0]
	for _, l := range p.leaves {
		if l.column == nil {
			continue
		}
		start := len(p.arena)
		field, err := l.read(p.arena, p.values[l.index])
		if err != nil {
			return nil, &scrub.CellError{Column: l.name, Transform: "read", Err: err}
		}
		if field != nil {
			p.arena = field
			field = field[start:len(field):len(field)]
		}
		p.fields = append(p.fields, field)
	}
	if made, err = p.rows.Scrub(p.fields); err != nil {
		return nil, err
	}
	i := 0
	for _, l := range p.leaves {
		if l.column == nil {
			continue
		}
		if was, is := p.fields[i], made[i]; (was == nil) != (is == nil) || !bytes.Equal(was, is) {
			start := len(p.arena)
			p.arena = append(p.arena, is...) // the batch is written later
			if err := l.write(p.values[l.index], p.arena[start:len(p.arena):len(p.arena)], is == nil); err != nil {
				return nil, &scrub.CellError{Column: l.name, Transform: "written", Err: err}
			}
		}
		i++
	}
	return made, nil
}

// read appends the wire form of a leaf's values in one row; nil if they are NULL.
func (l *leaf) read(dst []byte, values []parquet.Value) ([]byte, error) {
	if !l.repeated {
		if len(values) != 1 || values[0].IsNull() {
			return nil, nil
		}
		return l.codec.wire(dst, values[0])
	}
	count := 0
	for _, v := range values {
		if !v.IsNull() {
			count++
		}
	}
	if count == 0 {
		return nil, nil
	}
	// An array of one dimension (PostgreSQL's array_send).
	for _, n := range []uint32{1, 0, l.column.Type.Elem.OID, uint32(count), 1} {
		dst = binary.BigEndian.AppendUint32(dst, n)
	}
	for _, v := range values {
		if v.IsNull() {
			continue
		}
		at := len(dst)
		dst = append(dst, 0, 0, 0, 0)
		var err error
		if dst, err = l.codec.wire(dst, v); err != nil {
			return nil, err
		}
		binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst, nil
}

var errShape = errors.New("what a transform made has another number of elements")

// write puts what was made in the place of a leaf's values.
func (l *leaf) write(values []parquet.Value, wire []byte, null bool) error {
	if l.repeated && !null {
		if len(wire) < 20 {
			return errShape
		}
		wire = wire[20:]
	}
	for i, v := range values {
		if v.IsNull() {
			continue
		}
		one := wire
		if l.repeated && !null {
			if len(wire) < 4 {
				return errShape
			}
			n := int(int32(binary.BigEndian.Uint32(wire)))
			if n < 0 || n > len(wire)-4 {
				return errShape
			}
			one, wire = wire[4:4+n], wire[4+n:]
		}
		made := parquet.NullValue()
		definition := l.definition - 1
		if !null {
			var err error
			if made, err = l.codec.value(one, v); err != nil {
				return err
			}
			definition = v.DefinitionLevel()
		}
		values[i] = made.Level(v.RepetitionLevel(), definition, v.Column())
	}
	return nil
}

// names of a file's columns, each with what is nested in it.
func topNames(leaves []*leaf) (names []string) {
	for _, l := range leaves {
		if !slices.Contains(names, l.top) {
			names = append(names, l.top)
		}
	}
	return names
}
