package prose

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/names"
)

// What a word of a name can be, everyday words included: a name beside it says that it is none.
const (
	anyGiven  = names.GivenName | names.GivenWord
	anyFamily = names.FamilyName | names.FamilyWord
	anyTitle  = names.Salutation | names.Title
)

// nameWord is a word of text that could belong to a name.
type nameWord struct {
	start, end int
	kind       names.Kind // 0 for an initial
	joined     bool       // follows the word before it as the parts of a name follow one another
	comma      bool       // with a comma between
	saluted    bool       // a title stands before it, or before the words before it
	given      bool       // a given name that is no everyday word, or an initial or particle behind one
}

// NameFinder finds people's names by dictionary.
type NameFinder struct {
	words []nameWord
}

// Find appends a span for every name of the dictionary in text: a given name
// with a surname after it, or before it and a comma, and a surname after a title. Any
// capitalised word is a surname after a given name that is no everyday word.
// Words that a span of those before covers are left to it.
func (f *NameFinder) Find(spans []Span, text []byte) []Span {
	f.read(text)
	covered := spans
	w := f.words
	for i := 0; i < len(w); i++ {
		switch {
		case w[i].kind&anyGiven != 0:
			if j := surnameAfter(w, i); j > i {
				spans = appendUncovered(spans, covered, w[i:j+1], pii.FullName)
				i = j
				continue
			}
		case w[i].kind&anyTitle != 0 && i+1 < len(w) && w[i+1].joined && !w[i+1].comma && w[i+1].kind&anyFamily != 0:
			j := i + 1
			for j+1 < len(w) && w[j+1].saluted && w[j+1].kind&(anyGiven|anyFamily) != 0 {
				j++
			}
			class := pii.LastName
			if j > i+1 {
				class = pii.FullName
			}
			spans = appendUncovered(spans, covered, w[i+1:j+1], class)
			i = j
			continue
		}
		if w[i].kind&anyFamily != 0 && i+1 < len(w) && w[i+1].joined && w[i+1].comma && w[i+1].kind&anyGiven != 0 {
			spans = appendUncovered(spans, covered, w[i:i+2], pii.FullName)
			i++
		}
	}
	return spans
}

// surnameAfter is the index of the surname that follows a given name, with further
// given names, initials and particles between; i if none does.
func surnameAfter(w []nameWord, i int) int {
	last := i
	for j := i + 1; j < len(w) && j <= i+4 && w[j].joined && !w[j].comma; j++ {
		switch {
		case w[j].kind&anyFamily != 0:
			last = j
		case w[j].kind&(anyGiven|names.Particle) == 0 && w[j].kind != 0:
			return last
		}
		if last > i && (j+1 == len(w) || w[j+1].kind&anyFamily == 0) {
			return last
		}
	}
	return last
}

// appendUncovered adds the words of a name as one span, or each by itself where
// spans found before cover some.
func appendUncovered(spans, covered []Span, words []nameWord, class pii.Class) []Span {
	is := func(w nameWord) bool {
		for _, s := range covered {
			if s.Start < w.end && w.start < s.End {
				return true
			}
		}
		return false
	}
	some := false
	for _, w := range words {
		some = some || is(w)
	}
	if !some {
		return append(spans, Span{Start: words[0].start, End: words[len(words)-1].end, Class: class, Silent: true})
	}
	for _, w := range words {
		if !is(w) && w.kind&(anyGiven|anyFamily) != 0 {
			part := pii.LastName
			if w.kind&anyFamily == 0 {
				part = pii.FirstName
			}
			spans = append(spans, Span{Start: w.start, End: w.end, Class: part, Silent: true})
		}
	}
	return spans
}

// read collects the words of text that can be parts of names.
func (f *NameFinder) read(text []byte) {
	f.words = f.words[:0]
	end := -1 // of the last word of any kind
	for i := 0; i < len(text); {
		c, n := utf8.DecodeRune(text[i:])
		if !unicode.IsLetter(c) {
			i += n
			continue
		}
		start, letters := i, 0
		i, letters = wordEnd(text, start)
		gap, comma := nameGap(text, end, start)
		end = i
		w := nameWord{start: start, end: i, joined: gap && len(f.words) > 0 && f.words[len(f.words)-1].end >= 0, comma: comma}
		after := false
		if w.joined && !comma {
			before := f.words[len(f.words)-1]
			w.saluted = before.saluted || before.kind&names.Salutation != 0
			after = before.given
		}
		first, _ := utf8.DecodeRune(text[start:])
		capital := unicode.IsUpper(first)
		if i-start > 40 {
			f.stop()
			continue
		}
		kind := nameKind(text[start:i], capital)
		switch {
		case kind&names.Particle != 0 && !capital:
			w.kind = names.Particle
		case !capital:
			f.stop()
			continue
		case kind != 0:
			w.kind = kind
			if kind&anyTitle != 0 && i < len(text) && text[i] == '.' {
				i++
				end = i
			}
		case letters == 1: // an initial
			if i < len(text) && text[i] == '.' {
				i++
				end, w.end = i, i
			}
		case (w.saluted || after && isName(text[start:i], first)) && letters > 2: // the name of a person, known or not
			w.kind = names.FamilyName
		default:
			f.stop()
			continue
		}
		w.given = w.kind&names.GivenName != 0 || after && w.kind&^names.Particle == 0
		f.words = append(f.words, w)
	}
}

func nameKind(word []byte, capital bool) names.Kind {
	kind := names.Of(word)
	if kind == 0 && capital && names.LikeSurname(word) {
		return names.FamilyName
	}
	return kind
}

// wordEnd is where the word that begins at i ends, without the s of a genitive, and how many
// characters it has with that.
func wordEnd(text []byte, i int) (end, letters int) {
	start := i
	for i < len(text) {
		c, n := utf8.DecodeRune(text[i:])
		inner := (c == '-' || c == '\'' || c == '’') && i+n < len(text) && isLetterAt(text, i+n)
		if !unicode.IsLetter(c) && !unicode.IsMark(c) && !inner {
			break
		}
		letters++
		i += n
	}
	word := bytes.TrimSuffix(text[start:i], []byte("'s"))
	if len(word) == i-start {
		word = bytes.TrimSuffix(word, []byte("’s"))
	}
	return start + len(word), letters
}

// isName reports a word that can be an unknown surname: not in capitals throughout, as
// abbreviations are.
func isName(word []byte, first rune) bool {
	c, _ := utf8.DecodeLastRune(word)
	return unicode.IsUpper(first) && unicode.IsLower(c)
}

// stop notes that a word stands here that is no part of a name.
func (f *NameFinder) stop() {
	if n := len(f.words); n > 0 && f.words[n-1].end >= 0 {
		f.words = append(f.words, nameWord{end: -1, kind: noName})
	}
}

// noName is the kind of a word that separates names.
const noName = 1 << 7

// nameGap reports whether what stands between two words can stand within a name:
// a space, or a comma and a space.
func nameGap(text []byte, from, to int) (joined, comma bool) {
	if from < 0 {
		return false, false
	}
	switch gap := text[from:to]; string(gap) {
	case " ", "\u00a0", "  ":
		return true, false
	case ", ", ",":
		return true, true
	}
	return false, false
}

func isLetterAt(text []byte, i int) bool {
	c, _ := utf8.DecodeRune(text[i:])
	return unicode.IsLetter(c)
}
