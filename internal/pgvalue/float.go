package pgvalue

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
	exp := exponent(dst[start:])
	if exp < -4 || exp >= limit {
		return dst
	}
	return strconv.AppendFloat(dst[:start], v, 'f', -1, bitSize)
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
