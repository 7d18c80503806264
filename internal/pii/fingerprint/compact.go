package fingerprint

import (
	"refresher/internal/pii/ident"
)

// Lengths of compact forms: fewer digits are too common, and no identifier of
// ours is longer than an IBAN.
const (
	minCompact = 7
	maxCompact = 34
	maxPhone   = 15 // digits, E.164
)

// joined reports whether what stands between two words, text[a:b], is how the
// groups of one number are separated: up to three of space, hyphen, dot, middle
// dot, apostrophe, parentheses and underscore (other spaces and dashes too), or a
// slash alone, or a comma before three digits.
func joined(text []byte, a, b int) bool {
	n := 0
	for i := a; i < b; n++ {
		switch c := text[i]; {
		case n == 3:
			return false
		case c == ' ', c == '-', c == '.', c == '(', c == ')', c == '_', c == '\'':
			i++
		case c == '/':
			return b-a == 1
		case c == ',':
			return b-a == 1 && thousands(text, b)
		case c < 0x80:
			return false
		default:
			size := separator(text[i:b])
			if size == 0 {
				return false
			}
			i += size
		}
	}
	return n > 0
}

// thousands reports three digits, and no more, at i.
func thousands(text []byte, i int) bool {
	k := i
	for k < len(text) && k-i < 4 && byteFold[text[k]]>>4 == 3 {
		k++
	}
	return k-i == 3 && (k == len(text) || byteFold[text[k]] == sep)
}

// separator is the length of a separator beyond ASCII that text begins with, 0
// if there is none: spaces, dashes, the minus sign, dots and apostrophes.
func separator(text []byte) int {
	switch c := text[0]; {
	case len(text) > 1 && c == 0xC2 && (text[1] == 0xA0 || text[1] == 0xB7): // U+00A0, U+00B7
		return 2
	case len(text) < 3:
	case c == 0xE2 && text[1] == 0x80: // U+2000 to 200A, 2010 to 2015, 2019, 2022, 202F
		d := text[2]
		if d <= 0x8A || d >= 0x90 && d <= 0x95 || d == 0x99 || d == 0xA2 || d == 0xAF {
			return 3
		}
	case c == 0xE2 && text[1] == 0x88 && text[2] == 0x92, // U+2212
		c == 0xE3 && text[1] == 0x80 && text[2] == 0x80, // U+3000
		// full-width ' ( ) - .
		c == 0xEF && text[1] == 0xBC && (text[2] == 0x87 || text[2] == 0x88 || text[2] == 0x89 || text[2] == 0x8D ||
			text[2] == 0x8E):
		return 3
	}
	return 0
}

// groupable reports whether a word can be a group of a compact form: it holds a
// digit, or is as short as an IBAN's bank code.
func (w *word) groupable() bool { return w.size <= maxCompact && (w.has&hasDigit != 0 || w.size <= 4) }

func (w *word) allDigits() bool { return w.has&(hasDigit|hasLetter) == hasDigit }

// plusBefore reports whether a + stands before the word at i, parentheses and a space passed over.
func plusBefore(text []byte, i int) bool {
	for k := 0; k < 2 && i > 0 && (text[i-1] == '(' || text[i-1] == ' '); k++ {
		i--
	}
	return i > 0 && text[i-1] == '+'
}

// trivial reports placeholders: one character repeated, or digits counted up.
func trivial(b []byte) bool {
	same, up := true, true
	for i := 1; i < len(b); i++ {
		same = same && b[i] == b[0]
		up = up && (b[i] == b[i-1]+1 || b[i] == '0' && b[i-1] == '9')
	}
	return same || up
}

// phoneForms are the ways to write the digits of one phone number.
type phoneForms struct {
	buf  [maxCompact]byte
	list [3][]byte
}

// of returns the forms of digits: the national number, and that behind the
// country code where the digits have one. Two notations of one number share a
// form, except that a national notation doesn't tell its country.
func (p *phoneForms) of(d []byte, plus bool) [][]byte {
	forms := p.list[:0]
	if !plus && len(d) > minCompact+2 && d[0] == '0' && d[1] == '0' && d[2] != '0' {
		d, plus = d[2:], true
	}
	if len(d) > maxPhone {
		return nil
	}
	if plus || len(d) >= 11 {
		if cc := ident.CallingCode(d); cc > 0 {
			national := trimZeros(d[cc:])
			full := append(append(p.buf[:0], d[:cc]...), national...)
			if len(national) >= minCompact {
				forms = append(forms, national)
			}
			if len(full) >= minCompact {
				forms = append(forms, full)
			}
			if plus || len(full) == len(d) {
				return forms
			}
		}
	}
	if d = trimZeros(d); len(d) >= minCompact {
		forms = append(forms, d)
	}
	return forms
}

func trimZeros(d []byte) []byte {
	for len(d) > 0 && d[0] == '0' {
		d = d[1:]
	}
	return d
}

// partOfTime reports digits that are rather a date's or a time's: they begin as
// one, year first and a hyphen behind it, or with minutes or seconds.
func partOfTime(text, digits []byte, first *word) bool {
	if first.size == 2 && first.start >= 2 && text[first.start-1] == ':' && byteFold[text[first.start-2]]>>4 == 3 {
		return true
	}
	return first.size == 4 && len(digits) >= 8 && first.end < len(text) && text[first.end] == '-' &&
		(digits[0] == '1' && digits[1] == '9' || digits[0] == '2' && digits[1] == '0') &&
		(digits[4] == '0' || digits[4] == '1' && digits[5] <= '2') && digits[6] <= '3'
}
