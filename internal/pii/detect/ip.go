package detect

import (
	"bytes"
	"net/netip"

	"refresher/internal/pii"
	"refresher/internal/pii/ident"
)

// ipv4 looks for a public dotted quad at i.
func ipv4(text []byte, i int) Hit {
	a, n := ident.ParseIPv4(text[i:min(len(text), i+16)])
	end := i + n
	if n == 0 || !ident.Public(a) || !before(text, i) || !afterQuad(text, end) || product(text, i) {
		return Hit{}
	}
	return Hit{Class: pii.IP, Start: i, End: end, Strong: !versionLike(a)}
}

// afterQuad refuses a fifth part ("1.2.3.4.5", "1.2.3.4-rc1").
func afterQuad(text []byte, i int) bool {
	return after(text, i) && (i >= len(text) || text[i] != '_')
}

// product reports a quad behind "Name/", "v" or "version": a release, not a host.
func product(text []byte, i int) bool {
	j := i
	for j > 0 && i-j < 2 && (text[j-1] == ' ' || text[j-1] == ':' || text[j-1] == '=') {
		j--
	}
	if j == i && j > 1 && text[j-1] == '/' {
		return kinds[text[j-2]]&alnum != 0
	}
	for _, w := range [...]string{"version", "ver", "release", "build", "v"} {
		if j >= len(w) && bytes.EqualFold(text[j-len(w):j], []byte(w)) &&
			(j == len(w) || kinds[text[j-len(w)-1]]&alnum == 0) {
			return true
		}
	}
	return false
}

// versionLike reports addresses that are as likely a version or a network: all
// four parts small, or the last part zero.
func versionLike(a netip.Addr) bool {
	v := a.As4()
	return v[3] == 0 || v[0] < 32 && v[1] < 32 && v[2] < 32 && v[3] < 32
}

// ipv6 looks for a public address whose first colon is at i.
func ipv6(text []byte, free, i int) Hit {
	s := i
	for s > free && i-s < 4 && kinds[text[s-1]]&alnum != 0 {
		s--
	}
	// A public address starts with a group of four digits, 2000 to 3fff.
	if i-s != 4 || text[s] != '2' && text[s] != '3' || !before(text, s) || s > 0 && text[s-1] == ':' {
		return Hit{}
	}
	a, n := ident.ParseIPv6(text[s:min(len(text), s+46)])
	end := s + n
	if n == 0 || !ident.Public(a) || !after(text, end) || end < len(text) && text[end] == ':' {
		return Hit{}
	}
	return Hit{Class: pii.IP, Start: s, End: end, Strong: true}
}
