package fingerprint

import (
	"bytes"
	"net/netip"

	"refresher/internal/pii/ident"
)

// quad is an address of version 4 in the text, and the code of its class in the set.
type quad struct {
	start, end int
	code       uint8
	print      uint64
}

// address4 reads an IP address of version 4 that begins with a word.
func (m *Matcher) address4(text []byte, w *word) {
	a, size := ident.ParseIPv4(text[w.start:min(len(text), w.start+16)])
	end := w.start + size
	if size == 0 || dotted(text, w.start, end) || !endsWord(text, end) {
		return
	}
	m.quad = quad{start: w.start, end: end, code: m.findIP(a)}
	if m.quad.code == 0 && a.Is4() && bytes.HasPrefix(text[end:], []byte(".in-addr.arpa")) {
		b := a.As4()
		m.quad.code = m.findIP(netip.AddrFrom4([4]byte{b[3], b[2], b[1], b[0]}))
	}
	m.quad.print = m.print
}

// address6 looks for an IP address of version 6 that begins with a word.
func (m *Matcher) address6(text []byte, w *word) (hit Match) {
	start := w.start
	if start >= len(mapped) && bytes.EqualFold(text[start-len(mapped):start], []byte(mapped)) {
		start -= len(mapped)
	} else if start > 0 && text[start-1] == ':' {
		return hit
	}
	if a, size := ident.ParseIPv6(text[start:min(len(text), start+46)]); size > 0 {
		code := m.findIP(a)
		if v4, ok := embedded(a); code == 0 && ok {
			code = m.findIP(v4)
		}
		if code != 0 {
			hit = Match{Class: m.set.classes[code], Start: start, End: start + size, Print: m.print}
		}
	}
	return hit
}

// embedded is the address of version 4 in one of 6to4 (RFC 3056).
func embedded(a netip.Addr) (netip.Addr, bool) {
	b := a.As16()
	return netip.AddrFrom4([4]byte(b[2:6])), b[0] == 0x20 && b[1] == 0x02
}

// mapped stands before an address of version 4 that is written as one of version 6.
const mapped = "::ffff:"

// findIP looks an address up; only public ones were added.
func (m *Matcher) findIP(a netip.Addr) uint8 {
	if !ident.Public(a) {
		return 0
	}
	b := a.As16()
	return m.find(m.set.keys.ip.hash(b[:]))
}
