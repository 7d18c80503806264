package verify

import "refresher/internal/pii/unwrap"

// A value can be split over two columns of a row: what a cell ends with is looked for
// together with the next cell, if some source value begins so.

// maxAcross is the length of the longest cell that is looked at together with another.
const maxAcross = 128

// before is the cell before, up to the end that a value may begin with.
type before struct {
	text []byte
	at   place
}

// inRow reports whether a cell stands in a row, beside others.
func (p place) inRow() bool { return p.offset > 0 || p.row > 0 || p.line > 0 }

// across looks for what begins in the cell before and ends in this one.
func (s *scanner) across(t *tally, at place, text []byte) {
	s.open = false
	b := &s.before
	if len(b.text) == 0 {
		return
	}
	if b.at != at {
		b.text = b.text[:0]
		return
	}
	b.text = append(b.text, unwrap.Border)
	s.seam = len(b.text)
	b.text = append(b.text, text...)
	s.reported.reset()
	s.tally, s.at, s.length = t, at, len(b.text)
	s.plain = unwrap.View{Text: b.text, Loose: true}
	s.view(&s.plain)
	s.seam = 0
	if !s.open || len(b.text) > maxAcross {
		b.text = b.text[:0]
	}
	s.open = false
}

// goesOn keeps a cell that a value may begin in.
func (s *scanner) goesOn(at place, text []byte) {
	if len(text) < minCell && len(text) > 1 {
		s.matches = s.matcher.Scan(s.matches[:0], text)
		s.open = s.matcher.Open().AtEnd
	}
	if s.open && len(s.before.text) == 0 {
		s.before.text, s.before.at = append(s.before.text, text...), at
	}
	s.open = false
}
