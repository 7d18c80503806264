package verify

import (
	"bytes"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"refresher/internal/detect"
	"refresher/internal/fake"
	"refresher/internal/fingerprint"
	"refresher/internal/ident"
	"refresher/internal/pii"
)

// minCell is the shortest text that can hold an identifier, in bytes.
const minCell = 6

// place is where a row is: its ctid, or its ordinal from 1.
type place struct {
	block  uint32
	offset uint16
	row    int64
}

func (p place) String() string {
	switch {
	case p.row > 0:
		return fmt.Sprintf("row %d", p.row)
	case p.offset > 0:
		return fmt.Sprintf("ctid (%d,%d)", p.block, p.offset)
	}
	return ""
}

// scanner looks through cells for one goroutine.
type scanner struct {
	allowed  exceptions
	detector *detect.Detector
	matcher  *fingerprint.Matcher // nil without fingerprints
	hits     []detect.Hit
	matches  []fingerprint.Match
	plain    [maxEscapes][]byte // a cell without its escapes
	other    []byte             // a cell in another notation
	reported []reported
	memo     memo
}

func (v *Verifier) scanner() *scanner {
	s := &scanner{allowed: v.allowed, detector: detect.New()}
	if v.opts.Set != nil {
		s.matcher = v.opts.Set.Matcher()
	}
	return s
}

// err is why the scanner could not do its work.
func (s *scanner) err() error {
	if s.matcher == nil {
		return nil
	}
	return s.matcher.Err()
}

// maxEscapes is how many layers of escapes are taken off: JSON in JSON in an array.
const maxEscapes = 3

// cell looks through one cell, unless the same was found clean a short while ago.
func (s *scanner) cell(t *tally, at place, text []byte) {
	t.stats.Cells++
	t.stats.Bytes += int64(len(text))
	if len(text) < minCell {
		return
	}
	if t.address && nobodys(text) {
		if t.stats.Class == pii.IP && fake.Recognise(pii.IP, text) {
			t.stats.Fictional++
		}
		return
	}
	slot, h := s.memo.slot(t, text)
	switch {
	case slot == nil:
		s.look(t, at, text)
	case slot.hash == h:
		slot.replay(t)
	default:
		before := t.counts()
		s.look(t, at, text)
		slot.remember(h, before, t.counts())
	}
}

// nobodys reports an address that is not public: it identifies nobody, and its
// digits are no other number.
func nobodys(text []byte) bool {
	a, n := ident.ParseIPv4(text)
	if n == 0 {
		a, n = ident.ParseIPv6(text)
	}
	return n > 0 && (n == len(text) || text[n] == '/') && !ident.Public(a)
}

// look looks through one cell. Text with backslashes (JSON, arrays, bytea as hex)
// is looked through as it stands and without its escapes, layer by layer.
func (s *scanner) look(t *tally, at place, text []byte) {
	s.reported = s.reported[:0]
	s.text(t, at, text)
	if s.other = rewritten(s.other[:0], text); len(s.other) > 0 {
		s.text(t, at, s.other)
	}
	for layer := 0; layer < maxEscapes && bytes.IndexByte(text, '\\') >= 0; layer++ {
		s.plain[layer] = unescape(s.plain[layer][:0], text)
		if len(s.plain[layer]) == len(text) {
			return // nothing was an escape
		}
		text = s.plain[layer]
		s.text(t, at, text)
	}
}

func (s *scanner) text(t *tally, at place, text []byte) {
	if s.matcher != nil {
		before := s.matcher.Expected()
		s.matches = s.matcher.Scan(s.matches[:0], text)
		t.expected += s.matcher.Expected() - before
		for _, m := range s.matches {
			sort := sureSurvivor
			if m.Digits {
				sort = digitSurvivor
			}
			s.report(t, at, sort, Survivor, m.Class, text[m.Start:m.End])
		}
	}
	if bareNumber(text) {
		t.numbers++
	}
	if c := t.stats.Class; c != pii.None && c != "" && fake.Recognise(c, text) {
		t.stats.Fictional++
		return // the whole cell is a fake: nothing in it is anybody's
	}
	s.hits = s.detector.Scan(s.hits[:0], text)
	for _, h := range s.hits {
		sort := sureDetection
		switch {
		case h.Strong && h.Bare:
			sort = bareDetection
		case !h.Strong:
			sort = weakDetection
		}
		s.report(t, at, sort, Detection, h.Class, text[h.Start:h.End])
	}
}

// report counts a value that was found, unless it is a fake, is allowed, or was
// found in this cell already. A certain survivor stands for a detection too.
func (s *scanner) report(t *tally, at place, sort int, kind string, class pii.Class, value []byte) {
	if fake.Recognise(class, value) {
		t.stats.Fictional++
		return
	}
	for _, r := range s.reported {
		if (r.kind == kind || r.sort == sureSurvivor) && bytes.Equal(r.value, value) {
			return
		}
	}
	s.reported = append(s.reported, reported{kind, sort, value})
	if s.allowed.allow(t, kind, class, value) {
		t.stats.Excepted++
		return
	}
	t.add(sort, func() Finding {
		return Finding{Table: t.stats.Table, Column: t.stats.Column, Row: at.String(), Class: class, Kind: kind, Shape: Shape(class, value)}
	})
}

// reported is a value that was found in the cell at hand.
type reported struct {
	kind  string
	sort  int
	value []byte
}

// bareNumber reports a cell that is as many digits as a card number has.
func bareNumber(text []byte) bool {
	if len(text) < 12 || len(text) > 19 {
		return false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// unescape appends text without the backslash escapes that JSON, array literals
// and COPY share, and with bytea's \x… as bytes; an unknown escape stays as it is.
func unescape(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 || i+1 == len(text) {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		c := text[i+1]
		text = text[i+2:]
		switch c {
		case 'n', 'r', 't', 'b', 'f', 'v':
			dst = append(dst, ' ')
		case 'u':
			r, size := codeUnit(text)
			if size == 0 {
				dst = append(dst, '\\', c)
				break
			}
			text = text[size:]
			if utf16.IsSurrogate(r) && len(text) >= 2 && text[0] == '\\' && text[1] == 'u' {
				if low, n := codeUnit(text[2:]); n > 0 {
					r, text = utf16.DecodeRune(r, low), text[2+n:]
				}
			}
			dst = utf8.AppendRune(dst, r)
		case 'x':
			if n := hexRun(text); n >= 2*minCell {
				dst = hexBytes(dst, text[:n])
				text = text[n:]
				break
			}
			dst = append(dst, '\\', c)
		case '"', '\\', '/', '\'':
			dst = append(dst, c)
		default:
			dst = append(dst, '\\', c)
		}
	}
}

// codeUnit reads four hex digits.
func codeUnit(text []byte) (r rune, size int) {
	if len(text) < 4 || hexRun(text[:4]) < 4 {
		return 0, 0
	}
	for _, c := range text[:4] {
		r = r<<4 | rune(hexDigit(c))
	}
	return r, 4
}

// hexRun is how many hex digits text begins with.
func hexRun(text []byte) int {
	for i, c := range text {
		if c-'0' >= 10 && (c|0x20 < 'a' || c|0x20 > 'f') {
			return i
		}
	}
	return len(text)
}

func hexBytes(dst, digits []byte) []byte {
	for i := 0; i+1 < len(digits); i += 2 {
		dst = append(dst, hexDigit(digits[i])<<4|hexDigit(digits[i+1]))
	}
	return dst
}

func hexDigit(c byte) byte {
	if c-'0' < 10 {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
