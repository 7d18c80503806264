package fingerprint

import (
	"unicode/utf8"

	"refresher/internal/pii/unwrap"
)

// OpenEnds says where a text has words that a value of the source begins with, so that it may go on
// elsewhere.
type OpenEnds struct {
	// At the end of the text: it may go on in another one.
	AtEnd bool
	// Before a tag, or at the end of a quoted field.
	BeforeTag bool
	// At the end of a field, and a word that it may go on with begins the next (see [unwrap.NextWord]);
	// or all of a value is there, but not as it stands in one field.
	Apart bool
}

// Open is what the text scanned last leaves open.
func (m *Matcher) Open() OpenEnds { return m.open }

// leaves notes what word w leaves open: it begins values of the source, or is the last of several
// words that some value goes on behind.
func (m *Matcher) leaves(text []byte, w *word, goesOn bool) {
	if w.end == len(text) {
		m.open.AtEnd = true
		return
	}
	m.open.BeforeTag = m.open.BeforeTag || text[w.end] == '"' || tagAt(text[w.end:])
	if m.open.Apart {
		return
	}
	at, apart := unwrap.NextWord(text, w.end)
	if at == len(text) || !apart && text[at] < utf8.RuneSelf {
		return
	}
	var next word
	if !m.folder.next(text, at, &next) {
		return
	}
	if m.open.Apart = apart && goesOn || next.start > at; m.open.Apart {
		return // the last word is not where the fields side by side have it, perhaps
	}
	m.behindX(text, &next)
	m.open.Apart = m.set.heads.pairs.of(pair(w.hash, m.set.words.of(m.folder.buf[:next.size]))) != 0
}

// goesOn reports whether some value that begins with words up to word n has more words.
func (m *Matcher) goesOn(n, live uint) bool {
	for k := uint(0); live>>k != 0; k++ {
		if live>>k&1 != 0 && m.masks[(n-k)%maxGram]>>(k+1) != 0 {
			return true
		}
	}
	return false
}

// tagAt reports whether markup begins here, or after a space.
func tagAt(text []byte) bool {
	return text[0] == '<' || text[0] == ' ' && len(text) > 1 && text[1] == '<'
}
