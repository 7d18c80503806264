package copyfmt

import (
	"encoding/binary"
	"fmt"
)

// RowFunc receives one row: a field per column, nil for NULL, in wire form
// (binary) or unescaped text. The slices are valid until it returns.
type RowFunc func(fields [][]byte) error

// keepBuffer is the size above which a buffer is given back after use, so that
// one huge row doesn't stay in memory.
const keepBuffer = 1 << 20

// Parser is an io.Writer that cuts the COPY stream written to it into rows. A
// write may hold any part of the stream: less than a row or many. One goroutine
// uses a parser at a time.
type Parser struct {
	f     Format
	fn    func(*Row) error
	row   Row
	rows  int64
	state state
	skip  int    // bytes of the header extension still to come
	tail  []byte // an unfinished header or row from earlier writes
	err   error  // the first error; it stays

	// How far the unfinished unit was scanned, so that no byte is scanned twice.
	pos, col int
	need     int // binary: bytes the unit must have before scanning on makes sense
}

type state uint8

const (
	inHeader state = iota
	inRows
	atEnd
)

// NewParser returns a parser of rows of ncols columns that calls fn for each.
func NewParser(f Format, ncols int, fn RowFunc) *Parser {
	fields := make([][]byte, ncols)
	return NewRawParser(f, ncols, func(r *Row) error {
		for i := range fields {
			fields[i] = r.Field(i)
		}
		return fn(fields)
	})
}

// NewRawParser returns a parser of rows of ncols columns that calls fn for each;
// the row is valid until fn returns. With a nil fn rows are checked and counted.
func NewRawParser(f Format, ncols int, fn func(*Row) error) *Parser {
	p := &Parser{f: f, fn: fn, row: Row{f: f, off: make([]int, ncols+1)}}
	if f == Binary {
		p.need = headerSize
	} else {
		p.state = inRows
	}
	return p
}

// Write parses what it can and keeps an unfinished row for the next call. An
// error of the row function is returned as it is. After an error every call
// returns that error.
func (p *Parser) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	rest := b
	if len(p.tail) > 0 {
		rest = p.finishTail(rest)
	}
	for len(rest) > 0 && p.err == nil {
		n := p.next(rest)
		if n == 0 {
			if p.err == nil {
				p.tail = append(p.tail, rest...)
				rest = nil
			}
			break
		}
		rest = rest[n:]
	}
	return len(b) - len(rest), p.err
}

// finishTail completes the kept unit with as little of b as it takes and
// returns the rest of b.
func (p *Parser) finishTail(b []byte) []byte {
	for len(b) > 0 && p.err == nil {
		take := p.missing(b)
		p.tail = append(p.tail, b[:take]...)
		b = b[take:]
		if p.next(p.tail) == 0 {
			continue
		}
		p.tail = p.tail[:0]
		if cap(p.tail) > keepBuffer {
			p.tail = nil
		}
		return b
	}
	return b
}

// missing is how much of b the kept unit can use without overrunning its end.
func (p *Parser) missing(b []byte) int {
	if p.f == Text {
		return lineEnd(b)
	}
	return min(len(b), p.need-len(p.tail))
}

// next handles the unit (header, row or end) that b starts with and returns its
// length; 0 if b doesn't hold all of it, or on an error, which it stores.
func (p *Parser) next(b []byte) int {
	if p.state != inRows {
		return p.outside(b)
	}
	var n int
	if p.f == Binary {
		n = p.scanBinary(b)
	} else {
		n = p.scanText(b)
	}
	if n == 0 || p.state == atEnd {
		return n
	}
	p.pos, p.col = 0, 0
	p.rows++
	if p.fn != nil {
		p.row.raw = b[:n]
		err := p.fn(&p.row)
		p.row.release()
		if err != nil {
			p.err = err
			return 0
		}
	}
	return n
}

// outside handles what comes before and after the rows.
func (p *Parser) outside(b []byte) int {
	if p.state == atEnd {
		p.fail(0, "data after the end marker")
		return 0
	}
	if p.skip > 0 {
		n := min(p.skip, len(b))
		if p.skip -= n; p.skip == 0 {
			p.state = inRows
		}
		return n
	}
	// The signature is checked as soon as a byte of it is there.
	if n := min(len(b), len(signature)); string(b[:n]) != signature[:n] {
		p.fail(0, "no COPY binary signature")
		return 0
	}
	if len(b) < headerSize {
		return 0
	}
	flags := binary.BigEndian.Uint32(b[len(signature):])
	ext := binary.BigEndian.Uint32(b[len(signature)+4:])
	switch {
	case flags&(1<<16) != 0:
		p.fail(0, "rows with object identifiers, which servers before 12 wrote, are not supported")
		return 0
	case flags>>16 != 0:
		p.fail(0, "the header has a critical flag that is not known")
		return 0
	case ext > MaxRow:
		p.fail(0, "the header extension has an impossible length")
		return 0
	}
	if p.skip = int(ext); p.skip == 0 {
		p.state = inRows
	}
	return headerSize
}

// scanBinary finds the end of the row that b starts with, noting where its
// fields are. It goes on where it stopped when the row wasn't complete.
func (p *Parser) scanBinary(b []byte) int {
	pos, off := p.pos, p.row.off
	last := len(off) - 1
	if pos == 0 {
		if len(b) < 2 {
			p.need = 2
			return 0
		}
		switch n := int16(binary.BigEndian.Uint16(b)); {
		case n == -1:
			p.state = atEnd
			return 2
		case int(n) != last:
			p.fail(0, fmt.Sprintf("has %d fields where %d are expected", n, last))
			return 0
		}
		pos = 2
	}
	i := p.col
	for ; i < last; i++ {
		if len(b)-pos < 4 {
			p.pos, p.col, p.need = pos, i, pos+4
			return 0
		}
		off[i] = pos
		n := int(int32(binary.BigEndian.Uint32(b[pos:])))
		if n < 0 {
			if n != -1 {
				p.fail(i+1, "negative length")
				return 0
			}
			n = 0
		}
		if n > MaxRow-4-pos {
			p.fail(i+1, "longer than 1 GiB")
			return 0
		}
		if len(b)-pos-4 < n {
			p.pos, p.col, p.need = pos, i, pos+4+n
			return 0
		}
		pos += 4 + n
	}
	off[last] = pos
	return pos
}

// Close reports an error if the stream ended within a row or without its trailer.
// A text stream needs no trailer: a server sends none.
func (p *Parser) Close() error {
	switch {
	case p.err != nil:
	case p.state == inHeader:
		p.fail(0, "ended within its header")
	case len(p.tail) > 0:
		p.fail(0, "ended within a row")
	case p.f == Binary && p.state != atEnd:
		p.err = &Error{Format: p.f, Reason: "ended without its trailer"}
	}
	return p.err
}

// Rows is the number of rows seen so far. While the row function runs it is the
// ordinal, from 1, of the row it was given.
func (p *Parser) Rows() int64 { return p.rows }

// fail stores the error of the row after those seen.
func (p *Parser) fail(field int, reason string) {
	e := &Error{Format: p.f, Field: field, Reason: reason}
	if p.state == inRows {
		e.Row = p.rows + 1
	}
	p.err = e
}
