package scrub

import (
	"errors"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/copyfmt"
)

// row is the scratch space of one writer: what its cells share while they work
// on a row.
type row struct {
	mac      *mac
	fp       *fingerprint.Collector // nil: nobody watches
	detector *detect.Detector
	known    *known  // identifiers of this row; nil unless the table has free text
	person   *person // whom the row is about; nil if the table's rows have no subject

	raw   *copyfmt.Row                          // the row at hand, as it came
	made  func(at int) (wire []byte, null bool) // what a column became; nil without templates
	other []byte                                // canonical text of another column than the one at hand

	normal []byte // normal form of the value at hand
	text   []byte // its canonical text, where the column isn't text already
	out    []byte // what replaces that
	words  []nameWord
	hits   []detect.Hit
	spans  []span

	ciphers map[*permuter]*cipherState
	num     decimal
}

// cell rewrites one field that is not NULL: it appends, in the field's wire
// form, what replaces wire.
type cell func(dst, wire []byte) ([]byte, error)

// makeCell makes a writer's own cell, as cells have scratch space.
type makeCell func(r *row) cell

var errBadWire = errors.New("the server sent a value that is not of the column's type")

// mask replaces a canonical text and notes what it was.
func (r *row) mask(m Masker, class pii.Class, dst, text []byte) ([]byte, error) {
	if blank(text) {
		return append(dst, text...), nil
	}
	start := len(dst)
	dst, err := m.replace(r, dst, text)
	if err != nil {
		return dst, err
	}
	r.note(class, text, dst[start:])
	return dst, nil
}

// watching reports whether note needs texts.
func (r *row) watching() bool { return r.fp != nil || r.known != nil }

// note remembers that text was a value of class and what replaced it.
func (r *row) note(class pii.Class, text, replacement []byte) {
	r.witness(class, text)
	if r.known != nil {
		r.known.add(class, text, replacement)
	}
}

// witness fingerprints a source value that must not survive.
func (r *row) witness(class pii.Class, text []byte) {
	if r.fp != nil && class.Direct() {
		r.fp.Add(class, text)
	}
}

// suspect fingerprints a text that is dropped without anybody having said what
// it is, if it is an identifier by its looks. Bare digits are left out: they are
// the numbers of orders more often than of persons.
func (r *row) suspect(text []byte) {
	if r.fp == nil || !suspicious(text) {
		return
	}
	r.hits = r.detector.Scan(r.hits[:0], text)
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
		if isDigit(c) {
			if digits++; digits == 7 {
				return true
			}
		}
	}
	return false
}
