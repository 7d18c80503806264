package verify

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/pii/fake"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/pii/unwrap"
)

// minCell is the shortest text that can hold an identifier, in bytes.
const minCell = 6

// place is where a row is: its ctid, its ordinal from 1, or its line from 1.
type place struct {
	block  uint32
	offset uint16
	row    int64
	line   int64
	object uint32 // a large object's OID; 0: none
}

func (p place) String() string {
	switch {
	case p.line > 0:
		return fmt.Sprintf("line %d", p.line)
	case p.row > 0:
		return fmt.Sprintf("row %d", p.row)
	case p.offset > 0:
		return fmt.Sprintf("ctid (%d,%d)", p.block, p.offset)
	}
	return ""
}

// table is what a finding there names: a large object by its OID.
func (p place) table(t *tally) string {
	if p.object > 0 {
		return objectLabel(p.object)
	}
	return t.stats.Table
}

// scanner looks through cells for one goroutine.
type scanner struct {
	allowed  exceptions
	detector *detect.Detector
	matcher  *fingerprint.Matcher // nil without fingerprints
	hits     []detect.Hit
	matches  []fingerprint.Match
	unwrap   unwrap.Unwrapper
	show     func(*unwrap.View) // s.view, made once
	plain    unwrap.View        // a cell that holds nothing else
	other    []byte             // a cell in another notation
	reported reported
	memo     memo
	before   before // the cell before, if a value may go on in the next
	open     bool   // of the cell at hand
	seam     int    // where the second of two cells begins, 0 in one

	// The cell at hand.
	tally  *tally
	at     place
	length int
	piece  *piece // that the cell is, nil if it is none
}

func (v *Verifier) scanner() *scanner {
	s := &scanner{allowed: v.allowed, detector: detect.New()}
	if v.opts.Strict {
		s.detector.Words() // names and streets are weak: nobody else would read of them
	}
	if v.opts.Set != nil {
		s.matcher = v.opts.Set.Matcher()
	}
	s.show = s.view
	return s
}

// err is why the scanner could not do its work.
func (s *scanner) err() error {
	if s.matcher == nil || s.matcher.Err() == nil {
		return nil
	}
	return &setError{s.matcher.Err()}
}

// setError is a failure to read the fingerprint set.
type setError struct{ error }

func (e *setError) Unwrap() error { return e.error }

// cell looks through one cell, unless the same was found clean a short while ago.
func (s *scanner) cell(t *tally, at place, text []byte) {
	t.stats.Cells++
	t.stats.Bytes += int64(len(text))
	if s.matcher != nil && !t.numeric && at.inRow() && len(text) <= maxAcross {
		s.across(t, at, text)
		defer s.goesOn(at, text)
	}
	if len(text) < minCell {
		return
	}
	if t.address && notPublic(text) {
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
		slot.replay(t, len(text))
		s.open = slot.open
	default:
		before := t.counts(len(text))
		s.look(t, at, text)
		slot.remember(h, before, t.counts(len(text)), s.open)
	}
}

// look looks through one cell, and through what it holds in an encoded form. A
// number holds nothing else.
func (s *scanner) look(t *tally, at place, text []byte) {
	s.reported.reset()
	s.tally, s.at, s.length = t, at, len(text)
	var digits bool
	if s.other, digits = rewritten(s.other[:0], text); len(s.other) > 0 {
		s.plain = unwrap.View{Text: s.other, Loose: digits}
		s.view(&s.plain)
	}
	if t.numeric {
		s.plain = unwrap.View{Text: text}
		s.view(&s.plain)
		return
	}
	if s.unwrap.Walk(text, s.show) {
		t.stats.Cut++
	}
}

// view looks through one text.
func (s *scanner) view(v *unwrap.View) {
	text := v.Text
	if len(text) < minCell {
		return
	}
	if s.piece != nil {
		s.piece.upTo, s.piece.breaks = 0, 0 // views take turns in one buffer
	}
	if s.matcher != nil && !v.Loose && !utf8.Valid(text) {
		s.rawDigests(v)
	}
	s.survivors(v)
	if v.Loose || s.piece != nil && s.piece.apart {
		return // its members are looked through as what they are
	}
	s.detections(v)
}

// survivors reports the source values that a text holds.
func (s *scanner) survivors(v *unwrap.View) {
	s.matches = s.matches[:0]
	if s.matcher == nil {
		return
	}
	t := s.tally
	before := s.matcher.Expected()
	if v.How() == "" && !v.Loose {
		s.matcher.Count(&t.names.words)
	}
	s.matches = s.matcher.Scan(s.matches, v.Text)
	s.matcher.Count(nil)
	t.expected += s.matcher.Expected() - before
	open := s.matcher.Open()
	v.Open, v.Apart = open.BeforeTag, open.Apart
	s.open = s.open || open.AtEnd && len(v.Text) == s.length
	for _, m := range s.matches {
		sort := sureSurvivor
		var name *nameHit
		switch {
		case s.seam > 0 && (m.Start >= s.seam || m.End <= s.seam):
			continue // in one of two cells: found there
		case m.Digits:
			sort = digitSurvivor
		case m.Loose:
			sort = looseSurvivor
		case m.First != 0:
			sort, name = nameSurvivor, t.names.hit(&m)
		}
		found := t.found[sort].n
		s.report(v, sort, Survivor, m.Class, m.Start, m.End, m.Print)
		if name != nil && t.found[sort].n > found {
			name.found++
		}
	}
}

// detections reports what the detectors find in a text.
func (s *scanner) detections(v *unwrap.View) {
	t, text := s.tally, v.Text
	if v.Binary || s.piece != nil && s.piece.binary || s.at.object > 0 && !mostlyText(text) {
		for from, to := range stretches(text) {
			start, field := fieldIn(text, from, to)
			if field || to-from >= minStretch {
				s.detect(v, start, to, amidBytes(to-from, field))
			}
		}
		return
	}
	if c := t.stats.Class; c != pii.None && c != "" && fake.Recognise(c, text) {
		t.stats.Fictional++
		return // the whole cell is a fake: nothing in it is anybody's
	}
	s.detect(v, 0, len(text), plainText)
	if s.detector.Missed() {
		t.misses[min(s.length, maxMiss)]++
	}
}

// detect reports what the detectors find in text[from:to] of a view.
func (s *scanner) detect(v *unwrap.View, from, to int, amid surroundings) {
	t, text := s.tally, v.Text
	s.hits = s.detector.ScanIn(s.hits[:0], text[from:to], t.context)
	sure := s.matches
	for _, h := range s.hits {
		h.Start, h.End = h.Start+from, h.End+from
		// A certain survivor stands for what is detected in its place.
		for len(sure) > 0 && (sure[0].Digits || sure[0].Loose || sure[0].End <= h.Start) {
			sure = sure[1:]
		}
		if len(sure) > 0 && sure[0].Start < h.End || unwrap.Escaped(text, h.Start) > 0 ||
			t.own && h.Class == pii.Token ||
			h.Bare && (amid == amidst || amid == asField && len(bytes.TrimSpace(text[from:to])) > h.End-h.Start) {
			continue
		}
		sort := sureDetection
		switch {
		case h.Strong && h.Bare:
			sort = bareDetection
		case h.Strong:
		case h.Bare && h.Class != pii.Phone && h.Class != pii.CreditCard:
			if h.End-h.Start != len(text) {
				continue // any number of a text is one time in ten
			}
			sort = chanceDetection
		case h.Class == pii.Token && t.schema:
			continue // pg_dump draws some
		default:
			sort = weakDetection
		}
		s.report(v, sort, Detection, h.Class, h.Start, h.End, 0)
	}
}

// fakeAround reports what a detector cuts out of a fake: a part of a token, and the
// surname behind "Mr", which it takes for a name in full.
func fakeAround(text []byte, class pii.Class, start, end int) bool {
	return fake.Recognise(pii.Token, wordAround(text, start, end)) || class == pii.FullName &&
		fake.Recognise(pii.LastName, text[start:end])
}

// report counts a value that was found, unless it is a fake, is allowed, or was
// found in this cell already. A certain survivor stands for a detection too.
func (s *scanner) report(v *unwrap.View, sort int, kind string, class pii.Class, start, end int, print uint64) {
	t, value := s.tally, v.Text[start:end]
	// A source value that survives is excused only where a standard says that it is nobody's.
	if fake.Reserved(class, value) || kind == Detection &&
		(fake.Recognise(class, value) || fakeAround(v.Text, class, start, end)) {
		t.stats.Fictional++
		return
	}
	at := s.at
	if s.piece != nil {
		line, fresh := s.piece.line(v, start, end)
		if !fresh {
			return // found with the piece before
		}
		at.line = line
	}
	if !s.reported.fresh(kind, sort, at.line, value) {
		return
	}
	if s.allowed.allow(t, kind, class, value) {
		t.stats.Excepted++
		return
	}
	if sort == bareDetection || sort == chanceDetection {
		t.weigh(value)
	}
	t.add(sort, class, func() Finding {
		f := Finding{Table: at.table(t), Column: t.stats.Column, Row: at.String(), Class: class, Kind: kind,
			Encoding: v.How(), Shape: Shape(class, value), Line: at.line, print: print}
		if s.piece != nil && f.Column == "" {
			f.Column = s.key(v, start)
		}
		return f
	})
}

// wordAround is text[start:end] with what it is a part of: letters, digits, _ and -.
// A part of a fake token can look like anything.
func wordAround(text []byte, start, end int) []byte {
	in := func(c byte) bool { return c-'0' < 10 || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '-' }
	for k := 0; k < maxShape && start > 0 && in(text[start-1]); k++ {
		start--
	}
	for k := 0; k < maxShape && end < len(text) && in(text[end]); k++ {
		end++
	}
	return text[min(end, start+unwrap.Escaped(text, start)):end]
}
