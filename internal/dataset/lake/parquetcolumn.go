package lake

import (
	"encoding/binary"
	"errors"
	"io"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// column reads the values of a leaf, row by row, through the row groups of a file.
type column struct {
	leaf  *leaf
	group int // that is read; -1: none yet
	pages parquet.Pages
	page  parquet.Page
	from  parquet.ValueReader

	buf   []parquet.Value
	at, n int // what of buf was not given out yet
	ended bool
}

// maxRowValues is how many values of one leaf a row can have.
const maxRowValues = maxRecord / 24

func (c *column) open(group int, g parquet.RowGroup) error {
	if c.group == group {
		return nil
	}
	if err := c.close(); err != nil {
		return err
	}
	c.group, c.pages, c.ended = group, g.ColumnChunks()[c.leaf.index].Pages(), false
	if c.buf == nil {
		c.buf = make([]parquet.Value, 1024)
	}
	return nil
}

func (c *column) close() error {
	if c.pages == nil {
		return nil
	}
	c.release()
	c.at, c.n = 0, 0
	return c.pages.Close()
}

func (c *column) release() {
	if c.page != nil {
		parquet.Release(c.page)
		c.page, c.from = nil, nil
	}
}

// next returns the values of whole rows, of at least one and at most so many. They are valid
// until the next call.
func (c *column) next(most int64) (values []parquet.Value, rows int64, err error) {
	for {
		end, rows := c.whole(most)
		if rows > 0 {
			values = c.buf[c.at:end]
			c.at = end
			return values, rows, nil
		}
		if c.ended {
			return nil, 0, errDamaged // it has fewer rows than its footer says
		}
		if err := c.more(); err != nil {
			return nil, 0, err
		}
	}
}

// whole is where whole rows end in what was read.
func (c *column) whole(most int64) (end int, rows int64) {
	if !c.leaf.repeated {
		rows = min(most, int64(c.n-c.at))
		return c.at + int(rows), rows
	}
	for i := c.at + 1; i < c.n; i++ {
		if c.buf[i].RepetitionLevel() == 0 {
			end = i
			if rows++; rows == most {
				return end, rows
			}
		}
	}
	if c.ended && c.n > c.at {
		return c.n, rows + 1
	}
	return end, rows
}

// more reads on, behind what was not given out.
func (c *column) more() error {
	c.n = copy(c.buf, c.buf[c.at:c.n])
	if c.at = 0; c.n == len(c.buf) {
		if c.n >= maxRowValues {
			return errTooLong
		}
		c.buf = append(c.buf, make([]parquet.Value, len(c.buf))...)
	}
	if c.from == nil {
		page, err := c.pages.ReadPage()
		if errors.Is(err, io.EOF) {
			c.ended = true
			return nil
		}
		if err != nil {
			return errDamaged
		}
		c.page, c.from = page, page.Values()
	}
	k, err := c.from.ReadValues(c.buf[c.n:])
	c.n += k
	if errors.Is(err, io.EOF) {
		for i, v := range c.buf[:c.n] { // they lie in the page
			c.buf[i] = v.Clone()
		}
		c.release()
		return nil
	}
	if err != nil || k == 0 {
		return errDamaged
	}
	return nil
}

// stretch is the values of a leaf in the rows of a piece.
type stretch struct {
	leaf   *leaf
	values []parquet.Value
	ends   []int // of rows in values; nil: each has one
	bytes  arena
	same   map[*byte][]byte // entries of a dictionary that were copied
}

// row are the values of a row, counted from the piece's first.
func (s *stretch) row(i int) []parquet.Value {
	if !s.leaf.repeated {
		return s.values[i : i+1]
	}
	from := 0
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.values[from:s.ends[i]]
}

// read reads the rows of a piece.
func (s *stretch) read(c *column, rows int64) error {
	s.values, s.ends = s.values[:0], s.ends[:0]
	s.bytes.reset()
	clear(s.same)
	for rows > 0 {
		values, n, err := c.next(rows)
		if err != nil {
			return err
		}
		rows -= n
		shared := c.page != nil && c.page.Dictionary() != nil
		for i, v := range values {
			if s.leaf.repeated && i > 0 && v.RepetitionLevel() == 0 {
				s.ends = append(s.ends, len(s.values))
			}
			s.values = append(s.values, s.keep(v, shared))
		}
		if s.leaf.repeated {
			s.ends = append(s.ends, len(s.values))
		}
	}
	return nil
}

// keep copies a value out of its page; one of a dictionary once a piece.
func (s *stretch) keep(v parquet.Value, shared bool) parquet.Value {
	kind := v.Kind()
	if kind != parquet.ByteArray && kind != parquet.FixedLenByteArray || v.IsNull() {
		return v
	}
	b := v.ByteArray()
	if len(b) == 0 {
		return v
	}
	copied := s.same[unsafe.SliceData(b)]
	if !shared || len(copied) != len(b) {
		copied = s.bytes.copy(b)
	}
	if shared {
		if s.same == nil {
			s.same = map[*byte][]byte{}
		}
		s.same[unsafe.SliceData(b)] = copied
	}
	made := parquet.ByteArrayValue(copied)
	if kind == parquet.FixedLenByteArray {
		made = parquet.FixedLenByteArrayValue(copied)
	}
	return made.Level(v.RepetitionLevel(), v.DefinitionLevel(), v.Column())
}

// arena holds copies of bytes until it is reset.
type arena struct {
	blocks [][]byte
	at     int // block that is filled
}

func (a *arena) reset() {
	for i := range a.blocks {
		a.blocks[i] = a.blocks[i][:0]
	}
	a.at = 0
}

func (a *arena) copy(b []byte) []byte {
	const block = 64 << 10
	for ; a.at < len(a.blocks); a.at++ {
		if have := a.blocks[a.at]; cap(have)-len(have) >= len(b) {
			a.blocks[a.at] = append(have, b...)
			return a.blocks[a.at][len(have) : len(have)+len(b) : len(have)+len(b)]
		}
	}
	a.blocks = append(a.blocks, append(make([]byte, 0, max(block, len(b))), b...))
	return a.blocks[a.at][:len(b):len(b)]
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
