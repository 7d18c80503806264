package scrub

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// Normal forms: two values of one normal form are one value to a domain. Each
// function appends to dst and allocates nothing else.

// asIs is the normal form of what is compared byte by byte.
func asIs(dst, text []byte) []byte { return append(dst, text...) }

// trimmed has no white space around it.
func trimmed(dst, text []byte) []byte { return append(dst, bytes.TrimSpace(text)...) }

// folded is in lower case, trimmed, and has one space where there was any white
// space.
func folded(dst, text []byte) []byte {
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

// compact is in lower case and holds letters and digits only; the folded text
// if it has none of ASCII.
func compact(dst, text []byte) []byte {
	start := len(dst)
	for _, c := range text {
		switch {
		case c >= 'A' && c <= 'Z':
			dst = append(dst, c+'a'-'A')
		case c >= 'a' && c <= 'z', isDigit(c), c >= utf8.RuneSelf:
			dst = append(dst, c)
		}
	}
	if len(dst) == start {
		return folded(dst, text)
	}
	return dst
}

// digitsOnly are the digits of a number written in any punctuation; the folded
// text if they are fewer than five or letters stand among them.
func digitsOnly(dst, text []byte) []byte {
	start := len(dst)
	for _, c := range text {
		switch {
		case isDigit(c):
			dst = append(dst, c)
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			return folded(dst[:start], text)
		}
	}
	if len(dst)-start < 5 {
		return folded(dst[:start], text)
	}
	return dst
}

// dialled is the normal form of a phone number: its digits, without the
// international prefix 00 and without the 1 of a North American number, which
// are written or left out at will.
func dialled(dst, text []byte) []byte {
	start := len(dst)
	dst = digitsOnly(dst, text)
	d := dst[start:]
	if len(d) < 5 || !isDigit(d[0]) {
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

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// blank reports whether text has nothing but white space.
func blank(text []byte) bool {
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
