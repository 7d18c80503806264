package fingerprint

import (
	"refresher/internal/ident"
)

// Lengths of compact forms: fewer digits are too common, and no identifier of
// ours is longer than an IBAN.
const (
	minCompact = 7
	maxCompact = 34
	maxPhone   = 15 // digits, E.164
)

// joined reports whether what stands between two words, text[a:b], is how the
// groups of one number are separated: up to three of space, hyphen, dot,
// parentheses and underscore (no-break ones too), or a slash alone.
func joined(text []byte, a, b int) bool {
	n := 0
	for i := a; i < b; n++ {
		switch c := text[i]; {
		case n == 3:
			return false
		case c == ' ', c == '-', c == '.', c == '(', c == ')', c == '_':
			i++
		case c == '/':
			return b-a == 1
		case c == 0xC2 && i+1 < b && text[i+1] == 0xA0: // U+00A0
			i += 2
		case c == 0xE2 && i+2 < b && text[i+1] == 0x80 && (text[i+2] == 0xAF || text[i+2] >= 0x90 && text[i+2] <= 0x94): // U+202F, U+2010 to 2014
			i += 3
		default:
			return false
		}
	}
	return n > 0
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
	if first.size == 2 && first.start >= 2 && text[first.start-1] == ':' && fold[text[first.start-2]]>>4 == 3 {
		return true
	}
	return first.size == 4 && len(digits) >= 8 && first.end < len(text) && text[first.end] == '-' &&
		(digits[0] == '1' && digits[1] == '9' || digits[0] == '2' && digits[1] == '0') &&
		(digits[4] == '0' || digits[4] == '1' && digits[5] <= '2') && digits[6] <= '3'
}
