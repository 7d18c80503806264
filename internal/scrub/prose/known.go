// Package prose finds, within free text, what identifies people: the identifiers that the
// columns of the same row hold ([Known]), names by dictionary ([NameFinder]) and runs of
// digits that could be telephone numbers ([NumberSpans]). It only says where they stand.
package prose

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fold"
	"refresher/internal/scrub/normal"
)

// Known are the identifiers of one row and what its columns show in their
// place, so that free text in the same row can be given the same fakes.
type Known struct {
	items []identifier
	arena []byte // what the items' slices point into
}

type identifier struct {
	class  pii.Class
	words  []byte // folded words with single spaces; nil where only digits count
	first  rune   // of words
	digits []byte // of a phone, card or id; nil where words count
	fake   []byte
	part   bool // a part of a longer name, or a login name: weaker than a name in a column of its own
}

// Reset forgets the row.
func (k *Known) Reset() { k.items, k.arena = k.items[:0], k.arena[:0] }

// Shorter ones would be found in ordinary words and numbers.
const (
	minKnownWord   = 2 // characters
	minKnownDigits = 7
)

// Add remembers that the row's value src became fake.
func (k *Known) Add(class pii.Class, src, fake []byte) {
	switch class {
	case pii.Phone, pii.CreditCard, pii.NationalID:
		if k.addDigits(class, src, fake) {
			return
		}
		k.addWords(class, src, fake, false)
	case pii.Username: // often a name: that counts for more
		k.addWords(class, src, fake, true)
	case pii.FullName:
		k.addWords(class, src, fake, false)
		k.addParts(src, fake)
	case pii.Email, pii.FirstName, pii.LastName, pii.Company, pii.Street, pii.IP, pii.IBAN, pii.Token:
		k.addWords(class, src, fake, false)
	}
}

// AddWhole remembers a text that looks like a value of the class. Its words by themselves
// may be ordinary ones.
func (k *Known) AddWhole(class pii.Class, src []byte) { k.addWords(class, src, nil, true) }

// addParts adds the first and the last word of a name, titles aside.
func (k *Known) addParts(src, fake []byte) {
	first, rest := cutTitles(bytes.TrimSpace(src))
	if len(rest) == 0 {
		return
	}
	last := rest
	for {
		i := bytes.LastIndexByte(last, ' ')
		if word := last[i+1:]; i < 0 || !isTitle(word) {
			last = word
			break
		}
		last = bytes.TrimRight(last[:i], " ,")
	}
	if fake == nil {
		k.addWords(pii.FirstName, first, nil, true)
		k.addWords(pii.LastName, last, nil, true)
	} else if i := bytes.IndexByte(fake, ' '); i > 0 {
		k.addWords(pii.FirstName, first, fake[:i], true)
		k.addWords(pii.LastName, last, fake[i+1:], true)
	}
}

// cutTitles returns a name's first word that is no title, and what follows it.
func cutTitles(name []byte) (first, rest []byte) {
	for {
		i := bytes.IndexByte(name, ' ')
		if i < 0 {
			return name, nil
		}
		first, rest = name[:i], bytes.TrimLeft(name[i:], " ")
		if !isTitle(first) {
			return first, rest
		}
		name = rest
	}
}

// isTitle reports words that stand by a name without being one.
func isTitle(word []byte) bool {
	if word = bytes.TrimRight(word, "."); len(word) > 5 {
		return false
	}
	for _, t := range titles {
		if strings.EqualFold(string(word), t) {
			return true
		}
	}
	return false
}

var titles = [...]string{"dr", "mr", "mrs", "ms", "miss", "prof", "sir", "herr", "frau", "mme", "sr", "sra", "jr", "ii", "iii"}

func (k *Known) addWords(class pii.Class, src, fake []byte, part bool) {
	start := len(k.arena)
	k.arena = fold.AppendWords(k.arena, src)
	words := k.arena[start:len(k.arena):len(k.arena)]
	if utf8.RuneCount(words) < minKnownWord {
		return
	}
	first, _ := utf8.DecodeRune(words)
	k.items = append(k.items, identifier{class: class, words: words, first: first, fake: k.keep(fake), part: part})
}

func (k *Known) addDigits(class pii.Class, src, fake []byte) bool {
	start := len(k.arena)
	k.arena = normal.Dialled(k.arena, src)
	digits := k.arena[start:len(k.arena):len(k.arena)]
	if len(digits) < minKnownDigits || !AllDigits(digits) {
		return false
	}
	k.items = append(k.items, identifier{class: class, digits: digits, fake: k.keep(fake)})
	return true
}

func (k *Known) keep(b []byte) []byte {
	if b == nil {
		return nil
	}
	start := len(k.arena)
	k.arena = append(k.arena, b...)
	return k.arena[start:len(k.arena):len(k.arena)]
}

func AllDigits(b []byte) bool {
	for _, c := range b {
		if !normal.IsDigit(c) {
			return false
		}
	}
	return true
}

// Find appends a span for every known identifier in text.
func (k *Known) Find(dst []Span, text []byte) []Span {
	if len(k.items) == 0 {
		return dst
	}
	inWord := false
	for i := 0; i < len(text); {
		c, _, n := fold.At(text, i)
		if c == 0 { // an accent belongs to the letter before it
			i += n
			continue
		}
		word := fold.IsWord(c)
		if word && !inWord {
			if s := k.at(text, i, c); s.End > 0 {
				dst = append(dst, s)
				i, inWord = s.End, true
				continue
			}
		}
		inWord = word
		i += n
	}
	return k.findNumbers(dst, text)
}

// at is the longest known sequence of words that begins at text[i], whose
// folded first rune is c; its end is 0 if there is none.
func (k *Known) at(text []byte, i int, c rune) Span {
	var best Span
	weak := false
	for j := range k.items {
		it := &k.items[j]
		if it.first != c || it.words == nil {
			continue
		}
		if end := matchWords(text, i, it.words); end > best.End || end > 0 && end == best.End && weak && !it.part {
			best, weak = Span{Start: i, End: end, Class: it.class, Fake: it.fake, Silent: it.fake == nil}, it.part
		}
	}
	return best
}

// maxGap is how many characters that are no letters or digits may stand between
// two words of one identifier.
const maxGap = 4

// matchWords reports where words, found at text[i], end; 0 if they aren't there.
func matchWords(text []byte, i int, words []byte) int {
	end := i
	for k := 0; k < len(words); {
		want, wn := utf8.DecodeRune(words[k:])
		if want == ' ' {
			var ok bool
			if i, ok = skipGap(text, i); !ok {
				return 0
			}
			k += wn
			continue
		}
		if i >= len(text) {
			return 0
		}
		c, second, n := fold.At(text, i)
		i += n
		if c == 0 && i > end {
			continue
		}
		if c != want {
			return 0
		}
		k += wn
		if second != 0 {
			if want, wn = utf8.DecodeRune(words[k:]); want != second {
				return 0
			}
			k += wn
		}
		end = i
	}
	for i < len(text) { // the accents of the last letter belong to it
		c, _, n := fold.At(text, i)
		if c != 0 {
			if fold.IsWord(c) {
				return 0
			}
			break
		}
		i += n
		end = i
	}
	return end
}

// skipGap steps over 1 to maxGap characters between words.
func skipGap(text []byte, i int) (int, bool) {
	gap := 0
	for i < len(text) {
		c, _, n := fold.At(text, i)
		if c != 0 && fold.IsWord(c) {
			break
		}
		if c != 0 {
			gap++
		}
		i += n
	}
	return i, gap >= 1 && gap <= maxGap
}
