package synthetic

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"

	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
)

// appendSpecial writes value n of a type that is neither text nor counted.
func (c *column) appendSpecial(dst []byte, n uint64, d *fake.Digest) []byte {
	switch c.kind {
	case ranges:
		return c.appendRange(dst, n)
	case multirange:
		return append(c.appendRange(append(dst, '{'), n), '}')
	}
	switch c.typ.OID {
	case catalog.UUIDOID:
		return fake.AppendUUID(dst, d)
	case catalog.InetOID, catalog.CIDROID:
		n = n*0x9e3779b1&(1<<28-1) | 0xf<<28 // an odd factor permutes what is below a power of two
		return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).AppendTo(dst)
	case catalog.MacaddrOID:
		return fmt.Appendf(dst, "f2:4e:%02x:%02x:%02x:%02x", byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	case catalog.Macaddr8OID:
		return fmt.Appendf(dst, "f2:4e:00:00:%02x:%02x:%02x:%02x", byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	case catalog.ByteaOID:
		b := fake.Bytes(d)
		return hex.AppendEncode(append(dst, `\x`...), b[:])
	case catalog.JSONOID, catalog.JSONBOID:
		return fmt.Appendf(dst, `{"n": %d}`, n)
	case catalog.XMLOID:
		return fmt.Appendf(dst, "<n>%d</n>", n)
	case catalog.TSVectorOID, catalog.TSQueryOID:
		return fmt.Appendf(dst, "'w%d'", n)
	case catalog.JSONPathOID:
		return fmt.Appendf(dst, `$."n%d"`, n)
	case catalog.BitOID, catalog.VarbitOID:
		width := c.bits()
		s := fmt.Sprintf("%0*b", width, n)
		return append(dst, s[len(s)-width:]...)
	case catalog.CharOID:
		return append(dst, 'a'+byte(n%26))
	}
	return c.appendRare(dst, n)
}

// appendRare writes value n of the types that few tables have.
func (c *column) appendRare(dst []byte, n uint64) []byte {
	switch c.typ.OID {
	case catalog.PointOID:
		return fmt.Appendf(dst, "(%d,%d)", n, n%7)
	case catalog.BoxOID:
		return fmt.Appendf(dst, "(%d,1),(%d,0)", n+1, n)
	case catalog.LsegOID, catalog.PathOID:
		return fmt.Appendf(dst, "[(%d,0),(%d,1)]", n, n)
	case catalog.PolygonOID:
		return fmt.Appendf(dst, "((%d,0),(%d,1),(%d,1))", n, n, n+1)
	case catalog.LineOID:
		return fmt.Appendf(dst, "{1,-1,%d}", n)
	case catalog.CircleOID:
		return fmt.Appendf(dst, "<(%d,0),1>", n)
	case catalog.PGLSNOID:
		return fmt.Appendf(dst, "0/%X", n)
	case catalog.XID8OID, catalog.XIDOID, catalog.CIDOID:
		return fmt.Appendf(dst, "%d", n)
	case catalog.TIDOID:
		return fmt.Appendf(dst, "(%d,1)", n)
	}
	switch c.typ.Name {
	case "hstore":
		return fmt.Appendf(dst, `"n"=>"%d"`, n)
	case "ltree":
		return fmt.Appendf(dst, "w%d", n)
	case "vector", "halfvec":
		list := strings.TrimSuffix(strings.Repeat("0.5,", int(max(c.mod, 1))), ",")
		return append(append(append(dst, '['), list...), ']')
	}
	return dst
}

// made reports whether values of the type can be made at all.
func (c *column) made() bool {
	for _, p := range c.parts {
		if !p.made() {
			return false
		}
	}
	if c.kind == ranges || c.kind == multirange {
		return c.parts[0].kind.ticked() && c.parts[0].kind != clock
	}
	return c.kind != other || c.domain.list != nil || c.specials() > 0
}

// specials is how many values appendSpecial has; 0: none.
func (c *column) specials() uint64 {
	switch c.typ.OID {
	case catalog.InetOID, catalog.CIDROID:
		return 1 << 28
	case catalog.BitOID, catalog.VarbitOID:
		return 1 << c.bits()
	case catalog.CharOID:
		return 26
	case catalog.MacaddrOID, catalog.Macaddr8OID, catalog.XIDOID, catalog.CIDOID, catalog.PGLSNOID, catalog.TIDOID:
		return 1 << 31
	case catalog.UUIDOID, catalog.ByteaOID, catalog.JSONOID, catalog.JSONBOID, catalog.XMLOID, catalog.TSVectorOID,
		catalog.TSQueryOID, catalog.JSONPathOID, catalog.PointOID, catalog.BoxOID, catalog.LsegOID, catalog.PathOID,
		catalog.PolygonOID, catalog.LineOID, catalog.CircleOID, catalog.XID8OID:
		return 1 << 52
	}
	switch c.typ.Name {
	case "hstore", "ltree":
		return 1 << 52
	case "vector", "halfvec":
		return 1
	}
	return 0
}

// bits is the width of a bit string.
func (c *column) bits() int {
	if c.mod < 1 {
		return 32
	}
	return int(min(c.mod, 60))
}

// appendRange writes range n of those that don't overlap.
func (c *column) appendRange(dst []byte, n uint64) []byte {
	m := c.parts[0].measure
	low, _ := c.parts[0].usual()
	unit := int64(1)
	if m.kind == moment {
		unit = 3600
	}
	at := low + 2*int64(n)*unit
	dst = append(dst, `["`...)
	dst = append(m.append(dst, at), `","`...)
	return append(m.append(dst, at+unit), `")`...)
}
