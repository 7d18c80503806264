package detect

import (
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fold"
	"refresher/internal/pii/names"
)

// wordSpan is a word of a text, and what the dictionary says of it.
type wordSpan struct {
	start, end int
	kind       wordKind
	capital    bool // its first letter is, and not all of them are
	initial    bool // one capital
	near       bool // a space, or a dot and a space, is all that stands before it
}

// maxNameWords is how many words a name is looked for in.
const maxNameWords = 5

// named looks for a name or a street that begins with the word at i, which starts
// with a capital or follows a house number. All of it is weak: Rose Hill is a
// person, a street and a hill.
func (d *Detector) named(text []byte, free, i int) Hit {
	first := readWord(text, i)
	if first.kind == 0 && !first.capital {
		return Hit{}
	}
	switch {
	case first.kind&salutation != 0:
		return d.saluted(text, first)
	case first.kind&streetHead != 0:
		if h := headed(text, free, first); h.End > 0 {
			return h
		}
	case first.kind&(givenName|familyName) != 0 && first.capital:
		if h := personAt(text, first); h.End > 0 {
			return h
		}
	}
	if first.capital {
		return streetAt(text, free, first)
	}
	return Hit{}
}

// capitalAt reports a word that begins with a capital beyond ASCII.
func capitalAt(text []byte, i int) bool {
	c, _ := utf8.DecodeRune(text[i:])
	if !unicode.IsUpper(c) {
		return false
	}
	before, _ := utf8.DecodeLastRune(text[:i])
	return i == 0 || !unicode.IsLetter(before)
}

// readWord reads the word at i, up to longestWord bytes.
func readWord(text []byte, i int) wordSpan {
	w := wordSpan{start: i}
	var buf [longestWord + 2*utf8.UTFMax]byte
	n, letters, uppers := 0, 0, 0
	for i < len(text) && n < longestWord {
		c, size := rune(text[i]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRune(text[i:])
		}
		if !unicode.IsLetter(c) && !(c == '-' && letters > 1 && i+1 < len(text) && kinds[text[i+1]] == letter) &&
			!(c == '\'' && letters == 1) {
			break
		}
		if unicode.IsUpper(c) {
			uppers++
			w.capital = w.capital || letters == 0
		}
		letters++
		if c != '\'' {
			n = len(fold.Append(buf[:n], c))
		}
		i += size
	}
	w.end = i
	w.initial = letters == 1 && w.capital
	w.capital = w.capital && !(uppers == letters && letters > 1) || w.initial
	w.kind = wordKind(names.Of(text[w.start:w.end])) | streets()[string(buf[:n])]
	return w
}

// nextWord reads the word behind a space, or behind a dot and a space.
func nextWord(text []byte, i int) wordSpan {
	if i < len(text) && text[i] == '.' {
		i++
	}
	if i+1 >= len(text) || text[i] != ' ' {
		return wordSpan{}
	}
	if c := text[i+1]; kinds[c] != letter && c < utf8.RuneSelf {
		return wordSpan{}
	}
	w := readWord(text, i+1)
	w.near = w.end > w.start
	return w
}

// saluted looks for a name behind Mr or Frau.
func (d *Detector) saluted(text []byte, w wordSpan) Hit {
	start, end := 0, 0
	for range maxNameWords {
		w = nextWord(text, w.end)
		if !w.near || !w.capital && w.kind&particle == 0 {
			break
		}
		if w.kind&salutation != 0 {
			continue
		}
		if start == 0 {
			start = w.start
		}
		if w.capital {
			end = w.end
		}
	}
	if end == 0 || end-start < 3 {
		return Hit{}
	}
	return Hit{Class: pii.FullName, Start: start, End: end, Said: true}
}

// personAt looks for a given name and a surname, with initials, further given names
// and particles between, or for a surname, a comma and a given name.
func personAt(text []byte, first wordSpan) Hit {
	if first.kind&familyName != 0 && first.end+1 < len(text) && text[first.end] == ',' {
		if w := nextWord(text, first.end+1); w.near && w.capital && w.kind&givenName != 0 {
			return Hit{Class: pii.FullName, Start: first.start, End: w.end}
		}
	}
	if first.kind&givenName == 0 {
		return Hit{}
	}
	end := 0
	w := first
	for range maxNameWords {
		if w.end < len(text) && text[w.end] == '.' && !w.initial {
			break // a sentence ends
		}
		w = nextWord(text, w.end)
		switch {
		case !w.near:
			return nameHit(first.start, end)
		case w.capital && w.kind&familyName != 0, w.capital && names.LikeSurname(text[w.start:w.end]):
			end = w.end
		case w.initial, w.capital && w.kind&givenName != 0, w.kind&particle != 0:
		default:
			return nameHit(first.start, end)
		}
	}
	return nameHit(first.start, end)
}

func nameHit(start, end int) Hit {
	if end == 0 {
		return Hit{}
	}
	return Hit{Class: pii.FullName, Start: start, End: end}
}

// streetAt looks for "12 Elm Street", "12 Kingsway" and "Hauptstraße 12" around a word.
func streetAt(text []byte, free int, first wordSpan) Hit {
	house := houseBefore(text, free, first.start)
	if house >= 0 {
		if streetLike(text[first.start:first.end]) {
			return Hit{Class: pii.Street, Start: house, End: first.end}
		}
		w := first
		for range 4 {
			w = nextWord(text, w.end)
			if !w.near || !w.capital {
				return Hit{}
			}
			if w.kind&streetWord != 0 {
				return Hit{Class: pii.Street, Start: house, End: w.end}
			}
		}
		return Hit{}
	}
	if !streetLike(text[first.start:first.end]) {
		return Hit{}
	}
	if end := houseAt(text, first.end); end > 0 {
		return Hit{Class: pii.Street, Start: first.start, End: end}
	}
	return Hit{}
}

// headed looks for "12 rue de la Paix", "Calle Mayor 12".
func headed(text []byte, free int, first wordSpan) Hit {
	house := houseBefore(text, free, first.start)
	w, end := first, 0
	for range maxNameWords {
		w = nextWord(text, w.end)
		if !w.near || !w.capital && w.kind&particle == 0 {
			break
		}
		if w.capital {
			end = w.end
		}
	}
	if end == 0 {
		return Hit{}
	}
	if house >= 0 {
		return Hit{Class: pii.Street, Start: house, End: end}
	}
	if stop := houseAt(text, end); stop > 0 && first.capital {
		return Hit{Class: pii.Street, Start: first.start, End: stop}
	}
	return Hit{}
}

// houseBefore is where the house number begins that stands before i; -1 if none does.
func houseBefore(text []byte, free, i int) int {
	p := i - 1
	if p < free || text[p] != ' ' {
		return -1
	}
	if p > free && text[p-1] == ',' {
		p--
	}
	end := p
	if p > free && kinds[text[p-1]] == letter {
		p-- // 12b
	}
	digits := p
	for p > free && digits-p < 6 && kinds[text[p-1]] == digit {
		p--
	}
	if p == digits || p == end || digits-p > 5 || !before(text, p) {
		return -1
	}
	return p
}

// houseAt is where the house number ends that stands behind i; 0 if none does.
func houseAt(text []byte, i int) int {
	if i < len(text) && (text[i] == ',' || text[i] == '.') {
		i++
	}
	if i+1 >= len(text) || text[i] != ' ' {
		return 0
	}
	i++
	start := i
	for i < len(text) && i-start < 5 && kinds[text[i]] == digit {
		i++
	}
	if i == start {
		return 0
	}
	if i < len(text) && kinds[text[i]] == letter {
		i++
	}
	if !after(text, i) {
		return 0
	}
	return i
}

// streetLike reports a word that ends as streets do.
func streetLike(b []byte) bool {
	if len(b) < 6 {
		return false
	}
	var buf [2 * longestWord]byte
	word := fold.AppendLetters(buf[:0], b)
	for _, e := range streetEndings {
		if k := len(word) - len(e); k >= 3 && string(word[k:]) == e {
			return true
		}
	}
	return false
}
