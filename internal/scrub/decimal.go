package scrub

import (
	"bytes"
	"errors"
	"math/bits"
)

// decimal is a number of any size, as its digits. Its methods allocate only to
// grow the digits.
type decimal struct {
	negative bool
	digits   []byte // 0 to 9, the highest first; never empty, zeros may stand in front
	scale    int    // how many of the digits stand behind the point
}

var errNumber = errors.New("the value is no number")

// maxExponent bounds what 1e9999 in JSON makes of itself; no type of PostgreSQL
// has more digits on either side of the point (numeric: 131,072 and 16,383).
const maxExponent = 16383

// parse reads [-]digits[.digits][e[±]digits].
func (d *decimal) parse(text []byte) error {
	d.digits, d.scale, d.negative = d.digits[:0], 0, false
	exponent := 0
	if i := bytes.IndexAny(text, "eE"); i >= 0 {
		var ok bool
		if exponent, ok = parseExponent(text[i+1:]); !ok {
			return errNumber
		}
		text = text[:i]
	}
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		d.negative = text[0] == '-'
		text = text[1:]
	}
	point := false
	for _, c := range text {
		switch {
		case isDigit(c):
			d.digits = append(d.digits, c-'0')
			if point {
				d.scale++
			}
		case c == '.' && !point:
			point = true
		default:
			return errNumber
		}
	}
	if len(d.digits) == 0 {
		return errNumber
	}
	d.scale -= exponent
	for ; d.scale < 0; d.scale++ {
		d.digits = append(d.digits, 0)
	}
	return nil
}

func parseExponent(text []byte) (e int, ok bool) {
	negative := len(text) > 0 && text[0] == '-'
	if len(text) > 0 && (negative || text[0] == '+') {
		text = text[1:]
	}
	n, size := leadingNumber(text, 6)
	if size == 0 || size < len(text) || n > maxExponent {
		return 0, false
	}
	if negative {
		return -int(n), true
	}
	return int(n), true
}

// append appends the number, with its scale.
func (d *decimal) append(dst []byte) []byte {
	if d.negative && !d.isZero() {
		dst = append(dst, '-')
	}
	whole := len(d.digits) - d.scale
	i := 0
	for i < whole-1 && d.digits[i] == 0 {
		i++
	}
	if whole <= 0 {
		dst = append(dst, '0')
	}
	for ; i < whole; i++ {
		dst = append(dst, '0'+d.digits[i])
	}
	if d.scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	for n := whole; n < 0; n++ {
		dst = append(dst, '0')
	}
	for ; i < len(d.digits); i++ {
		dst = append(dst, '0'+d.digits[i])
	}
	return dst
}

func (d *decimal) isZero() bool {
	for _, x := range d.digits {
		if x != 0 {
			return false
		}
	}
	return true
}

// rescale adds zeros behind, or rounds digits off, half away from zero.
func (d *decimal) rescale(scale int) {
	for d.scale < scale {
		d.digits = append(d.digits, 0)
		d.scale++
	}
	drop := d.scale - scale
	if drop <= 0 {
		return
	}
	d.scale = scale
	up := false
	if drop <= len(d.digits) {
		up = d.digits[len(d.digits)-drop] >= 5
	}
	d.digits = d.digits[:max(0, len(d.digits)-drop)]
	if len(d.digits) == 0 {
		d.digits = append(d.digits, 0)
	}
	if up {
		d.add(1, 0)
	}
}

// grow puts n zeros in front.
func (d *decimal) grow(n int) {
	was := len(d.digits)
	for range n {
		d.digits = append(d.digits, 0)
	}
	copy(d.digits[n:], d.digits[:was])
	clear(d.digits[:n])
}

// room is enough zeros in front for any carry of 64 bits.
const room = 20

// multiply multiplies the digits, whatever the sign, by m < 10¹⁸.
func (d *decimal) multiply(m uint64) {
	d.grow(room)
	carry := uint64(0)
	for i := len(d.digits) - 1; i >= 0; i-- {
		v := uint64(d.digits[i])*m + carry
		d.digits[i], carry = byte(v%10), v/10
	}
	d.trim()
}

// add adds n units, away from zero, to the digits but the last skip.
func (d *decimal) add(n uint64, skip int) {
	d.grow(room + max(0, skip-len(d.digits)))
	for i := len(d.digits) - 1 - skip; n > 0; i-- {
		v := uint64(d.digits[i]) + n%10
		n /= 10
		if v >= 10 {
			v -= 10
			n++
		}
		d.digits[i] = byte(v)
	}
	d.trim()
}

// subtract subtracts n units, towards zero, from the digits but the last skip,
// which must be n or more.
func (d *decimal) subtract(n uint64, skip int) {
	borrow := byte(0)
	for i := len(d.digits) - 1 - skip; i >= 0 && (n > 0 || borrow > 0); i-- {
		s := byte(n%10) + borrow
		n /= 10
		if borrow = 0; d.digits[i] < s {
			d.digits[i] += 10
			borrow = 1
		}
		d.digits[i] -= s
	}
}

// less reports whether the digits but the last skip, as a whole number, are less
// than n.
func (d *decimal) less(n uint64, skip int) bool {
	v := uint64(0)
	for _, x := range d.digits[:max(0, len(d.digits)-skip)] {
		hi, lo := bits.Mul64(v, 10)
		if hi > 0 || lo+uint64(x) < lo {
			return false
		}
		if v = lo + uint64(x); v >= n {
			return false
		}
	}
	return v < n
}

// remainder of the digits but the last skip, as a whole number, divided by m < 2⁶⁰.
func (d *decimal) remainder(m uint64, skip int) uint64 {
	rem := uint64(0)
	for _, x := range d.digits[:max(0, len(d.digits)-skip)] {
		rem = (rem*10 + uint64(x)) % m
	}
	return rem
}

// whole is how many digits stand before the point, zeros in front left out.
func (d *decimal) whole() int {
	n := len(d.digits) - d.scale
	for i := 0; i < len(d.digits) && d.digits[i] == 0 && n > 0; i++ {
		n--
	}
	return max(n, 0)
}

// trim takes zeros off the front, but for one before the point.
func (d *decimal) trim() {
	i := 0
	for i < len(d.digits)-1 && i < len(d.digits)-d.scale-1 && d.digits[i] == 0 {
		i++
	}
	d.digits = append(d.digits[:0], d.digits[i:]...)
}

// limits are what a type of numbers can hold; -1 is unlimited.
type limits struct {
	max   int64 // of whole numbers
	whole int   // digits before the point
	chars int   // of the number as text, 0 unlimited
}

// numberLimits are the least of all places of a domain that are of the family.
func numberLimits(d *Domain, f Family) limits {
	l := limits{max: -1, whole: -1}
	for i := range d.uses {
		u := &d.uses[i]
		if u.family != f {
			continue
		}
		most := int64(-1)
		switch {
		case f == FamilyText:
			l.chars = d.narrowest()
			continue
		case f == FamilyFloat:
			l.whole = leastOf(l.whole, u.digits)
			continue
		case !u.whole:
			if u.digits < 1000 {
				l.whole = leastOf(l.whole, u.digits)
			}
			continue
		case u.digits == 4:
			most = 1<<15 - 1
		case u.digits == 9:
			most = 1<<31 - 1
		default:
			most = 1<<63 - 1
		}
		l.max = leastOf(l.max, most)
	}
	return l
}

func leastOf[T int | int64](a, b T) T {
	if a < 0 || b < a {
		return b
	}
	return a
}

// allow reports whether the number is within the limits.
func (l limits) allow(d *decimal) bool {
	if l.whole >= 0 && d.whole() > l.whole {
		return false
	}
	if l.chars > 0 && d.length() > l.chars {
		return false
	}
	if l.max < 0 {
		return true
	}
	most := uint64(l.max) + 1
	if d.negative {
		most++
	}
	return d.less(most, d.scale)
}

// length is how many characters append appends.
func (d *decimal) length() int {
	n := max(d.whole(), 1)
	if d.scale > 0 {
		n += 1 + d.scale
	}
	if d.negative {
		n++
	}
	return n
}

// normal appends the number without zeros that mean nothing, so that 5, 5.0 and
// 5e0 are one value.
func (d *decimal) normal(dst []byte) []byte {
	start := len(dst)
	dst = d.append(dst)
	if bytes.IndexByte(dst[start:], '.') < 0 {
		return dst
	}
	dst = bytes.TrimRight(dst, "0")
	return bytes.TrimSuffix(dst, []byte{'.'})
}
