// Package fold reads text without regard to case, accents and the way in which
// a letter is encoded: Müller, MÜLLER and the u with a combining mark behind it
// are one word, muller.
//
// It is the one answer to "are these the same letters?": detectors look words up
// by it, fingerprints hash by it, scrubbing finds a person's known values by it,
// and discovery reads names of columns by it. What one of them finds, the others
// find as well.
package fold

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Letter is c in lower case and without its accent: É is e. Letters that are
// written as two where there are no accents are two: ß is s and s, æ is a and e;
// second is 0 for all others. Compatibility forms (full-width, circled,
// superscript) are the plain letter, and decimal digits of every script are ASCII
// digits. first is 0 for what belongs to the letter before it: combining marks and
// format characters.
func Letter(c rune) (first, second rune) {
	switch {
	case c < utf8.RuneSelf:
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		return c, 0
	case c >= firstLatin && c < firstLatin+rune(len(latin)):
		if b := latin[c-firstLatin]; b != '?' {
			return rune(b), 0
		}
		return special(c)
	case unicode.In(c, unicode.M, unicode.Cf):
		return 0, 0
	case c >= 0xAC00 && c <= 0xD7A3: // Hangul syllables are letters by themselves
		return c, 0
	}
	return decomposed(c)
}

// latin are the base letters of U+00C0 to U+017F; special has those that are ?.
const (
	firstLatin = 0xC0
	latin      = "aaaaaa?ceeeeiiiidnooooo?ouuuuy??aaaaaa?ceeeeiiiidnooooo?ouuuuy?y" +
		"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii??jjkkkllllllllll" +
		"nnnnnnnnnoooooo??rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
)

func special(c rune) (first, second rune) {
	switch c {
	case 'Æ', 'æ':
		return 'a', 'e'
	case 'Œ', 'œ':
		return 'o', 'e'
	case 'Þ', 'þ':
		return 't', 'h'
	case 'ß', 'ẞ':
		return 's', 's'
	case 'Ĳ', 'ĳ':
		return 'i', 'j'
	}
	return c, 0
}

// decomposed reads a character by its compatibility decomposition (NFKD). What is
// more than two letters in it stays as it is.
func decomposed(c rune) (first, second rune) {
	if c == 'ẞ' {
		return special(c)
	}
	var buf [utf8.UTFMax]byte
	d := norm.NFKD.Properties(buf[:utf8.EncodeRune(buf[:], c)]).Decomposition()
	if d == nil {
		return simple(c), 0
	}
	for len(d) > 0 {
		r, n := utf8.DecodeRune(d)
		d = d[n:]
		a, b := Letter(r)
		switch {
		case a == 0:
		case first == 0:
			first, second = a, b
		case second == 0 && b == 0:
			second = a
		default:
			return unicode.ToLower(c), 0
		}
	}
	return first, second
}

// simple is a character that has no decomposition, in lower case.
func simple(c rune) rune {
	if d := Digit(c); d >= 0 {
		return '0' + rune(d)
	}
	if c = unicode.ToLower(c); c == 'ς' {
		c = 'σ'
	}
	switch {
	case c >= 0x1F150 && c <= 0x1F169: // white in black circles
		return 'a' + c - 0x1F150
	case c >= 0x1F170 && c <= 0x1F189: // and squares
		return 'a' + c - 0x1F170
	case c >= 0x250 && c <= 0xA7FF:
		if i := slices.Index(smallCapitals, c); i >= 0 {
			return 'a' + rune(i)
		}
	}
	return c
}

// smallCapitals are the small capitals of the alphabet, as far as they are characters.
var smallCapitals = []rune("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ")

// Digit is the value of a decimal digit of any script, -1 for other characters.
// Such digits stand in tens (Unicode Standard, §4.6).
func Digit(c rune) int {
	if !unicode.Is(unicode.Nd, c) {
		return -1
	}
	for _, t := range unicode.Nd.R16 {
		if c <= rune(t.Hi) {
			return int(c-rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if c <= rune(t.Hi) {
			return int(c-rune(t.Lo)) % 10
		}
	}
	return -1
}

// Append appends c as Letter reads it.
func Append(dst []byte, c rune) []byte {
	if first, second := Letter(c); first != 0 {
		dst = utf8.AppendRune(dst, first)
		if second != 0 {
			dst = utf8.AppendRune(dst, second)
		}
	}
	return dst
}

// IsWord reports whether a folded character is part of a word: a letter or a digit.
func IsWord(c rune) bool {
	if c < utf8.RuneSelf {
		return c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
	}
	return unicode.IsLetter(c) || unicode.IsDigit(c)
}

// At reads the character at text[i:]: how it folds and how many bytes it is long.
// Bytes that are no UTF-8 are read as spaces.
func At(text []byte, i int) (first, second rune, size int) {
	if b := text[i]; b < utf8.RuneSelf {
		first, _ = Letter(rune(b))
		return first, 0, 1
	}
	c, size := utf8.DecodeRune(text[i:])
	if c == utf8.RuneError && size == 1 {
		return ' ', 0, 1
	}
	first, second = Letter(c)
	return first, second, size
}

// AppendWords appends the words of text, folded, with one space between them.
func AppendWords(dst, text []byte) []byte { return appendWords(dst, text, true) }

// AppendLetters appends the letters and digits of text, folded, with nothing
// between them: what is left of a value however it is punctuated.
func AppendLetters(dst, text []byte) []byte { return appendWords(dst, text, false) }

func appendWords(dst, text []byte, spaces bool) []byte {
	start, gap := len(dst), false
	for i := 0; i < len(text); {
		a, b, n := At(text, i)
		i += n
		switch {
		case a == 0:
		case !IsWord(a):
			gap = spaces
		default:
			if gap && len(dst) > start {
				dst = append(dst, ' ')
			}
			gap = false
			dst = utf8.AppendRune(dst, a)
			if b != 0 && IsWord(b) {
				dst = utf8.AppendRune(dst, b)
			}
		}
	}
	return dst
}

// Accents takes the accents off the letters of s and leaves their case: "Prénom"
// is "Prenom".
func Accents(s string) string {
	i := 0
	for i < len(s) && s[i] < utf8.RuneSelf {
		i++
	}
	if i == len(s) {
		return s
	}
	dst := append(make([]byte, 0, len(s)+8), s[:i]...)
	for _, c := range s[i:] {
		first, second := Letter(c)
		if first == 0 {
			continue
		}
		if unicode.IsUpper(c) {
			first = unicode.ToUpper(first)
		}
		if dst = utf8.AppendRune(dst, first); second != 0 {
			dst = utf8.AppendRune(dst, second)
		}
	}
	return string(dst)
}
