// Package decimal is arithmetic on decimal numbers of any size, without rounding.
package decimal

import (
	"bytes"
	"errors"
	"math/bits"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/transform/calendar"
)

// Decimal is a number of any size, as its digits. Its methods allocate only to
// grow the digits.
type Decimal struct {
	Negative bool
	Digits   []byte // 0 to 9, the highest first; never empty, zeros may stand in front
	Scale    int    // how many of the digits stand behind the point
}

// ErrNumber is a text that is no number.
var ErrNumber = errors.New("the value is no number")

// maxExponent bounds what 1e9999 in JSON makes of itself; no type of PostgreSQL
// has more digits on either side of the point (numeric: 131,072 and 16,383).
const maxExponent = 16383

// Parse reads [-]digits[.digits][e[±]digits].
func (d *Decimal) Parse(text []byte) error {
	d.Digits, d.Scale, d.Negative = d.Digits[:0], 0, false
	exponent := 0
	if i := bytes.IndexAny(text, "eE"); i >= 0 {
		var ok bool
		if exponent, ok = parseExponent(text[i+1:]); !ok {
			return ErrNumber
		}
		text = text[:i]
	}
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		d.Negative = text[0] == '-'
		text = text[1:]
	}
	point := false
	for _, c := range text {
		switch {
		case normal.IsDigit(c):
			d.Digits = append(d.Digits, c-'0')
			if point {
				d.Scale++
			}
		case c == '.' && !point:
			point = true
		default:
			return ErrNumber
		}
	}
	if len(d.Digits) == 0 {
		return ErrNumber
	}
	d.Scale -= exponent
	for ; d.Scale < 0; d.Scale++ {
		d.Digits = append(d.Digits, 0)
	}
	return nil
}

func parseExponent(text []byte) (e int, ok bool) {
	negative := len(text) > 0 && text[0] == '-'
	if len(text) > 0 && (negative || text[0] == '+') {
		text = text[1:]
	}
	n, size := calendar.LeadingNumber(text, 6)
	if size == 0 || size < len(text) || n > maxExponent {
		return 0, false
	}
	if negative {
		return -int(n), true
	}
	return int(n), true
}

// Append appends the number, with its scale.
func (d *Decimal) Append(dst []byte) []byte {
	if d.Negative && !d.IsZero() {
		dst = append(dst, '-')
	}
	whole := len(d.Digits) - d.Scale
	i := 0
	for i < whole-1 && d.Digits[i] == 0 {
		i++
	}
	if whole <= 0 {
		dst = append(dst, '0')
	}
	for ; i < whole; i++ {
		dst = append(dst, '0'+d.Digits[i])
	}
	if d.Scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	for n := whole; n < 0; n++ {
		dst = append(dst, '0')
	}
	for ; i < len(d.Digits); i++ {
		dst = append(dst, '0'+d.Digits[i])
	}
	return dst
}

func (d *Decimal) IsZero() bool {
	for _, x := range d.Digits {
		if x != 0 {
			return false
		}
	}
	return true
}

// Rescale adds zeros behind, or rounds digits off, half away from zero.
func (d *Decimal) Rescale(scale int) {
	for d.Scale < scale {
		d.Digits = append(d.Digits, 0)
		d.Scale++
	}
	drop := d.Scale - scale
	if drop <= 0 {
		return
	}
	d.Scale = scale
	up := false
	if drop <= len(d.Digits) {
		up = d.Digits[len(d.Digits)-drop] >= 5
	}
	d.Digits = d.Digits[:max(0, len(d.Digits)-drop)]
	if len(d.Digits) == 0 {
		d.Digits = append(d.Digits, 0)
	}
	if up {
		d.Add(1, 0)
	}
}

// grow puts n zeros in front.
func (d *Decimal) grow(n int) {
	was := len(d.Digits)
	for range n {
		d.Digits = append(d.Digits, 0)
	}
	copy(d.Digits[n:], d.Digits[:was])
	clear(d.Digits[:n])
}

// room is enough zeros in front for any carry of 64 bits.
const room = 20

// Multiply multiplies the digits, without the sign, by m < 10¹⁸.
func (d *Decimal) Multiply(m uint64) {
	d.grow(room)
	carry := uint64(0)
	for i := len(d.Digits) - 1; i >= 0; i-- {
		v := uint64(d.Digits[i])*m + carry
		d.Digits[i], carry = byte(v%10), v/10
	}
	d.trim()
}

// Add adds n units, away from zero, to the digits but the last skip.
func (d *Decimal) Add(n uint64, skip int) {
	d.grow(room + max(0, skip-len(d.Digits)))
	for i := len(d.Digits) - 1 - skip; n > 0; i-- {
		v := uint64(d.Digits[i]) + n%10
		n /= 10
		if v >= 10 {
			v -= 10
			n++
		}
		d.Digits[i] = byte(v)
	}
	d.trim()
}

// Subtract subtracts n units, towards zero, from the digits but the last skip,
// which must be n or more.
func (d *Decimal) Subtract(n uint64, skip int) {
	borrow := byte(0)
	for i := len(d.Digits) - 1 - skip; i >= 0 && (n > 0 || borrow > 0); i-- {
		s := byte(n%10) + borrow
		n /= 10
		if borrow = 0; d.Digits[i] < s {
			d.Digits[i] += 10
			borrow = 1
		}
		d.Digits[i] -= s
	}
}

// Less reports whether the digits but the last skip, as a whole number, are less
// than n.
func (d *Decimal) Less(n uint64, skip int) bool {
	v := uint64(0)
	for _, x := range d.Digits[:max(0, len(d.Digits)-skip)] {
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

// Remainder of the digits but the last skip, as a whole number, divided by m < 2⁶⁰.
func (d *Decimal) Remainder(m uint64, skip int) uint64 {
	rem := uint64(0)
	for _, x := range d.Digits[:max(0, len(d.Digits)-skip)] {
		rem = (rem*10 + uint64(x)) % m
	}
	return rem
}

// Whole is how many digits stand before the point, zeros in front left out.
func (d *Decimal) Whole() int {
	n := len(d.Digits) - d.Scale
	for i := 0; i < len(d.Digits) && d.Digits[i] == 0 && n > 0; i++ {
		n--
	}
	return max(n, 0)
}

// trim takes zeros off the front, but for one before the point.
func (d *Decimal) trim() {
	i := 0
	for i < len(d.Digits)-1 && i < len(d.Digits)-d.Scale-1 && d.Digits[i] == 0 {
		i++
	}
	d.Digits = append(d.Digits[:0], d.Digits[i:]...)
}

// Length is how many characters append appends.
func (d *Decimal) Length() int {
	n := max(d.Whole(), 1)
	if d.Scale > 0 {
		n += 1 + d.Scale
	}
	if d.Negative {
		n++
	}
	return n
}

// Normal appends the number without zeros that mean nothing, so that 5, 5.0 and
// 5e0 are one value.
func (d *Decimal) Normal(dst []byte) []byte {
	start := len(dst)
	dst = d.Append(dst)
	if bytes.IndexByte(dst[start:], '.') < 0 {
		return dst
	}
	dst = bytes.TrimRight(dst, "0")
	return bytes.TrimSuffix(dst, []byte{'.'})
}
