// Package pgcopy reads and writes the rows of PostgreSQL's COPY, in its binary
// and its text format, without knowing their types.
package pgcopy

// Format is a COPY format.
type Format uint8

// The formats refresher speaks.
const (
	Binary Format = iota // PostgreSQL docs, COPY, "Binary Format"
	Text                 // PostgreSQL docs, COPY, "Text Format", default delimiter and null
)

// String is the word that COPY's FORMAT option takes.
func (f Format) String() string { return [...]string{"binary", "text"}[f] }

// RowFunc receives one row: a field per column, nil for NULL, in wire form
// (binary) or unescaped text. The slices are valid until it returns.
type RowFunc func(fields [][]byte) error

// Parser is an io.Writer that cuts the COPY stream written to it into rows. A
// write may hold any part of the stream: less than a row or many.
type Parser struct{ todo int }

// NewParser returns a parser of rows of ncols columns.
func NewParser(f Format, ncols int, fn RowFunc) *Parser { panic("TODO") }

// Write parses what it can and keeps an unfinished row for the next call.
func (p *Parser) Write(b []byte) (int, error) { panic("TODO") }

// Close reports an error if the stream ended within a row or without its trailer.
func (p *Parser) Close() error { panic("TODO") }

// Rows is the number of rows seen so far.
func (p *Parser) Rows() int64 { panic("TODO") }

// AppendHeader appends what a stream of the format starts with.
func AppendHeader(dst []byte, f Format) []byte { panic("TODO") }

// AppendRow appends one row.
func AppendRow(dst []byte, f Format, fields [][]byte) []byte { panic("TODO") }

// AppendTrailer appends what a stream of the format ends with.
func AppendTrailer(dst []byte, f Format) []byte { panic("TODO") }
