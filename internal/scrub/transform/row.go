package transform

import (
	"errors"
	"math/rand/v2"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/prf"
	"refresher/internal/scrub/prose"
	"refresher/internal/scrub/transform/decimal"
)

// Row is the scratch space of one writer: what its cells share while they work
// on a row.
type Row struct {
	PRF          prf.Function
	Fingerprints *fingerprint.Collector // nil: nobody watches
	Detector     *detect.Detector
	Known        *prose.Known // identifiers of this row; nil unless the table has free text
	Person       *Person      // whom the row is about; nil if the table's rows have no subject

	Raw   *copyfmt.Row                          // the row at hand, as it came
	Made  func(at int) (wire []byte, null bool) // what a column became; nil without templates
	other []byte                                // canonical text of another column than the one at hand

	normal []byte // normal form of the value at hand
	Text   []byte // its canonical text, where the column isn't text already
	Out    []byte // what replaces that
	names  prose.NameFinder
	hits   []detect.Hit
	words  *detect.Detector // of what is found by words; nil until it is asked
	spans  []prose.Span
	piece  []byte
	places map[*What]*vocabulary

	ciphers map[*permuter]*cipherState
	cycles  map[cycleOf][]uint16 // of exchanged days
	num     decimal.Decimal
	vector  embedding
	draws   rand.ChaCha8 // of the noise of a vector
}

// Cell replaces one value that is not NULL: it appends what stands in its place, in the
// form that the value has, canonical text or that of COPY.
type Cell func(dst, value []byte) ([]byte, error)

// Bind makes the cell of one writer, whose scratch space it uses.
type Bind func(r *Row) Cell

var ErrBadWire = errors.New("the server sent a value that is not of the column's type")

// Mask replaces a canonical text and notes what it was.
func (r *Row) Mask(m Masker, what *What, dst, text []byte) ([]byte, error) {
	if normal.Blank(text) {
		return append(dst, text...), nil
	}
	start := len(dst)
	dst, err := m.Replace(r, dst, text)
	if err != nil {
		return dst, err
	}
	r.saw(what, text, dst[start:])
	return dst, nil
}

// watching reports whether note needs texts.
func (r *Row) watching() bool { return r.Fingerprints != nil || r.Known != nil }

// note remembers that text was a value of class and what replaced it.
func (r *Row) note(class pii.Class, text, replacement []byte) {
	r.witness(class, text)
	r.made(class, replacement)
	if r.Known != nil {
		r.Known.Add(class, text, replacement)
	}
}

// witness fingerprints a source value that must not survive.
func (r *Row) witness(class pii.Class, text []byte) {
	if r.Fingerprints != nil && class.Direct() {
		r.Fingerprints.Add(class, text)
	}
}

// Remember notes a value of a row that stays behind, as what its column says and by
// its looks.
func (r *Row) Remember(class pii.Class, text []byte) {
	if normal.Blank(text) {
		return
	}
	r.witness(class, text)
	r.Suspect(text)
}

// made notes a fake, which is no survivor where it equals a source value.
func (r *Row) made(class pii.Class, replacement []byte) {
	if r.Fingerprints != nil {
		r.Fingerprints.Made(class, replacement)
	}
}

// Suspect fingerprints a text that is dropped without anybody having said what
// it is, if it is an identifier by its looks. Bare digits are left out: they are
// the numbers of orders more often than of persons.
func (r *Row) Suspect(text []byte) {
	if r.Fingerprints == nil || !suspicious(text) {
		return
	}
	r.hits = r.Detector.Scan(r.hits[:0], text)
	for _, h := range r.hits {
		if telling(h) {
			r.witness(h.Class, text[h.Start:h.End])
		}
	}
}

func telling(h detect.Hit) bool { return h.Strong || !h.Bare }

// suspicious is a cheap test that most texts fail: an at sign or seven digits.
func suspicious(text []byte) bool {
	digits := 0
	for _, c := range text {
		if c == '@' {
			return true
		}
		if normal.IsDigit(c) {
			if digits++; digits == 7 {
				return true
			}
		}
	}
	return false
}

// Alias appends what stands for the name of a member, element or attribute that is
// data: prefix and 64 bits of the name's digest, as letters, the same for the same
// name everywhere.
func (r *Row) Alias(dst []byte, prefix string, name []byte) []byte {
	r.Suspect(name)
	dst = append(append(dst, prefix...), '_')
	for _, b := range r.PRF.Sum(aliasDomain, name)[:8] {
		dst = append(dst, 'a'+b>>4, 'a'+b&15)
	}
	return dst
}

var aliasDomain = domainPrefix("name of a member")

// domainPrefix is what a domain puts before every value.
func domainPrefix(name string) []byte { return append([]byte(name), 0) }
