package unwrap

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"refresher/internal/pii/fold"
)

// enoughForms is how many letters and digits in other forms a text must have:
// a lone ² or ª is no disguise.
const enoughForms = 3

// hasForms reports whether a text holds compatibility forms of ASCII that are
// worth taking off: several letters or digits, or an @; or characters that nobody
// sees within a word.
func hasForms(text []byte) bool {
	n := 0
	for i := 0; i < len(text); {
		if !mayBeForm(text, i) {
			i++
			continue
		}
		if n := tagged(text[i:]); n > 0 {
			return true
		}
		if n := invisible(text[i:]); n > 0 {
			if i > 0 && i+n < len(text) && inIdentifier(text[i-1]) && inIdentifier(text[i+n]) {
				return true
			}
			i += n
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		switch to, ok := plain(r, text[i:i+size]); {
		case !ok:
		case to[0] == '@':
			return true
		default:
			if n++; n == enoughForms {
				return true
			}
		}
		i += size
	}
	return false
}

// form reads one character in a compatibility form of ASCII.
func form(dst, text []byte) ([]byte, int) {
	if !mayBeForm(text, 0) {
		return dst, 0
	}
	if n := tagged(text); n > 0 {
		dst = append(dst, ' ')
		for k := 0; k < n; k += tagSize {
			if c := text[k+2]<<6 | text[k+3]&0x3F; c >= ' ' && c < 0x7F {
				dst = append(dst, c)
			}
		}
		return append(dst, ' '), n
	}
	if n := invisible(text); n > 0 {
		return dst, n
	}
	r, size := utf8.DecodeRune(text)
	if to, ok := plain(r, text[:size]); ok {
		return append(dst, to...), size
	}
	return dst, 0
}

// plain is what NFKC makes of a character (Unicode Standard Annex 15), if that is
// ASCII with a letter, a digit, or one character that addresses and numbers are
// written with; and of any decimal digit the digit.
func plain(r rune, char []byte) (to []byte, ok bool) {
	if d := fold.Digit(r); d >= 0 {
		return digitText[d : d+1], true
	}
	d := norm.NFKD.Properties(char).Decomposition()
	if len(d) == 0 {
		return nil, false
	}
	telling := len(d) == 1 && (d[0] == '@' || d[0] == '.' || d[0] == '-' || d[0] == '+' || d[0] == '_' || d[0] == '%')
	for _, c := range d {
		if c >= utf8.RuneSelf {
			return nil, false
		}
		telling = telling || alnum[c]
	}
	return d, telling
}

var digitText = []byte("0123456789")

// formLead are the first bytes of characters that can be such forms: superscripts,
// modifier letters, digits of other scripts, letter-like and enclosed characters,
// small and full-width forms, mathematical alphabets. Latin letters with accents,
// Greek, Cyrillic, Han and Hangul are passed over.
var formLead = func() (t [256]bool) {
	for _, c := range []byte("\xC2\xCA\xCB\xD9\xDB\xDF\xE0\xE1\xE2\xE3\xEA\xEF\xF0\xF3") {
		t[c] = true
	}
	return t
}()

func mayBeForm(text []byte, i int) bool {
	if !formLead[text[i]] || i+1 >= len(text) {
		return false
	}
	third := byte(0)
	if i+2 < len(text) {
		third = text[i+2]
	}
	return !passed(text[i], text[i+1], third)
}

// invisible is the length of a character that nobody sees, 0 if text begins with
// another: the soft hyphen, zero-width spaces and joiners, direction marks, the
// word joiner, the byte order mark.
func invisible(text []byte) int {
	switch {
	case len(text) >= 2 && text[0] == 0xC2 && text[1] == 0xAD:
		return 2
	case len(text) < 3:
	case text[0] == 0xE2 && text[1] == 0x80 &&
		(text[2] >= 0x8B && text[2] <= 0x8F || text[2] >= 0xAA && text[2] <= 0xAE),
		text[0] == 0xE2 && text[1] == 0x81 && text[2] >= 0xA0 && text[2] <= 0xAF,
		text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF,
		// Hangul fillers
		text[0] == 0xE3 && text[1] == 0x85 && text[2] == 0xA4, text[0] == 0xEF && text[1] == 0xBE && text[2] == 0xA0:
		return 3
	}
	return 0
}

// tagSize is the length of a tag character in UTF-8.
const tagSize = 4

// tagged is the length of the characters of Unicode's Tags block (U+E0000 to U+E007F) that
// text begins with: ASCII that nobody sees. Flags of regions are emoji behind a black flag
// with few such characters.
func tagged(text []byte) (n int) {
	for len(text)-n >= tagSize && text[n] == 0xF3 && text[n+1] == 0xA0 && text[n+2]|1 == 0x81 {
		n += tagSize
	}
	if n < enoughForms*tagSize {
		return 0
	}
	return n
}

func inIdentifier(c byte) bool { return alnum[c] || c == '.' || c == '@' || c == '-' || c == ':' }

// passed reports frequent characters that begin as such forms do and are none:
// Latin-1 signs, Arabic letters, typographic punctuation, kana.
func passed(lead, second, third byte) bool {
	switch lead {
	case 0xC2:
		return second < 0xAA || second > 0xAA && second < 0xB2 && second != 0xAD || second > 0xBE
	case 0xD9, 0xDB:
		return second < 0xA0
	case 0xE2:
		return second == 0x80 && !(third >= 0x8B && third <= 0x8F || third >= 0xAA && third <= 0xAE)
	case 0xE3:
		return second < 0x88 && !(second == 0x85 && third == 0xA4)
	}
	return false
}
