package ident

import "net/netip"

// ParseIPv4 reads a dotted quad at the start of b: its address and how many
// bytes it took, 0 if there is none. A number has no leading zero (RFC 6943 §3.1.1).
func ParseIPv4(b []byte) (netip.Addr, int) {
	var a [4]byte
	i := 0
	for k := range a {
		if k > 0 {
			if i >= len(b) || b[i] != '.' {
				return netip.Addr{}, 0
			}
			i++
		}
		start, v := i, 0
		for i < len(b) && i-start < 3 && isDigit(b[i]) {
			v = v*10 + int(b[i]-'0')
			i++
		}
		if i == start || v > 255 || (b[start] == '0' && i-start > 1) {
			return netip.Addr{}, 0
		}
		a[k] = byte(v)
	}
	if i < len(b) && isDigit(b[i]) {
		return netip.Addr{}, 0
	}
	return netip.AddrFrom4(a), i
}

// ParseIPv6 reads the longest address of RFC 4291 §2.2 at the start of b: its
// address and how many bytes it took, 0 if there is none. It looks at 46 bytes
// at most.
func ParseIPv6(b []byte) (netip.Addr, int) {
	var g [8]uint16
	n, gap, i := 0, -1, 0 // groups read, where "::" stood, place
	if len(b) >= 2 && b[0] == ':' && b[1] == ':' {
		gap, i = 0, 2
	}
	end := i // after the last complete group or "::"
	for n < 8 {
		if n <= 6 {
			if a, k := ParseIPv4(b[i:]); k > 0 && (n > 0 || gap >= 0) {
				v := a.As4()
				g[n], g[n+1] = uint16(v[0])<<8|uint16(v[1]), uint16(v[2])<<8|uint16(v[3])
				n, i = n+2, i+k
				end = i
				break
			}
		}
		start, v := i, uint16(0)
		for i < len(b) && i-start < 5 {
			h := hexVal(b[i])
			if h < 0 {
				break
			}
			v = v<<4 | uint16(h)
			i++
		}
		if i == start {
			break
		}
		if i-start > 4 {
			return netip.Addr{}, 0
		}
		g[n] = v
		n++
		end = i
		if i+1 >= len(b) || b[i] != ':' {
			break
		}
		if b[i+1] == ':' {
			if gap >= 0 {
				break
			}
			gap, i = n, i+2
			end = i
			continue
		}
		i++
	}
	if gap < 0 && n != 8 || gap >= 0 && n == 8 {
		return netip.Addr{}, 0
	}
	var a [16]byte
	if gap < 0 {
		gap = n
	}
	for k := range gap {
		a[2*k], a[2*k+1] = byte(g[k]>>8), byte(g[k])
	}
	for k := gap; k < n; k++ {
		at := 2 * (8 - n + k)
		a[at], a[at+1] = byte(g[k]>>8), byte(g[k])
	}
	return netip.AddrFrom16(a), end
}

// Public reports whether an address can belong to one subscriber: global
// unicast, and in none of the special-purpose blocks of the IANA registries
// (RFC 6890, RFC 8190) nor in class E, which nobody was given.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if a.Is4() {
		return publicIPv4(a.As4())
	}
	v := a.As16()
	switch {
	case v[0]&0xE0 != 0x20, // outside 2000::/3
		v[0] == 0x20 && v[1] == 0x01 && v[2] == 0x0d && v[3] == 0xb8,         // 2001:db8::/32, RFC 3849
		v[0] == 0x3f && v[1] == 0xff && v[2]&0xF0 == 0,                       // 3fff::/20, RFC 9637
		v[0] == 0x20 && v[1] == 0x01 && v[2] < 2 && (v[2] != 0 || v[3] != 0): // 2001::/23 but Teredo
		return false
	}
	return true
}

func publicIPv4(v [4]byte) bool {
	switch {
	case v[0] == 0, v[0] == 10, v[0] == 127, v[0] >= 224,
		v[0] == 100 && v[1]&0xC0 == 64,
		v[0] == 169 && v[1] == 254,
		v[0] == 172 && v[1]&0xF0 == 16,
		v[0] == 192 && v[1] == 168,
		v[0] == 192 && v[1] == 0 && (v[2] == 0 || v[2] == 2),
		v[0] == 192 && v[1] == 88 && v[2] == 99,
		v[0] == 198 && v[1]&0xFE == 18,
		v[0] == 198 && v[1] == 51 && v[2] == 100,
		v[0] == 203 && v[1] == 0 && v[2] == 113:
		return false
	}
	return true
}

func isDigit(c byte) bool { return c-'0' < 10 }

func hexVal(c byte) int {
	switch {
	case c-'0' < 10:
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// Embedded is the address of version 4 that one of version 6 stands for: in 6to4 (RFC 3056),
// Teredo (RFC 4380) and behind the prefix of translators (RFC 6052).
func Embedded(a netip.Addr) (v4 netip.Addr, ok bool) {
	b := a.As16()
	switch {
	case !a.Is6():
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6])), true
	case b[0] == 0x20 && b[1] == 0x01 && b[2]|b[3] == 0:
		return netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}), true
	case b[0] == 0 && b[1] == 0x64 && b[2] == 0xFF && b[3] == 0x9B && b[4]|b[5]|b[6]|b[7]|b[8]|b[9]|b[10]|b[11] == 0:
		return netip.AddrFrom4([4]byte(b[12:])), true
	}
	return netip.Addr{}, false
}
