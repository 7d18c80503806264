package discover

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"

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
