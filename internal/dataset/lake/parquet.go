package lake

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/parquet-go/parquet-go"

	"refresher/internal/fault"
)

const (
	parquetGroup = 8 << 20  // bytes of values in a row group that is written, as far as the footer tells
	parquetRows  = 1 << 16  // rows in one
	parquetDict  = 2 << 20  // bytes of a dictionary; a column with a larger one goes on without
	parquetAhead = 16 << 20 // bytes that all columns together read ahead

	parquetBuffer = 16 << 10 // bytes of a column that are taken from its window at once, and of a short footer
)

var errDamaged = errors.New("the Parquet file is damaged")

// recovered turns a panic of the decoder on a damaged file into an error. What it says is
// dropped, as it can quote the file.
func recovered(err *error) {
	if recover() != nil {
		*err = errDamaged
	}
}

// openParquet opens a file: its footer is read, by one request if it is short.
func openParquet(c Content) (f *parquet.File, from *windows, err error) {
	defer recovered(&err)
	from = &windows{content: c}
	f, err = parquet.OpenFile(from, c.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true),
		parquet.SkipMagicBytes(true), parquet.OptimisticRead(true), parquet.ReadBufferSize(parquetBuffer))
	if err != nil && !errors.Is(err, errDamaged) {
		err = fault.BadInput("it can't be read as Parquet: it is damaged, or encrypted")
	}
	return f, from, err
}

// parquetLayout reads the footer of a file.
func parquetLayout(c Content) (l *layout, err error) {
	f, _, err := openParquet(c)
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

// rewriting is a Parquet file on its way. Workers take pieces of it in order; each column is
// read by one of them after the other, and so is each piece written to its outputs.
type rewriting struct {
	leaves []*leaf
	groups []parquet.RowGroup
	pieces []piece
	outs   []*parquet.GenericWriter[any]

	columns []*column // by leaf
	turns   []turn    // by leaf, and the last one is for writing
	taken   atomic.Int64
}

// piece is a stretch of rows in one row group of the source, of which each output gets a
// row group.
type piece struct {
	group       int
	first, rows int64 // first is counted from the start of the file
}

// scrubParquet rewrites a file. Statistics, dictionaries and all metadata are those of the
// scrubbed values; what else the source's footer held is left out.
func (e *Engine) scrubParquet(ctx context.Context, it *Item, in Content, outs []Output) (n int64, err error) {
	f, from, err := openParquet(in)
	if err != nil {
		return 0, err
	}
	defer recovered(&err)
	from.ahead = ahead(len(it.layout.leaves))
	from.columns(f)
	p := &rewriting{leaves: it.layout.leaves, groups: f.RowGroups(),
		turns: make([]turn, len(it.layout.leaves)+1)}
	for _, l := range p.leaves {
		p.columns = append(p.columns, &column{leaf: l, group: -1})
	}
	codec, err := newPacker(e.Workers)
	if err != nil {
		return 0, err
	}
	schema := parquet.NewSchema("schema", packed{f.Root(), codec})
	for _, o := range outs {
		p.outs = append(p.outs, newParquetWriter(o.W, schema))
	}
	n = p.cut(f)
	group, gctx := errgroup.WithContext(ctx)
	for range min(max(e.Workers, 1), len(p.pieces)) {
		group.Go(func() error { return p.work(gctx, e, it, it.takers(outs)) })
	}
	if err = group.Wait(); err != nil {
		return n, err
	}
	for _, w := range p.outs {
		if err := w.Close(); err != nil {
			return n, err
		}
	}
	return n, nil
}

// ahead is how many bytes of each column are read at once.
func ahead(columns int) int { return min(max(parquetAhead/max(columns, 1), 64<<10), 1<<20) }

func newParquetWriter(w io.Writer, schema *parquet.Schema) *parquet.GenericWriter[any] {
	return parquet.NewGenericWriter[any](w, schema, parquet.CreatedBy("refresher", "1", "parquet-go"),
		parquet.PageBufferSize(256<<10), parquet.WriteBufferSize(256<<10), parquet.DataPageStatistics(false),
		parquet.DictionaryMaxBytes(parquetDict))
}

// cut makes pieces of the file's row groups, and returns the number of its rows.
func (p *rewriting) cut(f *parquet.File) (n int64) {
	for i, g := range f.Metadata().RowGroups {
		size := g.TotalByteSize
		for j, c := range g.Columns {
			if j < len(p.leaves) && p.leaves[j].column != nil {
				size += 32 * c.MetaData.NumValues // what they take in memory, however well they are packed
			}
		}
		rows := g.NumRows
		if size > parquetGroup {
			rows = max(1, int64(float64(rows)*parquetGroup/float64(size)))
		}
		rows = min(rows, parquetRows)
		for at := int64(0); at < g.NumRows; at += rows {
			p.pieces = append(p.pieces, piece{group: i, first: n + at, rows: min(rows, g.NumRows-at)})
		}
		n += g.NumRows
	}
	return n
}

// work takes pieces until there is none.
func (p *rewriting) work(ctx context.Context, e *Engine, it *Item, takes []taker) (err error) {
	defer recovered(&err)
	w := &pieceWork{rewriting: p, takes: takes}
	if len(it.layout.columns) > 0 {
		if w.scrubber, err = e.take(it.table); err != nil {
			return err
		}
	}
	for _, o := range p.outs {
		w.outs = append(w.outs, o.BeginRowGroup())
	}
	for more := true; more; {
		leave, err := e.enter(ctx) // before a piece is taken, for which later ones wait
		if err != nil {
			return err
		}
		i := p.taken.Add(1) - 1
		if more = i < int64(len(p.pieces)); more {
			err = w.do(ctx, i)
		}
		if leave(); err != nil {
			return err
		}
	}
	if w.scrubber != nil {
		e.give(it.table, w.scrubber)
	}
	return nil
}

// turn lets pieces through in their order.
type turn struct {
	mu   sync.Mutex
	next int64
	wait map[int64]chan struct{}
}

// take waits until it is a piece's turn.
func (t *turn) take(ctx context.Context, i int64) error {
	t.mu.Lock()
	if t.next == i {
		t.mu.Unlock()
		return nil
	}
	if t.wait == nil {
		t.wait = map[int64]chan struct{}{}
	}
	c := make(chan struct{})
	t.wait[i] = c
	t.mu.Unlock()
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// pass makes it the next piece's turn.
func (t *turn) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next++
	if c := t.wait[t.next]; c != nil {
		delete(t.wait, t.next)
		close(c)
	}
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
