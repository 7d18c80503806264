package value

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
)

// float is real (4 bytes) or double precision (8 bytes).
type float struct {
	name string
	size int
}

func (c float) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) != c.size {
		return dst, badWire(c.name)
	}
	if c.size == 4 {
		return appendFloat(dst, float64(math.Float32frombits(binary.BigEndian.Uint32(wire))), 32), nil
	}
	return appendFloat(dst, math.Float64frombits(binary.BigEndian.Uint64(wire)), 64), nil
}

func (c float) AppendWire(dst, text []byte) ([]byte, error) {
	v, ok := parseFloat(text, c.size*8)
	if !ok {
		return dst, badText(c.name)
	}
	if c.size == 4 {
		return appendUint(dst, uint64(math.Float32bits(float32(v))), 4), nil
	}
	return appendUint(dst, math.Float64bits(v), 8), nil
}

// parseFloat reads what float8in reads, but for space, hexadecimal and infinite
// results of finite texts.
func parseFloat(text []byte, bitSize int) (float64, bool) {
	switch string(text) {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	}
	for _, c := range text {
		switch c {
		case '+', '-', '.', 'e', 'E', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		default:
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(text), bitSize)
	return v, err == nil
}

// appendFloat prints the shortest decimal that reads back as v, in the shape that
// the server prints under extra_float_digits > 0 (src/common/d2s.c, f2s.c).
func appendFloat(dst []byte, v float64, bitSize int) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, "NaN"...)
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	case v == 0:
		if math.Signbit(v) {
			dst = append(dst, '-')
		}
		return append(dst, '0')
	}
	limit := 15 // exponents from -4 to limit-1 are printed without e
	if bitSize == 32 {
		limit = 6
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'e', -1, bitSize)
	dst = offBoundary(dst, start, v, bitSize)
	dst = halfEven(dst, start, v, bitSize)
	exp := exponent(dst[start:])
	if exp < -4 || exp >= limit {
		return dst
	}
	return fixed(dst, start, exp)
}

// fixed moves dst[start:], a number that strconv printed with 'e', to the shape without.
func fixed(dst []byte, start, exp int) []byte {
	var buf [20]byte // 17 digits at most
	digits := buf[:0]
	for _, c := range dst[start:] {
		if c == 'e' {
			break
		}
		if '0' <= c && c <= '9' {
			digits = append(digits, c)
		}
	}
	if dst[start] == '-' {
		start++
	}
	dst = dst[:start]
	if exp < 0 {
		dst = append(dst, "0.0000"[:1-exp]...)
		return append(dst, digits...)
	}
	for i := 0; i < len(digits) || i <= exp; i++ {
		if i == exp+1 {
			dst = append(dst, '.')
		}
		if i < len(digits) {
			dst = append(dst, digits[i])
		} else {
			dst = append(dst, '0')
		}
	}
	return dst
}

// exponent of a number that strconv printed with 'e'.
func exponent(b []byte) int {
	i := len(b) - 1
	for b[i] != 'e' {
		i--
	}
	v := 0
	for _, c := range b[i+2:] {
		v = v*10 + int(c-'0')
	}
	if b[i+1] == '-' {
		return -v
	}
	return v
}

// halfEven reprints dst[start:] if v lies exactly half way between it and another
// decimal of as many digits: strconv goes up, the server goes to the even digit.
// The decimal expansion of such a v is short.
func halfEven(dst []byte, start int, v float64, bitSize int) []byte {
	frac, e2 := math.Frexp(math.Abs(v))
	m := uint64(math.Ldexp(frac, 53))
	if k := 53 - e2 - bits.TrailingZeros64(m); k > 30 || k <= 0 && e2 <= 53 {
		return dst // too long, or an integer that is printed in full
	}
	var buf [32]byte
	alt := strconv.AppendFloat(buf[:0], v, 'e', mantissaDigits(dst[start:])-1, bitSize)
	if back, ok := parseFloat(alt, bitSize); !ok || back != v {
		return dst
	}
	return append(dst[:start], alt...)
}

// offBoundary reprints dst[start:] with more digits if it lies exactly half way
// between v and a neighbour: strconv then relies on readers that round to even,
// the server does not. Only integers of 17 digits and more can be such.
func offBoundary(dst []byte, start int, v float64, bitSize int) []byte {
	precision := 53
	if bitSize == 32 {
		precision = 24
	}
	for n := mantissaDigits(dst[start:]); n < 17 && onBoundary(dst[start:], v, precision); n++ {
		dst = strconv.AppendFloat(dst[:start], v, 'e', n, bitSize) // n digits after the first
	}
	return dst
}

func mantissaDigits(b []byte) (n int) {
	for _, c := range b {
		if c == 'e' {
			break
		}
		if '0' <= c && c <= '9' {
			n++
		}
	}
	return n
}

// onBoundary reports whether the decimal b is exactly between v and the next
// number of that precision above or below.
func onBoundary(b []byte, v float64, precision int) bool {
	frac, e2 := math.Frexp(math.Abs(v)) // v = frac × 2^e2, ½ ≤ frac < 1
	if e2 <= precision || e2 > 120 {
		return false
	}
	m := uint64(math.Ldexp(frac, precision)) // |v| = m × 2^(e2-precision)
	var d uint64
	point, k := false, 0
	for _, c := range b {
		if c == 'e' {
			break
		}
		if c == '.' {
			point = true
		} else if c != '-' {
			d = d*10 + uint64(c-'0')
			if point {
				k--
			}
		}
	}
	if k += exponent(b); k < 0 || k > 27 {
		return false
	}
	five := uint64(1)
	for range k {
		five *= 5
	}
	hi, lo := bits.Mul64(d, five) // b is this × 2^k
	// Half way above and below, and below a power of two, where the step halves,
	// in quarters of a step: (4m±2, 4m-1) × 2^(e2-precision-2).
	shift := e2 - precision - 2 - k
	for _, q := range [...]uint64{4*m + 2, 4*m - 2, 4*m - 1} {
		if q == 4*m-2 && m == 1<<(precision-1) || q == 4*m-1 && m != 1<<(precision-1) {
			continue
		}
		if equalShifted(hi, lo, q, shift) {
			return true
		}
	}
	return false
}

// equalShifted reports hi:lo == q × 2^shift.
func equalShifted(hi, lo, q uint64, shift int) bool {
	z := bits.TrailingZeros64(q)
	q, shift = q>>z, shift+z
	t := bits.TrailingZeros64(lo)
	if lo == 0 {
		t = 64 + bits.TrailingZeros64(hi)
	}
	if t != shift || t >= 128 {
		return false
	}
	if t >= 64 {
		return hi>>(t-64) == q
	}
	return lo>>t|hi<<(64-t) == q && hi>>t == 0
}
