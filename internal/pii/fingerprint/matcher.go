package fingerprint

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"refresher/internal/pii"
)

// Match is text[Start:End], a survivor of a source value of Class.
type Match struct {
	Class      pii.Class
	Start, End int
	Digits     bool   // made of digits alone, without +: chance can produce it, see [Matcher.Expected]
	Loose      bool   // a name whose words stand in two values of a list, say: chance may have put them side by side
	Print      uint64 // the fingerprint itself, for [Set.Has]

	First, Last uint64 // of a full name of two words: their hashes, for [WordCounts]; else 0
}

// WordCounts counts the words of texts, and how often those stand there that values of the
// source begin with. Names are fingerprinted in both orders, so these are all words of names.
type WordCounts struct {
	N  int64 // all words
	of map[uint64]int64
}

// maxCounted bounds the words that are counted one by one; the others count as not there.
const maxCounted = 1 << 13

func (c *WordCounts) add(hash uint64) {
	if c.of == nil {
		c.of = map[uint64]int64{}
	}
	if n, known := c.of[hash]; known || len(c.of) < maxCounted {
		c.of[hash] = n + 1
	}
}

// Of is how often the word with a hash was there.
func (c *WordCounts) Of(hash uint64) int64 { return c.of[hash] }

// Merge adds what was counted in other texts.
func (c *WordCounts) Merge(d *WordCounts) {
	c.N += d.N
	for h, n := range d.of {
		if c.of == nil {
			c.of = map[uint64]int64{}
		}
		if was, known := c.of[h]; known || len(c.of) < maxCounted {
			c.of[h] = was + n
		}
	}
}

// Matcher looks for fingerprinted values in text.
type Matcher struct {
	set      *Set
	folder   folder
	ring     [ringSize]word
	masks    [maxGram]uint8
	input    [8 * maxGram]byte
	joint    [maxCompact]byte
	phone    phoneForms
	quad     quad // the last address of version 4
	page     [pageRecords]uint64
	print    uint64 // the last fingerprint looked up
	digests  bool   // the set holds those of addresses or phones
	sum      [longestDigest]byte
	expected float64
	err      error

	open   OpenEnds
	counts *WordCounts
}

const ringSize = 16 // words that a compact form can have

// Matcher returns a scanner for one goroutine.
func (s *Set) Matcher() *Matcher {
	return &Matcher{set: s, digests: s.HoldsDigests()}
}

// Err is the first failure to read the set. Where the set could not be read,
// Scan takes the filter's word, so it never misses a survivor.
func (m *Matcher) Err() error { return m.err }

// Expected is the number of hits with Digits set that chance alone would have
// produced in all text scanned so far: for each number tried, the share of
// numbers of its length that the set holds.
func (m *Matcher) Expected() float64 { return m.expected }

// Count makes Scan count words; nil: it counts none.
func (m *Matcher) Count(c *WordCounts) { m.counts = c }

// Scan appends the survivors in text (a whole cell, or any stretch of a file),
// in order and without overlap; of overlapping ones the longest stays. Its time
// is linear in len(text).
func (m *Matcher) Scan(dst []Match, text []byte) []Match {
	base := len(dst)
	live := uint(0) // bit k: the k-th word back begins values of the lengths in masks
	before := &m.ring[0]
	begins := uint8(0) // what the word before can begin
	m.quad, m.open = quad{}, OpenEnds{}
	for n, i := uint(0), 0; ; n++ {
		w := &m.ring[n%ringSize]
		if !m.folder.next(text, i, w) {
			return dst
		}
		m.behindX(text, w)
		i = w.end
		w.hash = m.set.words.of(m.folder.buf[:w.size])
		mask := m.set.heads.words.of(w.hash)
		if m.counts != nil {
			if m.counts.N++; mask&first != 0 {
				m.counts.add(w.hash)
			}
		}
		live = live << 1 & (1<<maxGram - 1)
		if begins&first != 0 {
			if lengths := m.set.heads.pairs.of(pair(before.hash, w.hash)); lengths != 0 {
				m.masks[(n-1)%maxGram] = lengths
				live |= 2
			}
		}
		if mask&single != 0 {
			m.masks[n%maxGram] = single
			live |= 1
		}
		if live != 0 {
			dst = m.grams(dst, base, text, n, live)
		}
		if w.has&^isWide == hasLetter|hasDigit {
			dst = m.mixed(dst, base, text, w)
		}
		if w.has&hasDigit != 0 || n > 0 && before.has&hasDigit != 0 && w.size <= 4 {
			dst = m.numbers(dst, base, text, n)
		}
		if m.digests && w.size >= leastDigest {
			if hit := m.digest(text, w); hit.End > 0 {
				dst = keep(dst, base, hit)
			}
		}
		if goesOn := live != 0 && m.goesOn(n, live); goesOn || mask&first != 0 {
			m.leaves(text, w, goesOn)
		}
		before, begins = w, mask
	}
}

// behindX cuts off what says that a word is hexadecimal.
func (m *Matcher) behindX(text []byte, w *word) {
	switch {
	case text[w.start] == 'x' && w.size > minCompact && w.start > 0 && text[w.start-1] == '\\':
		m.folder.next(text, w.start+1, w) // bytea: \x3c22fb123456
	case text[w.start] == '0' && (w.size == 14 || w.size == 18 || w.size == 34) && text[w.start+1]|0x20 == 'x':
		m.folder.next(text, w.start+2, w) // a hardware address or a UUID: 0x3c22fb123456
	}
}

// mixed looks at a word of letters and digits.
func (m *Matcher) mixed(dst []Match, base int, text []byte, w *word) []Match {
	if w.size > minJoined {
		if hit := m.numbered(text, w); hit.End > 0 {
			dst = keep(dst, base, hit)
		}
	}
	if w.size == 10 && text[w.start] == '0' && text[w.start+1]|0x20 == 'x' {
		if hit := m.hexAddress(text, w); hit.End > 0 {
			dst = keep(dst, base, hit)
		}
	}
	return dst
}

// numbered looks for a name in one piece with digits behind it: friedhelmquastenberg84.
func (m *Matcher) numbered(text []byte, w *word) (hit Match) {
	name := m.folder.buf[:w.size] // without case and accents
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	n := bytes.IndexFunc(name, digit)
	if n < minJoined {
		return hit
	}
	h := m.set.words.of(name[:n])
	if m.set.heads.words.of(h)&single == 0 {
		return hit
	}
	binary.LittleEndian.PutUint64(m.input[:], h)
	if tag := m.find(m.set.keys.gram.hash(m.input[:8])); tag != 0 && m.set.classes[tag&^rough] == pii.FullName {
		hit = Match{Class: pii.FullName, Start: w.start, End: w.end, Print: m.print}
		if n := bytes.IndexFunc(text[w.start:w.end], digit); n > 0 {
			hit.End = w.start + n
		}
	}
	return hit
}

// grams tries the sequences of words that end at word n.
func (m *Matcher) grams(dst []Match, base int, text []byte, n, live uint) []Match {
	var loose Match
	for ; live != 0; live &^= 1 << (bits.Len(live) - 1) {
		k := uint(bits.Len(live) - 1) // the farthest first: the longest sequence wins
		if m.masks[(n-k)%maxGram]>>k&1 == 0 {
			continue
		}
		for j := uint(0); j <= k; j++ {
			binary.LittleEndian.PutUint64(m.input[8*j:], m.ring[(n-k+j)%ringSize].hash)
		}
		tag := m.find(m.set.keys.gram.hash(m.input[:8*(k+1)]))
		if tag == 0 {
			continue
		}
		hit := Match{Class: m.set.classes[tag&^rough], Start: m.ring[(n-k)%ringSize].start, End: m.ring[n%ringSize].end,
			Print: m.print}
		if k == 1 && hit.Class == pii.FullName {
			hit.First, hit.Last = m.ring[(n-1)%ringSize].hash, m.ring[n%ringSize].hash
		}
		if tag&rough != 0 || plausible(hit.Class, text[hit.Start:hit.End]) {
			return keep(dst, base, hit)
		}
		if (hit.Class == pii.FullName || hit.Class == pii.Street) && loose.End == 0 &&
			wholeFields(text, hit.Start, hit.End) {
			loose, loose.Loose = hit, true
		} else {
			m.open.Apart = true
		}
	}
	if loose.End > 0 {
		return keep(dst, base, loose)
	}
	return dst
}

// keep appends a match, in the place of those that it covers.
func keep(dst []Match, base int, hit Match) []Match {
	for len(dst) > base && dst[len(dst)-1].Start >= hit.Start {
		dst = dst[:len(dst)-1]
	}
	if len(dst) > base && dst[len(dst)-1].End > hit.Start {
		return dst
	}
	return append(dst, hit)
}

// numbers tries the compact forms and the address that end at word n.
func (m *Matcher) numbers(dst []Match, base int, text []byte, n uint) []Match {
	last := &m.ring[n%ringSize]
	if last.start >= m.quad.end && last.size <= 3 && last.has == hasDigit && last.end < len(text) &&
		text[last.end] == '.' {
		m.address4(text, last)
	}
	if last.end <= m.quad.end {
		if last.end == m.quad.end && m.quad.code != 0 {
			dst = keep(dst, base, Match{Class: m.set.classes[m.quad.code], Start: m.quad.start, End: m.quad.end,
				Print: m.quad.print})
		}
		return dst // the parts of an address are no other numbers
	}
	if last.end < len(text) && text[last.end] == ':' &&
		(last.size == 4 || last.size == 2 && isTranslated(text[last.start:])) {
		if hit := m.address6(text, last); hit.End > 0 {
			return keep(dst, base, hit)
		}
	}
	hit := m.groups(text, n)
	if hit.End == 0 {
		if hit = m.glued(text, last); hit.End == 0 {
			return dst
		}
	}
	return keep(dst, base, hit)
}

// groups looks for the longest number that ends with the n-th word, in one or more groups.
func (m *Matcher) groups(text []byte, n uint) (hit Match) {
	last := &m.ring[n%ringSize]
	total, has, at, done := 0, byte(0), maxCompact, uint(0)
	for k := uint(0); k < ringSize && k <= n; k++ {
		w := &m.ring[(n-k)%ringSize]
		if !w.groupable() || total+w.size > maxCompact || w.end < m.quad.end ||
			k > 0 && !joined(text, w.end, m.ring[(n-k+1)%ringSize].start) {
			break
		}
		total += w.size
		has |= w.has
		if total < minCompact || !m.set.possible(total, has) {
			continue
		}
		for ; done <= k; done++ {
			v := &m.ring[(n-done)%ringSize]
			at -= v.size
			m.put(at, text, v)
		}
		if code, alone := m.compact(text, m.joint[at:], has, w); code != 0 {
			hit = Match{Class: m.set.classes[code], Start: w.start, End: last.end, Digits: alone, Print: m.print}
		}
	}
	return hit
}

// put writes a word's folded bytes into joint.
func (m *Matcher) put(at int, text []byte, w *word) {
	if w.has&isWide == 0 {
		for i, c := range text[w.start:w.end] {
			m.joint[at+i] = byteFold[c]
		}
		return
	}
	var again word
	m.folder.next(text[:w.end], w.start, &again)
	copy(m.joint[at:], m.folder.buf[:again.size])
}

// compact tries one compact form that begins with word w.
func (m *Matcher) compact(text, b []byte, has byte, w *word) (code uint8, digits bool) {
	if has&hasLetter != 0 {
		return m.find(m.set.keys.compact.hash(b)), false
	}
	if partOfTime(text, b, w) {
		return 0, false
	}
	plus := plusBefore(text, w.start)
	if code = m.tryDigits(b, plus); code != 0 {
		return code, !plus
	}
	for _, form := range m.phone.of(b, plus) {
		if len(form) == len(b) {
			continue
		}
		if code = m.tryDigits(form, plus); code != 0 && m.set.classes[code] == pii.Phone {
			return code, !plus
		}
	}
	return 0, false
}

func (m *Matcher) tryDigits(b []byte, plus bool) uint8 {
	density := m.set.density[len(b)]
	if density == 0 {
		return 0
	}
	if !plus {
		m.expected += density
	}
	return m.find(m.set.keys.compact.hash(b))
}

// endsWord reports whether a word of ASCII letters and digits ends at i.
func endsWord(text []byte, i int) bool {
	if i == len(text) || byteFold[text[i]] == sep {
		return true
	}
	if byteFold[text[i]] != wide {
		return false
	}
	_, kind := classify(text[i:])
	return kind == notAWord || kind == wholeWord
}

// dotted reports a quad that is part of a longer dotted number.
func dotted(text []byte, start, end int) bool {
	digit := func(i int) bool { return i >= 0 && i < len(text) && byteFold[text[i]]>>4 == 3 }
	return start > 0 && text[start-1] == '.' && digit(start-2) || end < len(text) && text[end] == '.' && digit(end+1)
}

// find looks a fingerprint up; a set that can't be read counts as a hit.
func (m *Matcher) find(h uint64) uint8 {
	m.print = h
	code, err := m.set.find(h, &m.page)
	if err != nil {
		if m.err == nil {
			m.err = err
		}
		return codeToken
	}
	return code
}
