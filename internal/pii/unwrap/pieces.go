package unwrap

import (
	"bytes"
	"unicode/utf8"
)

// Values come in pieces: one element of an array a letter, a byte or a group of digits, or
// one field each of a document. What they are together is shown as one text.

// minPieces is how many letters or bytes make a text worth looking at.
const minPieces = 6

// maxGap is how many characters may stand between two letters of an array: a dot in
// quotes, between commas and further quotes, each of them doubled.
const maxGap = 12

// letters shows what letters and digits that stand alone spell.
func (u *Unwrapper) letters(depth int, v *View) {
	l := &u.levels[depth]
	text := v.Text
	for i := 0; i < len(text); {
		start, end, n := loneRun(text, i)
		if start < 0 {
			return
		}
		i = end
		if n < minPieces {
			continue
		}
		var digits bool
		l.buf, digits = appendLone(l.buf[:0], text[start:end])
		u.pieces(depth, v, l.buf, 0, start, end, digits)
	}
}

// loneRun finds the next stretch of letters and digits that stand alone, at most maxGap
// apart, and says how many they are; start is -1 if there is none.
func loneRun(text []byte, i int) (start, end, n int) {
	start = -1
	for i < len(text) {
		c := text[i]
		if !alnum[c] && c < utf8.RuneSelf {
			if start >= 0 && (i-end >= maxGap || c < '\t') { // a zero is half of a character of UTF-16
				return start, end, n
			}
			i++
			continue
		}
		_, size := utf8.DecodeRune(text[i:])
		if next := i + size; next < len(text) && (alnum[text[next]] || text[next] >= utf8.RuneSelf) {
			for i < len(text) && (alnum[text[i]] || text[i] >= utf8.RuneSelf) { // a word
				i++
			}
			if start >= 0 {
				return start, end, n
			}
			continue
		}
		if start < 0 {
			start = i
		}
		i += size
		end = i
		n++
	}
	return start, end, n
}

// appendLone appends the elements of a stretch without what stands between them: the
// letters, and @ . - _ + where they are elements themselves. digits says that there are no others.
func appendLone(dst, text []byte) (out []byte, digits bool) {
	between := separatorOf(text)
	for g := loneGap(text); g.to < len(text) && !around(text[g.from:g.to], between); g = loneGap(text) {
		text = text[g.to:] // a letter before the array
	}
	for g := lastGap(text); g.from > 0 && !around(text[g.from:g.to], between); g = lastGap(text) {
		text = text[:g.from] // one behind it
	}
	digits = true
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case alnum[c], c >= utf8.RuneSelf:
			digits = digits && isDigit(c)
			dst = append(dst, c)
		case (c == '@' || c == '.' || c == '-' || c == '_' || c == '+') && bytes.IndexByte(between, c) < 0:
			digits = digits && c != '@'
			dst = append(dst, c)
		case c == ' ' && i > 0 && i+1 < len(text) && text[i-1] == text[i+1] &&
			(text[i-1] == '"' || text[i-1] == '\'' || text[i-1] == ','):
			dst = append(dst, ' ')
		}
	}
	return dst, digits
}

// around reports whether a gap begins and ends with a separator.
func around(gap, separator []byte) bool {
	return bytes.HasPrefix(gap, separator) && bytes.HasSuffix(gap, separator)
}

// span is text[from:to].
type span struct{ from, to int }

// loneGap is what stands between the first letter of text and the next one.
func loneGap(text []byte) (g span) {
	_, g.from = utf8.DecodeRune(text)
	for g.to = g.from; g.to < len(text) && !alnum[text[g.to]] && text[g.to] < utf8.RuneSelf; g.to++ {
	}
	return g
}

// lastGap is what stands before the last letter of text.
func lastGap(text []byte) (g span) {
	for g.to = len(text) - 1; g.to > 0 && text[g.to]&0xC0 == 0x80; g.to-- {
	}
	for g.from = g.to; g.from > 0 && !alnum[text[g.from-1]] && text[g.from-1] < utf8.RuneSelf; g.from-- {
	}
	return g
}

// separatorOf is the shortest that stands between two letters.
func separatorOf(text []byte) (shortest []byte) {
	for len(text) > 0 {
		g := loneGap(text)
		if g.to < len(text) && (shortest == nil || g.to-g.from < len(shortest)) {
			shortest = text[g.from:g.to]
		}
		text = text[g.to:]
	}
	return shortest
}

// pieces shows a text that was put together of v.Text[start:end], which may be read in several ways.
func (u *Unwrapper) pieces(depth int, v *View, text []byte, way, start, end int, loose bool) {
	if u.freshAs(way, v.Text[start:end]) {
		u.loose = loose
		u.cutOut(depth, v, Array, text, v.Binary, start, end)
		u.loose = false
	}
}

// uuencoded reports the first line of a file in uuencode (POSIX.1-2017, uuencode).
func uuencoded(text []byte) bool { _, body := uuBegin(text, 0); return body > 0 }

// uuBegin finds "begin MODE NAME" at the start of a line, from i on: where it is, and where
// the line behind it begins, 0 if there is none.
func uuBegin(text []byte, i int) (start, body int) {
	for i < len(text) {
		k := bytes.Index(text[i:], []byte("begin "))
		if k < 0 {
			return 0, 0
		}
		i += k
		start = i
		i += len("begin ")
		if start > 0 && text[start-1] != '\n' || i+4 > len(text) || decimalCode(text[i:i+3]) < 0 || text[i+3] != ' ' {
			continue
		}
		if k = bytes.IndexByte(text[i:], '\n'); k >= 0 {
			return start, i + k + 1
		}
	}
	return 0, 0
}

// uuencode shows what stands in uuencode.
func (u *Unwrapper) uuencode(depth int, v *View) {
	l := &u.levels[depth]
	text := v.Text
	for i := 0; ; {
		start, body := uuBegin(text, i)
		if body == 0 {
			return
		}
		l.buf, i = appendUU(l.buf[:0], text, body)
		if len(l.buf) > 0 && u.fresh(text[start:i]) {
			u.cutOut(depth, v, UUEncode, l.buf, !textual(l.buf[:min(len(l.buf), 512)]), start, i)
		}
	}
}

// appendUU decodes the lines from i on, up to one that is none of uuencode.
func appendUU(dst, text []byte, i int) (out []byte, end int) {
	for i < len(text) {
		k := bytes.IndexByte(text[i:], '\n')
		if k < 0 {
			k = len(text) - i
		}
		line := bytes.TrimRight(text[i:i+k], "\r")
		if len(line) < 5 || line[0] <= ' ' || line[0] > ' '+45 {
			return dst, i
		}
		n := int(line[0] - ' ')
		before := len(dst)
		for q := 1; q+4 <= len(line); q += 4 {
			a, b, c, d := (line[q]-' ')&63, (line[q+1]-' ')&63, (line[q+2]-' ')&63, (line[q+3]-' ')&63
			dst = append(dst, a<<2|b>>4, b<<4|c>>2, c<<6|d)
		}
		if len(dst)-before < n {
			return dst[:before], i
		}
		dst = dst[:before+n]
		i = min(len(text), i+k+1)
	}
	return dst, i
}
