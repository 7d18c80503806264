package scrub

import (
	"bytes"
	"strconv"
)

// wholeDigits is a number that stands for an identifier as its digits alone,
// however it was written: 2128675309, 2128675309.0 and 2.128675309e9 are one
// value. What is no whole number, or has more than 40 digits, stays as it is.
func wholeDigits(text []byte) []byte {
	i := bytes.IndexAny(text, ".eE")
	if i < 0 {
		return text
	}
	mantissa, exponent := text, 0
	if e := bytes.IndexAny(text, "eE"); e >= 0 {
		n, err := strconv.Atoi(string(text[e+1:]))
		if err != nil || n < -40 || n > 40 {
			return text
		}
		mantissa, exponent = text[:e], n
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte{'.'})
	if exponent == 0 && len(bytes.Trim(fraction, "0")) == 0 {
		return whole
	}
	digits := append(bytes.Clone(whole), fraction...)
	if point := len(whole) + exponent; point < len(digits) {
		if point < 1 || len(bytes.Trim(digits[point:], "0")) > 0 {
			return text // a fraction
		}
		digits = digits[:point]
	} else {
		digits = append(digits, bytes.Repeat([]byte{'0'}, point-len(digits))...)
	}
	sign := ""
	if len(digits) > 0 && digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	digits = bytes.TrimLeft(digits, "0")
	if len(digits) == 0 {
		digits = []byte{'0'}
	}
	return append([]byte(sign), digits...)
}

// ofNumber is the normal form of an identifier in a column of numbers or a JSON
// number.
func ofNumber(normal func(dst, text []byte) []byte) func(dst, text []byte) []byte {
	return func(dst, text []byte) []byte { return normal(dst, wholeDigits(text)) }
}
