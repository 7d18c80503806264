package document

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// scanString reads a string whose text starts at i, after the quote. end is
// after the closing quote, or where it is wrong.
func scanString(b []byte, i int) (end int, escaped, ok bool) {
	for {
		i = plain(b, i)
		if i == len(b) || b[i] < ' ' {
			return i, escaped, false
		}
		if b[i] == '"' {
			return i + 1, escaped, true
		}
		escaped = true
		n := escapeLen(b[i:])
		if n == 0 {
			return i, true, false
		}
		i += n
	}
}

// plain is the index, from i on, of the first quote, backslash or control
// character, len(b) if there is none. It looks at eight bytes at a time.
func plain(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		// y-ones borrows into the high bit of the lowest byte that is zero.
		quote, slash := x^('"'*ones), x^('\\'*ones)
		m := ((quote-ones)&^quote | (slash-ones)&^slash | (x-' '*ones)&^x) & highs
		if m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < ' ' || c == '"' || c == '\\' {
			return i
		}
	}
	return i
}

// escapeLen is the length of the escape that b starts with, 0 if it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b[2:]); ok {
			return 6
		}
	}
	return 0
}

func hex4(b []byte) (v rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		v = v<<4 | rune(c)
	}
	return v, true
}

// unescape appends the text of a valid string without its quotes. Half a
// surrogate pair becomes U+FFFD.
func unescape(dst, s []byte) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '\\' {
			dst = append(dst, c)
			continue
		}
		i++
		switch c = s[i]; c {
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
		case 'u':
			r, _ := hex4(s[i+1:])
			i += 4
			if utf16.IsSurrogate(r) {
				r2, ok := rune(0), false
				if i+2 < len(s) && s[i+1] == '\\' && s[i+2] == 'u' {
					r2, ok = hex4(s[i+3:])
				}
				if r = utf16.DecodeRune(r, r2); ok && r != utf8.RuneError {
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// scanNumber reads a number at i; end is where it ends or goes wrong.
func scanNumber(b []byte, i int) (end int, ok bool) {
	if i < len(b) && b[i] == '-' {
		i++
	}
	first := i
	if i = scanDigits(b, i); i == first || b[first] == '0' && i > first+1 {
		return min(first+1, len(b)), false
	}
	if i < len(b) && b[i] == '.' {
		from := i + 1
		if i = scanDigits(b, from); i == from {
			return i, false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		from := i
		if i = scanDigits(b, from); i == from {
			return i, false
		}
	}
	return i, true
}

func scanDigits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}

// scanScalar reads a string, number, boolean or null at i.
func scanScalar(b []byte, i int) (end int, kind Kind, escaped, ok bool) {
	word := ""
	switch b[i] {
	case '"':
		end, escaped, ok = scanString(b, i+1)
		return end, String, escaped, ok
	case 't':
		word, kind = "true", Bool
	case 'f':
		word, kind = "false", Bool
	case 'n':
		word, kind = "null", Null
	default:
		end, ok = scanNumber(b, i)
		return end, Number, false, ok
	}
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return i, kind, false, false
	}
	return i + len(word), kind, false, true
}

// IsNumber reports whether text is a JSON number.
func IsNumber(text []byte) bool {
	end, ok := scanNumber(text, 0)
	return ok && end == len(text)
}

// AppendRedacted appends what stands for an unlisted value of a kind: "[redacted]",
// 0, false, null, {} or [].
func AppendRedacted(dst []byte, kind Kind) []byte {
	return append(dst, [...]string{
		String: `"[redacted]"`, Number: "0", Bool: "false", Null: "null", Object: "{}", Array: "[]",
	}[kind]...)
}

// AppendString appends text as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func AppendString(dst, text []byte) []byte {
	start := len(dst)
	return EndString(append(append(dst, '"'), text...), start)
}

// EndString makes a JSON string of the text that the caller appended after an
// opening quote at dst[start], escaping it in place. Bytes that are not UTF-8
// become U+FFFD.
//
//	start := len(dst)
//	dst = append(dst, '"')
//	dst = appendFake(dst)
//	dst = document.EndString(dst, start)
func EndString(dst []byte, start int) []byte {
	start++
	extra, ascii := 0, true
	for _, c := range dst[start:] {
		if c < ' ' || c == '"' || c == '\\' {
			extra += len(escapeOf(c)) - 1
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if !ascii && !utf8.Valid(dst[start:]) {
		valid := []byte(string([]rune(string(dst[start:]))))
		dst = append(dst[:start], valid...)
	}
	if extra == 0 {
		return append(dst, '"')
	}
	from := len(dst)
	for range extra {
		dst = append(dst, 0)
	}
	for to := len(dst); from < to; {
		from--
		c := dst[from]
		if c < ' ' || c == '"' || c == '\\' {
			e := escapeOf(c)
			to -= len(e)
			copy(dst[to:], e)
			continue
		}
		to--
		dst[to] = c
	}
	return append(dst, '"')
}

// escapeOf is how a character that must be escaped is written.
func escapeOf(c byte) string {
	switch c {
	case '"':
		return `\"`
	case '\\':
		return `\\`
	case '\b':
		return `\b`
	case '\f':
		return `\f`
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	const all = `\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000a\u000b\u000c\u000d\u000e\u000f` +
		`\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f`
	return all[6*int(c) : 6*int(c)+6]
}
