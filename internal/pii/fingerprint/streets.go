package fingerprint

import (
	"bytes"
	"sync"

	"refresher/internal/pii"
)

// maxStreet is the length of the longest street whose other spellings are added, in folded bytes.
const maxStreet = 96

// street is an address in words.
type street struct {
	buf   [maxStreet + 16]byte
	ends  [maxGram + 2]int
	words [maxGram]word // their hashes
	n     int
	wide  bool // some hold characters beyond ASCII
}

func (s *street) word(i int) []byte {
	from := 0
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.buf[from:s.ends[i]]
}

// add appends a word with its hash; false if there is no room.
func (s *street) add(word []byte, hash uint64) bool {
	if !s.put(word, "") {
		return false
	}
	s.words[s.n-1].hash = hash
	return true
}

// addNew appends a word of two parts.
func (s *street) addNew(words *wordHash, word []byte, more string) {
	if s.put(word, more) {
		s.words[s.n-1].hash = words.of(s.word(s.n - 1))
	}
}

func (s *street) put(word []byte, more string) bool {
	from := 0
	if s.n > 0 {
		from = s.ends[s.n-1]
	}
	if s.n == maxGram || from+len(word)+len(more) > len(s.buf) {
		return false
	}
	to := from + copy(s.buf[from:], word)
	s.ends[s.n] = to + copy(s.buf[to:], more)
	s.n++
	return true
}

// copyWord appends word k of another street.
func (s *street) copyWord(of *street, k int) { s.add(of.word(k), of.words[k].hash) }

// abbreviations of what streets are called, of the whole word or, in German and Dutch, of its end.
var abbreviations = [...]struct {
	long, short string
	end         bool
}{
	{"strasse", "str", true}, {"straat", "str", true}, {"street", "st", false}, {"road", "rd", false},
	{"avenue", "ave", false}, {"avenue", "av", false}, {"boulevard", "blvd", false}, {"boulevard", "bd", false},
	{"lane", "ln", false}, {"drive", "dr", false}, {"court", "ct", false}, {"square", "sq", false},
	{"place", "pl", false}, {"platz", "pl", false}, {"terrace", "ter", false}, {"highway", "hwy", false},
	{"parkway", "pkwy", false}, {"avenida", "av", false}, {"avenida", "avda", false}, {"calle", "c", false},
	{"piazza", "pza", false}, {"ulica", "ul", false}, {"aleja", "al", false}, {"apartment", "apt", false},
}

// longestKind is the length of the longest whole word among the abbreviations.
const longestKind = len("boulevard")

// otherKinds are the other forms of a word that is the kind of a street.
var otherKinds = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	for _, a := range abbreviations {
		m[a.long] = append(m[a.long], a.short)
		m[a.short] = append(m[a.short], a.long)
	}
	return m
})

// otherEndings are those of words that end in a kind of street: its long form, and its short
// one, which is the beginning of each long one.
func (c *Collector) otherEndings(code uint8, s *street, i int) {
	word := s.word(i)
	for _, a := range abbreviations {
		if !a.end {
			continue
		}
		if stem, ok := endsIn(word, a.long); ok {
			c.otherKind(code, s, i, stem, a.short)
		} else if stem, ok = endsIn(word, a.short); ok {
			c.otherKind(code, s, i, stem, a.long)
		}
	}
}

// endsIn cuts an ending off a word of which three characters are left at least.
func endsIn(word []byte, ending string) (stem []byte, ok bool) {
	stem, ok = bytes.CutSuffix(word, []byte(ending))
	return stem, ok && len(stem) >= 3
}

// streets adds the other ways to write a street: with its kind written out or shortened, a
// letter behind the number apart or not, the number first or last.
func (c *Collector) streets(code uint8, value []byte) {
	if n, _ := size(c.words); n > maxStreet {
		return
	}
	var s street
	for _, w := range c.words[:min(len(c.words), maxGram)] {
		folded := c.folded(value, w)
		if !s.add(folded, w.hash) {
			return
		}
		s.wide = s.wide || w.has&isWide != 0 && !isASCII(folded)
	}
	c.orders(code, &s, true)
	for i := range s.n {
		word := s.word(i)
		if digitFirst(word[len(word)-1:]) {
			continue // no kind ends in a digit
		}
		if len(word) <= longestKind {
			for _, other := range otherKinds()[string(word)] {
				c.otherKind(code, &s, i, nil, other)
			}
		}
		c.otherEndings(code, &s, i)
	}
}

// otherKind adds a street with word i in another form: what stays of it, and what comes
// instead of the rest.
func (c *Collector) otherKind(code uint8, s *street, i int, stem []byte, more string) {
	other := street{wide: s.wide}
	for k := range s.n {
		if k == i {
			other.addNew(&c.store.words, stem, more)
		} else {
			other.copyWord(s, k)
		}
	}
	c.orders(code, &other, false)
}

// orders adds a street as it is, unless it was, and with its number written otherwise.
func (c *Collector) orders(code uint8, s *street, was bool) {
	split := s.otherNumber(&c.store.words)
	for _, one := range [...]*street{s, &split} {
		if one.n == 0 {
			continue
		}
		if one != s || !was {
			c.addSpelling(code, one, 0)
		}
		number := 0 // words of the number at an end
		switch last := one.n - 1; {
		case digitFirst(one.word(0)):
			if number = 1; one.n > 2 && len(one.word(1)) == 1 {
				number = 2
			}
		case digitFirst(one.word(last)):
			number = last
		case last > 1 && len(one.word(last)) == 1 && digitFirst(one.word(last-1)):
			number = last - 1
		}
		if number > 0 {
			c.addSpelling(code, one, number)
		}
	}
}

// otherNumber is a street with the letter behind its number apart, or put to it.
func (s *street) otherNumber(words *wordHash) (other street) {
	other.wide = s.wide
	for i := 0; i < s.n; i++ {
		w := s.word(i)
		n := len(w) - 1
		switch {
		case n > 0 && digitFirst(w) && digitFirst(w[n-1:]) && !digitFirst(w[n:]):
			for k := range s.n {
				if k == i {
					other.addNew(words, w[:n], "")
					other.addNew(words, w[n:], "")
				} else {
					other.copyWord(s, k)
				}
			}
			return other
		case i+1 < s.n && digitFirst(w) && digitFirst(w[n:]) && len(s.word(i+1)) == 1 && !digitFirst(s.word(i+1)):
			for k := 0; k < s.n; k++ {
				if k == i {
					other.addNew(words, w, string(s.word(i+1)))
					k++
				} else {
					other.copyWord(s, k)
				}
			}
			return other
		}
	}
	return street{}
}

func digitFirst(b []byte) bool { return b[0]>>4 == 3 }

// addSpelling adds a street's words from one on, and then those before it.
func (c *Collector) addSpelling(code uint8, s *street, from int) {
	if s.wide || c.mark == 0 && !c.making {
		c.text = c.text[:0]
		for i := range s.n {
			c.text = append(append(c.text, s.word((from+i)%s.n)...), ' ')
		}
	}
	if s.wide { // its words may be cut otherwise once they are folded
		c.spelling(pii.Street, code)
		return
	}
	mark := c.mark
	if c.mark = c.marked(pii.Street, c.text); s.n > 1 {
		words := s.words
		copy(words[copy(words[:], s.words[from:s.n]):], s.words[:from])
		c.addWords(code, words[:s.n])
	}
	c.mark = mark
}
