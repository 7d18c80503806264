package lake

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"refresher/internal/scrub"
)

// csvField is a field as it stands in a record.
type csvField struct {
	start, end int // of what is within the quotes, if there are any
	quoted     bool
	escaped    bool // has doubled quotes
}

var (
	errOpenQuote  = errors.New("a quote is never closed")
	errStrayQuote = errors.New("a quote stands within a field that doesn't begin with one " +
		"(RFC 4180 wants the field quoted, and the quote doubled)")
	errAfterQuote = errors.New("a field goes on behind its closing quote")
	errBareReturn = errors.New("a carriage return stands outside of quotes and ends no line")
	errEncoding   = errors.New("it is not UTF-8: convert it, or leave it behind with {rows: none}")
)

// csvRecord takes the first record of b apart, which is whole, and returns its length with
// its line break.
func csvRecord(b []byte, delimiter byte, fields []csvField) (n int, _ []csvField, err error) {
	for i := 0; ; i++ {
		var f csvField
		if i < len(b) && b[i] == '"' {
			f = csvField{start: i + 1, quoted: true}
			for i++; ; i += 2 {
				k := bytes.IndexByte(b[min(i, len(b)):], '"')
				if k < 0 {
					return 0, fields, errOpenQuote
				}
				if i += k; i+1 >= len(b) || b[i+1] != '"' {
					break
				}
				f.escaped = true
			}
			f.end = i
			i++
		} else {
			f.start = i
			for i < len(b) && b[i] != delimiter && b[i] != '\n' && b[i] != '\r' {
				if b[i] == '"' {
					return 0, fields, errStrayQuote
				}
				i++
			}
			f.end = i
		}
		fields = append(fields, f)
		switch {
		case i >= len(b):
			return len(b), fields, nil
		case b[i] == delimiter:
		case b[i] == '\n':
			return i + 1, fields, nil
		case b[i] == '\r' && i+1 == len(b), b[i] == '\r' && b[i+1] == '\n':
			return min(i+2, len(b)), fields, nil
		case b[i] == '\r':
			return 0, fields, errBareReturn
		default:
			return 0, fields, errAfterQuote
		}
	}
}

// value is what a field says; scratch may hold it.
func (f csvField) value(b, scratch []byte) (value, _ []byte) {
	if !f.escaped {
		return b[f.start:f.end], scratch
	}
	from := len(scratch)
	for rest := b[f.start:f.end]; ; {
		k := bytes.IndexByte(rest, '"')
		if k < 0 {
			scratch = append(scratch, rest...)
			return scratch[from:len(scratch):len(scratch)], scratch
		}
		scratch, rest = append(scratch, rest[:k+1]...), rest[k+2:]
	}
}

// csvScrubber scrubs the records of a CSV file.
type csvScrubber struct {
	rows      *scrub.Rows
	delimiter byte
	columns   int
	takes     []taker

	fields  []csvField
	values  [][]byte
	scratch []byte
}

func (s *csvScrubber) scrub(in []byte, out [][]byte) (rows int64, err error) {
	for len(in) > 0 {
		n, fields, err := csvRecord(in, s.delimiter, s.fields[:0])
		s.fields = fields
		if err == nil && !utf8.Valid(in[:n]) {
			err = errEncoding
		}
		record := in[:n]
		if err == nil && blankLine(record) && s.columns > 1 {
			for i := range out { // some writers end a file with one
				out[i] = append(out[i], record...)
			}
			in = in[n:]
			continue
		}
		if err == nil && len(fields) != s.columns {
			err = fmt.Errorf("it has %d fields, and the header %d", len(fields), s.columns)
		}
		if rows++; err == nil {
			err = s.record(record, out)
		}
		if err != nil {
			return rows, &recordError{row: rows, err: err}
		}
		in = in[n:]
	}
	return rows, nil
}

func blankLine(b []byte) bool { return len(bytes.TrimRight(b, "\r\n")) == 0 }

// record scrubs one record. What no rule changes stays byte for byte.
func (s *csvScrubber) record(record []byte, out [][]byte) error {
	s.values, s.scratch = s.values[:0], s.scratch[:0]
	for _, f := range s.fields {
		var v []byte
		if v, s.scratch = f.value(record, s.scratch); len(v) == 0 && !f.quoted {
			v = nil
		}
		s.values = append(s.values, v)
	}
	made, err := s.rows.Scrub(s.values)
	if err != nil {
		return err
	}
	for i := range out {
		if s.takes[i].of(made) {
			out[i] = s.write(out[i], record, made)
		}
	}
	return nil
}

func (s *csvScrubber) write(dst, record []byte, made [][]byte) []byte {
	next := 0
	for i, f := range s.fields {
		if bytes.Equal(made[i], s.values[i]) && (made[i] == nil) == (s.values[i] == nil) {
			continue
		}
		start, end := f.start, f.end
		if f.quoted {
			start, end = start-1, end+1
		}
		dst = append(dst, record[next:start]...)
		dst = s.appendField(dst, made[i], f.quoted)
		next = end
	}
	return append(dst, record[next:]...)
}

func (s *csvScrubber) appendField(dst, v []byte, quoted bool) []byte {
	switch {
	case v == nil && s.columns == 1:
		return append(dst, `""`...) // else the line would be blank
	case v == nil:
		return dst
	case !quoted && len(v) > 0 && bytes.IndexByte(v, s.delimiter) < 0 && !bytes.ContainsAny(v, "\"\r\n"):
		return append(dst, v...)
	}
	dst = append(dst, '"')
	for {
		k := bytes.IndexByte(v, '"')
		if k < 0 {
			return append(append(dst, v...), '"')
		}
		dst, v = append(append(dst, v[:k+1]...), '"'), v[k+1:]
	}
}
