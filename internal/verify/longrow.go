package verify

import (
	"bytes"

	"refresher/internal/fault"
	"refresher/internal/postgres/copyfmt"
)

// longRow is when a row of a dump is too long to be held: it is looked through in
// pieces then, as a file is, and a piece begins with the end of the one before.
const longRow = 4 << 20

// long is a row that is looked through in pieces.
type long struct {
	col    int
	offset int    // of text in the field
	text   []byte // of the field, escaped; up to a piece and an overlap
}

// goOn takes more of a long row, and returns what follows it.
func (d *dump) goOn(b []byte) (rest []byte, err error) {
	for {
		i := bytes.IndexAny(b, "\t\n")
		if i < 0 {
			return nil, d.gather(b)
		}
		if err := d.gather(b[:i]); err != nil {
			return nil, err
		}
		if err := d.endField(b[i] == '\n'); err != nil {
			return nil, err
		}
		if b[i] == '\n' {
			return b[i+1:], nil
		}
		b = b[i+1:]
	}
}

// gather adds to the field at hand and sends a piece of it when there is enough.
func (d *dump) gather(b []byte) error {
	for len(b) > 0 {
		n := min(len(b), pieceBytes+overlapBytes-len(d.long.text))
		d.long.text = append(d.long.text, b[:n]...)
		b = b[n:]
		if len(d.long.text) < pieceBytes+overlapBytes {
			return nil
		}
		end := unescapedEnd(d.long.text)
		if err := d.sendPiece(d.long.text[:end]); err != nil {
			return err
		}
		from := unescapedEnd(d.long.text[:end-overlapBytes])
		// Digits of two and four belong together: hex from the third byte on, base64.
		from -= (d.long.offset + from + 1) % 4
		from = unescapedEnd(d.long.text[:from])
		d.long.offset += from
		d.long.text = append(d.long.text[:0], d.long.text[from:]...)
	}
	return nil
}

// unescapedEnd is the end of text without an escape sequence that is cut short; the
// longest that a server writes are two bytes.
func unescapedEnd(text []byte) int {
	n := len(text)
	for n > 0 && text[n-1] == '\\' {
		n--
	}
	return len(text) - (len(text)-n)%2
}

func (d *dump) sendPiece(text []byte) error {
	if d.long.col >= len(d.at.columns) {
		return fault.BadInput("%s: not looked through, since a row has more than %d fields", d.name, len(d.at.columns))
	}
	return d.send(batch{columns: d.at.columns[d.long.col : d.long.col+1], first: d.at.first, data: bytes.Clone(text),
		piece: true})
}

func (d *dump) endField(last bool) error {
	if string(d.long.text) != `\N` || d.long.offset > 0 {
		if err := d.sendPiece(d.long.text); err != nil {
			return err
		}
	}
	d.long.col, d.long.offset, d.long.text = d.long.col+1, 0, d.long.text[:0]
	if !last {
		return nil
	}
	if d.long.col != len(d.at.columns) {
		return fault.BadInput("%s: not looked through, since a row has %d fields where %d are expected", d.name,
			d.long.col, len(d.at.columns))
	}
	d.long = nil
	d.at.first++
	d.ledger.merge(1, nil)
	return nil
}

// begin begins with a long row: d.tail is what of it is there.
func (d *dump) begin() error {
	if err := d.flush(); err != nil { // of the rows before
		return err
	}
	d.long = &long{}
	tail := d.tail
	d.tail = nil
	if d.at.whole { // of no fields that are known
		d.long, d.at.data, d.at.rows = nil, tail, 1
		return d.flush()
	}
	_, err := d.goOn(tail)
	return err
}

// lookPiece looks through a piece of a long row.
func (s *scanner) lookPiece(t *tally, b batch) error {
	s.cell(t, place{row: b.first + 1}, copyfmt.Unescape(b.data))
	return s.err()
}
