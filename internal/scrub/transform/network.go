package transform

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/pii/ident"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
)

func macDef() Definition {
	return Definition{
		Name: "mac", Suggest: []string{"mac"}, Class: pii.MAC, Families: []Family{FamilyMAC, FamilyText}, Space: "2^32, of macaddr8 2^48; unique 2^47 and 2^63",
		Doc:     "A hardware address that no maker has: locally administered, unicast, beginning with f2:4e. Text keeps its separators and case.",
		Params:  []Param{uniqueParam("an address of a group (IEEE 802), which no device has, another for each")},
		ByFlag:  uniqueName,
		Example: Example{Rule: "mac", Value: "00:1A:2B:3C:4D:5E"},
		Unique:  true, ForUnique: withUnique, Bits: injectiveIfUnique,
		Distinct: useToken("addresses that differ in case or separators alike"),
		Strict:   func(m Masker) Masker { s := *m.(*macMasker); s.strict = true; return &s },
		Build: func(d *Domain) (Masks, error) {
			m := &macMasker{prefix: domainPrefix(d.Name)}
			if d.Args.Flag(uniqueName) {
				m.permuter = newPermuter(d, 2)
			}
			return Masks{FamilyText: m}, d.chars(17)
		},
	}
}

// macMasker replaces addresses of 48 and 64 bits; anything else becomes one of 48.
type macMasker struct {
	prefix    []byte
	*permuter // of a device's addresses into those of groups; nil: they are drawn
	strict    bool
}

func (m *macMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	r.normal = r.normal[:0]
	upper := false
	for _, c := range text {
		switch {
		case normal.IsDigit(c), c >= 'a' && c <= 'f':
			r.normal = append(r.normal, c)
		case c >= 'A' && c <= 'F':
			r.normal = append(r.normal, c|0x20)
			upper = true
		case c == ':' || c == '-' || c == '.':
		default:
			return m.plainly(r, dst, text)
		}
	}
	n := len(r.normal)
	if n != 12 && n != 16 {
		return m.plainly(r, dst, text)
	}
	b, err := m.address(r)
	if err != nil {
		return dst, err
	}
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

// address replaces the one of which the hexadecimal digits stand in r.normal.
func (m *macMasker) address(r *Row) (b [8]byte, err error) {
	if m.permuter == nil {
		return fake.MAC(r.PRF.Sum(m.prefix, r.normal)), nil
	}
	n, _ := hex.Decode(b[:], r.normal)
	if b[0]&1 == 1 { // of a group already
		if m.strict {
			return b, Unfit("the value is the address of a group, not of a device")
		}
		return fake.MAC(r.PRF.Sum(m.prefix, r.normal)), nil
	}
	s, err := m.state(r)
	if err != nil {
		return b, err
	}
	b[0] >>= 1
	v, err := s.encryptBits(binary.BigEndian.Uint64(b[:])>>(64-8*n), 8*n-1)
	binary.BigEndian.PutUint64(b[:], v<<(64-8*n))
	b[0] = b[0]<<1 | 1
	return b, err
}

// plainly replaces what is no address by one.
func (m *macMasker) plainly(r *Row, dst, text []byte) ([]byte, error) {
	if m.strict {
		return dst, Unfit("the value is no hardware address: it has not 12 or 16 hexadecimal digits, or %s among them",
			strangeIn(text, "0123456789abcdefABCDEF:-."))
	}
	r.normal = normal.Folded(r.normal[:0], text)
	b := fake.MAC(r.PRF.Sum(m.prefix, r.normal))
	for i, c := range b[:6] {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, hexDigit(c>>4, false), hexDigit(c&15, false))
	}
	return dst, nil
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

func ipDef() Definition {
	return Definition{
		Name:    "ip",
		Suggest: []string{"ip"},
		Doc:     "An address in a block that is reserved; IPv6 gives one in 2001:db8::/32, but an IPv4 one where a column has no room for that. A netmask is kept, if there is room.",
		Class:   pii.IP,
		Params: []Param{{Name: "range", Kind: rules.String, Choices: []string{"wide", "narrow"}, Default: "wide",
			Doc: "of IPv4: wide is 240.0.0.0/4; narrow is 198.18.0.0/15, which programs take for an ordinary address"},
			uniqueParam("every address becomes one of 2001:db8::/32, and the netmask of an IPv4 one as much longer; an IPv6 network becomes one address")},
		ByFlag:   uniqueName,
		Families: []Family{FamilyText, FamilyInet, FamilyCIDR},
		Space:    "wide 268 million, narrow 131,072, IPv6 2^95",
		Unique:   true, ForUnique: withUnique,
		Bits: func(d *Domain, f Family) float64 {
			switch {
			case !d.Args.Flag(uniqueName):
				return 0
			case f == FamilyCIDR:
				return 64
			}
			return 95
		},
		Distinct: useToken("an IPv4 address and its form as IPv6 (::ffff:…) alike, and texts that differ in case"),
		Example:  Example{Rule: "ip", Value: "8.8.8.8"},
		Build: func(d *Domain) (Masks, error) {
			m := ipMasker{prefix: domainPrefix(d.Name), narrow: d.Args.Text("range") == "narrow", unique: d.Args.Flag(uniqueName), room: d.narrowest()}
			c := m
			c.network = true
			need := maxIPv4
			if m.unique {
				need = fake.MaxIP
			}
			return Masks{FamilyText: &m, FamilyCIDR: &c}, d.chars(need)
		},
	}
}

// maxIPv4 is the length of 255.255.255.255.
const maxIPv4 = 15

// ipMasker replaces addresses as text, and inet and cidr in binary without a
// detour by text.
type ipMasker struct {
	prefix  []byte
	narrow  bool
	network bool // cidr: the bits right of the netmask must be zero
	unique  bool // all become IPv6
	room    int  // of the narrowest column of texts; 0 unlimited
}

func (m *ipMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	addr, bits, ok := parseIP(bytes.TrimSpace(text))
	if !ok { // a list, a host and port, "unknown"
		r.normal = normal.Folded(r.normal[:0], text)
		h := r.PRF.Sum(m.prefix, r.normal)
		if m.unique {
			return netip.AddrFrom16(fake.IPv6(h)).AppendTo(dst), nil
		}
		return netip.AddrFrom4(fake.IPv4(h, m.narrow)).AppendTo(dst), nil
	}
	addr, bits = m.fake(r, addr, bits)
	at := len(dst)
	dst = addr.AppendTo(dst)
	if mask := len(dst); bits >= 0 {
		dst = strconv.AppendInt(append(dst, '/'), int64(bits), 10)
		if m.room > 0 && len(dst)-at > m.room {
			dst = dst[:mask]
		}
	}
	return dst, nil
}

// fake replaces an address; bits is its netmask, -1 if there is none. The normal
// form is the address's bytes, so that every notation and type maps alike.
func (m *ipMasker) fake(r *Row, addr netip.Addr, bits int) (netip.Addr, int) {
	if addr.Is4In6() && (bits < 0 || bits >= 96) {
		addr = addr.Unmap()
		if bits >= 0 {
			bits -= 96
		}
	}
	var out netip.Addr
	if addr.Is4() {
		b := addr.As4()
		r.normal = append(r.normal[:0], b[:]...)
	} else {
		b := addr.As16()
		r.normal = append(r.normal[:0], b[:]...)
		if m.unique && m.network && bits < 128 {
			r.normal, bits = append(r.normal, byte(bits)), 128
		}
	}
	h := r.PRF.Sum(m.prefix, r.normal)
	switch {
	case m.unique:
		if out = netip.AddrFrom16(fake.IPv6(h)); addr.Is4() && bits >= 0 {
			bits += 96
		}
	case addr.Is4(), m.short(addr):
		if out = netip.AddrFrom4(fake.IPv4(h, m.narrow)); !addr.Is4() {
			bits = min(bits, 32)
		}
	default:
		out = netip.AddrFrom16(fake.IPv6(h))
	}
	if m.network && bits >= 0 {
		out = netip.PrefixFrom(out, bits).Masked().Addr()
	}
	return out, bits
}

// short reports an IPv6 address that may stand in a column which is too narrow for most.
func (m *ipMasker) short(addr netip.Addr) bool {
	if m.room == 0 || m.room >= fake.MaxIP {
		return false
	}
	var buf [48]byte
	return len(addr.AppendTo(buf[:0])) <= m.room
}

// parseIP reads an address and an optional netmask; bits is -1 without one.
func parseIP(text []byte) (addr netip.Addr, bits int, ok bool) {
	addr, n := ident.ParseIPv4(text)
	if n == 0 {
		addr, n = ident.ParseIPv6(text)
	}
	if n == 0 {
		return addr, -1, false
	}
	if n == len(text) {
		return addr, -1, true
	}
	rest := text[n:]
	if rest[0] != '/' || len(rest) < 2 || len(rest) > 4 {
		return addr, -1, false
	}
	for _, c := range rest[1:] {
		if !normal.IsDigit(c) {
			return addr, -1, false
		}
		bits = bits*10 + int(c-'0')
	}
	return addr, bits, bits <= addr.BitLen()
}

// Address families of inet's binary form (src/include/utils/inet.h).
const (
	pgAFInet  = 2
	pgAFInet6 = 3
)

// Wire works on inet_send's form: family, bits, is_cidr, length, address
// (src/backend/utils/adt/network.c).
func (m *ipMasker) Wire(t *catalog.Type, f copyfmt.Format) Bind {
	if f := FamilyOf(t); f != FamilyInet && f != FamilyCIDR {
		return nil
	}
	if f != copyfmt.Binary {
		return nil
	}
	return func(r *Row) Cell {
		return func(dst, wire []byte) ([]byte, error) {
			if len(wire) != 8 && len(wire) != 20 || len(wire) != 4+int(wire[3]) {
				return dst, ErrBadWire
			}
			addr, _ := netip.AddrFromSlice(wire[4:])
			bits := int(wire[1])
			if bits > addr.BitLen() {
				return dst, ErrBadWire
			}
			out, obits := m.fake(r, addr, bits)
			if out.Is4() {
				b := out.As4()
				dst = append(append(dst, pgAFInet, byte(obits), wire[2], 4), b[:]...)
			} else {
				b := out.As16()
				dst = append(append(dst, pgAFInet6, byte(obits), wire[2], 16), b[:]...)
			}
			if r.watching() {
				r.Text = addr.AppendTo(r.Text[:0])
				r.Out = out.AppendTo(r.Out[:0])
				r.note(pii.IP, r.Text, r.Out)
			}
			return dst, nil
		}
	}
}
