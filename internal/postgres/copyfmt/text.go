package copyfmt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// lineEnd is the length of b up to and including its first newline.
func lineEnd(b []byte) int {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return i + 1
	}
	return len(b)
}

// scanText finds the end of the line that b starts with and where its fields are.
// It goes on where it stopped when the line wasn't complete.
func (p *Parser) scanText(b []byte) int {
	last := len(p.row.off) - 1
	i, col := p.pos, p.col
	if i == 0 {
		p.row.off[0] = 0
	}
	for {
		i = special(b, i)
		if i == len(b) {
			break
		}
		switch b[i] {
		case '\t':
			if i, col = i+1, col+1; col < last {
				p.row.off[col] = i
			}
			continue
		case '\r':
			p.fail(0, "a carriage return that is not escaped")
			return 0
		case '\n':
			if n := col + 1; n != last && (last > 0 || i > 0) {
				p.fail(0, fmt.Sprintf("has %d fields where %d are expected", n, last))
				return 0
			}
			p.row.off[last] = i + 1
			return i + 1
		}
		// A backslash makes what follows it data, but for the end marker.
		if i+1 < len(b) && b[i+1] != '.' {
			i += 2
			continue
		}
		if i+2 >= len(b) {
			break
		}
		if i > 0 || b[2] != '\n' {
			p.fail(0, "an end marker that is not on a line of its own")
			return 0
		}
		p.state = atEnd
		return 3
	}
	p.pos, p.col = i, col
	if len(b) > MaxRow {
		p.fail(0, "longer than 1 GiB")
	}
	return 0
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special is the index, from i on, of the first tab, newline, carriage return or
// backslash, len(b) if there is none. It looks at eight bytes at a time.
func special(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		// y-ones borrows into the high bit of the lowest byte that is zero.
		slash := x ^ '\\'*ones
		tab, nl, cr := x^'\t'*ones, x^'\n'*ones, x^'\r'*ones
		m := ((slash-ones)&^slash | (tab-ones)&^tab | (nl-ones)&^nl | (cr-ones)&^cr) & highs
		if m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(b); i++ {
		switch b[i] {
		case '\t', '\n', '\r', '\\':
			return i
		}
	}
	return i
}

// Unescape turns a field of text format, which is not NULL, into its value, in the
// same memory.
func Unescape(field []byte) []byte {
	if bytes.IndexByte(field, '\\') < 0 {
		return field
	}
	return unescape(field[:0], field)
}

// unescape appends the value of a text field.
func unescape(dst, field []byte) []byte {
	for {
		i := bytes.IndexByte(field, '\\')
		if i < 0 || i+1 == len(field) {
			return append(dst, field...)
		}
		dst = append(dst, field[:i]...)
		c := field[i+1]
		field = field[i+2:]
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'v':
			c = '\v'
		case 'x':
			if v, n := digits(field, 2, 16); n > 0 {
				c, field = v, field[n:]
			}
		case '0', '1', '2', '3', '4', '5', '6', '7':
			v, n := digits(field, 2, 8)
			c -= '0'
			for range n {
				c *= 8
			}
			c, field = c+v, field[n:]
		}
		dst = append(dst, c)
	}
}

// digits reads at most limit digits of a base and returns their value and number.
func digits(b []byte, limit int, base byte) (v byte, n int) {
	for n < limit && n < len(b) {
		d := b[n]
		switch {
		case '0' <= d && d <= '9':
			d -= '0'
		case 'a' <= d && d <= 'f':
			d -= 'a' - 10
		case 'A' <= d && d <= 'F':
			d -= 'A' - 10
		default:
			return v, n
		}
		if d >= base {
			return v, n
		}
		v = v*base + d
		n++
	}
	return v, n
}

// escapes maps a byte to the letter that follows the backslash, 0 if none does
// (CopyAttributeOutText, src/backend/commands/copyto.c).
var escapes = [256]byte{'\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v', '\\': '\\'}

// escapeTail escapes dst[start:] in place.
func escapeTail(dst []byte, start int) []byte {
	extra := 0
	for _, c := range dst[start:] {
		if escapes[c] != 0 {
			extra++
		}
	}
	if extra == 0 {
		return dst
	}
	from := len(dst)
	for range extra {
		dst = append(dst, 0)
	}
	to := len(dst)
	for from < to {
		from--
		to--
		c := dst[from]
		if e := escapes[c]; e != 0 {
			dst[to] = e
			to--
			c = '\\'
		}
		dst[to] = c
	}
	return dst
}
