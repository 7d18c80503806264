package fake

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

func (l *Locale) isSurname(text []byte) bool {
	for i := range l.endings {
		if l.composed(text, "", l.endings[i].text) {
			return true
		}
	}
	return false
}

// isSlug is isSurname for a name as an address spells it.
func (l *Locale) isSlug(text []byte) bool {
	for i := range l.endings {
		rest, ok := bytes.CutSuffix(text, []byte(l.endings[i].slug))
		if !ok {
			continue
		}
		for j := range l.stems {
			if string(rest) == l.stems[j].slug {
				return true
			}
		}
	}
	return false
}

// composed reports whether text is a stem between the two, in any case.
func (l *Locale) composed(text []byte, before, after string) bool {
	n := len(text) - len(after)
	if n < len(before) || !foldedEqual(text[:len(before)], before) || !foldedEqual(text[n:], after) {
		return false
	}
	text = text[len(before):n]
	for i := range l.stems {
		if foldedEqual(text, l.stems[i].text) {
			return true
		}
	}
	return false
}

func (l *Locale) isCity(text []byte) bool {
	for i := range l.cities {
		if l.composed(text, l.cities[i].before, l.cities[i].after) {
			return true
		}
	}
	return false
}

// isNamed reports a street without its number.
func (l *Locale) isNamed(text []byte) bool {
	for i := range l.streets {
		a := &l.streets[i]
		if a.after != "" {
			if l.composed(text, a.before, a.after) {
				return true
			}
			continue
		}
		if len(text) > len(a.before) && foldedEqual(text[:len(a.before)], a.before) &&
			l.isSurname(text[len(a.before):]) {
			return true
		}
	}
	return false
}

func (l *Locale) isStreet(text []byte) bool {
	street, ok := l.cutNumber(text)
	return ok && l.isNamed(street)
}

// cutNumber takes the house number off.
func (l *Locale) cutNumber(text []byte) ([]byte, bool) {
	if l.numberFirst {
		n, rest, ok := bytes.Cut(text, []byte{' '})
		return rest, ok && isCount(n, 3)
	}
	i := len(text)
	for i > 0 && (isDigit(text[i-1]) || text[i-1] == '-') {
		i--
	}
	number := text[i:]
	if !l.blocks {
		return bytes.TrimSuffix(text[:i], []byte{' '}), i > 0 && text[i-1] == ' ' && isCount(number, 3)
	}
	for range 2 {
		n, rest, ok := bytes.Cut(number, []byte{'-'})
		if !ok || !isCount(n, 2) {
			return nil, false
		}
		number = rest
	}
	return text[:i], isCount(number, 2)
}

func isCount(text []byte, most int) bool {
	if len(text) == 0 || len(text) > most || text[0] == '0' {
		return false
	}
	for _, c := range text {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

func (l *Locale) isPostcode(text []byte) bool {
	for _, p := range l.postcodes {
		if len(p) != len(text) {
			continue
		}
		same := true
		for i, c := range text {
			same = same && (c == p[i] || p[i] == 'd' && isDigit(c))
		}
		if same {
			return true
		}
	}
	return false
}

// foldedEqual compares without regard to case.
func foldedEqual(text []byte, w string) bool {
	if len(text) != len(w) {
		return false // the words have no letter whose case changes its length
	}
	for i := 0; i < len(text); {
		a, b := text[i], w[i]
		if a < utf8.RuneSelf && b < utf8.RuneSelf {
			if lowerByte(a) != lowerByte(b) {
				return false
			}
			i++
			continue
		}
		x, n := utf8.DecodeRune(text[i:])
		y, m := utf8.DecodeRuneInString(w[i:])
		if n != m || x != y && unicode.ToLower(x) != unicode.ToLower(y) {
			return false
		}
		i += n
	}
	return true
}
