package value

import (
	"encoding/binary"
	"strconv"
)

// network is inet or cidr: family, prefix bits, whether cidr, length, address
// (network_send).
type network struct {
	name string
	cidr bool
}

const (
	familyV4 = 2 // PGSQL_AF_INET
	familyV6 = 3
)

func (c network) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) < 4 || len(wire) != 4+int(wire[3]) {
		return dst, badWire(c.name)
	}
	addr, width := wire[4:], int(wire[1])
	switch {
	case c.cidr && hostBits(addr, width):
		return dst, badWire(c.name)
	case wire[0] == familyV4 && len(addr) == 4 && width <= 32:
		dst = appendIPv4(dst, addr)
	case wire[0] == familyV6 && len(addr) == 16 && width <= 128:
		dst = appendIPv6(dst, addr)
	default:
		return dst, badWire(c.name)
	}
	if c.cidr || width != 8*len(addr) {
		dst = strconv.AppendUint(append(dst, '/'), uint64(width), 10)
	}
	return dst, nil
}

func (c network) AppendWire(dst, text []byte) ([]byte, error) {
	width := -1
	for i, b := range text {
		if b == '/' {
			v, ok := parseUint(text[i+1:])
			if !ok || v > 128 {
				return dst, badText(c.name)
			}
			text, width = text[:i], int(v)
			break
		}
	}
	var addr [16]byte
	family, n := byte(familyV4), 4
	ok := parseIPv4(addr[:4], text)
	if !ok {
		family, n = familyV6, 16
		ok = parseIPv6(&addr, text)
	}
	if width < 0 {
		width = 8 * n
	}
	if !ok || width > 8*n || c.cidr && hostBits(addr[:n], width) {
		return dst, badText(c.name)
	}
	isCIDR := byte(0)
	if c.cidr {
		isCIDR = 1
	}
	return append(append(dst, family, byte(width), isCIDR, byte(n)), addr[:n]...), nil
}

// hostBits reports whether a bit is set right of the prefix.
func hostBits(addr []byte, width int) bool {
	for i, b := range addr {
		switch keep := width - 8*i; {
		case keep >= 8:
		case keep <= 0 && b != 0, keep > 0 && b<<keep != 0:
			return true
		}
	}
	return false
}

func appendIPv4(dst, addr []byte) []byte {
	for i, b := range addr {
		if i > 0 {
			dst = append(dst, '.')
		}
		dst = strconv.AppendUint(dst, uint64(b), 10)
	}
	return dst
}

// appendIPv6 prints as pg_inet_net_ntop does: the first longest run of two or more
// zero words is "::", and addresses that embed an IPv4 address end in it.
func appendIPv6(dst, addr []byte) []byte {
	word := func(i int) uint64 { return uint64(binary.BigEndian.Uint16(addr[2*i:])) }
	best, length := -1, 1
	for i := 0; i < 8; i++ {
		j := i
		for j < 8 && word(j) == 0 {
			j++
		}
		if j-i > length {
			best, length = i, j-i
		}
		i = max(i, j-1)
	}
	for i := 0; i < 8; i++ {
		if i == best {
			dst = append(dst, ':')
			if i += length - 1; i == 7 {
				dst = append(dst, ':')
			}
			continue
		}
		if i > 0 {
			dst = append(dst, ':')
		}
		if i == 6 && best == 0 && (length == 6 || length == 7 && word(7) != 1 || length == 5 && word(5) == 0xffff) {
			return appendIPv4(dst, addr[12:16])
		}
		dst = strconv.AppendUint(dst, word(i), 16)
	}
	return dst
}

// parseIPv4 reads four decimal numbers.
func parseIPv4(addr, text []byte) bool {
	part, value, digits := 0, 0, 0
	for i := 0; i <= len(text); i++ {
		if i == len(text) || text[i] == '.' {
			if digits == 0 || part == 4 {
				return false
			}
			addr[part] = byte(value)
			part, value, digits = part+1, 0, 0
			continue
		}
		d := int(text[i]) - '0'
		value = value*10 + d
		if digits++; d < 0 || d > 9 || value > 255 || digits > 3 {
			return false
		}
	}
	return part == 4
}

// parseIPv6 reads RFC 4291's text forms, without a zone.
func parseIPv6(addr *[16]byte, text []byte) bool {
	n, gap, i := 0, -1, 0
	if len(text) >= 2 && text[0] == ':' && text[1] == ':' {
		gap, i = 0, 2
	}
	for i < len(text) {
		end := i
		for end < len(text) && text[end] != ':' && text[end] != '.' {
			end++
		}
		if end < len(text) && text[end] == '.' {
			if n > 12 || !parseIPv4(addr[n:n+4], text[i:]) {
				return false
			}
			n += 4
			break
		}
		v, ok := parseHex(text[i:end])
		if !ok || end-i > 4 || n == 16 {
			return false
		}
		binary.BigEndian.PutUint16(addr[n:], uint16(v))
		n, i = n+2, end
		if i == len(text) {
			break
		}
		if i++; i == len(text) {
			return false // ends in a single colon
		}
		if text[i] == ':' {
			if gap >= 0 {
				return false
			}
			gap, i = n, i+1
		}
	}
	if gap < 0 {
		return n == 16
	}
	if n == 16 {
		return false
	}
	moved := copy(addr[16-(n-gap):], addr[gap:n])
	clear(addr[gap : 16-moved])
	return true
}

// macaddr is an Ethernet address of size bytes.
type macaddr struct {
	name string
	size int
}

func (c macaddr) AppendText(dst, wire []byte) ([]byte, error) {
	const digits = "0123456789abcdef"
	if len(wire) != c.size {
		return dst, badWire(c.name)
	}
	for i, b := range wire {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, digits[b>>4], digits[b&15])
	}
	return dst, nil
}

// AppendWire takes digits with any of the separators the server takes.
func (c macaddr) AppendWire(dst, text []byte) ([]byte, error) {
	start, n := len(dst), 0
	var high byte
	for _, b := range text {
		if (b == ':' || b == '-' || b == '.') && n > 0 && n%2 == 0 {
			continue
		}
		d, ok := hexDigit(b)
		if !ok || n == 2*c.size {
			return dst[:start], badText(c.name)
		}
		if n++; n%2 == 1 {
			high = d << 4
		} else {
			dst = append(dst, high|d)
		}
	}
	if n != 2*c.size {
		return dst[:start], badText(c.name)
	}
	return dst, nil
}
