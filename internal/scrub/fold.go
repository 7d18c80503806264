package scrub

import (
	"unicode"
	"unicode/utf8"
)

// latin are the letters of U+00C0 to U+017F without their accents, in lower
// case; those that have no base letter stand for themselves.
var latin = []rune("aaaaaaæceeeeiiiiðnooooo×øuuuuyþßaaaaaaæceeeeiiiiðnooooo÷øuuuuyþy" +
	"aaaaaaccccccccddđđeeeeeeeeeegggggggghhħħiiiiiiiiiıĳĳjjkkĸllllllŀŀłłnnnnnnŉŋŋooooooœœrrrrrrssssssssttttŧŧuuuuuuuuuuuuwwyyyzzzzzzſ")

// foldRune is a letter in lower case and without accent; 0 for a combining mark,
// which is an accent by itself.
func foldRune(c rune) rune {
	switch {
	case c < utf8.RuneSelf:
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		return c
	case c >= 0xc0 && c <= 0x17f:
		return latin[c-0xc0]
	case c >= 0x300 && c <= 0x36f:
		return 0
	}
	return unicode.ToLower(c)
}

// isWord reports whether a folded rune is part of a word.
func isWord(c rune) bool {
	if c < utf8.RuneSelf {
		return c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
	}
	return unicode.IsLetter(c) || unicode.IsDigit(c)
}

// foldAt reads one folded rune of text.
func foldAt(text []byte, i int) (c rune, n int) {
	if b := text[i]; b < utf8.RuneSelf {
		return foldRune(rune(b)), 1
	}
	c, n = utf8.DecodeRune(text[i:])
	if c == utf8.RuneError && n == 1 {
		return ' ', 1
	}
	return foldRune(c), n
}

// appendWords appends text's words, folded, with one space between them.
func appendWords(dst, text []byte) []byte {
	start, gap := len(dst), false
	for i := 0; i < len(text); {
		c, n := foldAt(text, i)
		i += n
		switch {
		case c == 0:
		case !isWord(c):
			gap = true
		default:
			if gap && len(dst) > start {
				dst = append(dst, ' ')
			}
			gap = false
			dst = utf8.AppendRune(dst, c)
		}
	}
	return dst
}
