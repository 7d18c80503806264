package condition

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"unicode"
	"unicode/utf8"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
)

// reader is a compiled expression. ok is false for NULL.
type reader[T any] func(*env) (v T, ok bool)

// The compiled forms of expressions by kind.
type (
	boolean = reader[bool]
	numeric = reader[number]
	textual = reader[[]byte]                                                 // valid until its slot is read again
	moment  = reader[int64]                                                  // in microseconds
	listed  func(e *env, each func(text []byte) (stop bool)) (null, ok bool) // null: an element was NULL
)

// env is what expressions read: one row.
type env struct {
	row     *copyfmt.Row
	slots   []slot
	scratch [][]byte
	bad     bool // a value could not be read
}

// slot is one column that the condition reads.
type slot struct {
	at     int
	column *catalog.Column
	format copyfmt.Format
	codec  value.Codec
	binary value.Codec // nil if there is none
	array  *value.Array
	buf    []byte
	side   []byte
}

// raw is the field as COPY carries it, nil for NULL.
func (e *env) raw(k int) []byte { return e.row.Field(e.slots[k].at) }

// text is the field's canonical text.
func (e *env) text(k int) ([]byte, bool) {
	wire := e.raw(k)
	if wire == nil {
		return nil, false
	}
	s := &e.slots[k]
	var err error
	if s.buf, err = s.codec.AppendText(s.buf[:0], wire); err != nil {
		e.bad = true
		return nil, false
	}
	return s.buf, true
}

// binaryForm is the field in binary, in either format of the stream.
func (e *env) binaryForm(k int) ([]byte, bool) {
	s := &e.slots[k]
	wire := e.raw(k)
	if wire == nil || s.format == copyfmt.Binary {
		return wire, wire != nil
	}
	var err error
	if s.side, err = s.binary.AppendWire(s.side[:0], wire); err != nil {
		e.bad = true
		return nil, false
	}
	return s.side, true
}

func (e *env) boolean(k int) (v, ok bool) {
	text, ok := e.text(k)
	return isTrue(text), ok
}

func isTrue(text []byte) bool { return string(text) == "t" }

func (e *env) number(k int) (number, bool) {
	text, ok := e.text(k)
	if !ok {
		return number{}, false
	}
	n, ok := parseNumber(text, isFloat(e.slots[k].column.Type))
	e.bad = e.bad || !ok
	return n, ok
}

func isFloat(t *catalog.Type) bool {
	oid := t.Underlying().OID
	return oid == catalog.Float4OID || oid == catalog.Float8OID
}

func (e *env) moment(k int) (int64, bool) {
	wire, ok := e.binaryForm(k)
	if !ok {
		return 0, false
	}
	m, ok := micros(wire)
	e.bad = e.bad || !ok
	return m, ok
}

// list hands over the canonical text of each element of an array that is not NULL.
func (e *env) list(k int, each func([]byte) (stop bool)) (null, ok bool) {
	s, wire := &e.slots[k], e.raw(k)
	if wire == nil {
		return false, false
	}
	null = s.array.HasNull(wire)
	err := s.array.Walk(wire, func(text []byte) error {
		if each(text) {
			return errStop
		}
		return nil
	})
	e.bad = e.bad || err != nil && !errors.Is(err, errStop)
	return null, true
}

var errStop = errors.New("found")

// parseMoment reads an element of an array of dates or timestamps.
func parseMoment(codec value.Codec, text []byte) (int64, bool) {
	wire, err := codec.AppendWire(nil, text)
	if err != nil {
		return 0, false
	}
	return micros(wire)
}

// micros are the microseconds since 2000-01-01 of a date's or timestamp's binary
// form; infinities, and dates that no timestamp reaches, are the extreme values.
func micros(wire []byte) (int64, bool) {
	switch len(wire) {
	case 8:
		return int64(binary.BigEndian.Uint64(wire)), true
	case 4:
		const perDay = 24 * 60 * 60 * 1_000_000
		day := int64(int32(binary.BigEndian.Uint32(wire)))
		switch {
		case day == math.MinInt32:
			return math.MinInt64, true
		case day == math.MaxInt32:
			return math.MaxInt64, true
		case day > math.MaxInt64/perDay: // later than any timestamp, in order among themselves
			return math.MaxInt64 - math.MaxInt32 + day, true
		}
		return day * perDay, true
	}
	return 0, false
}

// number is an integer, a decimal as text, or a float.
type number struct {
	form numberForm
	i    int64
	f    float64
	d    []byte // canonical text of a decimal
}

type numberForm uint8

const (
	integer numberForm = iota
	decimal
	float
)

// parseNumber reads the canonical text of a number. asFloat is for the types
// real and double precision; NaN and infinities are floats in any case.
func parseNumber(text []byte, asFloat bool) (number, bool) {
	if !asFloat && len(text) < 19 {
		if i, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			return number{form: integer, i: i}, true
		}
	}
	switch string(text) {
	case "NaN":
		return number{form: float, f: math.NaN()}, true
	case "Infinity":
		return number{form: float, f: math.Inf(1)}, true
	case "-Infinity":
		return number{form: float, f: math.Inf(-1)}, true
	}
	if asFloat {
		f, err := strconv.ParseFloat(string(text), 64)
		return number{form: float, f: f}, err == nil
	}
	return number{form: decimal, d: text}, isDecimal(text)
}

// isDecimal reports whether text is [-]digits[.digits].
func isDecimal(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte{'-'})
	whole, fraction, dot := bytes.Cut(text, []byte{'.'})
	digits := func(b []byte) bool {
		for _, c := range b {
			if c < '0' || c > '9' {
				return false
			}
		}
		return len(b) > 0
	}
	return digits(whole) && (!dot || digits(fraction))
}

// compare orders numbers as PostgreSQL does: NaN equals itself and is greater
// than all others; where one side is a float the other becomes one.
func (n number) compare(m number) int {
	switch {
	case n.form == integer && m.form == integer:
		return sign(n.i > m.i, n.i < m.i)
	case n.form == float || m.form == float:
		a, b := n.float(), m.float()
		if math.IsNaN(a) || math.IsNaN(b) {
			return sign(!math.IsNaN(b), !math.IsNaN(a))
		}
		return sign(a > b, a < b)
	}
	var a, b [20]byte
	return compareDecimals(n.decimal(a[:0]), m.decimal(b[:0]))
}

func sign(more, less bool) int {
	switch {
	case more:
		return 1
	case less:
		return -1
	}
	return 0
}

func (n number) float() float64 {
	switch n.form {
	case integer:
		return float64(n.i)
	case decimal:
		f, _ := strconv.ParseFloat(string(n.d), 64) // out of range is infinite
		return f
	}
	return n.f
}

func (n number) decimal(buf []byte) []byte {
	if n.form == integer {
		return strconv.AppendInt(buf, n.i, 10)
	}
	return n.d
}

func compareDecimals(a, b []byte) int {
	negA, wholeA, fracA := splitDecimal(a)
	negB, wholeB, fracB := splitDecimal(b)
	if negA != negB {
		return sign(negB, negA)
	}
	c := sign(len(wholeA) > len(wholeB), len(wholeA) < len(wholeB))
	if c == 0 {
		c = bytes.Compare(wholeA, wholeB)
	}
	if c == 0 {
		c = bytes.Compare(fracA, fracB)
	}
	if negA {
		return -c
	}
	return c
}

// splitDecimal drops zeros that mean nothing; zero is never negative.
func splitDecimal(d []byte) (neg bool, whole, fraction []byte) {
	if d[0] == '-' {
		neg, d = true, d[1:]
	}
	whole, fraction, _ = bytes.Cut(d, []byte{'.'})
	whole, fraction = bytes.TrimLeft(whole, "0"), bytes.TrimRight(fraction, "0")
	return neg && len(whole)+len(fraction) > 0, whole, fraction
}

// whole reports whether a number has no fraction.
func (n number) whole() bool {
	switch n.form {
	case decimal:
		_, _, fraction := splitDecimal(n.d)
		return len(fraction) == 0
	case float:
		return n.f == math.Trunc(n.f)
	}
	return true
}

// appendLower appends text in lower case, letter by letter.
func appendLower(dst, text []byte) []byte { return appendMapped(dst, text, unicode.ToLower) }

func appendUpper(dst, text []byte) []byte { return appendMapped(dst, text, unicode.ToUpper) }

func appendMapped(dst, text []byte, to func(rune) rune) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, text[0])
		} else {
			dst = utf8.AppendRune(dst, to(r))
		}
		text = text[n:]
	}
	return dst
}
