// Package copyfmt reads and writes the rows of PostgreSQL's COPY, in its binary
// and its text format, without knowing their types.
//
// # Reading
//
// A [Parser] is an io.Writer: it is handed to the producer of a COPY stream
// and calls a function for each row. A Write may hold any part of the stream.
// Whole rows are parsed where they lie; only an unfinished row at the end of a
// Write is copied and kept.
//
// [NewParser] hands out fields. [NewRawParser] hands out a [Row], which also
// knows the row's own bytes: a consumer that replaces a few fields copies the
// stretches between them as they are.
//
//	next := 0
//	for _, i := range masked {
//		dst = append(dst, row.Span(next, i)...)
//		dst = row.Begin(dst)
//		start := len(dst)
//		dst = appendFake(dst, row.Field(i))
//		dst = row.End(dst, start, i)
//		next = i + 1
//	}
//	dst = append(dst, row.Span(next, row.Len())...)
//
// A consumer that changes nothing passes a nil function and forwards what it
// writes: the parser then only counts rows and checks the framing.
//
// # Strictness
//
// A stream is refused, never guessed at: a wrong signature, a header flag that
// isn't known, a row with another number of fields, a length that can't be, data
// after the end, an end without the trailer. Errors are of type [*Error]: they
// say which row and why, and never quote the stream.
//
// # Formats
//
// Binary is PostgreSQL's documentation, COPY, "Binary Format". Text is the same
// page's "Text Format" with the default delimiter (tab) and NULL (\N), and lines
// ended by \n, which is what a server sends to a client on every platform. Text
// must be in an encoding that is safe for ASCII (UTF-8 is; SJIS, BIG5 and GBK
// are not): set client_encoding accordingly.
package copyfmt

import "fmt"

// Format is a COPY format.
type Format uint8

// The formats refresher speaks.
const (
	Binary Format = iota // PostgreSQL docs, COPY, "Binary Format"
	Text                 // PostgreSQL docs, COPY, "Text Format", default delimiter and null
)

// String is the word that COPY's FORMAT option takes.
func (f Format) String() string {
	if f == Binary {
		return "binary"
	}
	return "text"
}

// MaxRow is the largest row, and so the largest field, in bytes of its encoded
// form: the limit of the server's own buffers (MaxAllocSize, src/include/utils/memutils.h).
const MaxRow = 1<<30 - 1

// Error is a stream that isn't what its format says. It holds no content.
type Error struct {
	Format Format
	Row    int64 // ordinal of the row in the stream, from 1; 0 is the header
	Field  int   // ordinal of the field in the row, from 1; 0 unknown
	Reason string
}

func (e *Error) Error() string {
	s := "COPY " + e.Format.String() + " stream"
	if e.Row > 0 {
		s += fmt.Sprintf(", row %d", e.Row)
	}
	if e.Field > 0 {
		s += fmt.Sprintf(", field %d", e.Field)
	}
	return s + ": " + e.Reason
}

// The start of a binary stream: signature, flags, length of the header extension.
const (
	signature  = "PGCOPY\n\xff\r\n\x00"
	headerSize = len(signature) + 4 + 4
)
