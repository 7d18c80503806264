package value

import (
	"encoding/binary"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
)

// elemFor is the codec of a part of a compound value, as its output function
// prints it: char(n) with its spaces.
func elemFor(t *catalog.Type) Codec {
	if t == nil {
		return nil
	}
	c := For(t, copyfmt.Binary)
	if _, ok := c.(bpchar); ok {
		return same{}
	}
	return c
}

// rangeType is a flags byte and the finite bounds, each with its length (range_send).
type rangeType struct{ elem Codec }

const (
	rangeEmpty    = 0x01
	rangeLowerInc = 0x02
	rangeUpperInc = 0x04
	rangeLowerInf = 0x08
	rangeUpperInf = 0x10
)

func rangeFor(t *catalog.Type) Codec {
	if elem := elemFor(t.Elem); elem != nil {
		return rangeType{elem}
	}
	return nil
}

func (c rangeType) AppendText(dst, wire []byte) ([]byte, error) {
	start := len(dst)
	if len(wire) == 0 || wire[0] >= 0x20 {
		return dst, badWire("range")
	}
	flags, rest := wire[0], wire[1:]
	if flags&rangeEmpty != 0 {
		if len(rest) > 0 {
			return dst, badWire("range")
		}
		return append(dst, "empty"...), nil
	}
	dst = append(dst, pick(flags&rangeLowerInc != 0, '[', '('))
	var err error
	if flags&rangeLowerInf == 0 {
		if dst, rest, err = c.appendBound(dst, rest); err != nil {
			return dst[:start], err
		}
	}
	dst = append(dst, ',')
	if flags&rangeUpperInf == 0 {
		if dst, rest, err = c.appendBound(dst, rest); err != nil {
			return dst[:start], err
		}
	}
	if len(rest) > 0 {
		return dst[:start], badWire("range")
	}
	return append(dst, pick(flags&rangeUpperInc != 0, ']', ')')), nil
}

func pick(first bool, a, b byte) byte {
	if first {
		return a
	}
	return b
}

func (c rangeType) appendBound(dst, b []byte) ([]byte, []byte, error) {
	elem, rest, ok := nextElem(b)
	if !ok || elem == nil {
		return dst, nil, badWire("range")
	}
	from := len(dst)
	dst, err := c.elem.AppendText(dst, elem)
	if err != nil {
		return dst, nil, err
	}
	return quotePart(dst, from, true), rest, nil
}

// quotePart quotes dst[from:] in place if a range (range_out) or composite
// (record_out) needs it.
func quotePart(dst []byte, from int, isRange bool) []byte {
	quote, escapes := len(dst) == from, 0
	for _, c := range dst[from:] {
		switch {
		case c == '"' || c == '\\':
			escapes++
		case c == '(' || c == ')' || c == ',' || isSpace(c) || isRange && (c == '[' || c == ']'):
			quote = true
		}
	}
	if !quote && escapes == 0 {
		return dst
	}
	return wrap(dst, from, escapes, '"', '\\')
}

// cutPart reads one bound or field: everything up to an unquoted end character.
// found is false if there is nothing, not even quotes.
func cutPart(b []byte, isEnd func(byte) bool) (part, rest []byte, found, ok bool) {
	quoted := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && isEnd(c):
			return b[:i], b[i:], i > 0, true
		}
	}
	return nil, nil, false, false
}

// appendPart appends the wire form of a part as cutPart found it, after its length.
func appendPart(dst, part []byte, c Codec) ([]byte, error) {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	from := len(dst)
	quoted := false
	for i := 0; i < len(part); i++ {
		switch b := part[i]; {
		case b == '\\' && i+1 < len(part):
			i++
			dst = append(dst, part[i])
		case b != '"':
			dst = append(dst, b)
		case quoted && i+1 < len(part) && part[i+1] == '"':
			i++
			dst = append(dst, '"')
		default:
			quoted = !quoted
		}
	}
	to := len(dst)
	dst, err := c.AppendWire(dst, dst[from:to])
	if err != nil {
		return dst, err
	}
	dst = dst[:from+copy(dst[from:], dst[to:])]
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-from))
	return dst, nil
}

func (c rangeType) AppendWire(dst, text []byte) ([]byte, error) {
	start := len(dst)
	dst, rest, err := c.appendRange(dst, text)
	if err == nil && len(rest) > 0 {
		err = badText("range")
	}
	if err != nil {
		return dst[:start], err
	}
	return dst, nil
}

// appendRange reads one range off the start of text.
func (c rangeType) appendRange(dst, text []byte) (_, rest []byte, err error) {
	start := len(dst)
	fail := func(err error) ([]byte, []byte, error) { return dst[:start], nil, err }
	if len(text) >= 5 && string(text[:5]) == "empty" {
		return append(dst, rangeEmpty), text[5:], nil
	}
	if len(text) == 0 || text[0] != '[' && text[0] != '(' {
		return fail(badText("range"))
	}
	flags := byte(0)
	if text[0] == '[' {
		flags |= rangeLowerInc
	}
	dst = append(dst, 0)
	lower, rest, found, ok := cutPart(text[1:], func(c byte) bool { return c == ',' })
	if !ok {
		return fail(badText("range"))
	}
	if !found {
		flags = flags&^rangeLowerInc | rangeLowerInf
	} else if dst, err = appendPart(dst, lower, c.elem); err != nil {
		return fail(err)
	}
	upper, rest, found, ok := cutPart(rest[1:], func(c byte) bool { return c == ']' || c == ')' })
	if !ok {
		return fail(badText("range"))
	}
	if rest[0] == ']' {
		flags |= rangeUpperInc
	}
	if !found {
		flags = flags&^rangeUpperInc | rangeUpperInf
	} else if dst, err = appendPart(dst, upper, c.elem); err != nil {
		return fail(err)
	}
	dst[start] = flags
	return dst, rest[1:], nil
}

// multirange is a number of ranges, each with its length (multirange_send).
type multirange struct{ elem rangeType }

func multirangeFor(t *catalog.Type) Codec {
	sub := t.Elem
	if sub != nil && sub.Kind == catalog.RangeType {
		sub = sub.Elem
	}
	if elem := elemFor(sub); elem != nil {
		return multirange{rangeType{elem}}
	}
	return nil
}

func (c multirange) AppendText(dst, wire []byte) ([]byte, error) {
	start := len(dst)
	if len(wire) < 4 {
		return dst, badWire("multirange")
	}
	n, rest := binary.BigEndian.Uint32(wire), wire[4:]
	dst = append(dst, '{')
	for i := uint32(0); i < n; i++ {
		elem, after, ok := nextElem(rest)
		if !ok || elem == nil {
			return dst[:start], badWire("multirange")
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = c.elem.AppendText(dst, elem); err != nil {
			return dst[:start], err
		}
		rest = after
	}
	if len(rest) > 0 {
		return dst[:start], badWire("multirange")
	}
	return append(dst, '}'), nil
}

func (c multirange) AppendWire(dst, text []byte) ([]byte, error) {
	start, n := len(dst), uint32(0)
	if len(text) < 2 || text[0] != '{' || text[len(text)-1] != '}' {
		return dst, badText("multirange")
	}
	dst = append(dst, 0, 0, 0, 0)
	for rest := text[1 : len(text)-1]; len(rest) > 0; n++ {
		if n > 0 {
			if rest[0] != ',' {
				return dst[:start], badText("multirange")
			}
			rest = rest[1:]
		}
		at := len(dst)
		dst = append(dst, 0, 0, 0, 0)
		var err error
		if dst, rest, err = c.elem.appendRange(dst, rest); err != nil {
			return dst[:start], err
		}
		binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	binary.BigEndian.PutUint32(dst[start:], n)
	return dst, nil
}

// composite is a number of fields, each with its type and length (record_send).
type composite struct {
	fields []Codec
	oids   []uint32
}

func compositeFor(t *catalog.Type) Codec {
	c := composite{}
	for _, f := range t.Fields {
		elem := elemFor(f.Type)
		if elem == nil {
			return nil
		}
		c.fields = append(c.fields, elem)
		c.oids = append(c.oids, f.Type.OID)
	}
	return c
}

func (c composite) AppendText(dst, wire []byte) ([]byte, error) {
	start := len(dst)
	if len(wire) < 4 || int(binary.BigEndian.Uint32(wire)) != len(c.fields) {
		return dst, badWire("composite")
	}
	rest := wire[4:]
	dst = append(dst, '(')
	for i, f := range c.fields {
		if len(rest) < 8 {
			return dst[:start], badWire("composite")
		}
		elem, after, ok := nextElem(rest[4:])
		if !ok {
			return dst[:start], badWire("composite")
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		if rest = after; elem == nil {
			continue
		}
		from := len(dst)
		var err error
		if dst, err = f.AppendText(dst, elem); err != nil {
			return dst[:start], err
		}
		dst = quotePart(dst, from, false)
	}
	if len(rest) > 0 {
		return dst[:start], badWire("composite")
	}
	return append(dst, ')'), nil
}

func (c composite) AppendWire(dst, text []byte) ([]byte, error) {
	start := len(dst)
	if len(text) < 2 || text[0] != '(' || text[len(text)-1] != ')' {
		return dst, badText("composite")
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(c.fields)))
	rest := text // each field stands after its ( or comma
	for i, f := range c.fields {
		part, after, found, ok := cutPart(rest[1:], func(c byte) bool { return c == ',' || c == ')' })
		if !ok || (after[0] == ')') != (i == len(c.fields)-1) {
			return dst[:start], badText("composite")
		}
		rest = after
		dst = binary.BigEndian.AppendUint32(dst, c.oids[i])
		if !found {
			dst = append(dst, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		var err error
		if dst, err = appendPart(dst, part, f); err != nil {
			return dst[:start], err
		}
	}
	if len(c.fields) > 0 && len(rest) != 1 || len(c.fields) == 0 && len(text) != 2 {
		return dst[:start], badText("composite")
	}
	return dst, nil
}
