package copyfmt

import (
	"bytes"
	"encoding/binary"
)

// Row is one row as it stands in the stream. It and all it hands out are valid
// until the function that received it returns.
type Row struct {
	f       Format
	raw     []byte
	off     []int  // where each field's encoding starts, and where the last one ends
	scratch []byte // unescaped text
}

// Len is the number of fields.
func (r *Row) Len() int { return len(r.off) - 1 }

// Raw is the whole row with its framing: binary's field count and lengths, or
// text's tabs and newline.
func (r *Row) Raw() []byte { return r.raw }

// Span is the encoding of the fields from, …, to-1 with their framing, ready to
// be copied: what comes after field from-1 and before field to. Span(0, 0) is
// what comes before the first field, Span(i, Len()) ends the row.
func (r *Row) Span(from, to int) []byte {
	lo := 0
	if from > 0 {
		lo = r.off[from]
	}
	return r.raw[lo:r.off[to]]
}

// Null reports whether field i is NULL.
func (r *Row) Null(i int) bool {
	c := r.raw[r.off[i]:r.off[i+1]]
	if r.f == Binary {
		return c[0] == 0xff // of a length only -1 has it
	}
	return len(c) == 3 && c[0] == '\\' && c[1] == 'N'
}

// Field is the value of field i: wire form (binary) or unescaped text; nil for
// NULL, empty but not nil for an empty value.
func (r *Row) Field(i int) []byte {
	if r.Null(i) {
		return nil
	}
	end := r.off[i+1]
	if r.f == Binary {
		return r.raw[r.off[i]+4 : end : end]
	}
	end--
	c := r.raw[r.off[i]:end:end]
	if bytes.IndexByte(c, '\\') < 0 {
		return c
	}
	if cap(r.scratch) == 0 {
		r.scratch = make([]byte, 0, max(len(r.raw), 512))
	}
	start := len(r.scratch)
	r.scratch = unescape(r.scratch, c)
	return r.scratch[start:len(r.scratch):len(r.scratch)]
}

// AppendField appends a value (nil is NULL) in the place of field i.
func (r *Row) AppendField(dst []byte, i int, value []byte) []byte {
	if r.f == Binary {
		return appendBinary(dst, value)
	}
	return r.separate(appendText(dst, value), i)
}

// Begin prepares dst for a value that the caller appends itself, as wire form or
// unescaped text; End finishes it.
//
//	dst = row.Begin(dst)
//	start := len(dst)
//	dst = append(dst, value...)
//	dst = row.End(dst, start, i)
func (r *Row) Begin(dst []byte) []byte {
	if r.f == Binary {
		return append(dst, 0, 0, 0, 0)
	}
	return dst
}

// End makes dst[start:] the value of field i. start is len(dst) after Begin.
func (r *Row) End(dst []byte, start, i int) []byte {
	if r.f == Binary {
		binary.BigEndian.PutUint32(dst[start-4:], uint32(len(dst)-start))
		return dst
	}
	return r.separate(escapeTail(dst, start), i)
}

// Cut ends a row of which dst[start:] holds the encoding of the first n fields, as
// the row has more.
func (r *Row) Cut(dst []byte, start, n int) []byte {
	if r.f == Binary {
		binary.BigEndian.PutUint16(dst[start:], uint16(n))
		return dst
	}
	dst[len(dst)-1] = '\n'
	return dst
}

// separate appends what text puts after field i.
func (r *Row) separate(dst []byte, i int) []byte {
	if i+2 == len(r.off) {
		return append(dst, '\n')
	}
	return append(dst, '\t')
}

// release lets go of the row's bytes.
func (r *Row) release() {
	r.raw = nil
	if r.scratch = r.scratch[:0]; cap(r.scratch) > keepBuffer {
		r.scratch = nil
	}
}

// AppendHeader appends what a stream of the format starts with.
func AppendHeader(dst []byte, f Format) []byte {
	if f == Text {
		return dst
	}
	return append(append(dst, signature...), 0, 0, 0, 0, 0, 0, 0, 0)
}

// AppendRow appends one row; a nil field is NULL.
func AppendRow(dst []byte, f Format, fields [][]byte) []byte {
	if f == Binary {
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(fields)))
		for _, v := range fields {
			dst = appendBinary(dst, v)
		}
		return dst
	}
	for i, v := range fields {
		if i > 0 {
			dst = append(dst, '\t')
		}
		dst = appendText(dst, v)
	}
	return append(dst, '\n')
}

// AppendTrailer appends what a stream of the format ends with: nothing in text,
// where the protocol's CopyDone says it.
func AppendTrailer(dst []byte, f Format) []byte {
	if f == Text {
		return dst
	}
	return append(dst, 0xff, 0xff)
}

func appendBinary(dst, value []byte) []byte {
	if value == nil {
		return append(dst, 0xff, 0xff, 0xff, 0xff)
	}
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(value))), value...)
}

func appendText(dst, value []byte) []byte {
	if value == nil {
		return append(dst, `\N`...)
	}
	start := len(dst)
	return escapeTail(append(dst, value...), start)
}
