package fingerprint

import (
	"bytes"

	"refresher/internal/pii"
)

// maxStreet is the length of the longest street whose other spellings are added, in folded bytes.
const maxStreet = 96

// street is an address in words.
type street struct {
	buf  [maxStreet + 16]byte
	ends [maxGram + 2]int
	n    int
}

func (s *street) word(i int) []byte {
	from := 0
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.buf[from:s.ends[i]]
}

// add appends a word; false if there is no room.
func (s *street) add(word []byte, more string) bool {
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

// streets adds the other ways to write a street: with its kind written out or shortened, a
// letter behind the number apart or not, the number first or last.
func (c *Collector) streets(code uint8, value []byte) {
	var s street
	for _, w := range c.words[:min(len(c.words), maxGram)] {
		if n, _ := size(c.words); n > maxStreet || !s.add(c.folded(value, w), "") {
			return
		}
	}
	c.orders(code, &s, true)
	for i := range s.n {
		for _, a := range abbreviations {
			var other street
			stem, more := otherKind(s.word(i), a.long, a.short, a.end)
			if more == "" {
				continue
			}
			for k := range s.n {
				if k == i {
					other.add(stem, more)
				} else {
					other.add(s.word(k), "")
				}
			}
			c.orders(code, &other, false)
		}
	}
}

// otherKind is a word with its kind of street in the other form: what stays of it, and
// what comes instead of the rest; nothing if it is of another kind.
func otherKind(word []byte, long, short string, end bool) (stem []byte, more string) {
	for from, to := long, short; ; from, to = short, long {
		if string(word) == from || end && len(word) >= len(from)+3 && bytes.HasSuffix(word, []byte(from)) {
			return word[:len(word)-len(from)], to
		}
		if from == short {
			return nil, ""
		}
	}
}

// orders adds a street as it is, unless it was, and with its number written otherwise.
func (c *Collector) orders(code uint8, s *street, was bool) {
	split := s.otherNumber()
	for _, one := range [...]*street{s, &split} {
		if one.n == 0 {
			continue
		}
		if one != s || !was {
			c.addSpelling(pii.Street, code, one, 0)
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
			c.addSpelling(pii.Street, code, one, number)
		}
	}
}

// otherNumber is a street with the letter behind its number apart, or put to it.
func (s *street) otherNumber() (other street) {
	for i := 0; i < s.n; i++ {
		w := s.word(i)
		n := len(w) - 1
		switch {
		case n > 0 && digitFirst(w) && digitFirst(w[n-1:]) && !digitFirst(w[n:]):
			other = street{}
			for k := range s.n {
				if k == i {
					other.add(w[:n], "")
					other.add(w[n:], "")
				} else {
					other.add(s.word(k), "")
				}
			}
			return other
		case i+1 < s.n && digitFirst(w) && digitFirst(w[n:]) && len(s.word(i+1)) == 1 && !digitFirst(s.word(i+1)):
			for k := 0; k < s.n; k++ {
				if k == i {
					other.add(w, string(s.word(i+1)))
					k++
				} else {
					other.add(s.word(k), "")
				}
			}
			return other
		}
	}
	return street{}
}

func digitFirst(b []byte) bool { return b[0]>>4 == 3 }

// addSpelling adds a street's words from one on, and then those before it.
func (c *Collector) addSpelling(class pii.Class, code uint8, s *street, from int) {
	c.text = c.text[:0]
	for i := range s.n {
		c.text = append(append(c.text, s.word((from+i)%s.n)...), ' ')
	}
	c.spelling(class, code)
}
