package discover

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// scripted reports whether a value is built like a full name in Hangul, in the
// characters of Chinese or Japanese, or in Arabic letters: a frequent surname, or given name,
// where it belongs. Words of these scripts are no words of the dictionaries, and
// many begin alike, so only a column of such values says anything.
func scripted(v string) bool {
	r, _ := utf8.DecodeRuneInString(v)
	switch {
	case r < 0x600:
		return false
	case unicode.Is(unicode.Arabic, r):
		ws := strings.Fields(v)
		return len(ws) >= 2 && len(ws) <= 5 && all(v, unicode.Arabic) &&
			lexicon().arabicNames[strings.Map(bareArabic, ws[0])]
	case unicode.Is(unicode.Hangul, r):
		first, rest := v[:utf8.RuneLen(r)], strings.TrimSpace(v[utf8.RuneLen(r):])
		return lexicon().koreanSurnames[first] && utf8.RuneCountInString(rest) == 2 && all(rest, unicode.Hangul)
	case unicode.Is(unicode.Han, r):
		if n := utf8.RuneCountInString(v); n >= 2 && n <= 3 && all(v, unicode.Han) &&
			lexicon().chineseSurnames[string(r)] {
			return true
		}
		cut := 2 * utf8.RuneLen(r)
		if len(v) <= cut || !lexicon().japaneseSurnames[v[:cut]] {
			return false
		}
		given := strings.TrimSpace(v[cut:])
		n := utf8.RuneCountInString(given)
		return n >= 1 && n <= 4 && all(given, unicode.Han, unicode.Hiragana, unicode.Katakana)
	}
	return false
}

// all reports whether a text has nothing but spaces and characters of scripts.
func all(v string, scripts ...*unicode.RangeTable) bool {
	for _, r := range v {
		if !unicode.IsSpace(r) && !unicode.In(r, scripts...) && !unicode.Is(unicode.Mn, r) {
			return false
		}
	}
	return true
}

// bareArabic writes the forms of alif and ya alike, without vowel signs.
func bareArabic(r rune) rune {
	switch {
	case r == 'أ', r == 'إ', r == 'آ':
		return 'ا'
	case r == 'ى':
		return 'ي'
	case unicode.Is(unicode.Mn, r), r == 'ـ':
		return -1
	}
	return r
}
