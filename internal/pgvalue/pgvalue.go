// Package pgvalue converts single values between the form that COPY carries and
// PostgreSQL's canonical text, the one language that transforms, detectors and
// fingerprints speak, so that 123 in an integer, a text and a JSON column is the
// same value.
//
// Canonical text is what the type's output function prints, and so what COPY in
// text format carries, under DateStyle ISO, IntervalStyle postgres, bytea_output
// hex, extra_float_digits 1 and TimeZone UTC. There is one exception: char(n) has
// no trailing spaces, as they mean nothing there. Booleans are t and f.
//
// In text format the conversion is therefore the identity (but for char(n)), and
// every type has a codec; sessions that read in text format must set TimeZone UTC
// and the other settings. In binary every conversion is checked: wire bytes that
// no server would send and text that is no value of the type are errors. Errors
// never hold content.
//
// Codecs append to the slice they are given and allocate nothing else. They have
// no state and are safe for concurrent use.
package pgvalue

import (
	"refresher/internal/catalog"
	"refresher/internal/pgcopy"
)

// Codec converts values of one type in one COPY format.
type Codec interface {
	// AppendText appends the canonical text of a non-NULL value.
	AppendText(dst, wire []byte) ([]byte, error)
	// AppendWire appends the wire form of a canonical text.
	AppendWire(dst, text []byte) ([]byte, error)
}

// For returns the codec of a type, nil if the type has none in that format.
// Text format has a codec for every type.
func For(t *catalog.Type, f pgcopy.Format) Codec { panic("TODO") }

// Binary reports whether COPY may carry a table's column of this type in binary
// from one cluster into another: it has binary I/O and embeds no OID of a
// user-defined type.
func Binary(t *catalog.Type) bool { panic("TODO") }

// Array reads and rewrites arrays element by element, in the form COPY carries,
// without building their text. It has scratch space: one goroutine uses it at a time.
type Array struct{ todo int }

// ArrayOf returns the reader of an array type (or a domain over one), nil if the
// type is no array or its elements have no codec in that format.
func ArrayOf(t *catalog.Type, f pgcopy.Format) *Array { panic("TODO") }

// Walk calls fn with the canonical text of every element that is not NULL, in
// storage order. The text is valid until fn returns.
func (a *Array) Walk(wire []byte, fn func(text []byte) error) error { panic("TODO") }

// Rewrite appends the array with every element that is not NULL replaced by the
// canonical text that fn appends. Dimensions, lower bounds and NULLs stay.
func (a *Array) Rewrite(dst, wire []byte, fn func(dst, text []byte) ([]byte, error)) ([]byte, error) {
	panic("TODO")
}
