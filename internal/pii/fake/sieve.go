package fake

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// sieve says of most words at once that they are none of a set: people's own
// names are looked up for each order of their words, and composing every
// surname of every locale to compare them is slow.
type sieve [1 << (sieveBits - 6)]uint64

const sieveBits = 18 // one word in fifteen is looked up in vain

// surnames are those of all locales, in any case; English ones have no ending where there
// was no room for it.
var surnames = sync.OnceValue(func() *sieve {
	s := new(sieve)
	for _, stem := range stems {
		s.add([]byte(stem))
		for _, ending := range surnameEndings {
			s.add([]byte(stem + ending))
		}
	}
	for _, l := range locales()[1:] {
		for _, stem := range l.stems {
			for _, ending := range l.endings {
				s.add([]byte(stem.text + ending.text))
			}
		}
	}
	return s
})

func (s *sieve) add(word []byte) {
	h := foldedHash(word)
	s[h>>6] |= 1 << (h & 63)
}

// maybe is false only for words that were not added, in any case.
func (s *sieve) maybe(word []byte) bool {
	h := foldedHash(word)
	return s[h>>6]&(1<<(h&63)) != 0
}

// foldedHash is the same for words that foldedEqual holds equal (FNV-1a).
func foldedHash(word []byte) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(word); {
		r, n := rune(lowerByte(word[i])), 1
		if r >= utf8.RuneSelf {
			if r, n = utf8.DecodeRune(word[i:]); r == utf8.RuneError {
				r = rune(word[i])
			}
			r = unicode.ToLower(r)
		}
		h = (h ^ uint64(r)) * 1099511628211
		i += n
	}
	return h * 0x9E3779B97F4A7C15 >> (64 - sieveBits)
}
