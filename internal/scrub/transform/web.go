package transform

import (
	"bytes"
	"fmt"
	"math"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
)

func domainDef() Definition {
	return Definition{
		Name: "domain", Suggest: []string{"domain", "hostname"}, Distinct: useToken(caseAlike), Class: pii.Domain, Families: []Family{FamilyText}, Unique: true, ForUnique: withHash, Space: "110,000, and 2^80 to 2^130 with hash",
		Doc:     "A domain name of an invented firm under .example or .test, which never resolve.",
		Params:  []Param{hashParam},
		Example: Example{Rule: "domain", Value: "Doe-Consulting.com"},
		Bits:    hashBits, Check: checkHash,
		Build: func(d *Domain) (Masks, error) {
			form := fake.DomainForm{Hash: d.Args.number("hash")}
			m := &identity{domainPrefix(d.Name), normal.Folded, func(dst []byte, h *fake.Digest, _ []byte) []byte {
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
func hashBits(d *Domain, _ Family) float64 { return 5 * float64(d.Args.number("hash")) }

func urlDef() Definition {
	return Definition{
		Name: "url", Suggest: []string{"url", "website", "homepage"}, Distinct: useToken(caseAlike), Class: pii.URL, Families: []Family{FamilyText}, Unique: true, ForUnique: withHash, Space: "2,304 hosts × 64 a path segment, and 2^80 to 2^130 with hash",
		Doc: "A URL at example.com, .org or .net. The scheme stays; user, port, query and fragment go; the path keeps its number of segments (at most 8) and a usual file ending, in other words.",
		Params: []Param{{Name: "path", Kind: rules.String, Choices: []string{"shape", "drop"}, Default: "shape",
			Doc: "shape keeps the number of segments, drop leaves the host alone"}, hashParam},
		Example: Example{Rule: "url", Value: "https://www.doe-family.net/photos/jane.jpg?user=jane"},
		Bits:    hashBits, Check: checkHash,
		Build: buildURL,
	}
}

func buildURL(d *Domain) (Masks, error) {
	m := &urlMasker{prefix: domainPrefix(d.Name), shape: d.Args.Text("path") == "shape", hash: d.Args.number("hash"), room: math.MaxInt32}
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

func (m *urlMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	r.Suspect(text)
	r.normal = normal.Trimmed(r.normal[:0], text)
	h := r.PRF.Sum(m.prefix, r.normal)
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

func userAgentDef() Definition {
	return Definition{
		Name: "user_agent", Suggest: []string{"user_agent", "useragent"}, Class: pii.UserAgent, Families: []Family{FamilyText}, Space: "50",
		Doc:     "A browser's user agent that millions send; its product alone where a column is short.",
		Example: Example{Rule: "user_agent", Value: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
		Build:   buildUserAgent,
	}
}

func buildUserAgent(d *Domain) (Masks, error) {
	short := d.chars(fake.MaxUserAgent) != nil
	m := &identity{domainPrefix(d.Name), normal.Trimmed, func(dst []byte, h *fake.Digest, _ []byte) []byte {
		return fake.AppendUserAgent(dst, h, short)
	}}
	return Masks{FamilyText: m}, d.chars(fake.MaxShortUserAgent)
}
