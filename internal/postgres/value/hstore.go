package value

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// hstore is a number of pairs of key and value, each with its length (hstore_send).
type hstore struct{}

func (hstore) AppendText(dst, wire []byte) ([]byte, error) {
	start := len(dst)
	if len(wire) < 4 {
		return dst, badWire("hstore")
	}
	n, rest := binary.BigEndian.Uint32(wire), wire[4:]
	for i := uint32(0); i < n; i++ {
		key, rest1, ok1 := nextElem(rest)
		value, rest2, ok2 := nextElem(rest1)
		if !ok1 || !ok2 || key == nil {
			return dst[:start], badWire("hstore")
		}
		rest = rest2
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(appendQuoted(dst, key), "=>"...)
		if value == nil {
			dst = append(dst, "NULL"...)
		} else {
			dst = appendQuoted(dst, value)
		}
	}
	if len(rest) > 0 {
		return dst[:start], badWire("hstore")
	}
	return dst, nil
}

func appendQuoted(dst, text []byte) []byte {
	from := len(dst)
	dst = append(dst, text...)
	return wrap(dst, from, bytes.Count(text, []byte{'"'})+bytes.Count(text, []byte{'\\'}), '\\', '\\')
}

// AppendWire takes quoted and bare keys and values.
func (hstore) AppendWire(dst, text []byte) ([]byte, error) {
	start, n := len(dst), uint32(0)
	dst = append(dst, 0, 0, 0, 0)
	rest := trimSpace(text)
	for ; len(rest) > 0; n++ {
		var ok bool
		if n > 0 {
			if rest[0] != ',' {
				return dst[:start], badText("hstore")
			}
			rest = trimSpace(rest[1:])
		}
		if dst, rest, ok = appendWord(dst, rest, false); !ok || len(rest) < 2 || string(rest[:2]) != "=>" {
			return dst[:start], badText("hstore")
		}
		if dst, rest, ok = appendWord(dst, trimSpace(rest[2:]), true); !ok {
			return dst[:start], badText("hstore")
		}
	}
	binary.BigEndian.PutUint32(dst[start:], n)
	return dst, nil
}

func trimSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	return b
}

// appendWord reads a quoted or bare word, and space after it, and appends it
// after its length; NULL, unquoted, has length -1 where it is allowed.
func appendWord(dst, b []byte, null bool) (_, rest []byte, ok bool) {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	quoted := len(b) > 0 && b[0] == '"'
	i := 0
	if quoted {
		i = 1
	}
	for ; i < len(b); i++ {
		c := b[i]
		if c == '"' && quoted || !quoted && (c == ',' || c == '=' || isSpace(c)) {
			break
		}
		if c == '\\' {
			if i++; i == len(b) {
				return dst, nil, false
			}
			c = b[i]
		}
		dst = append(dst, c)
	}
	word := dst[at+4:]
	switch {
	case quoted:
		if i == len(b) {
			return dst, nil, false
		}
		i++
	case i == 0:
		return dst, nil, false
	case null && len(word) == 4 && bytes.EqualFold(word, []byte("NULL")):
		return append(dst[:at], 0xff, 0xff, 0xff, 0xff), trimSpace(b[i:]), true
	}
	binary.BigEndian.PutUint32(dst[at:], uint32(len(word)))
	return dst, trimSpace(b[i:]), true
}

// tsvector is a number of lexemes: each a zero-terminated string, a number of
// positions, and those, with the weight in the top two bits (tsvectorsend).
type tsvector struct{}

const maxPositions = 255 // of one lexeme

func (tsvector) AppendText(dst, wire []byte) ([]byte, error) {
	start := len(dst)
	if len(wire) < 4 {
		return dst, badWire("tsvector")
	}
	n, rest := binary.BigEndian.Uint32(wire), wire[4:]
	for i := uint32(0); i < n; i++ {
		end := bytes.IndexByte(rest, 0)
		if end < 0 || len(rest) < end+3 {
			return dst[:start], badWire("tsvector")
		}
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, '\'')
		for _, c := range rest[:end] {
			if c == '\'' || c == '\\' {
				dst = append(dst, c)
			}
			dst = append(dst, c)
		}
		dst = append(dst, '\'')
		positions := int(binary.BigEndian.Uint16(rest[end+1:]))
		if rest = rest[end+3:]; len(rest) < 2*positions || positions > maxPositions {
			return dst[:start], badWire("tsvector")
		}
		for j := range positions {
			p := binary.BigEndian.Uint16(rest[2*j:])
			if p&0x3fff == 0 {
				return dst[:start], badWire("tsvector")
			}
			dst = append(dst, pick(j == 0, ':', ','))
			dst = strconv.AppendUint(dst, uint64(p&0x3fff), 10)
			if w := p >> 14; w > 0 {
				dst = append(dst, "DCBA"[w])
			}
		}
		rest = rest[2*positions:]
	}
	if len(rest) > 0 {
		return dst[:start], badWire("tsvector")
	}
	return dst, nil
}

func (tsvector) AppendWire(dst, text []byte) ([]byte, error) {
	start, n := len(dst), uint32(0)
	dst = append(dst, 0, 0, 0, 0)
	var ok bool
	for rest := trimSpace(text); len(rest) > 0; rest = trimSpace(rest) {
		if dst, rest, ok = appendLexeme(dst, rest); !ok {
			return dst[:start], badText("tsvector")
		}
		n++
	}
	binary.BigEndian.PutUint32(dst[start:], n)
	return dst, nil
}

// appendLexeme reads 'word':1A,2 off the start of b.
func appendLexeme(dst, b []byte) (_, rest []byte, ok bool) {
	if b[0] != '\'' {
		return dst, nil, false
	}
	i := 1
	for ; i < len(b); i++ {
		if c := b[i]; c == '\\' || c == '\'' {
			if i+1 == len(b) || b[i+1] != c {
				break
			}
			i++
		} else if c == 0 {
			return dst, nil, false
		}
		dst = append(dst, b[i])
	}
	if i == len(b) || b[i] != '\'' {
		return dst, nil, false
	}
	b = b[i+1:]
	at := len(dst) + 1
	dst = append(dst, 0, 0, 0)
	for n := uint16(1); len(b) > 0 && (n == 1 && b[0] == ':' || n > 1 && b[0] == ','); n++ {
		p, after, ok := number(b[1:], 1, 5)
		if !ok || p < 1 || p > 0x3fff || n > maxPositions {
			return dst, nil, false
		}
		if len(after) > 0 && 'A' <= after[0] && after[0] <= 'D' {
			p |= int64('D'-after[0]) << 14
			after = after[1:]
		}
		dst = binary.BigEndian.AppendUint16(dst, uint16(p))
		binary.BigEndian.PutUint16(dst[at:], n)
		b = after
	}
	return dst, b, len(b) == 0 || isSpace(b[0])
}
