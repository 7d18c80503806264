package fingerprint

import (
	"bytes"
	"encoding/hex"
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
	if size == 0 {
		a, size = padded(text[w.start:])
		end = w.start + size
	}
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

// padded reads an address of version 4 of which each number has three digits, as in columns of
// logs and zone files: 093.184.216.034.
func padded(text []byte) (a netip.Addr, size int) {
	const length = 15
	var b [4]byte
	if len(text) < length {
		return a, 0
	}
	for i, c := range text[:length] {
		switch {
		case i%4 == 3 && c == '.':
		case i%4 == 3 || c < '0' || c > '9' || i%4 == 0 && c > '2':
			return a, 0
		case i%4 == 2 && string(text[i-2:i+1]) > "255":
			return a, 0
		default:
			b[i/4] = b[i/4]*10 + c - '0'
		}
	}
	return netip.AddrFrom4(b), length
}

// hexAddress looks for an address of version 4 that a word is, as 0x5db8d822.
func (m *Matcher) hexAddress(text []byte, w *word) (hit Match) {
	var b [4]byte
	if _, err := hex.Decode(b[:], text[w.start+2:w.end]); err != nil || w.end-w.start != 10 {
		return hit
	}
	if code := m.findIP(netip.AddrFrom4(b)); code != 0 {
		hit = Match{Class: m.set.classes[code], Start: w.start, End: w.end, Print: m.print}
	}
	return hit
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
		if v4, ok := ident.Embedded(a); code == 0 && ok {
			code = m.findIP(v4)
		}
		if code != 0 {
			hit = Match{Class: m.set.classes[code], Start: start, End: start + size, Print: m.print}
		}
	}
	return hit
}

// translated begins the addresses of version 6 that stand for one of version 4 (RFC 6052).
const translated = "64:ff9b:"

func isTranslated(text []byte) bool {
	return len(text) > len(translated) && bytes.EqualFold(text[:len(translated)], []byte(translated))
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
