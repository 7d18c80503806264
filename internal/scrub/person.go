package scrub

import (
	"bytes"

	"refresher/internal/pii/fake"
	"refresher/internal/postgres/value"
)

// personPlan is where the rows of one table say whom they are about.
type personPlan struct {
	id       field  // the subject's column
	prefix   []byte // of the domain of subjects
	address  field  // the person's own e-mail address: in the row, or joined in
	fallback field  // an address that stands for the person where id is NULL
	gender   field  // in the row, or joined in
}

// field is a field of a row that is read as canonical text.
type field struct {
	at    int         // -1: there is none
	codec value.Codec // nil if the wire form is text
	mask  addresser   // of e-mail addresses
}

var noField = field{at: -1}

// addresser is a Masker of e-mail addresses.
type addresser interface {
	digest(r *row, text []byte) *fake.Digest
}

// person is whom the row at hand is about. Its digests are computed when they
// are asked for, and once a row.
type person struct {
	plan *personPlan
	of   *row

	hasID, hasFace, hasGender bool // computed

	id, face digestOrNone
	gender   fake.Gender
}

type digestOrNone struct {
	sum  fake.Digest
	some bool
}

// meet begins a row.
func (p *person) meet() { p.hasID, p.hasFace, p.hasGender = false, false, false }

// subjectID is the digest that the dates of one subject move by; nil if the row
// is about nobody that is known.
func (r *row) subjectID() *fake.Digest {
	p := r.person
	if p == nil {
		return nil
	}
	if !p.hasID {
		p.hasID = true
		if text := p.of.read(&p.plan.id); text != nil {
			p.of.normal = subjectNormal(p.of.normal[:0], text)
			p.id = digestOrNone{*p.of.mac.digest(p.plan.prefix, p.of.normal), true}
		} else {
			p.id = p.addressed(&p.plan.fallback)
		}
	}
	if !p.id.some {
		return nil
	}
	return &p.id.sum
}

// subjectFace is the digest that names of the subject are drawn by: that of its
// e-mail address, so that names and address agree although every address maps by
// itself; that of its id if it has no address.
func (r *row) subjectFace() *fake.Digest {
	p := r.person
	if p == nil {
		return nil
	}
	if !p.hasFace {
		p.hasFace = true
		if p.face = p.addressed(&p.plan.address); !p.face.some {
			if d := r.subjectID(); d != nil {
				p.face = digestOrNone{*d, true}
			}
		}
	}
	if !p.face.some {
		return nil
	}
	return &p.face.sum
}

// subjectGender is what the person's own row says.
func (r *row) subjectGender() fake.Gender {
	p := r.person
	if !p.hasGender {
		p.hasGender, p.gender = true, r.genderIn(&p.plan.gender)
	}
	return p.gender
}

func (p *person) addressed(f *field) digestOrNone {
	text := p.of.read(f)
	if text == nil {
		return digestOrNone{}
	}
	return digestOrNone{*f.mask.digest(p.of, text), true}
}

// read is a field's canonical text; nil if there is none, or only white space.
func (r *row) read(f *field) []byte {
	if f.at < 0 || r.raw.Null(f.at) {
		return nil
	}
	wire := r.raw.Field(f.at)
	if f.codec != nil {
		var err error
		if r.other, err = f.codec.AppendText(r.other[:0], wire); err != nil {
			return nil // its own cell reports it, or the server
		}
		wire = r.other
	}
	if blank(wire) {
		return nil
	}
	return wire
}

// subjectNormal is the normal form of what identifies a subject: without space
// around it, UUIDs in lower case, whole numbers without decimals.
func subjectNormal(dst, text []byte) []byte {
	text = bytes.TrimSpace(text)
	if isUUID(text) {
		return folded(dst, text)
	}
	if i := bytes.IndexByte(text, '.'); i > 0 && allDigits(text[:i]) && len(bytes.Trim(text[i+1:], "0")) == 0 {
		text = text[:i]
	}
	return append(dst, text...)
}
