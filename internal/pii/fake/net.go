package fake

import (
	"bytes"
	"net/netip"
)

// MaxIP is the longest address without a netmask: eight groups of four digits.
const MaxIP = 39

// IPv4 is a host of 240.0.0.0/4, which RFC 1112 §4 reserves ("class E"): 268
// million addresses; with narrow, of 198.18.0.0/15, which RFC 2544 gives to
// benchmarks: 131,072 addresses, which look like any other.
func IPv4(d *Digest, narrow bool) [4]byte {
	if narrow {
		return [4]byte{198, 18 | d[0]&1, d[1], d[2]}
	}
	ip := [4]byte{240 | d[0]&15, d[1], d[2], d[3]}
	if ip == [4]byte{255, 255, 255, 255} { // limited broadcast
		ip[3] = 254
	}
	return ip
}

// IPv6 is a host of 2001:db8::/32, reserved for documentation by RFC 3849. No
// group is zero, so its text needs no compression.
func IPv6(d *Digest) [16]byte {
	ip := [16]byte{0x20, 0x01, 0x0d, 0xb8}
	copy(ip[4:], d[:12])
	for i := 4; i < 16; i += 2 {
		if ip[i] == 0 && ip[i+1] == 0 {
			ip[i+1] = 1
		}
	}
	return ip
}

var reservedNets = [...]netip.Prefix{
	netip.MustParsePrefix("240.0.0.0/4"),     // RFC 1112 §4
	netip.MustParsePrefix("198.18.0.0/15"),   // RFC 2544
	netip.MustParsePrefix("192.0.2.0/24"),    // RFC 5737
	netip.MustParsePrefix("198.51.100.0/24"), // RFC 5737
	netip.MustParsePrefix("203.0.113.0/24"),  // RFC 5737
	netip.MustParsePrefix("2001:db8::/32"),   // RFC 3849
	netip.MustParsePrefix("3fff::/20"),       // RFC 9637
}

func isIP(text []byte) bool {
	if i := bytes.IndexByte(text, '/'); i >= 0 {
		for _, c := range text[i+1:] {
			if !isDigit(c) {
				return false
			}
		}
		if mask := len(text) - i - 1; mask == 0 || mask > 3 {
			return false
		}
		text = text[:i]
	}
	if len(text) > MaxIP {
		return false
	}
	addr, ok := parseIPv4(text)
	if !ok {
		var err error
		if bytes.IndexByte(text, ':') < 0 { // what IPv6 is never written without
			return false
		}
		if addr, err = netip.ParseAddr(string(text)); err != nil {
			return false
		}
		addr = addr.Unmap()
	}
	for _, p := range reservedNets {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// parseIPv4 is netip.ParseAddr for dotted decimals, without its allocation.
func parseIPv4(text []byte) (netip.Addr, bool) {
	var ip [4]byte
	part, digits, n := 0, 0, 0
	for _, c := range text {
		switch {
		case isDigit(c) && digits < 3:
			n = n*10 + int(c-'0')
			digits++
		case c == '.' && digits > 0 && part < 3 && n < 256:
			ip[part] = byte(n)
			part, digits, n = part+1, 0, 0
		default:
			return netip.Addr{}, false
		}
	}
	ip[3] = byte(n)
	return netip.AddrFrom4(ip), part == 3 && digits > 0 && n < 256
}

// Longest user agents of each form.
var (
	MaxUserAgent = len("Mozilla/5.0 () AppleWebKit/537.36 (KHTML, like Gecko) Chrome/100.0.0.0 Safari/537.36") +
		longest(uaSystems[:])
	MaxShortUserAgent = len("Firefox/100.0")
)

var uaSystems = [...]string{
	"Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64",
	"X11; Ubuntu; Linux x86_64", // these have Firefox too
	"X11; CrOS x86_64 14541.0.0", "Linux; Android 10; K",
}

const uaFirefox = 4

// Versions are given out in tens (100, 110, … 140) so that what a fleet really
// runs shows only coarsely.
const uaVersions = 5

// AppendUserAgent appends a user agent that millions of browsers send; with
// short, its product alone ("Firefox/120.0").
func AppendUserAgent(dst []byte, d *Digest, short bool) []byte {
	system := pick(d, 0, len(uaSystems))
	version := uint64(100 + 10*pick(d, 1, uaVersions))
	firefox := d[8]&3 == 0 && system < uaFirefox
	switch {
	case short && firefox:
		return append(appendDigits(append(dst, "Firefox/"...), version, 3), ".0"...)
	case short:
		return append(appendDigits(append(dst, "Chrome/"...), version, 3), ".0"...)
	}
	dst = append(append(dst, "Mozilla/5.0 ("...), uaSystems[system]...)
	if firefox {
		dst = appendDigits(append(dst, "; rv:109.0) Gecko/20100101 Firefox/"...), version, 3)
		return append(dst, ".0"...)
	}
	dst = append(dst, ") AppleWebKit/537.36 (KHTML, like Gecko) Chrome/"...)
	return append(appendDigits(dst, version, 3), ".0.0.0 Safari/537.36"...)
}

func isUserAgent(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, []byte("Mozilla/5.0 ("))
	if !ok {
		if rest, ok = bytes.CutPrefix(text, []byte("Firefox/")); !ok {
			rest, ok = bytes.CutPrefix(text, []byte("Chrome/"))
		}
		return ok && isUAVersion(rest, ".0")
	}
	for i, s := range uaSystems {
		tail, ok := bytes.CutPrefix(rest, []byte(s))
		if !ok {
			continue
		}
		if v, ok := bytes.CutPrefix(tail, []byte("; rv:109.0) Gecko/20100101 Firefox/")); ok && i < uaFirefox {
			return isUAVersion(v, ".0")
		}
		if v, ok := bytes.CutPrefix(tail, []byte(") AppleWebKit/537.36 (KHTML, like Gecko) Chrome/")); ok {
			return isUAVersion(v, ".0.0.0 Safari/537.36")
		}
	}
	return false
}

func isUAVersion(v []byte, tail string) bool {
	return len(v) == 3+len(tail) && v[0] == '1' && v[1] >= '0' && v[1] < '0'+uaVersions && v[2] == '0' &&
		string(v[3:]) == tail
}
