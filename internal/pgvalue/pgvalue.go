// Package pgvalue converts single values between the form that COPY carries and
// PostgreSQL's canonical text, the one language that transforms, detectors and
// fingerprints speak, so that 123 in an integer, a text and a JSON column is the
// same value.
package pgvalue

import (
	"refresher/internal/catalog"
	"refresher/internal/pgcopy"
)

// Codec converts values of one type in one COPY format.
type Codec interface {
	// AppendText appends the canonical text (what ::text prints under
	// DateStyle ISO, IntervalStyle postgres, bytea_output hex) of a non-NULL value.
	AppendText(dst, wire []byte) ([]byte, error)
	// AppendWire appends the wire form of a canonical text.
	AppendWire(dst, text []byte) ([]byte, error)
}

// For returns the codec of a type, nil if the type has none in that format.
func For(t *catalog.Type, f pgcopy.Format) Codec { panic("TODO") }

// Binary reports whether COPY may carry a table's column of this type in binary
// from one cluster into another: it has binary I/O and embeds no OID of a
// user-defined type.
func Binary(t *catalog.Type) bool { panic("TODO") }
