package transform

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"refresher/internal/scrub/document"
	"refresher/internal/scrub/transform/decimal"
)

// unfitValue is a value that a transform can't replace. It says what is wrong with it and
// never what it is: a kind of character, or a length.
type unfitValue struct{ what string }

func (e *unfitValue) Error() string { return e.what }

// Unfit is an error of a value that a rule can't take, in a sentence.
func Unfit(format string, a ...any) error { return &unfitValue{fmt.Sprintf(format, a...)} }

// IsUnfit reports whether an error of a cell says that its rule can't take the value, rather
// than that something else failed.
func IsUnfit(err error) bool {
	var value *unfitValue
	var doc *document.SyntaxError
	var xml *document.XMLError
	return errors.As(err, &value) || errors.As(err, &doc) || errors.As(err, &xml) || errors.Is(err, decimal.ErrNumber)
}

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
