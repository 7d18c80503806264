// Package names is the one dictionary of what persons are called. Detectors find
// people in running text by it, text rules mask them by it, and discovery tells a
// column of names by it, so that none of them knows a name that another doesn't.
//
// It has two parts. [Of] answers from the commonest names, for text in which most
// words are no names. [Given] and [Surnames] are long lists, for cells of which
// something else already says that they hold one name. Both are built on first use.
package names

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"

	"refresher/internal/pii/fold"
)

// Kind is what a word can be in a person's name; bits add up.
type Kind uint8

// Kinds.
const (
	GivenName  Kind = 1 << iota
	FamilyName      // a surname
	GivenWord       // a given name that is an everyday word as well: Rose, Will
	FamilyWord      // a surname that is: Hill, Long
	Salutation      // a title before any surname: Mr, Frau
	Title           // a title before a known surname only, as it is a word or a name as well: Don, Sir
	Particle        // stands within a surname: von, de la

	names = GivenName | FamilyName | GivenWord | FamilyWord
)

// maxWord is the longest word that is looked up, in folded bytes.
const maxWord = 64

//go:embed common.txt
var commonText string

var common = sync.OnceValue(func() map[string]Kind {
	sections := map[string]Kind{"given:": GivenName, "given word:": GivenWord, "family:": FamilyName,
		"family word:": FamilyWord, "salutation:": Salutation, "title:": Title, "particle:": Particle}
	m := make(map[string]Kind, 3000)
	var kind Kind
	for line := range strings.Lines(commonText) {
		line = strings.TrimSpace(line)
		if k, ok := sections[line]; ok {
			kind = k
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, w := range strings.Fields(line) {
			m[w] |= kind
		}
	}
	return m
})

// Of says what a word of text can be, in any case and spelling of its accents; 0 if
// it is no common name. A word with hyphens is a name if one of its parts is
// (Anne-Marie, Smith-Jones). It allocates nothing after the first call.
func Of(word []byte) Kind {
	var buf [maxWord + 2*utf8.UTFMax]byte
	var kind Kind
	for parts := 1; ; parts++ {
		part, rest, more := cut(word)
		folded := buf[:0]
		for i := 0; i < len(part) && len(folded) < maxWord; {
			a, b, n := fold.At(part, i)
			i += n
			folded = appendLetter(appendLetter(folded, a), b)
		}
		kind |= common()[string(folded)]
		if !more {
			if parts > 1 {
				kind &= names
			}
			return kind
		}
		word = rest
	}
}

// cut is the part of a word before its first hyphen, and what follows.
func cut(word []byte) (part, rest []byte, more bool) {
	for i, c := range word {
		if c == '-' {
			return word[:i], word[i+1:], true
		}
	}
	return word, nil, false
}

func appendLetter(dst []byte, c rune) []byte {
	if c == 0 || !fold.IsWord(c) {
		return dst
	}
	return utf8.AppendRune(dst, c)
}

// surnameEndings end surnames in many languages, and few other words.
var surnameEndings = [...]string{"sson", "sen", "son", "ski", "ska", "sky", "czyk", "wicz", "ova", "eva", "enko", "escu",
	"opoulos", "idis", "yan", "shvili", "dottir", "mann", "berg", "stein", "ez", "ini", "etti", "elli", "eira", "vic",
	"oglu", "zadeh"}

// LikeSurname reports a word that ends as surnames do. Behind a given name it is one.
func LikeSurname(word []byte) bool {
	for _, e := range surnameEndings {
		if n := len(word) - len(e); n >= 3 && string(word[n:]) == e {
			return true
		}
	}
	return false
}

var (
	//go:embed given.txt
	givenText string
	//go:embed surnames.txt
	surnamesText string
)

// Given are some twenty thousand given names of many countries, folded.
var Given = sync.OnceValue(func() map[string]bool { return list(givenText) })

// Surnames are some twenty thousand surnames of many countries, folded.
var Surnames = sync.OnceValue(func() map[string]bool { return list(surnamesText) })

// list reads a word list; lines that begin with # are comments.
func list(text string) map[string]bool {
	m := make(map[string]bool, len(text)/8)
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, w := range strings.Fields(line) {
			m[w] = true
		}
	}
	return m
}
