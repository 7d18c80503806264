package discover

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"refresher/internal/pii/fold"
)

//go:embed lexicon/tongues.txt
var tongues string

// englishOf maps words of other languages to English ones. A word that means
// something else already keeps its meaning.
var englishOf = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	means := meaningsOf()
	for line := range strings.Lines(tongues) {
		english, list, ok := strings.Cut(line, ":")
		if !ok || english[0] == '#' {
			continue
		}
		for _, w := range strings.Fields(list) {
			w = strings.ToLower(fold.Accents(w))
			if had := means[w]; m[w] == "" && (had == nil || slices.Equal(had, means[english])) {
				m[w] = english
			}
		}
	}
	return m
})

// english is the English word in whose place a word is read, "" where there is none: a word of
// another language, a form of one (pacienta, numarasi), or a Russian or Ukrainian one in Latin
// letters (familiya, zarplata).
func english(w string) string {
	if e := englishOf()[w]; e != "" {
		return e
	}
	const least = 5
	if len(w) < least || meaningsOf()[w] != nil || plainWords()[w] || plainWords()[strings.TrimSuffix(w, "s")] {
		return ""
	}
	if e := stemmed(w, stems()); e != "" {
		return e
	}
	return stemmed(sound(romanised(w)), sounds())
}

// stemmed looks a word up by what is left of it without an ending.
func stemmed(w string, stems map[string]string) string {
	if e := stems[w]; e != "" {
		return e
	}
	for _, end := range endings() {
		if stem, ok := strings.CutSuffix(w, end); ok && stems[stem] != "" {
			return stems[stem]
		}
	}
	return ""
}

// endings are those of words that are declined, the longest first.
var endings = sync.OnceValue(func() []string {
	ends := ordered("endings", " ")
	slices.SortStableFunc(ends, func(a, b string) int { return len(b) - len(a) })
	return ends
})

// stems maps words of other languages without their endings to the English ones, where all that
// have the same stem are read alike.
var stems = sync.OnceValue(func() map[string]string {
	return stemsOf(func(w string) string { return w })
})

// sounds is the same for words in Cyrillic letters, as they sound.
var sounds = sync.OnceValue(func() map[string]string {
	return stemsOf(func(w string) string {
		if latin := romanised(w); latin != w {
			return sound(latin)
		}
		return ""
	})
})

// stemsOf cuts the words that a spelling gives; "" leaves a word out.
func stemsOf(spelling func(string) string) map[string]string {
	const least = 5
	m := map[string]string{}
	put := func(stem, english string) {
		if had, ok := m[stem]; ok && had != english {
			english = "" // of two meanings
		}
		m[stem] = english
	}
	for word, english := range englishOf() {
		w := spelling(word)
		if len(w) < least {
			continue
		}
		put(w, english)
		for _, end := range endings() {
			if stem, ok := strings.CutSuffix(w, end); ok && len(stem) >= least {
				put(stem, english)
				break
			}
		}
	}
	return m
}

// sound writes a word in Latin letters as it sounds in any transliteration: familija and
// familia like familiya, rojdeniya like rozhdeniya.
func sound(w string) string {
	const vowels, glides = "aeou", "iyj"
	w = consonants().Replace(w)
	var b strings.Builder
	for i := range len(w) {
		c, next := w[i], byte(0)
		if i+1 < len(w) {
			next = w[i+1]
		}
		switch glide := strings.IndexByte(glides, c) >= 0; {
		case c == next, glide && next != 0 && strings.IndexByte(vowels+glides, next) >= 0:
		case c == 'j' && next != 0:
			b.WriteByte('z')
		case glide:
			b.WriteByte('i')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

var consonants = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("shch", "s", "sch", "s", "zh", "z", "kh", "h", "ch", "c", "sh", "s", "ts", "c", "tz",
		"c",
		"w", "v", "x", "h")
})

// romanised writes Cyrillic letters in Latin ones; other words come back as they are.
func romanised(w string) string {
	var b strings.Builder
	for _, r := range w {
		latin, ok := cyrillic()[r]
		if !ok {
			latin = string(r)
		}
		b.WriteString(latin)
	}
	return b.String()
}

var cyrillic = sync.OnceValue(func() map[rune]string {
	m := map[rune]string{}
	for _, pair := range ordered("cyrillic", " ") {
		r, n := utf8.DecodeRuneInString(pair)
		m[r] = pair[n:]
	}
	return m
})

// skeletons maps words that are written without their vowels, as rcvr and pstl are, to
// the words, where all that are written alike mean the same.
var skeletons = sync.OnceValue(func() map[string]string {
	words, means := map[string]string{}, map[string]string{}
	english := list("abbreviated", " ")
	for _, line := range strings.Split(tongues, "\n") {
		if w, _, ok := strings.Cut(line, ":"); ok && w[0] != '#' {
			english[w] = true
		}
	}
	vocabulary := meaningsOf()
	for _, w := range slices.Sorted(maps.Keys(vocabulary)) {
		m, bare := vocabulary[w], skeleton(w)
		if len(w) < 5 || len(bare) < 3 || bare == w {
			continue
		}
		switch had, ok := means[bare]; {
		case ok && had != m[0]:
			words[bare], means[bare] = "", "?"
		case english[w]:
			words[bare], means[bare] = w, m[0]
		case !ok:
			words[bare], means[bare] = "", m[0]
		}
	}
	return words
})

// skeleton is a word's first letter and the consonants behind it.
func skeleton(w string) string {
	var b strings.Builder
	for i, r := range w {
		if i == 0 || !strings.ContainsRune("aeiou", r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// plainWords are English words without a meaning of their own.
var plainWords = sync.OnceValue(func() map[string]bool { return list("words", " ") })
