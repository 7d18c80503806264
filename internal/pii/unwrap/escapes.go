package unwrap

import (
	"bytes"
	"html"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// maxEntity is the length of the longest entity, with its & and semicolon
// (&CounterClockwiseContourIntegral;).
const maxEntity = 34

// rewrite appends text without its escapes and compatibility forms, all kinds in
// one pass. A line break that was escaped becomes a space, so that the lines stay
// those of the text; an escape that is none stays as it is.
func rewrite(dst, text []byte, f features) []byte {
	wide := f&forms != 0
	owed := 0 // line breaks within words, which are made up for behind the next other one
	for i := 0; i < len(text); {
		s := i
		for i < len(text) && (!special[text[i]] || text[i] >= utf8.RuneSelf && !wide) {
			i++
		}
		if owed > 0 {
			if k := bytes.IndexByte(text[s:i], '\n'); k >= 0 {
				dst = append(dst, text[s:s+k]...)
				dst = append(dst, bytes.Repeat(newline, owed)...)
				s, owed = s+k, 0
			}
		}
		dst = append(dst, text[s:i]...)
		if i == len(text) {
			break
		}
		n := 0
		switch c := text[i]; {
		case c == '%':
			dst, n = percentEscape(dst, text[i:])
		case c == '&':
			dst, n = entityEscape(dst, text[i:])
		case c == '\\':
			if n = escapedFold(text, i); n == 0 {
				dst, n = backslash(dst, text[i:], f)
			}
		case c == '+':
			if f&pluses != 0 && spacePlus(text, i) {
				dst, n = append(dst, ' '), 1
			}
		case c == '=':
			if f&quoted == 0 {
				break
			}
			if q, ok := quotedByte(text[i:]); ok {
				dst, n = append(dst, q), 3
			} else if n = softBreak(text, i); n > 0 {
				owed++
			}
		case c == escape:
			n = controlSequence(text[i:])
		default:
			dst, n = form(dst, text[i:])
		}
		if n == 0 {
			dst = append(dst, text[i])
			n = 1
		}
		i += n
	}
	return dst
}

var special = func() (t [256]bool) {
	for _, c := range []byte("%&\\+=\x1B") {
		t[c] = true
	}
	for c := utf8.RuneSelf; c < 256; c++ {
		t[c] = true
	}
	return t
}()

// put appends a byte that was escaped.
func put(dst []byte, c byte) []byte {
	if c == '\n' || c == '\r' {
		c = ' '
	}
	return append(dst, c)
}

func putRune(dst []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		return put(dst, byte(r))
	}
	return utf8.AppendRune(dst, r)
}

// number reads up to n digits of hex, at least least.
func number(text []byte, least, n int) (v rune, size int) {
	for size < n && size < len(text) && hexValue[text[size]] < 16 {
		v = v<<4 | rune(hexValue[text[size]])
		size++
	}
	if size < least {
		return 0, 0
	}
	return v, size
}

// percentEscape reads %XX (RFC 3986 §2.1) and %uXXXX.
func percentEscape(dst, text []byte) ([]byte, int) {
	if len(text) > 2 && text[1]|0x20 == 'u' {
		if r, n := codeUnits(text[2:], "%u"); n > 0 {
			return putRune(dst, r), 2 + n
		}
	}
	if v, n := number(text[1:], 2, 2); n > 0 {
		return put(dst, byte(v)), 3
	}
	return dst, 0
}

// codeUnits reads four hex digits, and a second code unit behind its own prefix
// if the first is half of a character (RFC 8259 §7).
func codeUnits(text []byte, prefix string) (rune, int) {
	r, n := number(text, 4, 4)
	if n == 0 || !utf16.IsSurrogate(r) {
		return r, n
	}
	if rest := text[n:]; len(rest) > 2 && rest[0] == prefix[0] && rest[1] == prefix[1] {
		if low, m := number(rest[2:], 4, 4); m > 0 {
			return utf16.DecodeRune(r, low), n + 2 + m
		}
	}
	return utf8.RuneError, n
}

// entityEscape reads an HTML character reference (HTML Living Standard §13.5).
func entityEscape(dst, text []byte) ([]byte, int) {
	if len(text) < 3 {
		return dst, 0
	}
	if text[1] == '#' {
		return numericEntity(dst, text)
	}
	end := bytes.IndexByte(text[:min(len(text), maxEntity)], ';')
	if end < 3 || !alnum[text[1]] {
		return dst, 0
	}
	switch name := string(text[1:end]); name {
	case "amp", "AMP":
		return append(dst, '&'), end + 1
	case "lt":
		return append(dst, '<'), end + 1
	case "gt":
		return append(dst, '>'), end + 1
	case "quot":
		return append(dst, '"'), end + 1
	case "nbsp", "NewLine", "Tab":
		return append(dst, ' '), end + 1
	default:
		whole := string(text[:end+1])
		if s := html.UnescapeString(whole); s != whole {
			return append(dst, s...), end + 1
		}
	}
	return dst, 0
}

func numericEntity(dst, text []byte) ([]byte, int) {
	i, v, digits := 2, rune(0), 0
	isHex := text[i]|0x20 == 'x'
	if isHex {
		i++
	}
	for ; i+1 < len(text) && i < maxEntity && text[i] == '0' && hexValue[text[i+1]] < 16; i++ { // leading zeros
	}
	if isHex {
		v, digits = number(text[i:], 1, 7)
		i += digits
	} else {
		for ; i < len(text) && digits < 7 && isDigit(text[i]); i++ {
			v = v*10 + rune(text[i]-'0')
			digits++
		}
	}
	if digits == 0 || v == 0 || v > utf8.MaxRune {
		return dst, 0
	}
	if i < len(text) && text[i] == ';' {
		i++
	}
	return putRune(dst, v), i
}

// backslash reads an escape of JSON, C, JavaScript, Python, array literals, COPY
// or bytea in either of its forms.
func backslash(dst, text []byte, f features) ([]byte, int) {
	if len(text) < 2 {
		return dst, 0
	}
	if f&sqlText != 0 {
		if out, n := sqlEscape(dst, text); n > 0 {
			return out, n
		}
	}
	if f&richText != 0 {
		if out, n := richEscape(dst, text); n > 0 {
			return out, n
		}
	}
	switch c := text[1]; c {
	case 'n', 'r', 't', 'b', 'f', 'v':
		return append(dst, ' '), 2
	case '"', '\\', '/', '\'':
		return append(dst, c), 2
	case 'u':
		return unicodeEscape(dst, text)
	case 'U':
		if v, n := number(text[2:], 8, 8); n > 0 && v >= 0 && v <= utf8.MaxRune {
			return putRune(dst, v), 2 + n
		}
	case 'x', 'X':
		if end := hexEnd(text, 2); end-2 >= minHex {
			return appendHex(dst, text[2:end]), end
		}
		if v, n := number(text[2:], 2, 2); n > 0 {
			return put(dst, byte(v)), 4
		}
	case '0', '1', '2', '3':
		if len(text) > 3 && text[2]&^7 == '0' && text[3]&^7 == '0' {
			return put(dst, (c-'0')<<6|(text[2]-'0')<<3|(text[3]-'0')), 4
		}
	}
	return dst, 0
}

// unicodeEscape reads what JSON (`\u00e4`) and JavaScript (`\u{e4}`) write.
func unicodeEscape(dst, text []byte) ([]byte, int) {
	if r, n := codeUnits(text[2:], `\u`); n > 0 {
		return putRune(dst, r), 2 + n
	}
	if len(text) > 3 && text[2] == '{' {
		if v, n := number(text[3:], 1, 6); n > 0 && 3+n < len(text) && text[3+n] == '}' {
			return putRune(dst, v), 4 + n
		}
	}
	return dst, 0
}

// escapedFold is the length of a folded line's break that is written in escapes, 0 if there is none.
func escapedFold(text []byte, i int) int {
	end := i
	for _, escape := range [...]string{`\r`, `\n`, ` `} {
		if bytes.HasPrefix(text[end:], []byte(escape)) {
			end += len(escape)
		} else if escape != `\r` {
			return 0
		}
	}
	if !within(text, i, end) || isDigit(text[i-1]) && isDigit(text[end]) {
		return 0
	}
	return end - i
}

// sqlEscape reads \XXXX and \+XXXXXX of U&'…' (PostgreSQL's manual, §4.1.2.3).
func sqlEscape(dst, text []byte) ([]byte, int) {
	if r, n := codeUnits(text[1:], "\\"); n > 0 {
		return putRune(dst, r), 1 + n
	}
	if text[1] == '+' {
		if r, n := number(text[2:], 6, 6); n > 0 && r <= utf8.MaxRune {
			return putRune(dst, r), 2 + n
		}
	}
	return dst, 0
}

// richEscape reads an escape of RTF 1.9: \'fc of Windows-1252, \u252? of Unicode with what
// older readers show instead, and control words, which are spaces or nothing.
func richEscape(dst, text []byte) ([]byte, int) {
	if text[1] == '\'' {
		if v, n := number(text[2:], 2, 2); n > 0 {
			return putRune(dst, charmap.Windows1252.DecodeByte(byte(v))), 4
		}
	}
	end := 1
	for end < len(text) && isLetter(text[end]) {
		end++
	}
	word := string(text[1:end])
	if word == "" {
		return dst, 0
	}
	from := end
	if end < len(text) && text[end] == '-' {
		end++
	}
	for end < len(text) && isDigit(text[end]) {
		end++
	}
	if v, err := strconv.Atoi(string(text[from:end])); err == nil && word == "u" {
		switch {
		case bytes.HasPrefix(text[end:], []byte(`\'`)):
			end = min(len(text), end+4)
		case end < len(text) && text[end] != '\\':
			end++
		}
		return putRune(dst, rune(uint16(v))), end
	}
	if end < len(text) && text[end] == ' ' {
		end++
	}
	switch word {
	case "par", "line", "tab", "cell", "row":
		dst = append(dst, ' ')
	}
	return dst, end
}

// Escaped is how many bytes of text[i:] belong to an escape that begins before them,
// as the n of \n and the 40 of %40 do, 0 if none: what follows is another word.
func Escaped(text []byte, i int) int {
	if i == 0 || i >= len(text) || text[i-1] != '%' && text[i-1] != '\\' {
		return 0
	}
	var b [utf8.UTFMax]byte
	n := 0
	if text[i-1] == '%' {
		_, n = percentEscape(b[:0], text[i-1:])
	} else {
		_, n = backslash(b[:0], text[i-1:], 0)
	}
	return max(0, n-1)
}
