package scrub

import (
	"bytes"

	"refresher/internal/fake"
	"refresher/internal/pii"
	"refresher/internal/scrub/rules"
)

func emailDef() Definition {
	return Definition{
		Name:  "email",
		Doc:   "An address at example.com, .org or .net, where no mail arrives. Addresses that differ only in case or surrounding space map alike.",
		Class: pii.Email,
		Params: []Param{
			{Name: "hash", Kind: rules.Number, Min: fake.MinHash, Max: fake.MaxHash, Default: "16",
				Doc: "characters of the hash that keeps addresses distinct, 5 bits each"},
			{Name: "exact", Kind: rules.Bool, Default: "false",
				Doc: "addresses that differ only in case or surrounding space stay different, in case and space only; for unique columns that hold such pairs"},
		},
		Families: []Family{FamilyText},
		Space:    "2^80 to 2^130, by hash",
		Unique:   true,
		Example:  Example{Rule: "email", Value: "Jane.Doe@mail.test"},
		build:    buildEmail,
	}
}

func buildEmail(d *domain) (masks, error) {
	form := fake.EmailForm{Names: true, Hash: d.args.number("hash")}
	if d.chars(form.MaxLen()) != nil {
		form.Names = false
	}
	m := &identity{domainPrefix(d.name), folded, func(dst []byte, h *fake.Digest, _ []byte) []byte {
		return fake.AppendEmail(dst, h, form)
	}}
	if d.args.flag("exact") {
		return masks{FamilyText: &exactEmail{*m, domainPrefix(d.name + "\x00case")}}, d.chars(form.MaxLen())
	}
	return masks{FamilyText: m}, d.chars(form.MaxLen())
}

// exactEmail keeps the space around an address and, if it is not in lower case,
// gives its fake's letters a case that depends on how it was written.
type exactEmail struct {
	identity
	casePrefix []byte
}

func (m *exactEmail) replace(r *row, dst, text []byte) ([]byte, error) {
	inner := bytes.TrimSpace(text)
	before := bytes.Index(text, inner)
	dst = append(dst, text[:before]...)
	start := len(dst)
	dst, _ = m.identity.replace(r, dst, inner)
	if !bytes.Equal(inner, r.normal) {
		h := r.mac.digest(m.casePrefix, inner)
		upper(dst[start:start+bytes.IndexByte(dst[start:], '@')], h)
	}
	return append(dst, text[before+len(inner):]...), nil
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
