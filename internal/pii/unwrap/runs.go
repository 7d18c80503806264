package unwrap

import (
	"bytes"
)

// minHex is the shortest stretch of hex that is decoded: six bytes.
const minHex = 12

// runs decodes the stretches that inspect found.
func (u *Unwrapper) runs(depth int, v *View) {
	text := v.Text
	done, bytesTo := 0, 0 // what is before was decoded: to text, to other bytes
	for _, start := range u.levels[depth].starts {
		if start < done {
			continue
		}
		if u.left <= 0 {
			u.cut = true
			return
		}
		if text[start]|1 == '1' {
			if end := u.bits(depth, v, start); end > 0 {
				done = end
				continue
			}
		}
		if hexValue[text[start]] < 16 && hexValue[text[start+1]] < 16 {
			if end := hexEnd(text, start); end-start >= minHex {
				if end = u.hex(depth, v, start, end); end > 0 {
					done = end
					continue
				}
			}
		}
		if start < bytesTo {
			done = u.word(depth, v, start)
			continue
		}
		end, isText := u.base64(depth, v, start)
		switch {
		case isText:
			if done = end; wordEnd(text, start) != end {
				done = max(end, u.word(depth, v, start)) // what seems its end may be the next part of a path
			}
		case end > 0:
			bytesTo = end
			done = u.word(depth, v, start)
		default:
			done = u.word(depth, v, start)
		}
	}
}

// hexEnd is where a stretch of hex digits ends.
func hexEnd(text []byte, i int) int {
	for i < len(text) && hexValue[text[i]] < 16 {
		i++
	}
	return i
}

// hex decodes text[start:end], and the lines after it if it is a line of text, and returns
// where that ends; 0 if it is nothing to be shown.
func (u *Unwrapper) hex(depth int, v *View, start, end int) int {
	l := &u.levels[depth]
	text := v.Text
	l.buf = appendHex(l.buf[:0], text[start:end])
	isText, packed := textual(l.buf), compressedHead(l.buf) || wideHead(l.buf)
	if !isText && !packed && len(l.buf) < binaryFrom {
		return 0
	}
	for line := start; isText || packed; {
		next := nextLine(text, line, end, len(text), (end-line)%2)
		if next == 0 || hexValue[text[next]] > 15 {
			break
		}
		line, end = next, hexEnd(text, next)
		l.buf = appendHex(l.buf, text[line:end])
	}
	if u.fresh(text[start:end]) {
		u.cutOut(depth, v, Hex, l.buf, !isText, start, end)
	}
	return end
}

func appendHex(dst, digits []byte) []byte {
	for i := 0; i+1 < len(digits); i += 2 {
		dst = append(dst, hexValue[digits[i]]<<4|hexValue[digits[i+1]])
	}
	return dst
}

// base64 decodes the run that begins at start and returns its end, 0 if it is
// nothing to be shown.
func (u *Unwrapper) base64(depth int, v *View, start int) (end int, isText bool) {
	l := &u.levels[depth]
	l.buf, end = appendBase64(l.buf[:0], v.Text, start, len(v.Text))
	isText = textual(l.buf)
	if !isText && !compressedHead(l.buf) && !wideHead(l.buf) && len(l.buf) < binaryFrom {
		return 0, false
	}
	if u.fresh(v.Text[start:end]) {
		u.cutOut(depth, v, Base64, l.buf, !isText, start, end)
	}
	return end, isText
}

// word decodes the letters and digits from start on, if that gives text: what
// stands behind may be no more base64, such as the next part of a path.
func (u *Unwrapper) word(depth int, v *View, start int) (end int) {
	l := &u.levels[depth]
	text := v.Text
	if end = wordEnd(text, start); end-start < minRun {
		return start
	}
	l.buf, _ = appendBase64(l.buf[:0], text, start, end)
	if !textual(l.buf) && !wideHead(l.buf) {
		return start
	}
	if u.fresh(text[start:end]) {
		u.cutOut(depth, v, Base64, l.buf, false, start, end)
	}
	return end
}

// lineLength is from where on a line may be one of several of the same base64.
const lineLength = 60

// appendBase64 decodes from text[start] on, in either alphabet, up to padding,
// the end, or another character, and says where that is.
func appendBase64(dst, text []byte, start, limit int) (out []byte, end int) {
	var group uint32
	n := 0
	i := start
	line := start
	for i < limit {
		for n == 0 && i+4 <= limit {
			a, b, c, d := base64Value[text[i]], base64Value[text[i+1]], base64Value[text[i+2]], base64Value[text[i+3]]
			if a|b|c|d > 63 {
				break
			}
			dst = append(dst, a<<2|b>>4, b<<4|c>>2, c<<6|d)
			i += 4
		}
		if i == limit {
			break
		}
		c := base64Value[text[i]]
		if c > 63 {
			next := nextLine(text, line, i, limit, n)
			if next == 0 {
				break
			}
			i, line = next, next
			continue
		}
		group = group<<6 | uint32(c)
		i++
		if n++; n == 4 {
			dst = append(dst, byte(group>>16), byte(group>>8), byte(group))
			group, n = 0, 0
		}
	}
	switch n {
	case 2:
		dst = append(dst, byte(group>>4))
	case 3:
		dst = append(dst, byte(group>>10), byte(group>>2))
	}
	return dst, i
}

// nextLine is where base64 goes on behind a line break, or a space in its place;
// 0 if it doesn't.
func nextLine(text []byte, line, i, limit, n int) int {
	if n != 0 || i-line < lineLength {
		return 0
	}
	k := i
	for k < limit && k < i+2 && (text[k] == '\n' || text[k] == '\r' || text[k] == ' ') {
		k++
	}
	if k == i || k == limit || base64Value[text[k]] > 63 {
		return 0
	}
	return k
}

// compressed unfolds the streams whose magic number stands in a text.
func (u *Unwrapper) compressed(depth int, v *View) {
	l := &u.levels[depth]
	text := v.Text
	for range maxStreams {
		i, kind := magicIn(text, true)
		if i < 0 {
			return
		}
		if !u.fresh(text[i:]) {
			return
		}
		var more bool
		l.buf, more = u.expand.unfold(l.buf[:0], text[i:], kind, u.left)
		u.cut = u.cut || more
		if len(l.buf) > 0 {
			u.cutOut(depth, v, Compressed, l.buf, !textual(l.buf[:min(len(l.buf), 512)]), len(v.Text)-len(text)+i,
				len(v.Text))
		}
		text = text[i+1:]
	}
}

// maxStreams is how many compressed streams one text may hold.
const maxStreams = 4

// A kind of compressed stream.
type kind uint8

const (
	gzipped kind = iota + 1
	zlibbed
	zstandard
)

var (
	gzipMagic = []byte{0x1F, 0x8B, 0x08}       // RFC 1952 §2.3.1
	zstdMagic = []byte{0x28, 0xB5, 0x2F, 0xFD} // RFC 8878 §3.1.1
)

// magicIn is where the first compressed stream begins, -1 if there is none: zlib
// at the start only, since its two bytes are too few to be looked for.
func magicIn(text []byte, anywhere bool) (int, kind) {
	if zlibHead(text) {
		return 0, zlibbed
	}
	if !anywhere {
		return -1, 0
	}
	g, z := bytes.Index(text, gzipMagic), bytes.Index(text, zstdMagic)
	if g >= 0 && (z < 0 || g < z) {
		return g, gzipped
	}
	if z >= 0 {
		return z, zstandard
	}
	return -1, 0
}

// zlibHead reports the header of RFC 1950 §2.2 for a window of 32 KiB, no dictionary.
func zlibHead(b []byte) bool {
	return len(b) >= 6 && b[0] == 0x78 && b[1]&0x20 == 0 && (uint(b[0])<<8|uint(b[1]))%31 == 0
}

// compressedHead reports a magic number at the start.
func compressedHead(b []byte) bool {
	return bytes.HasPrefix(b, gzipMagic) || bytes.HasPrefix(b, zstdMagic) || zlibHead(b)
}

var hexValue = table("0123456789abcdef", "          ABCDEF")

var base64Value = table("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	"                                                              -_")

// table maps the characters of two alphabets to their place, any other to 255.
func table(alphabet, other string) (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i := range alphabet {
		t[alphabet[i]] = byte(i)
	}
	for i := range other {
		if other[i] != ' ' {
			t[other[i]] = byte(i)
		}
	}
	return t
}
