package parquet

import (
	"context"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"

	"refresher/internal/dataset/layout"
	"refresher/internal/postgres/catalog"
)

const (
	batchRows  = 64
	batchBytes = 256 << 10
	minPage    = 8 << 10
	maxPage    = 256 << 10
)

// tableWriter cuts the rows of one table into parts.
type tableWriter struct {
	ctx     context.Context // of the one Export call that this value lives in
	table   catalog.Name
	cols    []*column
	opts    *Options
	put     layout.Put
	writer  *parquet.GenericWriter[any]
	arena   arena
	batch   []parquet.Row
	pending int // rows in batch

	part      *layout.Stream // nil between parts
	partRows  int64
	groupSize int64 // wire bytes in the current row group
	rows      int64
	parts     []layout.Part
}

func newTableWriter(ctx context.Context, table catalog.Name, cols []*column, opts *Options, comp *codec,
	put layout.Put) *tableWriter {
	page := min(max(int(opts.RowGroupBytes)/len(cols), minPage), maxPage)
	options := []parquet.WriterOption{
		parquet.Compression(comp),
		parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.Plain), // what every reader knows
		parquet.CreatedBy("refresher", "1", "parquet-go"),
		parquet.PageBufferSize(page),
		parquet.WriteBufferSize(maxPage),
		parquet.DataPageStatistics(false),
	}
	schema := newSchema(table, cols)
	for _, path := range schema.Columns() {
		if leaf, ok := schema.Lookup(path...); ok && leaf.Node.Type().Kind() == parquet.ByteArray {
			// A bound of text is the whole text, several times over in header and footer.
			options = append(options, parquet.SkipPageBounds(path...))
		}
	}
	return &tableWriter{
		ctx: ctx, table: table, cols: cols, opts: opts, put: put,
		batch:  make([]parquet.Row, batchRows),
		writer: parquet.NewGenericWriter[any](nil, append(options, schema)...),
	}
}

// row is a pgcopy.RowFunc.
func (w *tableWriter) row(fields [][]byte) error {
	if w.part == nil {
		w.begin()
	}
	if hasHuge(fields) && w.pending+int(w.groupSize) > 0 { // it is written alone, see uncopied
		if err := w.flush(true); err != nil {
			return err
		}
	}
	row := w.batch[w.pending][:0]
	for i, f := range fields {
		var err error
		if row, err = w.appendField(row, i, f); err != nil {
			return fmt.Errorf("%s, column %q, row %d: %w", w.table, w.cols[i].name, w.rows+1, err)
		}
		w.groupSize += int64(len(f)) + 4
	}
	w.batch[w.pending] = row
	w.pending++
	w.rows++
	w.partRows++
	full, cut := w.groupSize >= w.opts.RowGroupBytes, w.partRows == w.opts.PartRows
	if w.pending == batchRows || len(w.arena.buf) >= batchBytes || w.arena.uncopied || full || cut {
		if err := w.flush(full); err != nil {
			return err
		}
	}
	if cut {
		return w.end()
	}
	return nil
}

func hasHuge(fields [][]byte) bool {
	return slices.ContainsFunc(fields, func(f []byte) bool { return len(f) >= huge })
}

func (w *tableWriter) appendField(row parquet.Row, i int, f []byte) (parquet.Row, error) {
	c := w.cols[i]
	base := 1
	if c.required {
		base = 0
	}
	switch {
	case f == nil && c.required:
		return row, fmt.Errorf("NULL in a NOT NULL column")
	case f == nil:
		return append(row, parquet.NullValue().Level(0, 0, i)), nil
	case c.list:
		return appendList(row, &w.arena, f, c.leaf.decode, base, i)
	}
	v, err := c.leaf.decode(&w.arena, f)
	if err != nil {
		return row, err
	}
	return append(row, v.Level(0, base, i)), nil
}

// flush hands the batch to the encoder and ends the row group if it is full.
func (w *tableWriter) flush(groupFull bool) error {
	if w.pending > 0 {
		if _, err := w.writer.WriteRows(w.batch[:w.pending]); err != nil {
			return w.failed(err)
		}
		if w.opts.Progress != nil {
			w.opts.Progress(w.table, int64(w.pending))
		}
	}
	w.pending = 0
	w.arena.reset()
	if groupFull {
		w.groupSize = 0
		if err := w.writer.Flush(); err != nil {
			return w.failed(err)
		}
	}
	return nil
}

func (w *tableWriter) begin() {
	file := layout.File{Table: w.table, Part: len(w.parts), Format: layout.Parquet}
	w.part = layout.Start(w.ctx, w.put, file.Path())
	w.writer.Reset(w.part)
	w.partRows, w.groupSize = 0, 0
}

// end completes the current part.
func (w *tableWriter) end() error {
	err := w.flush(false)
	if err == nil {
		if err = w.writer.Close(); err != nil {
			err = w.failed(err)
		}
	}
	part := w.part
	w.part = nil
	if err = part.Finish(err); err != nil {
		return err
	}
	w.parts = append(w.parts, layout.Part{Path: part.Path(), Rows: w.partRows})
	return nil
}

// close completes the last part, or gives the open one up when cause is an error.
func (w *tableWriter) close(cause error) error {
	if cause != nil {
		if w.part != nil {
			_ = w.part.Finish(cause) // waits for the upload's end; cause is what matters
			w.part = nil
		}
		return cause
	}
	if w.part == nil && len(w.parts) == 0 {
		w.begin() // an empty table has one file, for its columns
	}
	if w.part == nil {
		return nil
	}
	return w.end()
}

func (w *tableWriter) failed(err error) error {
	return fmt.Errorf("encoding rows up to %d: %w", w.rows, err)
}
