package scrub

import (
	"bytes"
	"fmt"
	"math"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify/canary"
)

func usernameDef() Definition {
	return Definition{
		Name: "username", Suggest: []string{"username", "user_name", "login", "nickname"}, Distinct: useToken, Class: pii.Username, Families: []Family{FamilyText}, Unique: true, Bits: hashBits, Space: "2^20 to 2^130, by hash",
		Doc: "A login name: a given name, an invented surname and a hash; without the names where a column is narrow. Names that differ only in case or surrounding space map alike, for one subject if the table has one.",
		Params: []Param{{Name: "hash", Kind: rules.Number, Min: fake.MinUserHash, Max: fake.MaxHash, Default: "16",
			Doc: "characters of the hash that keeps names distinct, 5 bits each; short ones read well, and fit no unique column"}, localeParam, subjectParam(true)},
		Follow:  followUsername,
		Example: Example{Rule: "username", Value: "jdoe84"},
		Build:   buildUsername,
	}
}

func buildUsername(d *Domain) (Masks, error) {
	form := fake.UsernameForm{First: true, Surname: true, Hash: d.args.number("hash"), Locale: d.args.locale()}
	if d.chars(form.MaxLen()) != nil {
		form.First = false
	}
	if d.chars(form.MaxLen()) != nil && form.Hash >= fake.MinHash {
		form.Surname = false
	}
	m := &usernameMasker{form: form, identity: identity{domainPrefix(d.name), folded, func(dst []byte, h *fake.Digest, _ []byte) []byte {
		return fake.AppendUsername(dst, h, form)
	}}}
	return Masks{FamilyText: m}, d.chars(form.MaxLen())
}

// useToken is said where a unique column tells texts apart that differ in case.
func useToken(Args) string {
	return "maps values that differ only in case or surrounding space alike, and the index tells them apart: use token"
}

// usernameMasker replaces login names.
type usernameMasker struct {
	identity
	form    fake.UsernameForm
	subject bool // shows the name of the row's subject
}

func followUsername(m Masker) Masker {
	u := *m.(*usernameMasker)
	u.subject = true
	return &u
}

func (m *usernameMasker) replace(r *row, dst, text []byte) ([]byte, error) {
	if m.subject {
		if who := r.subjectFace(); who != nil {
			return fake.AppendUsernameOf(dst, who, r.subjectGender(), m.digest(r, text), m.form), nil
		}
	}
	return m.identity.replace(r, dst, text)
}

func passwordDef() Definition {
	return Definition{
		Name: "password", Suggest: []string{"password", "passwd"}, Class: pii.Token, Families: []Family{FamilyText}, Plain: true,
		Doc: "The hash of one known password, \"" + fake.Password + "\", so that everybody can log in to staging and nobody's own password is there.",
		Params: []Param{{Name: "hash", Kind: rules.String, Choices: []string{"bcrypt", "argon2id"}, Default: "bcrypt",
			Doc: "what the application verifies: bcrypt is $2b$ of cost 10, 60 characters; argon2id has 64 MiB, 3 passes, 4 lanes, 97 characters"}},
		Example: Example{Rule: "password", Value: "$2a$12$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ01234"},
		Build: func(d *Domain) (Masks, error) {
			hash := fake.PasswordBcrypt
			if d.args.text("hash") == "argon2id" {
				hash = fake.PasswordArgon2
			}
			return Masks{FamilyText: sameForAll{[]byte(hash)}}, d.chars(len(hash))
		},
	}
}

// sameForAll puts one text in the place of every value; what was there is fingerprinted
// by its class.
type sameForAll struct{ text []byte }

func (m sameForAll) replace(_ *row, dst, _ []byte) ([]byte, error) {
	return append(dst, m.text...), nil
}

func domainDef() Definition {
	return Definition{
		Name: "domain", Suggest: []string{"domain", "hostname"}, Distinct: useToken, Class: pii.Domain, Families: []Family{FamilyText}, Unique: true, Space: "110,000, and 2^80 to 2^130 with hash",
		Doc:     "A domain name of an invented firm under .example or .test, which never resolve.",
		Params:  []Param{hashParam},
		Example: Example{Rule: "domain", Value: "Doe-Consulting.com"},
		Bits:    hashBits, Check: checkHash,
		Build: func(d *Domain) (Masks, error) {
			form := fake.DomainForm{Hash: d.args.number("hash")}
			m := &identity{domainPrefix(d.name), folded, func(dst []byte, h *fake.Digest, _ []byte) []byte {
				return fake.AppendDomain(dst, h, form)
			}}
			return Masks{FamilyText: m}, d.chars(form.MaxLen())
		},
	}
}

// hashParam is for transforms whose fakes are distinct only on request.
var hashParam = Param{Name: "hash", Kind: rules.Number, Min: 0, Max: fake.MaxHash, Default: "0",
	Doc: "characters of a hash that keeps values distinct, 5 bits each; 16 or more, or 0 for none"}

func checkHash(a Args, _ Place) error {
	if n := a.number(hashParam.Name); n > 0 && n < fake.MinHash {
		return fmt.Errorf("takes a hash of 0, or of %d to %d characters", fake.MinHash, fake.MaxHash)
	}
	return nil
}

// hashBits counts the hash alone: the words before it are drawn from the same digest.
func hashBits(d *Domain, _ Family) float64 { return 5 * float64(d.args.number("hash")) }

func uuidDef() Definition {
	return Definition{
		Name: "uuid", Class: pii.Token, Families: []Family{FamilyUUID, FamilyText}, Unique: true, Space: "2^106",
		Canary:  func(src *canary.Source, _ Place, _ Args) canary.Value { return src.UUID() },
		Doc:     "A UUID of version 8 with a mark. Any text becomes one.",
		Example: Example{Rule: "uuid", Value: "550e8400-e29b-41d4-a716-446655440000"},
		Bits:    func(*Domain, Family) float64 { return 106 },
		Build: func(d *Domain) (Masks, error) {
			m := &identity{domainPrefix(d.name), tokenNormal, func(dst []byte, h *fake.Digest, _ []byte) []byte {
				return fake.AppendUUID(dst, h)
			}}
			return Masks{FamilyText: m}, d.chars(fake.MaxUUID)
		},
	}
}

func macDef() Definition {
	return Definition{
		Name: "mac", Suggest: []string{"mac"}, Class: pii.MAC, Families: []Family{FamilyMAC, FamilyText}, Space: "2^32, of macaddr8 2^48",
		Doc:     "A hardware address that no maker has: locally administered, unicast, beginning with f2:4e. Text keeps its separators and case.",
		Example: Example{Rule: "mac", Value: "00:1A:2B:3C:4D:5E"},
		Build: func(d *Domain) (Masks, error) {
			return Masks{FamilyText: &macMasker{domainPrefix(d.name)}}, d.chars(17)
		},
	}
}

// macMasker replaces addresses of 48 and 64 bits; anything else becomes one of 48.
type macMasker struct{ prefix []byte }

func (m *macMasker) replace(r *row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	r.normal = r.normal[:0]
	upper := false
	for _, c := range text {
		switch {
		case isDigit(c), c >= 'a' && c <= 'f':
			r.normal = append(r.normal, c)
		case c >= 'A' && c <= 'F':
			r.normal = append(r.normal, c|0x20)
			upper = true
		case c == ':' || c == '-' || c == '.':
		default:
			return m.plainly(r, dst, text), nil
		}
	}
	n := len(r.normal)
	if n != 12 && n != 16 {
		return m.plainly(r, dst, text), nil
	}
	b := fake.MAC(r.mac.digest(m.prefix, r.normal))
	i := 0
	for _, c := range text {
		if c == ':' || c == '-' || c == '.' {
			dst = append(dst, c)
			continue
		}
		dst = append(dst, hexDigit(b[i/2]>>(4-4*(i%2))&15, upper))
		i++
	}
	return dst, nil
}

// plainly replaces what is no address by one.
func (m *macMasker) plainly(r *row, dst, text []byte) []byte {
	r.normal = folded(r.normal[:0], text)
	b := fake.MAC(r.mac.digest(m.prefix, r.normal))
	for i, c := range b[:6] {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, hexDigit(c>>4, false), hexDigit(c&15, false))
	}
	return dst
}

func hexDigit(v byte, upper bool) byte {
	switch {
	case v < 10:
		return '0' + v
	case upper:
		return 'A' + v - 10
	}
	return 'a' + v - 10
}

func urlDef() Definition {
	return Definition{
		Name: "url", Suggest: []string{"url", "website", "homepage"}, Distinct: useToken, Class: pii.URL, Families: []Family{FamilyText}, Unique: true, Space: "2,304 hosts × 64 a path segment, and 2^80 to 2^130 with hash",
		Doc: "A URL at example.com, .org or .net. The scheme stays; user, port, query and fragment go; the path keeps its number of segments (at most 8) and a usual file ending, in other words.",
		Params: []Param{{Name: "path", Kind: rules.String, Choices: []string{"shape", "drop"}, Default: "shape",
			Doc: "shape keeps the number of segments, drop leaves the host alone"}, hashParam},
		Example: Example{Rule: "url", Value: "https://www.doe-family.net/photos/jane.jpg?user=jane"},
		Bits:    hashBits, Check: checkHash,
		Build: buildURL,
	}
}

func buildURL(d *Domain) (Masks, error) {
	m := &urlMasker{prefix: domainPrefix(d.name), shape: d.args.text("path") == "shape", hash: d.args.number("hash"), room: math.MaxInt32}
	if n := d.narrowest(); n > 0 {
		m.room = n
	}
	need := fake.MaxURLHost
	if m.hash > 0 {
		need += 1 + m.hash
	}
	return Masks{FamilyText: m}, d.chars(need)
}

type urlMasker struct {
	prefix []byte
	shape  bool
	hash   int
	room   int // characters of the narrowest column
}

func (m *urlMasker) replace(r *row, dst, text []byte) ([]byte, error) {
	r.suspect(text)
	r.normal = trimmed(r.normal[:0], text)
	h := r.mac.digest(m.prefix, r.normal)
	scheme, rest, ok := bytes.Cut(r.normal, []byte("://"))
	if !ok {
		scheme, rest = nil, r.normal
	}
	start := len(dst)
	dst = fake.AppendURLHost(dst, h, knownScheme(scheme))
	end := start + m.room - m.hash - 1
	if m.hash == 0 {
		end++
	}
	if m.shape {
		dst = m.path(dst, h, rest, end)
	}
	if m.hash > 0 {
		dst = fake.AppendURLHash(append(bytes.TrimSuffix(dst, []byte{'/'}), '/'), h, m.hash)
	}
	return dst, nil
}

// path appends as many segments as the path has and there is room for up to end.
func (m *urlMasker) path(dst []byte, h *fake.Digest, rest []byte, end int) []byte {
	if i := bytes.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i]
	}
	_, path, _ := bytes.Cut(rest, []byte{'/'})
	for i := 0; len(path) > 0 && i < fake.MaxSegments; i++ {
		var segment []byte
		var more bool
		segment, path, more = bytes.Cut(path, []byte{'/'})
		at := len(dst)
		dst = append(dst, '/')
		if len(segment) > 0 {
			dst = fake.AppendURLSegment(dst, h, i)
		}
		if !more && m.hash == 0 {
			dst = append(dst, knownExtension(segment)...)
		}
		if more && len(path) == 0 {
			dst = append(dst, '/')
		}
		if len(dst) > end {
			return dst[:at]
		}
	}
	return dst
}

func knownScheme(scheme []byte) string {
	for _, s := range fake.URLSchemes {
		if bytes.EqualFold(scheme, []byte(s)) {
			return s
		}
	}
	return fake.URLSchemes[0]
}

func knownExtension(segment []byte) string {
	dot := bytes.LastIndexByte(segment, '.')
	if dot <= 0 {
		return ""
	}
	for _, e := range fake.URLExtensions {
		if bytes.EqualFold(segment[dot:], []byte(e)) {
			return e
		}
	}
	return ""
}
