// Package normal has normal forms: two values of one normal form are one value to a
// domain. Each function appends to dst and allocates nothing else.
package normal

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// AsIs is the normal form of what is compared byte by byte.
func AsIs(dst, text []byte) []byte { return append(dst, text...) }

// Trimmed has no white space around it.
func Trimmed(dst, text []byte) []byte { return append(dst, bytes.TrimSpace(text)...) }

// Folded is in lower case, trimmed, and has one space where there was any white
// space.
func Folded(dst, text []byte) []byte {
	start, space := len(dst), false
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			var n int
			dst, n, space = foldedRune(dst, text[i:], space && len(dst) > start)
			i += n
			continue
		}
		i++
		if c == ' ' || c-'\t' < 5 {
			space = true
			continue
		}
		if space && len(dst) > start {
			dst = append(dst, ' ')
		}
		space = false
		if c-'A' < 26 {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// foldedRune is the step of folded for what isn't ASCII: gap asks for a space
// before it.
func foldedRune(dst, text []byte, gap bool) (_ []byte, n int, _ bool) {
	c, n := utf8.DecodeRune(text)
	if unicode.IsSpace(c) {
		return dst, n, true
	}
	if gap {
		dst = append(dst, ' ')
	}
	if c == utf8.RuneError && n == 1 {
		return append(dst, text[0]), 1, false // not UTF-8: keep the byte
	}
	return utf8.AppendRune(dst, unicode.ToLower(c)), n, false
}

// Compact is in lower case and holds letters and digits only; the folded text
// if it has none of ASCII.
func Compact(dst, text []byte) []byte {
	start := len(dst)
	for _, c := range text {
		switch {
		case c >= 'A' && c <= 'Z':
			dst = append(dst, c+'a'-'A')
		case c >= 'a' && c <= 'z', IsDigit(c), c >= utf8.RuneSelf:
			dst = append(dst, c)
		}
	}
	if len(dst) == start {
		return Folded(dst, text)
	}
	return dst
}

// digitsOnly are the digits of a number written in any punctuation; the folded
// text if they are fewer than five or letters stand among them.
func digitsOnly(dst, text []byte) []byte {
	start := len(dst)
	for _, c := range text {
		switch {
		case IsDigit(c):
			dst = append(dst, c)
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			return Folded(dst[:start], text)
		}
	}
	if len(dst)-start < 5 {
		return Folded(dst[:start], text)
	}
	return dst
}

// Dialled is the normal form of a phone number: its digits, without the
// international prefix 00 and without the 1 of a North American number, which
// are written or left out at will.
func Dialled(dst, text []byte) []byte {
	start := len(dst)
	dst = digitsOnly(dst, text)
	d := dst[start:]
	if len(d) < 5 || !IsDigit(d[0]) {
		return dst
	}
	cut := 0
	if len(d) > 9 && d[0] == '0' && d[1] == '0' {
		cut = 2
	}
	if len(d)-cut == 11 && d[cut] == '1' {
		cut++
	}
	return append(dst[:start], d[cut:]...)
}

func IsDigit(b byte) bool { return b >= '0' && b <= '9' }

// Blank reports whether text has nothing but white space.
func Blank(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return len(bytes.TrimSpace(text)) == 0
		}
		if c != ' ' && (c < '\t' || c > '\r') {
			return false
		}
	}
	return true
}

// WholeDigits is a number that stands for an identifier as its digits alone,
// however it was written: 2128675309, 2128675309.0 and 2.128675309e9 are one
// value. What is no whole number, or has more than 40 digits, stays as it is.
func WholeDigits(text []byte) []byte {
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

// OfNumber is the normal form of an identifier in a column of numbers or a JSON
// number.
func OfNumber(normal func(dst, text []byte) []byte) func(dst, text []byte) []byte {
	return func(dst, text []byte) []byte { return normal(dst, WholeDigits(text)) }
}
