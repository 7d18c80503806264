package value

import (
	"encoding/binary"
	"math"

	"refresher/internal/postgres/catalog"
)

// geometry is one of the geometric types: doubles, after a number of points for
// path and polygon, and whether it is closed for path (src/backend/utils/adt/geo_ops.c).
type geometry struct{ oid uint32 }

// shape is the type's text, n for a number; for path and polygon that of a point.
func (c geometry) shape() string {
	switch c.oid {
	case catalog.LsegOID:
		return "[(n,n),(n,n)]"
	case catalog.BoxOID:
		return "(n,n),(n,n)"
	case catalog.LineOID:
		return "{n,n,n}"
	case catalog.CircleOID:
		return "<(n,n),n>"
	}
	return "(n,n)"
}

func (c geometry) many() bool { return c.oid == catalog.PathOID || c.oid == catalog.PolygonOID }

func (c geometry) AppendText(dst, wire []byte) ([]byte, error) {
	start := len(dst)
	points, open, end := 1, "", ""
	if c.many() {
		open, end = "(", ")"
		if c.oid == catalog.PathOID {
			if len(wire) == 0 || wire[0] > 1 {
				return dst, badWire("geometry")
			}
			if wire[0] == 0 {
				open, end = "[", "]"
			}
			wire = wire[1:]
		}
		if len(wire) < 20 || int(binary.BigEndian.Uint32(wire)) != (len(wire)-4)/16 {
			return dst, badWire("geometry")
		}
		points, wire = (len(wire)-4)/16, wire[4:]
	}
	dst = append(dst, open...)
	shape := c.shape()
	for i := range points {
		if i > 0 {
			dst = append(dst, ',')
		}
		for _, s := range []byte(shape) {
			if s != 'n' {
				dst = append(dst, s)
				continue
			}
			if len(wire) < 8 {
				return dst[:start], badWire("geometry")
			}
			dst = appendFloat(dst, math.Float64frombits(binary.BigEndian.Uint64(wire)), 64)
			wire = wire[8:]
		}
	}
	if len(wire) > 0 {
		return dst[:start], badWire("geometry")
	}
	return append(dst, end...), nil
}

func (c geometry) AppendWire(dst, text []byte) ([]byte, error) {
	start := len(dst)
	shape := c.shape()
	if !c.many() {
		dst, rest, ok := appendShape(dst, text, shape)
		if !ok || len(rest) > 0 {
			return dst[:start], badText("geometry")
		}
		return dst, nil
	}
	n := len(text)
	closed := n > 1 && text[0] == '(' && text[n-1] == ')'
	if !closed && !(c.oid == catalog.PathOID && n > 1 && text[0] == '[' && text[n-1] == ']') {
		return dst, badText("geometry")
	}
	if c.oid == catalog.PathOID {
		dst = append(dst, pick(closed, 1, 0))
	}
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	points := uint32(0)
	for rest := text[1 : n-1]; len(rest) > 0 || points == 0; points++ {
		if points > 0 {
			if rest[0] != ',' {
				return dst[:start], badText("geometry")
			}
			rest = rest[1:]
		}
		var ok bool
		if dst, rest, ok = appendShape(dst, rest, shape); !ok {
			return dst[:start], badText("geometry")
		}
	}
	binary.BigEndian.PutUint32(dst[at:], points)
	return dst, nil
}

// appendShape reads a text of that shape and appends its numbers as doubles.
func appendShape(dst, text []byte, shape string) (_, rest []byte, ok bool) {
	for _, s := range []byte(shape) {
		if s != 'n' {
			if len(text) == 0 || text[0] != s {
				return dst, nil, false
			}
			text = text[1:]
			continue
		}
		n := 0
		for n < len(text) && text[n] != ',' && text[n] != ')' && text[n] != '}' && text[n] != '>' {
			n++
		}
		v, ok := parseFloat(text[:n], 64)
		if !ok {
			return dst, nil, false
		}
		dst = appendUint(dst, math.Float64bits(v), 8)
		text = text[n:]
	}
	return dst, text, true
}
