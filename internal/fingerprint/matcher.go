package fingerprint

import (
	"bytes"

	"refresher/internal/ident"
	"refresher/internal/pii"
)

// Match is text[Start:End], a survivor of a source value of Class.
type Match struct {
	Class      pii.Class
	Start, End int
	Digits     bool // made of digits alone, without +: chance can produce it, see [Matcher.Expected]
}

// Matcher looks for fingerprinted values in text.
type Matcher struct {
	set      *Set
	folder   folder
	ring     [ringSize]word
	masks    [maxGram]uint8
	input    [8 * maxGram]byte
	hashes   [maxGram]uint64
	joint    [maxCompact]byte
	phone    phoneForms
	page     [pageRecords]uint64
	expected float64
	err      error
}

const ringSize = 16 // words that a compact form can have

// Matcher returns a scanner for one goroutine.
func (s *Set) Matcher() *Matcher { return &Matcher{set: s} }

// Err is the first failure to read the set. Where the set could not be read,
// Scan takes the filter's word, so it never misses a survivor.
func (m *Matcher) Err() error { return m.err }

// Expected is the number of hits with Digits set that chance alone would have
// produced in all text scanned so far: for each number tried, the share of
// numbers of its length that the set holds.
func (m *Matcher) Expected() float64 { return m.expected }

// Scan appends the survivors in text (a whole cell, or any stretch of a file),
// in order and without overlap; of overlapping ones the longest stays. Its time
// is linear in len(text).
func (m *Matcher) Scan(dst []Match, text []byte) []Match {
	base := len(dst)
	live := uint(0) // bit k: the k-th word back can begin a value
	for n, i := 0, 0; ; n++ {
		w, ok := m.folder.next(text, i)
		if !ok {
			return dst
		}
		i = w.end
		w.hash = m.set.keys.word.hash(m.folder.buf[:w.size])
		m.ring[n%ringSize] = w
		mask := m.set.heads.of(w.hash)
		m.masks[n%maxGram] = mask
		live = live << 1 & (1<<maxGram - 1)
		if mask != 0 {
			live |= 1
		}
		if live != 0 {
			dst = m.grams(dst, base, text, n, live)
		}
		if w.has&hasDigit != 0 || w.size <= 4 && n > 0 && m.ring[(n-1)%ringSize].has&hasDigit != 0 {
			dst = m.numbers(dst, base, text, n)
		}
	}
}

// grams tries the sequences of words that end at word n.
func (m *Matcher) grams(dst []Match, base int, text []byte, n int, live uint) []Match {
	for k := maxGram - 1; k >= 0; k-- {
		if live>>k&1 == 0 || m.masks[(n-k)%maxGram]>>k&1 == 0 {
			continue
		}
		for j := 0; j <= k; j++ {
			m.hashes[j] = m.ring[(n-k+j)%ringSize].hash
		}
		code := m.find(m.set.keys.gram.hash(bytesOf(&m.input, m.hashes[:k+1])))
		if code == 0 {
			continue
		}
		hit := Match{Class: classes[code], Start: m.ring[(n-k)%ringSize].start, End: m.ring[n%ringSize].end}
		if plausible(hit.Class, text[hit.Start:hit.End]) {
			return keep(dst, base, hit)
		}
	}
	return dst
}

// plausible refuses words that only happen to stand side by side: the parts of a
// short address without its @, a name across the borders of two values.
func plausible(class pii.Class, b []byte) bool {
	switch class {
	case pii.Email:
		return len(b) >= 14 || bytes.IndexByte(b, '@') >= 0
	case pii.FullName:
		return !bytes.ContainsAny(b, "\"{}[];<>|")
	}
	return true
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
func (m *Matcher) numbers(dst []Match, base int, text []byte, n int) []Match {
	last := &m.ring[n%ringSize]
	if hit, ok := m.address(text, n); ok {
		return keep(dst, base, hit)
	}
	var hit Match
	total, has, at := 0, byte(0), maxCompact
	for k := 0; k < ringSize && k <= n; k++ {
		w := &m.ring[(n-k)%ringSize]
		if !w.groupable() || total+w.size > maxCompact || k > 0 && !joined(text, w.end, m.ring[(n-k+1)%ringSize].start) {
			break
		}
		total += w.size
		has |= w.has
		at -= w.size
		again, _ := m.folder.next(text[:w.end], w.start)
		copy(m.joint[at:], m.folder.buf[:again.size])
		if total < minCompact || has&hasDigit == 0 || m.timePart(text, w) {
			continue
		}
		if code, alone := m.compact(text, m.joint[at:], has, w); code != 0 {
			hit = Match{Class: classes[code], Start: w.start, End: last.end, Digits: alone}
		}
	}
	if hit.End == 0 {
		return dst
	}
	return keep(dst, base, hit)
}

// timePart reports whether a word is minutes or seconds, where no number begins.
func (m *Matcher) timePart(text []byte, w *word) bool {
	return w.size == 2 && w.start >= 2 && text[w.start-1] == ':' && fold[text[w.start-2]]>>4 == 3
}

// compact tries one compact form that begins with word w.
func (m *Matcher) compact(text, b []byte, has byte, w *word) (code uint8, digits bool) {
	if has&hasLetter != 0 {
		return m.find(m.set.keys.compact.hash(b)), false
	}
	if w.size == 4 && len(b) > 4 && calendar(b) && w.end < len(text) && text[w.end] == '-' {
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
		if code = m.tryDigits(form, plus); code != 0 && classes[code] == pii.Phone {
			return code, !plus
		}
	}
	return 0, false
}

// calendar reports digits that begin with a date, year first.
func calendar(b []byte) bool {
	return len(b) >= 8 && (b[0] == '1' && b[1] == '9' || b[0] == '2' && b[1] == '0') &&
		(b[4] == '0' || b[4] == '1' && b[5] <= '2') && b[6] <= '3'
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

// address looks for an IP address that ends, or (version 6) begins, at word n.
func (m *Matcher) address(text []byte, n int) (Match, bool) {
	w := &m.ring[n%ringSize]
	if n >= 3 && w.start > 0 && text[w.start-1] == '.' && w.size <= 3 {
		first := &m.ring[(n-3)%ringSize]
		a, size := ident.ParseIPv4(text[first.start:w.end])
		if size == w.end-first.start && !dotted(text, first.start, w.end) {
			b := a.As16()
			if code := m.find(m.set.keys.ip.hash(b[:])); code != 0 {
				return Match{Class: classes[code], Start: first.start, End: w.end}, true
			}
		}
	}
	if w.size == 4 && w.end < len(text) && text[w.end] == ':' && (w.start == 0 || text[w.start-1] != ':') {
		if a, size := ident.ParseIPv6(text[w.start:min(len(text), w.start+46)]); size > 0 {
			b := a.As16()
			if code := m.find(m.set.keys.ip.hash(b[:])); code != 0 {
				return Match{Class: classes[code], Start: w.start, End: w.start + size}, true
			}
		}
	}
	return Match{}, false
}

// dotted reports a quad that is part of a longer dotted number.
func dotted(text []byte, start, end int) bool {
	digit := func(i int) bool { return i >= 0 && i < len(text) && fold[text[i]]>>4 == 3 }
	return start > 0 && text[start-1] == '.' && digit(start-2) || end < len(text) && text[end] == '.' && digit(end+1)
}

// find looks a fingerprint up; a set that can't be read counts as a hit.
func (m *Matcher) find(h uint64) uint8 {
	code, err := m.set.find(h, &m.page)
	if err != nil {
		if m.err == nil {
			m.err = err
		}
		return codeToken
	}
	return code
}
