package fingerprint

import (
	"encoding/binary"
	"math/bits"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"refresher/internal/pii/fold"
)

const (
	maxWord = 256 // folded bytes of a word that count
	maxGram = 8   // words of a value that count
)

// word is one word of a text.
type word struct {
	hash       uint64
	start, end int  // in the text
	size       int  // folded bytes, at most maxWord
	has        byte // hasLetter, hasDigit, isWide
}

const (
	hasLetter = 1
	hasDigit  = 2
	isWide    = 4 // holds characters beyond ASCII
)

// folder cuts text into words and folds them into its buffer.
type folder struct {
	buf [maxWord + 32]byte
}

// next finds the word at or after i; false at the end of the text. The folded
// word is f.buf[:w.size]; w.hash is left to the caller.
func (f *folder) next(text []byte, i int, w *word) bool {
	for i < len(text) {
		switch byteFold[text[i]] {
		case sep:
			i++
		case wide:
			size, kind := classify(text[i:])
			if kind == partOfWord || kind == wholeWord {
				*w = word{start: i}
				f.wideWord(text, i, 0, w)
				return true
			}
			i += size
		default:
			f.word(text, i, w)
			return true
		}
	}
	return false
}

// word folds the word that begins at i with an ASCII letter or digit, eight
// bytes at a time.
func (f *folder) word(text []byte, i int, w *word) {
	w.start = i
	n := 0
	for has := byte(0); ; {
		low, size, kinds := fold8(load8(text, i))
		binary.LittleEndian.PutUint64(f.buf[n:], low)
		n += size
		i += size
		has |= kinds
		if size == 8 && n < maxWord {
			continue
		}
		w.end, w.size, w.has = i, n, has
		if i < len(text) && (size == 8 || byteFold[text[i]] == wide) {
			f.wideWord(text, i, n, w) // or very long
		}
		return
	}
}

// load8 is the eight bytes at i as a number, zeros for those behind the end.
func load8(text []byte, i int) (x uint64) {
	if i+8 <= len(text) {
		return binary.LittleEndian.Uint64(text[i:])
	}
	if len(text) >= 8 {
		return binary.LittleEndian.Uint64(text[len(text)-8:]) >> (8 * uint(i+8-len(text)))
	}
	for k := len(text) - 1; k >= i; k-- {
		x = x<<8 | uint64(text[k])
	}
	return x
}

// fold8 folds the ASCII letters and digits that eight bytes begin with, up to
// the first other byte: in lower case, with zeros behind; how many there are;
// and of what kinds.
func fold8(x uint64) (low uint64, size int, has byte) {
	const (
		ones = 0x0101010101010101
		high = 0x80 * ones
	)
	low = x &^ high
	lower := low | 0x20*ones
	letters := (lower + (0x80-'a')*ones) &^ (lower + (0x80-'z'-1)*ones)
	digits := (low + (0x80-'0')*ones) &^ (low + (0x80-'9'-1)*ones)
	stop := ^((letters | digits) &^ x) & high // set in each byte that is neither
	inside := stop&-stop>>7 - 1               // all ones below the first stop; all if there is none
	if letters&high&inside != 0 {
		has = hasLetter
	}
	if digits&high&inside != 0 {
		has |= hasDigit
	}
	return lower & inside, bits.TrailingZeros64(stop) / 8, has
}

// wideWord goes on with a word of n folded bytes at a character beyond ASCII.
func (f *folder) wideWord(text []byte, i, n int, w *word) {
	first := n == 0
	for i < len(text) {
		c := byteFold[text[i]]
		if c == sep {
			break
		}
		if c != wide {
			n = f.put(n, c, w)
			i++
			first = false
			continue
		}
		size, kind := classify(text[i:])
		if kind == notAWord || kind == wholeWord && !first {
			break
		}
		w.has |= isWide
		if kind != ignored {
			n = f.putRune(n, text[i:i+size], w)
		}
		i += size
		if kind == wholeWord {
			break
		}
		first = false
	}
	w.end, w.size = i, min(n, maxWord)
}

func (f *folder) put(n int, c byte, w *word) int {
	if n < maxWord {
		f.buf[n] = c
		n++
	}
	w.has |= hasDigit >> (c >> 6)
	return n
}

// putRune folds one character: compatibility decomposition, without marks, lower case.
func (f *folder) putRune(n int, char []byte, w *word) int {
	if d := norm.NFKD.Properties(char).Decomposition(); d != nil {
		char = d
	}
	for len(char) > 0 {
		r, size := utf8.DecodeRune(char)
		char = char[size:]
		first, second := fold.Letter(r)
		if first >= firstGreek && first <= lastCyrillic {
			first = alike(first)
		}
		n = f.putLetter(f.putLetter(n, first, w), second, w)
	}
	return n
}

func (f *folder) putLetter(n int, r rune, w *word) int {
	switch {
	case r < utf8.RuneSelf:
		if c := byteFold[r]; c > wide {
			n = f.put(n, c, w)
		}
	case n < maxWord && (unicode.IsLetter(r) || unicode.IsDigit(r)):
		n += utf8.EncodeRune(f.buf[n:], r)
		w.has |= hasLetter
	}
	return n
}

const (
	firstGreek   = 0x370
	lastCyrillic = 0x52F
)

// alike is the Latin letter that a small one of Greek or Cyrillic, or its capital, looks like:
// a word that is written with some of these reads the same. Words in those scripts are folded
// alike in the source and in what is looked through.
func alike(r rune) rune {
	switch r {
	case 'а', 'α':
		return 'a'
	case 'в', 'β':
		return 'b'
	case 'с':
		return 'c'
	case 'ԁ':
		return 'd'
	case 'е', 'ε':
		return 'e'
	case 'н', 'һ', 'η':
		return 'h'
	case 'і', 'ι':
		return 'i'
	case 'ј':
		return 'j'
	case 'к', 'κ':
		return 'k'
	case 'м', 'μ':
		return 'm'
	case 'о', 'ο':
		return 'o'
	case 'р', 'ρ':
		return 'p'
	case 'ԛ':
		return 'q'
	case 'ѕ':
		return 's'
	case 'т', 'τ':
		return 't'
	case 'ԝ':
		return 'w'
	case 'х', 'χ':
		return 'x'
	case 'у', 'υ':
		return 'y'
	case 'ζ':
		return 'z'
	}
	return r
}

// What a character beyond ASCII is to a word.
const (
	notAWord = iota
	partOfWord
	wholeWord // of a script written without spaces between words
	ignored   // a mark or a format character, within a word
)

func classify(text []byte) (size, kind int) {
	r, size := utf8.DecodeRune(text)
	switch {
	case r == utf8.RuneError && size == 1:
		return 1, notAWord
	case r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0: // Hangul fillers, letters by name only
		return size, ignored
	case unicode.IsLetter(r):
		if r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai,
			unicode.Lao, unicode.Khmer, unicode.Myanmar) {
			return size, wholeWord
		}
		return size, partOfWord
	case unicode.IsDigit(r):
		return size, partOfWord
	case unicode.In(r, unicode.M, unicode.Cf):
		return size, ignored
	case unicode.In(r, unicode.No, unicode.So) && plainForm(r):
		return size, partOfWord
	}
	return size, notAWord
}

// plainForm reports a circled, superscript or otherwise dressed up letter or digit.
func plainForm(r rune) bool {
	first, second := fold.Letter(r)
	return first < utf8.RuneSelf && second == 0 && byteFold[first] > wide
}

// Values of byteFold that are no folded byte.
const (
	sep  = 0
	wide = 1
)

// byteFold maps ASCII letters and digits to their lower case.
var byteFold = func() (t [256]byte) {
	for c := '0'; c <= '9'; c++ {
		t[c] = byte(c)
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = byte(c), byte(c)
	}
	for c := utf8.RuneSelf; c < len(t); c++ {
		t[c] = wide
	}
	return t
}()
