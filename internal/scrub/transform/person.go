package transform

import (
	"bytes"

	"refresher/internal/pii/fake"
	"refresher/internal/pii/fold"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/prose"
	"refresher/internal/scrub/rules"
)

// PersonPlan is where the rows of one table say whom they are about.
type PersonPlan struct {
	ID       Field  // the subject's column
	Prefix   []byte // of the domain of subjects
	Address  Field  // the person's own e-mail address: in the row, or joined in
	Fallback Field  // an address that stands for the person where id is NULL
	Gender   Field  // in the row, or joined in
}

// Field is a field of a row that is read as canonical text.
type Field struct {
	At    int         // -1: there is none
	Codec value.Codec // nil if the wire form is text
	Mask  Addresser   // of e-mail addresses
}

var NoField = Field{At: -1}

// Addresser is a Masker of e-mail addresses.
type Addresser interface {
	Digest(r *Row, text []byte) *fake.Digest
}

// Person is whom the row at hand is about. Its digests are computed when they
// are asked for, and once a row.
type Person struct {
	Plan *PersonPlan
	Of   *Row

	hasID, hasFace, hasGender bool // computed

	id, face digestOrNone
	gender   fake.Gender
}

type digestOrNone struct {
	sum  fake.Digest
	some bool
}

// Meet begins a row.
func (p *Person) Meet() { p.hasID, p.hasFace, p.hasGender = false, false, false }

// subjectID is the digest that the dates of one subject move by; nil if the row
// is about nobody that is known.
func (r *Row) subjectID() *fake.Digest {
	p := r.Person
	if p == nil {
		return nil
	}
	if !p.hasID {
		p.hasID = true
		if text := p.Of.read(&p.Plan.ID); text != nil {
			p.Of.normal = subjectNormal(p.Of.normal[:0], text)
			p.id = digestOrNone{*p.Of.PRF.Sum(p.Plan.Prefix, p.Of.normal), true}
		} else {
			p.id = p.addressed(&p.Plan.Fallback)
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
func (r *Row) subjectFace() *fake.Digest {
	p := r.Person
	if p == nil {
		return nil
	}
	if !p.hasFace {
		p.hasFace = true
		if p.face = p.addressed(&p.Plan.Address); !p.face.some {
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
func (r *Row) subjectGender() fake.Gender {
	p := r.Person
	if !p.hasGender {
		p.hasGender, p.gender = true, r.genderIn(&p.Plan.Gender)
	}
	return p.gender
}

func (p *Person) addressed(f *Field) digestOrNone {
	text := p.Of.read(f)
	if text == nil {
		return digestOrNone{}
	}
	return digestOrNone{*f.Mask.Digest(p.Of, text), true}
}

// read is a field's canonical text; nil if there is none, or only white space.
func (r *Row) read(f *Field) []byte {
	if f.At < 0 || r.Raw.Null(f.At) {
		return nil
	}
	wire := r.Raw.Field(f.At)
	if f.Codec != nil {
		var err error
		if r.other, err = f.Codec.AppendText(r.other[:0], wire); err != nil {
			return nil // its own cell reports it, or the server
		}
		wire = r.other
	}
	if normal.Blank(wire) {
		return nil
	}
	return wire
}

// subjectNormal is the normal form of what identifies a subject: without space
// around it, UUIDs in lower case, whole numbers without decimals.
func subjectNormal(dst, text []byte) []byte {
	text = bytes.TrimSpace(text)
	if isUUID(text) {
		return normal.Folded(dst, text)
	}
	if i := bytes.IndexByte(text, '.'); i > 0 && prose.AllDigits(text[:i]) && len(bytes.Trim(text[i+1:], "0")) == 0 {
		text = text[:i]
	}
	return append(dst, text...)
}

// genderIn is what a column of the row says.
func (r *Row) genderIn(f *Field) fake.Gender {
	text := r.read(f)
	if text == nil || len(text) > 16 {
		return fake.AnyGender
	}
	r.normal = fold.AppendWords(r.normal[:0], bytes.TrimRight(text, ". "))
	switch string(r.normal) {
	case "m", "male", "man", "boy", "mr", "1", "herr", "mann", "mannlich", "maennlich", "h", "homme", "masculin",
		"monsieur", "hombre", "masculino",
		"varon", "sr", "senor", "mezczyzna", "pan", "男", "男性":
		return fake.Male
	case "f", "female", "woman", "girl", "mrs", "ms", "miss", "2", "w", "frau", "weiblich", "femme", "feminin", "mme",
		"mlle", "madame", "mujer", "femenino",
		"sra", "senora", "k", "kobieta", "pani", "女", "女性":
		return fake.Female
	}
	return fake.AnyGender
}

// subjectParam is taken by transforms that can follow the subject of a row.
func subjectParam(byDefault bool) Param {
	if byDefault {
		return Param{Name: "subject", Kind: rules.Bool, Default: "true",
			Doc: "draws by the table's subject, if it has one, rather than by the value; within JSON and arrays only where it is written"}
	}
	return Param{Name: "subject", Kind: rules.Bool, Default: "false",
		Doc: "shows the name of the table's subject, also where it isn't the person's address in their own table; one value then maps alike for one subject only"}
}
