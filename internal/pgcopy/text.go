package pgcopy

import (
	"bytes"
	"fmt"
)

// lineEnd is the length of b up to and including its first newline.
func lineEnd(b []byte) int {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return i + 1
	}
	return len(b)
}

// escaped reports whether b[i] follows an odd number of backslashes.
func escaped(b []byte, i int) bool {
	n := 0
	for n < i && b[i-1-n] == '\\' {
		n++
	}
	return n&1 == 1
}

// scanText finds the end of the line that b starts with and where its fields are.
func (p *Parser) scanText(b []byte) int {
	end := p.pos
	for {
		i := bytes.IndexByte(b[end:], '\n')
		if i < 0 {
			p.pos = len(b)
			if len(b) > MaxRow {
				p.fail(0, "longer than 1 GiB")
			}
			return 0
		}
		end += i + 1
		if !escaped(b, end-1) { // a backslash before a newline makes it data
			break
		}
	}
	line := b[:end-1]
	if string(line) == `\.` {
		p.state = atEnd
		return end
	}
	if reason := badLine(line); reason != "" {
		p.fail(0, reason)
		return 0
	}
	if n := p.cut(line); n != len(p.row.off)-1 {
		p.fail(0, fmt.Sprintf("has %d fields where %d are expected", n, len(p.row.off)-1))
		return 0
	}
	p.row.off[len(p.row.off)-1] = end
	return end
}

// badLine names what a server would not have written, and would misread.
func badLine(line []byte) string {
	for at := 0; ; {
		i := bytes.IndexByte(line[at:], '\r')
		if i < 0 {
			break
		}
		if !escaped(line, at+i) {
			return "a carriage return that is not escaped"
		}
		at += i + 1
	}
	for at := 0; ; {
		i := bytes.Index(line[at:], []byte(`\.`))
		if i < 0 {
			return ""
		}
		if !escaped(line, at+i) {
			return "an end marker that is not on a line of its own"
		}
		at += i + 2
	}
}

// cut notes where the line's fields start and returns their number; it goes on
// counting when there are too many.
func (p *Parser) cut(line []byte) int {
	off := p.row.off[:len(p.row.off)-1]
	if len(off) == 0 && len(line) == 0 {
		return 0
	}
	n, start := 0, 0
	for at := 0; ; {
		i := bytes.IndexByte(line[at:], '\t')
		if i >= 0 && escaped(line, at+i) {
			at += i + 1
			continue
		}
		if n < len(off) {
			off[n] = start
		}
		n++
		if i < 0 {
			return n
		}
		at += i + 1
		start = at
	}
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
