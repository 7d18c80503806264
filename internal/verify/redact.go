package verify

import (
	"cmp"
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

// Redactor returns a function, for one goroutine, that replaces by its shape what
// verification would find in a text of refresher's own: source values, and strong
// detections but tokens, which hashes look like. What the rules allow is replaced, too.
func (v *Verifier) Redactor() func(text string) string {
	s := v.scanner()
	return func(text string) string {
		if len(text) < minCell {
			return text
		}
		in, done := []byte(text), 0
		var b strings.Builder
		for _, f := range s.personal(in) {
			if f.start >= done {
				b.Write(in[done:f.start])
				b.WriteString(Shape(f.class, in[f.start:f.end]))
				done = f.end
			}
		}
		b.Write(in[done:])
		return b.String()
	}
}

type span struct {
	class      pii.Class
	start, end int
}

// personal are the places of a text that hold personal data, in their order.
func (s *scanner) personal(text []byte) (found []span) {
	if s.matcher != nil {
		for _, m := range s.matcher.Scan(nil, text) {
			if !m.Digits && !fake.Reserved(m.Class, text[m.Start:m.End]) {
				found = append(found, span{m.Class, m.Start, m.End})
			}
		}
	}
	for _, h := range s.detector.Scan(nil, text) {
		value := text[h.Start:h.End]
		if h.Strong && !h.Bare && h.Class != pii.Token && !fake.Reserved(h.Class, value) &&
			!fake.Recognise(h.Class, value) {
			found = append(found, span{h.Class, h.Start, h.End})
		}
	}
	slices.SortStableFunc(found, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	return found
}
