package scrub

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/rules"
)

func textDef() Definition {
	return Definition{
		Name: "text", Kind: KindText, Suggest: []string{"note", "comment", "message", "body", "description"}, Class: pii.FreeText, Families: []Family{FamilyText},
		Doc: "Free text: the row's own identifiers (its other masked columns) in any case, spacing and usual format, and whatever is an e-mail address, phone, card, IBAN, IP address, social security number or secret by its shape, become the fakes that columns show; so does any other number of 7 to 15 digits that is no date or amount, since it may be a phone. " +
			"In a table with a subject, the subject's own identifiers are found too, those of the table where it is at home. " +
			"Names of other people are not found but by dictionary, which knows the common ones only: use lorem, constant or null where others may stand.",
		Params: []Param{{Name: "names", Kind: rules.Bool, Default: "false",
			Doc: "replaces common given names and surnames, capitalised, where they stand together, and surnames after Mr, Frau and the like; it also takes Will Price rises for a person"}},
		Example: Example{Rule: "text", Value: "Please call me at (212) 867-5309 or write to jane.doe@mail.test."},
	}
}

// textClasses are what free text is searched for, and the transforms whose
// default domains give the fakes.
var textClasses = []pii.Class{pii.Email, pii.Phone, pii.CreditCard, pii.IBAN, pii.IP, pii.NationalID, pii.Token}

// nameClasses are what is found by dictionary.
var nameClasses = []pii.Class{pii.FullName, pii.FirstName, pii.LastName}

// span is a stretch of text to be replaced.
type span struct {
	start, end int
	class      pii.Class
	fake       []byte // nil: drawn from what the text says
	silent     bool   // may be an ordinary number: not fingerprinted
}

// textMasker replaces identifiers within free text.
type textMasker struct {
	byClass map[pii.Class]Masker
	limit   int  // of the column, in characters; 0 none
	names   bool // by dictionary
}

func (m *textMasker) replace(r *row, dst, text []byte) ([]byte, error) {
	r.spans = r.spans[:0]
	if r.known != nil {
		r.spans = r.known.find(r.spans, text)
	}
	r.hits = r.detector.Scan(r.hits[:0], text)
	for _, h := range r.hits {
		r.spans = append(r.spans, span{start: h.Start, end: h.End, class: h.Class, silent: !telling(h)})
	}
	r.spans = numberSpans(r.spans, text)
	if m.names {
		r.spans = r.findNames(r.spans, text)
	}
	if len(r.spans) == 0 {
		return append(dst, text...), nil
	}
	slices.SortFunc(r.spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	start := len(dst)
	dst, err := m.render(r, dst, text)
	if err == nil && m.limit > 0 && utf8.RuneCount(dst[start:]) > m.limit {
		return m.blank(r, dst[:start], text), nil
	}
	return dst, err
}

// render copies text with its spans replaced. Where spans overlap, no byte of
// any of them stays, and the longest says what is put there.
func (m *textMasker) render(r *row, dst, text []byte) ([]byte, error) {
	next := 0
	for i := 0; i < len(r.spans); {
		best := r.spans[i]
		start, end := best.start, best.end
		for i++; i < len(r.spans) && r.spans[i].start < end; i++ {
			s := r.spans[i]
			end = max(end, s.end)
			if s.end-s.start > best.end-best.start || best.fake == nil && s.fake != nil && s.class == best.class {
				best = s
			}
		}
		dst = append(dst, text[next:start]...)
		next = end
		if best.fake != nil {
			dst = append(dst, best.fake...)
			continue
		}
		value := text[best.start:best.end]
		Masker := m.byClass[best.class]
		if Masker == nil {
			dst = append(dst, fake.Redacted...)
			continue
		}
		if !best.silent {
			r.witness(best.class, value)
		}
		var err error
		if dst, err = Masker.replace(r, dst, value); err != nil {
			return dst, err
		}
	}
	return append(dst, text[next:]...), nil
}

// blank puts an asterisk in the place of every span, so that the text doesn't
// grow beyond its column.
func (m *textMasker) blank(r *row, dst, text []byte) []byte {
	next := 0
	for _, s := range r.spans {
		if s.end <= next {
			continue
		}
		if s.start >= next {
			dst = append(append(dst, text[next:s.start]...), '*')
		}
		next = s.end
	}
	return append(dst, text[next:]...)
}
