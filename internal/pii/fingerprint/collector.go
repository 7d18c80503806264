package fingerprint

import (
	"bytes"
	"encoding/binary"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/pii/fake"
	"refresher/internal/pii/ident"
)

// Collector adds fingerprints from one goroutine.
type Collector struct {
	store *Store
	grams *spiller
	heads *spiller
	// Where values come from: the column at hand, and the records of it.
	origin  Column
	origins *spiller
	ends    [len(classes)][outcomes]int64 // how many values came to each outcome
	uses    [len(classes)]use             // of values in the memo
	fakes   [len(classes)]use             // of fakes
	queue   queue                         // of values that were not looked up yet

	folder folder
	words  []word // of the value at hand
	phone  phoneForms
	digits sketch
	mixed  uint64 // see Store
	input  [8 * maxGram]byte
	joint  [maxCompact]byte
	joined [2 * maxWord]byte
	text   []byte
	name   []byte // words of a name, see orderMark
	finder *detect.Detector
	hits   []detect.Hit

	made   madeBuffer
	making bool  // what is added is a fake of this run
	mark   uint8 // invented, if a fake could have made the value at hand
}

// Add fingerprints one source value (canonical text) of a direct class in all its
// normal forms. Values in a space reserved for fiction (fake.Reserved) and values too
// short or too common to prove anything are counted, not added. A value that a fake
// could have made is added, unless Made says of the same value that this run made it.
// Some values wait until they are looked at together, and all are when the collector is
// closed. Add never allocates in the steady state.
func (c *Collector) Add(class pii.Class, value []byte) {
	code := codeOf(class)
	if code == 0 {
		return
	}
	h, remembers := c.hash(&c.uses[code], code, value)
	if !remembers {
		c.ends[code][c.outcome(class, code, value)]++
		return
	}
	c.wait(h, code, value)
}

func (c *Collector) outcome(class pii.Class, code uint8, value []byte) uint64 {
	switch {
	case class == pii.IP && c.addIP(code, value): // fakes are no public addresses
		return added
	case c.store.known(class, value):
		return fictional
	case class == pii.Token && uniform(value):
		return tooShort
	}
	c.mark = c.marked(class, value)
	ok := c.add(class, code, value)
	c.mark = 0
	if ok {
		return added
	}
	return tooShort
}

// uniform reports a code of one digit or letter again and again, such as the nil UUID: it is
// nobody's, and sixteen bytes of zero stand in many files.
func uniform(code []byte) bool {
	var first byte
	for _, b := range code {
		switch {
		case b == '-' || b == first:
		case first != 0:
			return false
		default:
			first = b
		}
	}
	return true
}

// marked is the mark of a text: that of the value at hand, or its own if a fake could be the
// same. A fake of this run needs none.
func (c *Collector) marked(class pii.Class, text []byte) uint8 {
	if c.mark == 0 && !c.making && couldMake(class, text) {
		return invented
	}
	return c.mark
}

// couldMake reports a value of a class whose fakes are in no space of a standard's, that a
// fake could have made.
func couldMake(class pii.Class, value []byte) bool {
	switch class {
	case pii.FullName, pii.Street, pii.Username, pii.Token, pii.MAC:
		return fake.Recognise(class, value)
	}
	return false
}

// Made notes a fake that this run puts in the place of a value. Fakes of names, streets,
// user names, tokens and hardware addresses are drawn from spaces of this program: in a
// source that was scrubbed before, the same fake may stand for somebody else, and its
// reappearance is no leak.
func (c *Collector) Made(class pii.Class, value []byte) {
	switch class {
	case pii.FullName, pii.Street, pii.Token, pii.MAC, pii.Username, pii.Email:
	default:
		return
	}
	code := codeOf(class)
	h, remembers := c.hash(&c.fakes[code], code|ofFake, value)
	if !remembers {
		c.noteMade(class, code, value)
		return
	}
	c.wait(h, code|ofFake, value)
}

func (c *Collector) noteMade(class pii.Class, code uint8, value []byte) {
	c.making = true
	switch class {
	default:
		c.add(class, code, value)
	case pii.Username:
		c.add(class, code, value)
		c.madeName(value)
	case pii.Email:
		if at := bytes.IndexByte(value, '@'); at > 0 {
			c.madeName(value[:at])
		}
	}
	c.making = false
}

// madeName notes the name that a login or the local part of an address begins with.
func (c *Collector) madeName(value []byte) {
	if c.split(value); len(c.words) > 1 {
		c.addWords(codeOf(pii.FullName), c.words[:2])
	}
}

// keep adds a fingerprint; fresh is false if it came shortly before.
func (c *Collector) keep(h uint64, tag uint8) (fresh bool) {
	if c.making {
		c.made.add(c.store.made, h)
		return false
	}
	fresh = c.grams.add(h, tag|c.mark)
	if fresh && c.origin != 0 {
		c.origins.add(h&^originMask|uint64(c.origin), 0)
	}
	return fresh
}

func (c *Collector) add(class pii.Class, code uint8, value []byte) bool {
	switch class {
	case pii.IP:
		return false // seen to already
	case pii.Email:
		return c.addEmail(code, value)
	case pii.MAC:
		return c.addMAC(code, value)
	}
	c.split(value)
	switch class {
	case pii.FullName, pii.Street:
		ok := false
		if class == pii.FullName {
			ok = c.addName(code, value)
		} else {
			ok = c.addStreet(code)
		}
		if ok {
			if class == pii.Street {
				c.streets(code, value)
			}
			c.spellings(class, code, value)
		}
		return ok
	case pii.Phone:
		if !c.addCompact(class, code, value) {
			return false
		}
		c.phoneDigests(code, value)
		return true
	case pii.CreditCard:
		return c.addCompact(class, code, value)
	}
	ok := c.addCode(class, code, value) // national ids, IBANs, tokens
	if ok && class == pii.IBAN {
		c.account(code, value)
	}
	return ok
}

// Close flushes the collector.
func (c *Collector) Close() error {
	c.drain()
	s := c.store
	failed := []error{c.grams.close(), c.heads.close(), c.origins.close()}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, n := range c.ends {
		s.stats[i].Added += n[added]
		s.stats[i].Fictional += n[fictional]
		s.stats[i].Short += n[tooShort]
	}
	c.ends = [len(classes)][outcomes]int64{}
	s.numbers.merge(&c.digits)
	c.made.flush(s.made)
	s.mixed |= c.mixed
	for _, err := range failed {
		if s.err == nil {
			s.err = err
		}
	}
	return s.err
}

const maxWords = 4 * maxGram // of a value that are looked at

// split cuts a value into hashed words.
func (c *Collector) split(value []byte) {
	c.words = c.words[:0]
	var w word
	for len(c.words) < maxWords && c.folder.next(value, w.end, &w) {
		w.hash = c.store.words.of(c.folder.buf[:w.size])
		c.words = append(c.words, w)
	}
}

// size is the folded length of all words.
func size(words []word) (n int, has byte) {
	for _, w := range words {
		n += w.size
		has |= w.has
	}
	return n, has
}

// addWords fingerprints a sequence of words, the first maxGram of them.
func (c *Collector) addWords(tag uint8, words []word) {
	words = words[:min(len(words), maxGram)]
	for i := range words {
		binary.LittleEndian.PutUint64(c.input[8*i:], words[i].hash)
	}
	if !c.keep(c.store.keys.gram.hash(c.input[:8*len(words)]), tag) {
		return
	}
	if len(words) == 1 {
		c.heads.add(words[0].hash, tagSingle)
		return
	}
	c.heads.add(words[0].hash, tagFirst)
	c.heads.add(pair(words[0].hash, words[1].hash), uint8(len(words)))
}

func (c *Collector) addEmail(code uint8, value []byte) bool {
	at := bytes.IndexByte(value, '@')
	if at <= 0 {
		return false
	}
	c.split(value)
	if c.list(value) {
		return c.addEmails(code, value)
	}
	if len(c.words) < 2 || c.words[0].start > at || c.words[len(c.words)-1].end < at {
		return false
	}
	if end := c.words[min(len(c.words), maxGram)-1].end; !plausible(pii.Email, value[:end]) {
		code |= rough
	}
	c.addWords(code, c.words)
	c.emailDigests(code, value)
	return true
}

// list reports whether a value is more than an address: the separators of lists
// stand between its words.
func (c *Collector) list(value []byte) bool {
	if len(c.words) == maxWords {
		return bytes.ContainsAny(value, " ,;<")
	}
	from := 0
	for k := 0; k <= len(c.words); k++ {
		to := len(value)
		if k < len(c.words) {
			to = c.words[k].start
		}
		for _, b := range value[from:to] {
			if b == ' ' || b == ',' || b == ';' || b == '<' {
				return true
			}
		}
		if k < len(c.words) {
			from = c.words[k].end
		}
	}
	return false
}

// addEmails takes the addresses out of "Jo Doe <jo@…>, …".
func (c *Collector) addEmails(code uint8, value []byte) bool {
	if c.finder == nil {
		c.finder = detect.New()
	}
	c.hits = c.finder.Scan(c.hits[:0], value)
	added := false
	for _, h := range c.hits {
		if h.Class == pii.Email && !c.store.known(pii.Email, value[h.Start:h.End]) {
			c.split(value[h.Start:h.End])
			c.addWords(code, c.words)
			c.emailDigests(code, value[h.Start:h.End])
			added = true
		}
	}
	return added
}

func (c *Collector) addIP(code uint8, value []byte) bool {
	value = bytes.TrimSpace(value)
	a, n := ident.ParseIPv4(value)
	if n == 0 {
		a, n = ident.ParseIPv6(value)
	}
	if rest := string(value[n:]); n == 0 || rest != "" && rest != "/32" && rest != "/128" || !ident.Public(a) {
		return false
	}
	b := a.As16()
	c.keep(c.store.keys.ip.hash(b[:]), code)
	c.ipVariants(code, a)
	return true
}

// addStreet wants what a single house has: a number, or three words.
func (c *Collector) addStreet(code uint8) bool {
	n, has := size(c.words)
	if len(c.words) < 2 || n < 6 || len(c.words) < 3 && has&hasDigit == 0 || c.common() {
		return false
	}
	c.addWords(code, c.words)
	return true
}
