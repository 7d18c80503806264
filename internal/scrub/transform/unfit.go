package transform

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unfit is a value that a transform can't replace. It says what is wrong with it and
// never what it is: a kind of character, or a length.
type Unfit struct{ what string }

func (e *Unfit) Error() string { return "the value " + e.what }

func unfit(format string, a ...any) error { return &Unfit{fmt.Sprintf(format, a...)} }

// strangeIn names the kind of the first character of text that is none of known.
func strangeIn(text []byte, known string) string {
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		if text = text[n:]; !strings.ContainsRune(known, c) {
			return kindOfRune(c)
		}
	}
	return "too few digits"
}

// kindOfRune is what a character is, in words.
func kindOfRune(c rune) string {
	switch {
	case c == utf8.RuneError:
		return "a byte that is no UTF-8"
	case c >= '0' && c <= '9':
		return "a digit"
	case c >= 'a' && c <= 'z':
		return "a small letter"
	case c >= 'A' && c <= 'Z':
		return "a capital letter"
	case unicode.IsLetter(c), unicode.IsMark(c):
		return "a letter beyond A to Z"
	case unicode.IsSpace(c):
		return "white space"
	case unicode.IsControl(c):
		return "a control character"
	case c == '-' || c == '_':
		return "a hyphen or underscore"
	case c == '.' || c == ':' || c == ',' || c == ';' || c == '/':
		return "a dot, colon or other separator"
	}
	return "a sign"
}
