package transform

import (
	"bytes"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
)

func emailDef() Definition {
	return Definition{
		Name:    "email",
		Suggest: []string{"email", "e_mail"},
		Distinct: func(a Args) string {
			if a.Flag("exact") {
				return ""
			}
			return "maps addresses that differ only in case or surrounding space alike, and the index tells them " +
				"apart: write {transform: email, exact: true}"
		},
		Doc:   "An address at example.com, .org or .net, where no mail arrives; at x.test, with a shorter hash, where a column has no room. Addresses that differ only in case or surrounding space map alike.",
		Class: pii.Email,
		Params: []Param{
			{Name: "hash", Kind: rules.Number, Min: fake.MinHash, Max: fake.MaxHash, Default: "16",
				Doc: "characters of the hash that keeps addresses distinct, 5 bits each"},
			{Name: "exact", Kind: rules.Bool, Default: "false",
				Doc: "addresses that differ only in case or surrounding space stay different, in case and space only; for unique columns that hold such pairs"},
			{Name: "name", Kind: rules.String, Choices: []string{"full", "surname", "none"}, Default: "full",
				Doc: "what stands before the hash: given name and surname, the surname, or nothing; nothing where a column is narrow"},
			localeParam(), subjectParam(false),
		},
		Follow:   followEmail,
		Families: []Family{FamilyText},
		Space:    "2^80 to 2^130, by hash",
		Unique:   true, ForUnique: plainly,
		Bits:    func(d *Domain, _ Family) float64 { return 5 * float64(emailForm(d).Hash) },
		Example: Example{Rule: "email", Value: "Jane.Doe@mail.test"},
		Build:   buildEmail,
	}
}

// leastMail is the least hash of an address in a narrow column: 20 bits.
const leastMail = 4

// emailForm is what the rule asks for, or what there is room for.
func emailForm(d *Domain) fake.EmailForm {
	form := fake.EmailForm{Names: d.Args.Text("name") != "none", Surname: d.Args.Text("name") == "surname", Hash: d.Args.number("hash"), Locale: d.Args.locale()}
	if d.chars(form.MaxLen()) != nil {
		form.Names = false
	}
	if d.chars(form.MaxLen()) != nil {
		form.Short = true
		form.Hash = max(leastMail, min(form.Hash, d.narrowest()-len(fake.ShortMail)))
	}
	return form
}

func buildEmail(d *Domain) (Masks, error) {
	form := emailForm(d)
	m := &emailMasker{form: form, room: d.narrowest()}
	m.identity = identity{domainPrefix(d.Name), normal.Folded, func(dst []byte, h *fake.Digest, _ []byte) []byte {
		return fake.AppendEmail(dst, h, form)
	}}
	if d.Args.Flag("exact") {
		m.casePrefix = domainPrefix(d.Name + "\x00case")
	}
	return Masks{FamilyText: m}, d.chars(form.MaxLen())
}

// emailMasker replaces addresses. Each maps by its value alone, and shows a name
// drawn by it; names that follow a subject are drawn by its address, so they agree.
type emailMasker struct {
	identity
	form       fake.EmailForm
	subject    bool   // shows the name of the row's subject, whoever's address it is
	casePrefix []byte // nil: addresses that differ in case or in space around them are one
	room       int    // of the narrowest column; 0 unlimited
}

func followEmail(m Masker) Masker {
	e := *m.(*emailMasker)
	e.subject = true
	return &e
}

func (m *emailMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	if m.casePrefix == nil {
		return m.append(r, dst, text), nil
	}
	return m.exact(r, dst, text), nil
}

func (m *emailMasker) append(r *Row, dst, text []byte) []byte {
	var who *fake.Digest
	g := fake.AnyGender
	if m.subject {
		if who = r.subjectFace(); who != nil && !m.form.Surname {
			g = r.subjectGender()
		}
	}
	h := m.Digest(r, text)
	if who == nil {
		who = h
	}
	return fake.AppendEmailOf(dst, who, g, h, m.form)
}

// exact keeps the space around an address and, if it is not in lower case, gives
// its fake's letters a case that depends on how it was written.
func (m *emailMasker) exact(r *Row, dst, text []byte) []byte {
	inner := bytes.TrimSpace(text)
	before, after, _ := bytes.Cut(text, inner)
	if m.room > 0 && m.form.MaxLen()+len(before)+len(after) > m.room { // the space shows in the letters' case
		inner, before, after = text, nil, nil
	}
	dst = append(dst, before...)
	start := len(dst)
	dst = m.append(r, dst, inner)
	if !bytes.Equal(inner, r.normal) {
		h := r.PRF.Sum(m.casePrefix, inner)
		upper(dst[start:start+bytes.IndexByte(dst[start:], '@')], h)
	}
	return append(dst, after...)
}

// upper puts letters in upper case by the digest's bits; the first always.
func upper(local []byte, h *fake.Digest) {
	first := true
	for i, c := range local {
		if c < 'a' || c > 'z' {
			continue
		}
		if first || h[i/8%len(h)]>>(i%8)&1 == 1 {
			local[i] = c - 'a' + 'A'
		}
		first = false
	}
}
