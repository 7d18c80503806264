package value

import (
	"encoding/binary"
	"math"
	"strconv"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
)

// array is an array in binary: number of dimensions, whether it holds NULLs, the
// element type, length and lower bound of each dimension, then each element with
// its length (array_send).
type array struct {
	elem    Codec // as the output function prints it: char(n) with its spaces
	elemOID uint32
	delim   byte
}

const maxDims = 6

func arrayFor(t *catalog.Type) Codec {
	if t.Elem == nil {
		return nil
	}
	elem := For(t.Elem, copyfmt.Binary)
	switch elem.(type) {
	case nil:
		return nil
	case bpchar:
		elem = same{}
	}
	return array{elem, t.Elem.OID, delimiter(t.Elem)}
}

// delimiter is pg_type.typdelim: of the built-in types only box has another.
func delimiter(elem *catalog.Type) byte {
	if elem.Underlying().OID == catalog.BoxOID {
		return ';'
	}
	return ','
}

// dims are the dimensions of an array.
type dims struct {
	n          int
	size, base [maxDims]int32
}

// items is the number of elements; false if it is more than limit.
func (d *dims) items(limit int) (int, bool) {
	if d.n == 0 {
		return 0, true
	}
	total := int64(1)
	for i, s := range d.size[:d.n] {
		if s < 0 || int64(d.base[i])+int64(s)-1 > math.MaxInt32 {
			return 0, false
		}
		if total *= int64(s); total > int64(limit) {
			return 0, false
		}
	}
	return int(total), true
}

// readDims reads the header of a binary array; elems holds the elements.
func readDims(wire []byte) (d dims, items int, elems []byte, ok bool) {
	if len(wire) < 12 {
		return d, 0, nil, false
	}
	n := binary.BigEndian.Uint32(wire)
	if n > maxDims || binary.BigEndian.Uint32(wire[4:]) > 1 || len(wire) < 12+8*int(n) {
		return d, 0, nil, false
	}
	d.n = int(n)
	elems = wire[12:]
	for i := range d.n {
		d.size[i] = int32(binary.BigEndian.Uint32(elems))
		d.base[i] = int32(binary.BigEndian.Uint32(elems[4:]))
		elems = elems[8:]
	}
	items, ok = d.items(len(elems) / 4)
	return d, items, elems, ok
}

// nextElem cuts one element off: nil is NULL.
func nextElem(b []byte) (elem, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := int32(binary.BigEndian.Uint32(b))
	if b = b[4:]; n == -1 {
		return nil, b, true
	}
	if n < 0 || int(n) > len(b) {
		return nil, nil, false
	}
	return b[:n:n], b[n:], true
}

func (c array) AppendText(dst, wire []byte) ([]byte, error) {
	start := len(dst)
	d, items, elems, ok := readDims(wire)
	if !ok {
		return dst, badWire("array")
	}
	if items == 0 {
		if len(elems) > 0 {
			return dst, badWire("array")
		}
		return append(dst, "{}"...), nil
	}
	dst = d.appendBounds(dst)
	var at [maxDims]int32
	for range items {
		// Braces open where the indices right of a dimension are all zero.
		for i := d.n - 1; i >= 0 && at[i] == 0; i-- {
			dst = append(dst, '{')
		}
		var elem []byte
		if elem, elems, ok = nextElem(elems); !ok {
			return dst[:start], badWire("array")
		}
		if elem == nil {
			dst = append(dst, "NULL"...)
		} else {
			from := len(dst)
			var err error
			if dst, err = c.elem.AppendText(dst, elem); err != nil {
				return dst[:start], err
			}
			dst = quoteElem(dst, from, c.delim)
		}
		i := d.n - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] < d.size[i] {
				dst = append(dst, c.delim)
				break
			}
			at[i] = 0
			dst = append(dst, '}')
		}
	}
	if len(elems) > 0 {
		return dst[:start], badWire("array")
	}
	return dst, nil
}

// appendBounds prints [l:u]… = if a lower bound isn't 1.
func (d *dims) appendBounds(dst []byte) []byte {
	usual := true
	for _, b := range d.base[:d.n] {
		usual = usual && b == 1
	}
	if usual {
		return dst
	}
	for i := range d.n {
		dst = strconv.AppendInt(append(dst, '['), int64(d.base[i]), 10)
		dst = strconv.AppendInt(append(dst, ':'), int64(d.base[i])+int64(d.size[i])-1, 10)
		dst = append(dst, ']')
	}
	return append(dst, '=')
}

func (c array) AppendWire(dst, text []byte) ([]byte, error) {
	start := len(dst)
	s, ok := scanArray(text, c.delim)
	if !ok {
		return dst, badText("array")
	}
	head := 12 + 8*s.dims.n
	dst = append(dst, make([]byte, head)...)
	nulls := byte(0)
	for s.next() {
		from := len(dst)
		dst = append(dst, 0xff, 0xff, 0xff, 0xff)
		if s.null {
			nulls = 1
			continue
		}
		var err error
		if dst, err = appendElem(dst, s.elem, s.escaped, c.elem); err != nil {
			return dst[:start], err
		}
		binary.BigEndian.PutUint32(dst[from:], uint32(len(dst)-from-4))
	}
	if !s.complete() {
		return dst[:start], badText("array")
	}
	h := dst[start:]
	if s.items == 0 {
		dst, h = dst[:start+12], h[:12]
		s.dims.n = 0
	}
	binary.BigEndian.PutUint32(h, uint32(s.dims.n))
	h[7] = nulls
	binary.BigEndian.PutUint32(h[8:], c.elemOID)
	for i := range s.dims.n {
		binary.BigEndian.PutUint32(h[12+8*i:], uint32(s.dims.size[i]))
		binary.BigEndian.PutUint32(h[16+8*i:], uint32(s.dims.base[i]))
	}
	return dst, nil
}

// appendElem appends the wire form of an element of a text; escaped ones are
// unescaped in dst's free space first.
func appendElem(dst, text []byte, escaped bool, c Codec) ([]byte, error) {
	if !escaped {
		return c.AppendWire(dst, text)
	}
	from := len(dst)
	dst = unescapeElem(dst, text)
	to := len(dst)
	if _, ok := c.(same); ok {
		return dst, nil
	}
	dst, err := c.AppendWire(dst, dst[from:to])
	return dst[:from+copy(dst[from:], dst[to:])], err
}

// Array reads and rewrites arrays element by element, in the form COPY carries,
// without building their text. It has scratch space: one goroutine uses it at a time.
type Array struct {
	elem    Codec // canonical
	format  copyfmt.Format
	delim   byte
	scratch []byte
}

// ArrayOf returns the reader of an array type (or a domain over one), nil if the
// type is no array or its elements have no codec in that format.
func ArrayOf(t *catalog.Type, f copyfmt.Format) *Array {
	t = t.Underlying()
	if t.Kind != catalog.ArrayType || t.Elem == nil {
		return nil
	}
	elem := For(t.Elem, f)
	if elem == nil {
		return nil
	}
	return &Array{elem: elem, format: f, delim: delimiter(t.Elem)}
}

// Walk calls fn with the canonical text of every element that is not NULL, in
// storage order. The text is valid until fn returns.
func (a *Array) Walk(wire []byte, fn func(text []byte) error) error {
	if a.format == copyfmt.Text {
		return a.walkText(wire, fn)
	}
	_, items, elems, ok := readDims(wire)
	for range items {
		var elem []byte
		if elem, elems, ok = nextElem(elems); !ok {
			break
		}
		if elem == nil {
			continue
		}
		text, err := a.text(elem)
		if err == nil {
			err = fn(text)
		}
		if err != nil {
			return err
		}
	}
	if !ok || len(elems) > 0 {
		return badWire("array")
	}
	return nil
}

// HasNull reports whether an element is NULL.
func (a *Array) HasNull(wire []byte) bool {
	if a.format == copyfmt.Binary {
		_, items, elems, _ := readDims(wire)
		for range items {
			elem, rest, ok := nextElem(elems)
			if elems = rest; !ok || elem == nil {
				return ok
			}
		}
		return false
	}
	s, ok := scanArray(wire, a.delim)
	for ok && s.next() {
		if s.null {
			return true
		}
	}
	return false
}

// text is the canonical text of a binary element.
func (a *Array) text(elem []byte) ([]byte, error) {
	if _, ok := a.elem.(same); ok {
		return elem, nil
	}
	var err error
	a.scratch, err = a.elem.AppendText(a.scratch[:0], elem)
	return a.scratch, err
}

// wire turns the element's text dst[from:] into its wire form.
func (a *Array) wire(dst []byte, from int) ([]byte, error) {
	if _, ok := a.elem.(same); ok {
		return dst, nil
	}
	to := len(dst)
	dst, err := a.elem.AppendWire(dst, dst[from:to])
	return dst[:from+copy(dst[from:], dst[to:])], err
}

// Rewrite appends the array with every element that is not NULL replaced by the
// canonical text that fn appends. Dimensions, lower bounds and NULLs stay.
func (a *Array) Rewrite(dst, wire []byte, fn func(dst, text []byte) ([]byte, error)) ([]byte, error) {
	if a.format == copyfmt.Text {
		return a.rewriteText(dst, wire, fn)
	}
	start := len(dst)
	_, items, elems, ok := readDims(wire)
	if !ok {
		return dst, badWire("array")
	}
	dst = append(dst, wire[:len(wire)-len(elems)]...)
	for range items {
		var elem []byte
		if elem, elems, ok = nextElem(elems); !ok {
			return dst[:start], badWire("array")
		}
		from := len(dst)
		dst = append(dst, 0xff, 0xff, 0xff, 0xff)
		if elem == nil {
			continue
		}
		text, err := a.text(elem)
		if err != nil {
			return dst[:start], err
		}
		out, err := fn(dst, text)
		if err != nil {
			return dst[:start], err
		}
		if dst, err = a.wire(out, from+4); err != nil {
			return dst[:start], err
		}
		binary.BigEndian.PutUint32(dst[from:], uint32(len(dst)-from-4))
	}
	if len(elems) > 0 {
		return dst[:start], badWire("array")
	}
	return dst, nil
}
