package fake

import "bytes"

// Longest outputs, in characters (all are ASCII).
var (
	MaxFirstName = maxFirst
	MaxLastName  = maxSurname
	MaxFullName  = maxFirst + 1 + maxSurname
	MaxCompany   = maxSurname + 1 + longest(companyTrades[:]) + 1 + longest(companyForms[:])
)

// Words of the digest that names use, so that a full name, and the e-mail built
// from the same digest, show the same person.
const (
	wordFirst  = 6
	wordStem   = 7
	wordEnding = 5
)

// AppendFirstName appends a common given name.
func AppendFirstName(dst []byte, d *Digest) []byte {
	return append(dst, firstNames[pick(d, wordFirst, len(firstNames))]...)
}

// AppendLastName appends an invented surname, of 2,304.
func AppendLastName(dst []byte, d *Digest) []byte {
	dst = append(dst, stems[pick(d, wordStem, len(stems))]...)
	return append(dst, surnameEndings[pick(d, wordEnding, len(surnameEndings))]...)
}

// AppendFullName appends a given name and an invented surname. Such a name is
// nobody's, because the surname is.
func AppendFullName(dst []byte, d *Digest) []byte {
	return AppendLastName(append(AppendFirstName(dst, d), ' '), d)
}

// AppendCompany appends a firm's name, e.g. "Glirbowwick Robotics Ltd".
func AppendCompany(dst []byte, d *Digest) []byte {
	dst = append(AppendLastName(dst, d), ' ')
	dst = append(dst, companyTrades[pick(d, 0, len(companyTrades))]...)
	dst = append(dst, ' ')
	return append(dst, companyForms[pick(d, 1, len(companyForms))]...)
}

// AppendLastNameWithin is AppendLastName, or its stem alone where n characters have no
// room for more; MinLastName at least.
func AppendLastNameWithin(dst []byte, d *Digest, n int) []byte {
	return appendWithin(append(dst, stem(d)...), len(dst), n, "",
		surnameEndings[pick(d, wordEnding, len(surnameEndings))])
}

// AppendCompanyWithin is AppendCompany with as many of its words as n characters have
// room for, MinCompany at least.
func AppendCompanyWithin(dst []byte, d *Digest, n int) []byte {
	at := len(dst)
	dst = AppendLastNameWithin(dst, d, n)
	dst = appendWithin(dst, at, n, " ", companyTrades[pick(d, 0, len(companyTrades))])
	return appendWithin(dst, at, n, " ", companyForms[pick(d, 1, len(companyForms))])
}

func isFirstName(text []byte) bool {
	var buf [48]byte
	return firstTexts()[string(lowerText(buf[:], text))]
}

func isSurname(text []byte) bool {
	if !surnames().maybe(text) {
		return false
	}
	var buf [32]byte
	word := lower(buf[:], text)
	if composed(word, surnameEndings[:]) || stemSet()[string(word)] {
		return true
	}
	for _, l := range locales()[1:] {
		if l.isSurname(text) {
			return true
		}
	}
	return false
}

func isSurnameSlug(text []byte) bool {
	var buf [64]byte
	slug := lower(buf[:], text)
	for _, l := range locales() {
		if l.isSlug(slug) {
			return true
		}
	}
	return false
}

func isFullName(text []byte) bool {
	first, last, ok := bytes.Cut(text, []byte{' '})
	if last = bytes.TrimLeft(last, " "); !ok {
		return false
	}
	return isFirstName(first) && isSurname(last) || isFirstName(last) && isSurname(first)
}

// isCompany accepts a name with a trade, a form or both behind it.
func isCompany(text []byte) bool {
	name, rest, more := bytes.Cut(text, []byte{' '})
	for _, words := range [][]string{companyTrades[:], companyForms[:]} {
		if word, behind, ok := bytes.Cut(rest, []byte{' '}); more && oneOf(word, words) {
			rest, more = behind, ok
		}
	}
	return !more && isSurname(name)
}

// oneOf compares without regard to ASCII case.
func oneOf(text []byte, words []string) bool {
	for _, w := range words {
		if equalFold(text, w) {
			return true
		}
	}
	return false
}

func equalFold(text []byte, w string) bool {
	if len(text) != len(w) {
		return false
	}
	for i := range text {
		if lowerByte(text[i]) != lowerByte(w[i]) {
			return false
		}
	}
	return true
}
