package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
	"golang.org/x/sync/errgroup"

	"refresher/internal/fault"
)

// Parquet looks through every value of a Parquet file of a table; lists value by
// value. A table without columns has no coverage check. The subject is the
// table's name. A damaged file is a *fault.Input.
func (v *Verifier) Parquet(ctx context.Context, table Table, r io.ReaderAt, size int64) (*Result, error) {
	return v.parquet(ctx, table, "", r, size, math.MaxInt64)
}

// parquet is Parquet of a file whose values may have that many bytes together, and no more.
func (v *Verifier) parquet(ctx context.Context, table Table, ruled string, r io.ReaderAt, size,
	most int64) (*Result, error) {
	began := time.Now()
	name := table.Name.String()
	var from origin
	file, err := openParquet(from.readerAt(r), size)
	if err != nil {
		return nil, from.blame("a Parquet file of "+name, fmt.Errorf("opening a Parquet file of %s: %w", name, err))
	}
	p := &parquetFile{v: v, file: file, table: name, ledger: &ledger{ruled: ruled}}
	p.prepare(table)
	if p.left.Store(most); p.declared() > most {
		return nil, p.tooMuch()
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(v.opts.Workers)
	first := int64(0)
	for _, rows := range file.RowGroups() {
		for _, chunk := range rows.ColumnChunks() {
			at := first
			group.Go(func() error { return p.chunk(ctx, chunk, at) })
		}
		first += rows.NumRows()
	}
	if err := group.Wait(); err != nil {
		return nil, from.blame("a Parquet file of "+name, fmt.Errorf("reading a Parquet file of %s: %w", name, err))
	}
	p.ledger.rows = file.NumRows()
	p.metadata()
	var checks []Check
	if len(table.Columns) > 0 {
		var names []string
		for _, f := range file.Schema().Fields() {
			names = append(names, f.Name())
		}
		checks = append(checks, partCoverage(table, names, file.NumRows()))
	}
	return v.result("parquet "+name, began, p.ledger, checks...), nil
}

func openParquet(r io.ReaderAt, size int64) (f *parquet.File, err error) {
	defer recovered(&err)
	return parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
}

// recovered turns a panic of the decoder on a damaged file into an error. What
// it says is dropped: it can quote the file.
func recovered(err *error) {
	if recover() != nil {
		*err = errors.New("the file is damaged")
	}
}

type parquetFile struct {
	v      *Verifier
	file   *parquet.File
	table  string
	ledger *ledger
	leaves []leaf       // by the chunk's column number
	left   atomic.Int64 // bytes that the values still to be read may have
}

// declared is how many bytes the footer says that all columns have unpacked.
func (p *parquetFile) declared() (n int64) {
	for _, g := range p.file.Metadata().RowGroups {
		for _, c := range g.Columns {
			n += max(0, c.MetaData.TotalUncompressedSize)
		}
	}
	return n
}

func (p *parquetFile) tooMuch() error {
	return fault.BadInput("%s: not looked through, since its values have more than %d times its bytes; unpack "+
		"it and name "+
		"what comes out", p.table, unpackRatio)
}

// leaf is one column of values.
type leaf struct {
	tally  *tally
	append func(dst []byte, v parquet.Value) []byte // the value as text; nil: not looked through
}

func (p *parquetFile) prepare(table Table) {
	for i, path := range p.file.Schema().Columns() {
		l := leaf{}
		typ, why, numeric := "", "", false
		if groups := p.file.RowGroups(); len(groups) > 0 {
			t := groups[0].ColumnChunks()[i].Type()
			typ = t.String()
			l.append, why = parquetText(t, p.v.uuids())
			numeric = l.append != nil && slices.Contains([]parquet.Kind{parquet.Int32, parquet.Int64, parquet.Float,
				parquet.Double}, t.Kind())
		}
		l.tally = p.ledger.column(p.table, path[0], func(t *tally) {
			t.stats.Type, t.stats.Why, t.stats.Scanned, t.numeric = typ, why, why == "", numeric
			for _, c := range table.Columns {
				if c.Name == path[0] && !c.Keep {
					t.follow(c)
				}
			}
		})
		p.leaves = append(p.leaves, l)
	}
}

// chunk looks through one column of one row group, whose first row follows on
// row number first.
func (p *parquetFile) chunk(ctx context.Context, chunk parquet.ColumnChunk, first int64) (err error) {
	defer recovered(&err)
	l := p.leaves[chunk.Column()]
	if l.append == nil {
		return nil
	}
	s := p.v.scanner()
	found := l.tally.fresh()
	pages := chunk.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	c := &chunkScan{p: p, leaf: l, s: s, found: found, at: place{row: first}}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("column %s: %w", found.stats.Column, err)
		}
		err = c.page(page)
		parquet.Release(page)
		if err != nil {
			return fmt.Errorf("column %s: %w", found.stats.Column, err)
		}
	}
	if d, ok := pages.(interface {
		ReadDictionary() (parquet.Dictionary, error)
	}); ok {
		if err := c.unused(d.ReadDictionary()); err != nil {
			return fmt.Errorf("column %s: %w", found.stats.Column, err)
		}
	}
	if err := s.err(); err != nil {
		return err
	}
	p.ledger.merge(0, []*tally{found})
	return nil
}

// chunkScan looks through the values of one column of one row group.
type chunkScan struct {
	p     *parquetFile
	leaf  leaf
	s     *scanner
	found *tally
	at    place
	text  []byte
	used  []bool // entries of the dictionary
}

func (c *chunkScan) cell(v parquet.Value) {
	if c.text = c.leaf.append(c.text[:0], v); len(c.text) > 0 {
		c.s.cell(c.found, c.at, c.text)
	}
}

// page looks through the values of a page.
func (c *chunkScan) page(page parquet.Page) (err error) {
	if data := page.Data(); page.Dictionary() != nil && data.Kind() == encoding.Int32 {
		if c.used == nil {
			c.used = make([]bool, page.Dictionary().Len())
		}
		for _, i := range data.Int32() {
			c.used[i] = true
		}
	}
	values := make([]parquet.Value, 256)
	for reader := page.Values(); !errors.Is(err, io.EOF); {
		var n int
		if n, err = reader.ReadValues(values); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		bytes := 0
		for _, v := range values[:n] {
			if v.RepetitionLevel() == 0 {
				c.at.row++
			}
			if !v.IsNull() {
				c.cell(v)
				bytes += len(c.text)
			}
		}
		if c.p.left.Add(-int64(bytes)) < 0 {
			return c.p.tooMuch()
		}
	}
	return nil
}

// unused looks through the entries of a dictionary that are no row's value: programs that
// take rows out of a file leave them, and whoever opens the file can read them.
func (c *chunkScan) unused(d parquet.Dictionary, err error) error {
	if err != nil || d == nil {
		return err
	}
	c.at = place{}
	for i := range int32(d.Len()) {
		if c.used == nil || !c.used[i] {
			c.cell(d.Index(i))
		}
	}
	return nil
}

// metadata looks through the file's key-value pairs.
func (p *parquetFile) metadata() {
	s := p.v.scanner()
	for _, kv := range p.file.Metadata().KeyValueMetadata {
		t := p.ledger.column(p.table, "metadata of the file", asDefinition)
		s.cell(t, place{}, []byte(kv.Key))
		s.cell(t, place{}, []byte(kv.Value))
	}
}

// parquetText says how values of a type are written as text, or why they aren't.
// Numbers of fewer than seven digits come out empty.
func parquetText(t parquet.Type, ids uuids) (text func([]byte, parquet.Value) []byte, why string) {
	var logical format.LogicalTypeValue
	if l := t.LogicalType(); l != nil {
		logical = l.Value
	}
	switch l := logical.(type) {
	case *format.DateType, *format.TimeType, *format.TimestampType:
		return nil, "a date or time identifies nobody by itself"
	case *format.UUIDType:
		if ids == noUUIDs {
			return nil, "random, and no tokens are looked for"
		}
		return func(dst []byte, v parquet.Value) []byte {
			id, err := uuid.FromBytes(v.ByteArray())
			if err != nil {
				return append(dst, v.ByteArray()...)
			}
			return append(dst, id.String()...)
		}, ""
	case *format.DecimalType:
		return decimal(t.Kind(), int(l.Scale)), ""
	}
	switch t.Kind() {
	case parquet.Boolean:
		return nil, "too small to hold an identifier"
	case parquet.Float:
		return func(dst []byte, v parquet.Value) []byte { return wholeDigits(dst, float64(v.Float())) }, ""
	case parquet.Double:
		return func(dst []byte, v parquet.Value) []byte { return wholeDigits(dst, v.Double()) }, ""
	case parquet.Int96:
		return nil, "a date or time identifies nobody by itself"
	case parquet.Int32, parquet.Int64:
		return decimal(t.Kind(), 0), ""
	}
	return func(dst []byte, v parquet.Value) []byte { return append(dst, v.ByteArray()...) }, ""
}

// decimal writes numbers whose whole part has seven digits or more.
func decimal(kind parquet.Kind, scale int) func([]byte, parquet.Value) []byte {
	return func(dst []byte, v parquet.Value) []byte {
		start := len(dst)
		switch kind {
		case parquet.Int32:
			dst = strconv.AppendInt(dst, int64(v.Int32()), 10)
		case parquet.Int64:
			dst = strconv.AppendInt(dst, v.Int64(), 10)
		default:
			dst = twosComplement(v.ByteArray()).Append(dst, 10)
		}
		digits := len(dst) - start
		if digits > 0 && dst[start] == '-' {
			digits--
		}
		if digits-scale < 7 {
			return dst[:start]
		}
		if scale > 0 {
			point := len(dst) - scale
			dst = slices.Insert(dst, point, '.')
		}
		return dst
	}
}

func twosComplement(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}
