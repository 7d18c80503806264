package discover

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii/fold"
)

// isStreet: a number and a word that streets end, or begin, with.
func isStreet(v string, s shape) bool {
	if s.letters < 3 || s.runes > 120 || s.words < 2 {
		return false
	}
	number, kind := false, false
	for _, w := range words2(v) {
		if w[0] >= '0' && w[0] <= '9' {
			number = true
			continue
		}
		if lexicon().streets[w] {
			kind = true
			continue
		}
		for _, end := range lexicon().streetEnds {
			kind = kind || len(w) > len(end)+1 && strings.HasSuffix(w, end)
		}
	}
	return kind && (number || s.words >= 3)
}

// folded is a value's words with one space between them, in lower case without accents.
func folded(v string) string { return string(fold.AppendWords(nil, []byte(v))) }

// words2 are a value's words in lower case without accents, digits among them.
func words2(v string) []string {
	return strings.Fields(folded(v))
}

// personal reports whether a value reads like a given name, a surname, or both.
func personal(v string) (first, last, full bool) {
	if scripted(v) {
		return false, false, true
	}
	l := lexicon()
	// as lists of persons have it
	if last, first, ok := strings.Cut(v, ","); ok && first != "" && !strings.Contains(first, ",") {
		v = strings.TrimSpace(first) + " " + last
	}
	ws := words2(v)
	if len(ws) > 0 && l.titles[ws[0]] && len(ws) > 1 {
		ws = ws[1:]
	}
	switch {
	case len(ws) == 0:
		return
	case len(ws) == 1:
		return l.first[ws[0]], l.surname(ws[0]), false
	case len(ws) > 5:
		return
	}
	known := 0
	for _, w := range ws {
		switch {
		case l.common[w]:
			return false, false, false
		case l.first[w], l.surname(w):
			known++
		}
	}
	firstThere := l.first[ws[0]] || l.first[ws[len(ws)-1]] || len(ws[0]) == 1 && known > 0
	switch {
	case firstThere && known >= 1 && startsUpper(v):
		return len(ws) == 2 && l.first[ws[0]] && l.first[ws[1]], false, true
	case known == len(ws):
		return false, true, true
	}
	return false, known > 0 && len(ws) == 2, false
}

// areNames reports whether most parts of a list read like names.
func areNames(list []string) bool {
	n := 0
	for _, v := range list {
		if _, _, full := personal(v); full {
			n++
		}
	}
	return 2*n > len(list)
}

func startsUpper(v string) bool {
	for _, w := range strings.Fields(v) {
		r, _ := utf8.DecodeRuneInString(w)
		if unicode.IsLetter(r) && !unicode.IsUpper(r) && unicode.IsLower(r) && len(w) > 3 {
			return false
		}
	}
	return true
}

// isCompany: the forms of firms.
func isCompany(v string) bool {
	ws := words2(v)
	if len(ws) < 2 {
		return false
	}
	return lexicon().forms[ws[len(ws)-1]] || strings.Contains(v, " & ") && len(ws) == 2
}

var lexicon = sync.OnceValue(newLexicon)

func set(words ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}

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
