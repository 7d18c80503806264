package verify

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

// surroundings say what a number proves by its check digit alone.
type surroundings uint8

const (
	plainText surroundings = iota // as much as in a column
	amidst                        // nothing, amid other bytes
	asField                       // as much as in a column, if it is all of a field amid other bytes
)

func amidBytes(length int, field bool) surroundings {
	switch {
	case length >= longStretch:
		return plainText
	case field:
		return asField
	}
	return amidst
}

// minStretch is how long text amid other bytes is at least that the detectors look at if
// it is no field: of random bytes, one place in ten million begins so many by chance.
const minStretch = 16

// longStretch is how much text amid other bytes is text like any other: a log with a
// hole, as rotation leaves them.
const longStretch = 1 << 10

// fieldIn reports text amid other bytes that a program wrote as one value, and where it
// begins: between two of the bytes that separate fields, or behind the byte that says how
// long it is. Of random bytes around so few characters, one in a hundred is such a byte.
func fieldIn(text []byte, from, to int) (start int, ok bool) {
	separates := func(i int) bool {
		return i < 0 || i == len(text) || text[i] <= 2 || text[i] >= 0x1C && text[i] <= 0x1F
	}
	n := to - from
	switch {
	case separates(from-1) && separates(to):
		return from, true
	case from > 0 && (int(text[from-1]) == n || n < 32 && int(text[from-1]) == 0xA0|n): // 0xA0: MessagePack
		return from, true
	case n == 1+int(text[from]) && text[from] < ' ': // a length that is a tab or the end of a line
		return from + 1, true
	}
	return from, false
}

// stretches are the places of text amid other bytes, of minCell characters or more: those
// of UTF-8 that are no control characters.
func stretches(text []byte) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		from := 0
		for i := 0; i <= len(text); {
			size := 0
			if i < len(text) {
				size = characterAt(text[i:])
			}
			if size > 0 {
				i += size
				continue
			}
			if i-from >= minCell && !yield(from, i) {
				return
			}
			i++
			from = i
		}
	}
}

// characterAt is the length of the printable character that text begins with, 0 if there is none.
func characterAt(text []byte) int {
	if c := text[0]; c < utf8.RuneSelf {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7F {
			return 0
		}
		return 1
	}
	r, size := utf8.DecodeRune(text)
	if r == utf8.RuneError || unicode.IsControl(r) {
		return 0
	}
	return size
}
