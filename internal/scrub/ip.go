package scrub

import (
	"bytes"
	"net/netip"
	"strconv"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/pii/ident"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/rules"
)

func ipDef() Definition {
	return Definition{
		Name:    "ip",
		Suggest: []string{"ip"},
		Doc:     "An address in a block that is reserved; IPv6 gives one in 2001:db8::/32. A netmask is kept.",
		Class:   pii.IP,
		Params: []Param{{Name: "range", Kind: rules.String, Choices: []string{"wide", "narrow"}, Default: "wide",
			Doc: "of IPv4: wide is 240.0.0.0/4; narrow is 198.18.0.0/15, which programs take for an ordinary address"}},
		Families: []Family{FamilyText, FamilyInet, FamilyCIDR},
		Space:    "wide 268 million, narrow 131,072, IPv6 2^96",
		Example:  Example{Rule: "ip", Value: "8.8.8.8"},
		Build: func(d *Domain) (Masks, error) {
			m := ipMasker{prefix: domainPrefix(d.name), narrow: d.args.text("range") == "narrow"}
			c := m
			c.network = true
			return Masks{FamilyText: &m, FamilyCIDR: &c}, d.chars(fake.MaxIP)
		},
	}
}

// ipMasker replaces addresses as text, and inet and cidr in binary without a
// detour by text.
type ipMasker struct {
	prefix  []byte
	narrow  bool
	network bool // cidr: the bits right of the netmask must be zero
}

func (m *ipMasker) replace(r *row, dst, text []byte) ([]byte, error) {
	addr, bits, ok := parseIP(bytes.TrimSpace(text))
	if !ok { // a list, a host and port, "unknown"
		r.normal = folded(r.normal[:0], text)
		return netip.AddrFrom4(fake.IPv4(r.mac.digest(m.prefix, r.normal), m.narrow)).AppendTo(dst), nil
	}
	addr, bits = m.fake(r, addr, bits)
	dst = addr.AppendTo(dst)
	if bits >= 0 {
		dst = strconv.AppendInt(append(dst, '/'), int64(bits), 10)
	}
	return dst, nil
}

// fake replaces an address; bits is its netmask, -1 if there is none. The normal
// form is the address's bytes, so that every notation and type maps alike.
func (m *ipMasker) fake(r *row, addr netip.Addr, bits int) (netip.Addr, int) {
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
		out = netip.AddrFrom4(fake.IPv4(r.mac.digest(m.prefix, r.normal), m.narrow))
	} else {
		b := addr.As16()
		r.normal = append(r.normal[:0], b[:]...)
		out = netip.AddrFrom16(fake.IPv6(r.mac.digest(m.prefix, r.normal)))
	}
	if m.network && bits >= 0 {
		out = netip.PrefixFrom(out, bits).Masked().Addr()
	}
	return out, bits
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
		if !isDigit(c) {
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

// cell works on inet_send's form: family, bits, is_cidr, length, address
// (src/backend/utils/adt/network.c).
func (m *ipMasker) cell(t *catalog.Type, f copyfmt.Format) makeCell {
	if f := FamilyOf(t); f != FamilyInet && f != FamilyCIDR {
		return nil
	}
	if f != copyfmt.Binary {
		return nil
	}
	return func(r *row) cell {
		return func(dst, wire []byte) ([]byte, error) {
			if len(wire) != 8 && len(wire) != 20 || len(wire) != 4+int(wire[3]) {
				return dst, errBadWire
			}
			addr, _ := netip.AddrFromSlice(wire[4:])
			bits := int(wire[1])
			if bits > addr.BitLen() {
				return dst, errBadWire
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
				r.text = addr.AppendTo(r.text[:0])
				r.out = out.AppendTo(r.out[:0])
				r.note(pii.IP, r.text, r.out)
			}
			return dst, nil
		}
	}
}
