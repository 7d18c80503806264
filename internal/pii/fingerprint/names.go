package fingerprint

import (
	"bytes"

	"refresher/internal/pii"
)

// addName fingerprints a person's name in the orders it is written in.
func (c *Collector) addName(code uint8, value []byte) bool {
	if n, _ := size(c.words); len(c.words) < 2 || n < 5 || c.common() {
		return false
	}
	if !plausible(pii.FullName, value[c.words[0].start:c.words[len(c.words)-1].end]) {
		code |= rough
	}
	c.addWords(code, c.words)
	code &^= rough
	core := c.words
	for len(core) > 2 && c.is(core[0], titles) {
		core = core[1:]
	}
	for len(core) > 2 && c.is(core[len(core)-1], suffixes) {
		core = core[:len(core)-1]
	}
	if len(core) > maxGram {
		return true
	}
	if len(core) < len(c.words) {
		c.addOrder(code, value, core)
	}
	first, last := core[0], core[len(core)-1]
	pair := [...]word{last, first}
	mark := c.orderMark(value, pair[:])
	c.addMarked(code, mark, pair[:])
	c.addJoined(code, mark, value, last, first)
	pair = [...]word{first, last}
	mark = c.orderMark(value, pair[:])
	c.addJoined(code, mark, value, first, last)
	if len(core) > 2 {
		c.addMarked(code, mark, pair[:])
		var turned [maxGram]word // last name, then the rest in order
		turned[0] = last
		copy(turned[1:], core[:len(core)-1])
		c.addOrder(code, value, turned[:len(core)])
	}
	return true
}

// addOrder adds words of a name in another order.
func (c *Collector) addOrder(code uint8, value []byte, words []word) {
	c.addMarked(code, c.orderMark(value, words), words)
}

// orderMark is the mark of words in another order, set if a fake could have the same: the
// value "Stone Anna" must not turn this run's fake "Anna Stone" into a survivor.
func (c *Collector) orderMark(value []byte, words []word) uint8 {
	if c.mark != 0 || c.making {
		return c.mark
	}
	c.name = c.name[:0]
	for i, w := range words {
		if i > 0 {
			c.name = append(c.name, ' ')
		}
		c.name = append(c.name, value[w.start:w.end]...)
	}
	if bytes.Equal(c.name, value) {
		return c.mark // that of the value is known
	}
	return c.marked(pii.FullName, c.name)
}

func (c *Collector) addMarked(code, mark uint8, words []word) {
	if n, _ := size(words); n < 5 {
		return
	}
	was := c.mark
	c.mark = mark
	c.addWords(code, words)
	c.mark = was
}

// common reports whether a value is a placeholder: no word of it is a person's.
func (c *Collector) common() bool {
	for _, w := range c.words {
		if !c.is(w, placeholders) {
			return false
		}
	}
	return true
}

func (c *Collector) is(w word, list vocabulary) bool {
	for _, h := range c.store.vocabulary[list] {
		if h == w.hash {
			return true
		}
	}
	return false
}

// vocabulary is a short list of words, kept as word hashes.
type vocabulary int

const (
	titles vocabulary = iota
	suffixes
	placeholders
)

var vocabularies = [...][]string{
	titles: {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "herr", "frau", "mme", "sr", "sra", "dipl",
		"ing"},
	suffixes: {"jr", "sr", "ii", "iii", "iv", "phd", "md", "esq"},
	placeholders: {"unknown", "user", "users", "deleted", "removed", "anonymous", "guest", "admin", "administrator",
		"system",
		"support", "test", "tester", "demo", "example", "customer", "client", "account", "service", "team", "n", "a",
		"na", "none",
		"not", "available", "applicable", "provided", "given", "no", "name", "null", "first", "last", "full", "address",
		"street",
		"unnamed", "redacted", "default", "new", "the", "of", "to", "be", "see", "above", "below", "as", "same"},
}
