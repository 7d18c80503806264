package transform

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/prose"
	"refresher/internal/scrub/rules"
)

func textDef() Definition {
	return Definition{
		Name: "text", Kind: KindText, Prose: true, Suggest: []string{"note", "comment", "message", "body", "description"}, Class: pii.FreeText, Families: []Family{FamilyText},
		Doc: "Free text: the row's own identifiers (its other masked columns) in any case, spacing and usual format, " +
			"and what is an e-mail address, phone, card, IBAN, IP address, social security number or secret by its " +
			"shape, become the fakes that columns show; so does any other number of 7 to 15 digits that is no date " +
			"or amount, since it may be a phone. " +
			"In a table with a subject, the subject's own identifiers are found too, those of the table where it " +
			"is at home. " +
			"Names of other people are not found but by dictionary, which knows the common ones only: use lorem, " +
			"constant or null where others may stand.",
		Params: []Param{{Name: "names", Kind: rules.Bool, Default: "false",
			Doc: "replaces common given names and surnames, capitalised, where they stand together, any capitalised word after a common given name, surnames after Mr, Frau and the like, and streets with a house number; it also takes Will Price rises for a person"}},
		Example: Example{Rule: "text", Value: "Please call me at (212) 867-5309 or write to jane.doe@mail.test."},
	}
}

// TextClasses are what free text is searched for, and the transforms whose
// default domains give the fakes.
var TextClasses = []pii.Class{pii.Email, pii.Phone, pii.CreditCard, pii.IBAN, pii.IP, pii.NationalID, pii.Token}

// NameClasses are what is found by dictionary.
var NameClasses = []pii.Class{pii.FullName, pii.FirstName, pii.LastName, pii.Street}

// TextMasker replaces identifiers within free text.
type TextMasker struct {
	ByClass map[pii.Class]Masker
	Limit   int  // of the column, in characters; 0 none
	Names   bool // by dictionary
}

func (m *TextMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	r.findIdentifiers(text)
	r.spans = prose.NumberSpans(r.spans, text)
	if m.Names {
		r.spans = r.streets(r.names.Find(r.spans, text), text)
	}
	if len(r.spans) == 0 {
		return append(dst, text...), nil
	}
	slices.SortFunc(r.spans, func(a, b prose.Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	start := len(dst)
	dst, err := m.render(r, dst, text)
	if err == nil && m.Limit > 0 && utf8.RuneCount(dst[start:]) > m.Limit {
		return m.blank(r, dst[:start], text), nil
	}
	return dst, err
}

// findIdentifiers fills spans with what the row's columns hold and what has a shape.
func (r *Row) findIdentifiers(text []byte) {
	r.spans = r.spans[:0]
	if r.Known != nil {
		r.spans = r.Known.Find(r.spans, text)
	}
	r.hits = r.Detector.Scan(r.hits[:0], text)
	for _, h := range r.hits {
		r.spans = append(r.spans, prose.Span{Start: h.Start, End: h.End, Class: h.Class, Silent: !telling(h)})
	}
}

// Identifies reports whether text holds an identifier of the row, one by its shape or,
// with phones, a run of digits that could be a telephone number. Without them, bare digits
// count only where a checksum or a known range tells what they are.
func (r *Row) Identifies(text []byte, phones bool) bool {
	r.findIdentifiers(text)
	if phones {
		r.spans = prose.NumberSpans(r.spans, text)
		return len(r.spans) > 0
	}
	return slices.ContainsFunc(r.hits, func(h detect.Hit) bool { return h.Strong }) || len(r.spans) > len(r.hits)
}

// PlainName reports whether the name of a JSON member is a word of the program that wrote
// the document: ASCII letters, digits and signs without space, no word of it begun by a
// capital, nothing in it that text would replace.
func (r *Row) PlainName(name []byte) bool {
	inWord := false
	for _, c := range name {
		capital := c >= 'A' && c <= 'Z'
		if c <= ' ' || c >= 0x7f || c == '@' || c == '+' || capital && !inWord {
			return false
		}
		inWord = capital || c >= 'a' && c <= 'z' || normal.IsDigit(c)
	}
	return !r.Identifies(name, true)
}

// streets appends those that a text shows by a house number and what streets are called.
func (r *Row) streets(spans []prose.Span, text []byte) []prose.Span {
	if r.words == nil {
		r.words = detect.New().Words()
	}
	r.hits = r.words.Scan(r.hits[:0], text)
	for _, h := range r.hits {
		if h.Class == pii.Street {
			spans = append(spans, prose.Span{Start: h.Start, End: h.End, Class: h.Class, Silent: true})
		}
	}
	return spans
}

// render copies text with its spans replaced. Where spans overlap, no byte of
// any of them stays, and the longest says what is put there.
func (m *TextMasker) render(r *Row, dst, text []byte) ([]byte, error) {
	next := 0
	for i := 0; i < len(r.spans); {
		best := r.spans[i]
		start, end := best.Start, best.End
		for i++; i < len(r.spans) && r.spans[i].Start < end; i++ {
			s := r.spans[i]
			end = max(end, s.End)
			if s.End-s.Start > best.End-best.Start || best.Fake == nil && s.Fake != nil && s.Class == best.Class {
				best = s
			}
		}
		dst = append(dst, text[next:start]...)
		next = end
		if best.Fake != nil {
			dst = append(dst, best.Fake...)
			continue
		}
		value := text[best.Start:best.End]
		Masker := m.ByClass[best.Class]
		if Masker == nil {
			dst = append(dst, fake.Redacted...)
			continue
		}
		if !best.Silent {
			r.witness(best.Class, value)
		}
		at := len(dst)
		var err error
		if dst, err = Masker.Replace(r, dst, value); err != nil {
			return dst, err
		}
		r.made(best.Class, dst[at:])
	}
	return append(dst, text[next:]...), nil
}

// blank puts an asterisk in the place of every span, so that the text doesn't
// grow beyond its column.
func (m *TextMasker) blank(r *Row, dst, text []byte) []byte {
	next := 0
	for _, s := range r.spans {
		if s.End <= next {
			continue
		}
		if s.Start >= next {
			dst = append(append(dst, text[next:s.Start]...), '*')
		}
		next = s.End
	}
	return append(dst, text[next:]...)
}
