package lake

import (
	"bytes"
	"context"

	"github.com/parquet-go/parquet-go"

	"refresher/internal/scrub"
)

// pieceWork is what a worker has for the pieces of a file.
type pieceWork struct {
	*rewriting
	scrubber *scrub.Rows // nil: every column is kept
	takes    []taker
	outs     []*parquet.ConcurrentRowGroupWriter

	read   []stretch // of the leaves that the scrubber sees
	fields [][]byte
	wire   []byte // of the fields that are no bytes in both forms
	made   arena  // until the rows at hand are written
	have   [][]bool
	some   []parquet.Value
}

// do scrubs a piece.
func (w *pieceWork) do(ctx context.Context, i int64) error {
	p := w.pieces[i]
	if err := w.readSeen(ctx, i, p); err != nil {
		return err
	}
	if err := w.scrub(p); err != nil {
		return err
	}
	for _, l := range w.leaves {
		if l.column != nil {
			continue
		}
		if err := w.inTurn(ctx, l, i, p, func(c *column) error { return w.pass(c, p.rows) }); err != nil {
			return err
		}
	}
	writing := &w.turns[len(w.leaves)]
	if err := writing.take(ctx, i); err != nil {
		return err
	}
	defer writing.pass()
	for _, out := range w.outs {
		if _, err := out.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// inTurn lets a piece read a leaf's rows when the pieces before it have read theirs.
func (w *pieceWork) inTurn(ctx context.Context, l *leaf, i int64, p piece, read func(*column) error) error {
	t, c := &w.turns[l.index], w.columns[l.index]
	if err := t.take(ctx, i); err != nil {
		return err
	}
	if err := c.open(p.group, w.groups[p.group]); err != nil {
		return err
	}
	if err := read(c); err != nil {
		return err
	}
	t.pass()
	return nil
}

// readSeen reads the leaves that the scrubber sees.
func (w *pieceWork) readSeen(ctx context.Context, i int64, p piece) error {
	at := 0
	for _, l := range w.leaves {
		if l.column == nil {
			continue
		}
		if at == len(w.read) {
			w.read = append(w.read, stretch{leaf: l})
		}
		s := &w.read[at]
		if err := w.inTurn(ctx, l, i, p, func(c *column) error { return s.read(c, p.rows) }); err != nil {
			return err
		}
		at++
	}
	return nil
}

// batchRows is how many rows are scrubbed before they are written.
const batchRows = 1024

// scrub scrubs the rows of a piece, and writes what it has made of the leaves.
func (w *pieceWork) scrub(p piece) error {
	w.have = w.have[:0]
	for range w.outs {
		w.have = append(w.have, nil)
	}
	if w.scrubber == nil {
		return nil
	}
	for i := range w.have {
		if w.takes[i].m != nil {
			w.have[i] = make([]bool, p.rows)
		}
	}
	for from := int64(0); from < p.rows; from += batchRows {
		to := min(from+batchRows, p.rows)
		for row := from; row < to; row++ {
			made, err := w.row(int(row))
			if err != nil {
				return &recordError{row: p.first + row + 1, err: err}
			}
			for i := range w.have {
				if w.have[i] != nil {
					w.have[i][row] = w.takes[i].of(made)
				}
			}
		}
		for i := range w.read {
			s := &w.read[i]
			for j, out := range w.outs {
				if err := w.write(out.ColumnWriters()[s.leaf.index], s, w.have[j], from, to); err != nil {
					return err
				}
			}
		}
		w.made.reset()
	}
	return nil
}

// row scrubs a row; what becomes of its values stands where they stood.
func (w *pieceWork) row(row int) (made [][]byte, err error) {
	w.fields, w.wire = w.fields[:0], w.wire[:0]
	for i := range w.read {
		s := &w.read[i]
		values := s.row(row)
		if s.leaf.codec.same && !s.leaf.repeated && !values[0].IsNull() {
			b := values[0].ByteArray()
			if b == nil {
				b = []byte{} // which nil is not
			}
			w.fields = append(w.fields, b)
			continue
		}
		start := len(w.wire)
		field, err := s.leaf.read(w.wire, values)
		if err != nil {
			return nil, &scrub.CellError{Column: s.leaf.name, Transform: "read", Err: err}
		}
		if field != nil {
			w.wire = field
			field = field[start:len(field):len(field)]
		}
		w.fields = append(w.fields, field)
	}
	if made, err = w.scrubber.Scrub(w.fields); err != nil {
		return nil, err
	}
	for i := range w.read {
		l, was, is := w.read[i].leaf, w.fields[i], made[i]
		if l.whole || (was == nil) == (is == nil) && bytes.Equal(was, is) {
			continue
		}
		if err := l.write(w.read[i].row(row), w.made.copy(is), is == nil); err != nil {
			return nil, &scrub.CellError{Column: l.name, Transform: "written", Err: err}
		}
	}
	return made, nil
}

// write writes the rows of a leaf that an output has; have is nil if it has all.
func (w *pieceWork) write(out *parquet.ColumnWriter, s *stretch, have []bool, from, to int64) error {
	if s.leaf.whole || have != nil {
		w.some = w.some[:0]
		for row := from; row < to; row++ {
			switch {
			case have != nil && !have[row]:
			case s.leaf.whole: // with all that is nested in it
				w.some = append(w.some, parquet.NullValue().Level(0, 0, s.leaf.index))
			default:
				w.some = append(w.some, s.row(int(row))...)
			}
		}
		_, err := out.WriteRowValues(w.some)
		return err
	}
	values := s.values
	if s.leaf.repeated {
		first := 0
		if from > 0 {
			first = s.ends[from-1]
		}
		values = values[first:s.ends[to-1]]
	} else {
		values = values[from:to]
	}
	_, err := out.WriteRowValues(values)
	return err
}

// pass copies the rows of a leaf that is kept and that nothing else depends on.
func (w *pieceWork) pass(c *column, rows int64) error {
	for at := int64(0); at < rows; {
		values, n, err := c.next(rows - at)
		if err != nil {
			return err
		}
		for i, out := range w.outs {
			some := values
			if have := w.have[i]; have != nil {
				some = w.taken(values, have[at:])
			}
			if _, err := out.ColumnWriters()[c.leaf.index].WriteRowValues(some); err != nil {
				return err
			}
		}
		at += n
	}
	return nil
}

// taken are the values of the rows that an output has.
func (w *pieceWork) taken(values []parquet.Value, have []bool) []parquet.Value {
	row := -1
	w.some = w.some[:0]
	for _, v := range values {
		if v.RepetitionLevel() == 0 {
			row++
		}
		if have[row] {
			w.some = append(w.some, v)
		}
	}
	return w.some
}
