package value

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

// same is for types whose wire form is their text.
type same struct{}

func (same) AppendText(dst, wire []byte) ([]byte, error) { return append(dst, wire...), nil }
func (same) AppendWire(dst, text []byte) ([]byte, error) { return append(dst, text...), nil }

// bpchar is char(n): the server pads on arrival.
type bpchar struct{}

func (bpchar) AppendText(dst, wire []byte) ([]byte, error) {
	return append(dst, bytes.TrimRight(wire, " ")...), nil
}
func (bpchar) AppendWire(dst, text []byte) ([]byte, error) { return append(dst, text...), nil }

// versioned is a version number, 1, before the text.
type versioned struct{ name string }

func (c versioned) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) == 0 || wire[0] != 1 {
		return dst, badWire(c.name)
	}
	return append(dst, wire[1:]...), nil
}

func (c versioned) AppendWire(dst, text []byte) ([]byte, error) {
	return append(append(dst, 1), text...), nil
}

// char is "char": one byte; zero is the empty text and a byte over 127 is \ooo (charout).
type char struct{}

func (char) AppendText(dst, wire []byte) ([]byte, error) {
	switch {
	case len(wire) != 1:
		return dst, badWire(`"char"`)
	case wire[0] == 0:
		return dst, nil
	case wire[0] >= 0x80:
		return append(dst, '\\', '0'+wire[0]>>6, '0'+wire[0]>>3&7, '0'+wire[0]&7), nil
	}
	return append(dst, wire[0]), nil
}

func (char) AppendWire(dst, text []byte) ([]byte, error) {
	switch {
	case len(text) == 0:
		return append(dst, 0), nil
	case len(text) == 1:
		return append(dst, text[0]), nil
	case len(text) == 4 && text[0] == '\\':
		if v, err := strconv.ParseUint(string(text[1:]), 8, 8); err == nil {
			return append(dst, byte(v)), nil
		}
	}
	return dst, badText(`"char"`)
}

type boolean struct{}

func (boolean) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) != 1 || wire[0] > 1 {
		return dst, badWire("boolean")
	}
	return append(dst, "ft"[wire[0]]), nil
}

func (boolean) AppendWire(dst, text []byte) ([]byte, error) {
	switch string(text) {
	case "t", "true":
		return append(dst, 1), nil
	case "f", "false":
		return append(dst, 0), nil
	}
	return dst, badText("boolean")
}

// integer is a signed integer of size bytes.
type integer struct {
	name string
	size int
}

func (c integer) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) != c.size {
		return dst, badWire(c.name)
	}
	var v int64
	switch c.size {
	case 2:
		v = int64(int16(binary.BigEndian.Uint16(wire)))
	case 4:
		v = int64(int32(binary.BigEndian.Uint32(wire)))
	default:
		v = int64(binary.BigEndian.Uint64(wire))
	}
	return strconv.AppendInt(dst, v, 10), nil
}

func (c integer) AppendWire(dst, text []byte) ([]byte, error) {
	neg := len(text) > 0 && text[0] == '-'
	if len(text) > 0 && (neg || text[0] == '+') {
		text = text[1:]
	}
	v, ok := parseUint(text)
	limit := uint64(1)<<(8*c.size-1) - 1
	if neg {
		limit++
		if ok = ok && v <= limit; ok {
			v = -v
		}
	}
	if !ok || !neg && v > limit {
		return dst, badText(c.name)
	}
	return appendUint(dst, v, c.size), nil
}

// unsigned is an unsigned integer of size bytes.
type unsigned struct {
	name string
	size int
}

func (c unsigned) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) != c.size {
		return dst, badWire(c.name)
	}
	if c.size == 4 {
		return strconv.AppendUint(dst, uint64(binary.BigEndian.Uint32(wire)), 10), nil
	}
	return strconv.AppendUint(dst, binary.BigEndian.Uint64(wire), 10), nil
}

func (c unsigned) AppendWire(dst, text []byte) ([]byte, error) {
	v, ok := parseUint(text)
	if !ok || c.size == 4 && v > 1<<32-1 {
		return dst, badText(c.name)
	}
	return appendUint(dst, v, c.size), nil
}

// parseUint reads decimal digits, all of b.
func parseUint(b []byte) (v uint64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	for _, c := range b {
		d := uint64(c - '0')
		if d > 9 || v > (1<<64-1)/10 || v*10 > 1<<64-1-d {
			return 0, false
		}
		v = v*10 + d
	}
	return v, true
}

// appendUint appends the low size bytes of v.
func appendUint(dst []byte, v uint64, size int) []byte {
	switch size {
	case 2:
		return binary.BigEndian.AppendUint16(dst, uint16(v))
	case 4:
		return binary.BigEndian.AppendUint32(dst, uint32(v))
	}
	return binary.BigEndian.AppendUint64(dst, v)
}

// tid is a row's address, "(block,offset)".
type tid struct{}

func (tid) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) != 6 {
		return dst, badWire("tid")
	}
	dst = strconv.AppendUint(append(dst, '('), uint64(binary.BigEndian.Uint32(wire)), 10)
	dst = strconv.AppendUint(append(dst, ','), uint64(binary.BigEndian.Uint16(wire[4:])), 10)
	return append(dst, ')'), nil
}

func (tid) AppendWire(dst, text []byte) ([]byte, error) {
	comma := bytes.IndexByte(text, ',')
	if comma < 1 || text[0] != '(' || text[len(text)-1] != ')' {
		return dst, badText("tid")
	}
	block, ok1 := parseUint(text[1:comma])
	offset, ok2 := parseUint(text[comma+1 : len(text)-1])
	if !ok1 || !ok2 || block > 1<<32-1 || offset > 1<<16-1 {
		return dst, badText("tid")
	}
	return appendUint(appendUint(dst, block, 4), offset, 2), nil
}

// lsn is pg_lsn, "X/X".
type lsn struct{}

func (lsn) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) != 8 {
		return dst, badWire("pg_lsn")
	}
	dst = appendUpperHex(dst, binary.BigEndian.Uint32(wire))
	return appendUpperHex(append(dst, '/'), binary.BigEndian.Uint32(wire[4:])), nil
}

func appendUpperHex(dst []byte, v uint32) []byte {
	start := len(dst)
	dst = strconv.AppendUint(dst, uint64(v), 16)
	for i, c := range dst[start:] {
		if c >= 'a' {
			dst[start+i] = c - 'a' + 'A'
		}
	}
	return dst
}

func (lsn) AppendWire(dst, text []byte) ([]byte, error) {
	hi, lo, ok := bytes.Cut(text, []byte("/"))
	h, ok1 := parseHex(hi)
	l, ok2 := parseHex(lo)
	if !ok || !ok1 || !ok2 {
		return dst, badText("pg_lsn")
	}
	return appendUint(appendUint(dst, uint64(h), 4), uint64(l), 4), nil
}

// parseHex reads one to eight hexadecimal digits.
func parseHex(b []byte) (v uint32, ok bool) {
	for _, c := range b {
		d, ok := hexDigit(c)
		if !ok {
			return 0, false
		}
		v = v<<4 | uint32(d)
	}
	return v, len(b) > 0 && len(b) <= 8
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

type uuid struct{}

func (uuid) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) != 16 {
		return dst, badWire("uuid")
	}
	for i := 0; i < 16; {
		if i > 0 {
			dst = append(dst, '-')
		}
		n := 2
		switch i {
		case 0:
			n = 4
		case 10:
			n = 6
		}
		dst = hex.AppendEncode(dst, wire[i:i+n])
		i += n
	}
	return dst, nil
}

// AppendWire takes a hyphen after any group of four digits, and braces, as the server does.
func (uuid) AppendWire(dst, text []byte) ([]byte, error) {
	if n := len(text); n > 2 && text[0] == '{' && text[n-1] == '}' {
		text = text[1 : n-1]
	}
	start, digits := len(dst), 0
	var high byte
	for i, c := range text {
		if c == '-' && digits%4 == 0 && digits > 0 && i+1 < len(text) && text[i-1] != '-' {
			continue
		}
		d, ok := hexDigit(c)
		if !ok || digits == 32 {
			return dst[:start], badText("uuid")
		}
		if digits++; digits%2 == 1 {
			high = d << 4
		} else {
			dst = append(dst, high|d)
		}
	}
	if digits != 32 {
		return dst[:start], badText("uuid")
	}
	return dst, nil
}

type bytea struct{}

func (bytea) AppendText(dst, wire []byte) ([]byte, error) {
	return hex.AppendEncode(append(dst, `\x`...), wire), nil
}

// AppendWire takes the hex format and, without \x in front, the escape format.
func (bytea) AppendWire(dst, text []byte) ([]byte, error) {
	start := len(dst)
	if bytes.HasPrefix(text, []byte(`\x`)) {
		dst, err := hex.AppendDecode(dst, text[2:])
		if err != nil {
			return dst[:start], badText("bytea")
		}
		return dst, nil
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' {
			switch {
			case i+1 < len(text) && text[i+1] == '\\':
				i++
			case i+3 < len(text) && text[i+1] < '4' && octal(text[i+1]) && octal(text[i+2]) && octal(text[i+3]):
				c = (text[i+1]-'0')<<6 | (text[i+2]-'0')<<3 | (text[i+3] - '0')
				i += 3
			default:
				return dst[:start], badText("bytea")
			}
		}
		dst = append(dst, c)
	}
	return dst, nil
}

func octal(c byte) bool { return '0' <= c && c <= '7' }

// bitString is bit(n) and varbit: the number of bits, then the bits from the left.
type bitString struct{}

func (bitString) AppendText(dst, wire []byte) ([]byte, error) {
	if len(wire) < 4 {
		return dst, badWire("bit")
	}
	n := int(int32(binary.BigEndian.Uint32(wire)))
	wire = wire[4:]
	if n < 0 || len(wire) != (n+7)/8 {
		return dst, badWire("bit")
	}
	for i := range n {
		dst = append(dst, '0'+wire[i/8]>>(7-i%8)&1)
	}
	return dst, nil
}

func (bitString) AppendWire(dst, text []byte) ([]byte, error) {
	start := len(dst)
	dst = appendUint(dst, uint64(len(text)), 4)
	for i, c := range text {
		if c != '0' && c != '1' {
			return dst[:start], badText("bit")
		}
		if i%8 == 0 {
			dst = append(dst, 0)
		}
		dst[len(dst)-1] |= (c - '0') << (7 - i%8)
	}
	return dst, nil
}
