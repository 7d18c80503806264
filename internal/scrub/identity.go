package scrub

import "refresher/internal/pii/fake"

// identity replaces a value by the fake that its digest draws.
type identity struct {
	prefix []byte // of the domain
	normal func(dst, text []byte) []byte
	fake   func(dst []byte, d *fake.Digest, normal []byte) []byte
}

func (m *identity) replace(r *row, dst, text []byte) ([]byte, error) {
	h := m.digest(r, text)
	return m.fake(dst, h, r.normal), nil
}

// digest of a value, whose normal form it leaves in r.normal.
func (m *identity) digest(r *row, text []byte) *fake.Digest {
	r.normal = m.normal(r.normal[:0], text)
	return r.mac.digest(m.prefix, r.normal)
}

// simple is a domain whose fakes have one shape of at most max characters.
func simple(max int, normal func(dst, text []byte) []byte, gen func([]byte, *fake.Digest) []byte) func(*Domain) (Masks, error) {
	return func(d *Domain) (Masks, error) {
		m := &identity{domainPrefix(d.name), normal, func(dst []byte, h *fake.Digest, _ []byte) []byte { return gen(dst, h) }}
		return Masks{FamilyText: m}, d.chars(max)
	}
}
