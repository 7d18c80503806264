package unwrap

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// strip appends text without what stands within words and hides them from a search:
// inline markup, the breaks of folded lines, signs that are spelled out in brackets, and
// one round of UTF-8 read as Latin-1 or Windows-1252. The lines stay those of the text.
func strip(dst, text []byte, f features) []byte {
	owed := 0 // line breaks that were taken out, made up for at the next other one
	for i := 0; i < len(text); {
		n := 0
		switch c := text[i]; c {
		case '<', ']':
			if f&inline != 0 {
				n = markupWithin(text, i)
				owed += bytes.Count(text[i:i+n], newline)
			}
			if n == 0 && c == '<' && f&spelled != 0 {
				dst, n = spelledAt(dst, text, i)
			}
		case '\r', '\n':
			if n = foldAt(text, i); n > 0 {
				owed++
			} else if c == '\n' && owed > 0 {
				dst = append(dst, bytes.Repeat(newline, owed)...)
				owed = 0
			}
		case '[', '(', '{':
			if f&spelled != 0 {
				dst, n = spelledAt(dst, text, i)
			}
		case '\'', '"', '`':
			if f&joins != 0 {
				dst, n = joinAt(dst, text, i)
				owed += bytes.Count(text[i:i+n], newline)
			}
		case misreadLead:
			if f&mojibake != 0 {
				if r, size := misreadRune(text[i:]); size > 0 {
					dst, n = utf8.AppendRune(dst, r), size
				}
			}
		}
		if n == 0 && f&oneByte != 0 && text[i] >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(text[i:])
			if n = size; r == utf8.RuneError && size == 1 {
				r = charmap.Windows1252.DecodeByte(text[i])
			}
			dst = utf8.AppendRune(dst, r)
		}
		if n == 0 {
			dst, n = append(dst, text[i]), 1
		}
		i += n
	}
	return dst
}

// spelledAt appends the sign that is spelled out in brackets at i, such as (at), and says how
// long that is; 0 if there is none.
func spelledAt(dst, text []byte, i int) ([]byte, int) {
	sign, size := bracketed(text, i)
	if size == 0 {
		return dst, 0
	}
	return append(bytes.TrimRight(dst, " "), sign), size
}

// appendUntagged appends text without its inline markup, as it stands between the words of a
// name. The lines stay those of the text.
func appendUntagged(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		n := 0
		if text[i] == '<' {
			n = markup(text[i:])
		}
		if n == 0 {
			dst, n = append(dst, text[i]), 1
		} else {
			dst = append(dst, bytes.Repeat(newline, bytes.Count(text[i:i+n], newline))...)
		}
		i += n
	}
	return dst
}

// hasOneByte reports letters of Windows-1252 in text: bytes that are no UTF-8, between letters of
// ASCII, and few beside those.
func hasOneByte(text []byte) bool {
	if utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return false
	}
	broken, words := 0, 0
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			broken++
			if text[i] >= 0xC0 && i > 0 && i+1 < len(text) && isLetter(text[i-1]) && isLetter(text[i+1]) {
				words++
			}
		}
		i += size
	}
	return words > 0 && 2*words >= broken && 4*broken < len(text)
}

// inAddress reports a character that names and addresses are written with.
func inAddress(c byte) bool {
	return alnum[c] || c == '@' || c == '.' || c == '-' || c == '_' || c == '+' || c >= utf8.RuneSelf
}

// within reports whether text[i:end] stands between two characters of an address.
func within(text []byte, i, end int) bool {
	return i > 0 && end < len(text) && inAddress(text[i-1]) && inAddress(text[end])
}

// maxTag is the length of the longest tag or comment that is taken out.
const maxTag = 256

// hasMarkup reports inline markup within a word or an address.
func hasMarkup(text []byte) bool {
	for i := 0; ; i++ {
		k := bytes.IndexByte(text[i:], '<')
		if k < 0 {
			return false
		}
		if i += k; markupWithin(text, i) > 0 {
			return true
		}
	}
}

// markupWithin is the length of the markup at i, if it stands within a word or an
// address; 0 if there is none.
func markupWithin(text []byte, i int) int {
	end := i
	for n := 1; n > 0 && end < len(text); end += n {
		n = markup(text[end:])
	}
	if end == i || !within(text, i, end) {
		return 0
	}
	return end - i
}

// markup is the length of one inline tag, comment or border of a CDATA section that
// text begins with.
func markup(text []byte) int {
	switch {
	case bytes.HasPrefix(text, []byte("]]>")):
		return 3
	case bytes.HasPrefix(text, []byte("<![CDATA[")):
		return 9
	case bytes.HasPrefix(text, []byte("<!--")):
		if k := bytes.Index(text[:min(len(text), maxTag)], []byte("-->")); k > 0 {
			return k + 3
		}
		return 0
	case len(text) < 3 || text[0] != '<':
		return 0
	}
	start := 1
	if text[1] == '/' {
		start++
	}
	end := start
	for end < len(text) && end-start <= longestInline && alnum[text[end]] {
		end++
	}
	if !inlineElement(bytes.ToLower(text[start:end])) {
		return 0
	}
	k := bytes.IndexAny(text[end:min(len(text), maxTag)], "<>")
	if k < 0 || text[end+k] != '>' || k > 0 && alnum[text[end]] {
		return 0
	}
	return end + k + 1
}

const longestInline = 6

// inlineElement reports the elements of HTML that stand within a word (HTML Living Standard §4.5).
func inlineElement(name []byte) bool {
	switch string(name) {
	case "a", "b", "i", "u", "s", "q", "em", "tt", "big", "bdi", "bdo", "del", "dfn", "ins", "kbd", "sub", "sup",
		"var", "wbr", "abbr", "cite", "code", "font", "mark", "nobr", "samp", "span", "data", "small", "strong",
		"strike":
		return true
	}
	return false
}

// folded reports a line that goes on behind a line break and one space, as LDIF (RFC 2849),
// iCalendar, vCard and the headers of mail break them.
func folded(text []byte) bool {
	for i := 0; ; i++ {
		k := bytes.IndexByte(text[i:], '\n')
		if k < 0 {
			return false
		}
		if i += k; foldAt(text, i) > 0 {
			return true
		}
	}
}

// foldAt is the length of the break of a folded line at i, 0 if there is none. Two groups
// of digits are not put together: columns of numbers are written so, too.
func foldAt(text []byte, i int) int {
	end := i
	if text[end] == '\r' {
		end++
	}
	if end+2 >= len(text) || text[end] != '\n' || text[end+1] != ' ' && text[end+1] != '\t' {
		return 0
	}
	if end += 2; i > 0 && text[i-1] == '\r' {
		i--
	}
	if !within(text, i, end) || isDigit(text[i-1]) && isDigit(text[end]) {
		return 0
	}
	return end - i
}

// misreadLead begins the characters of Latin-1 that the first byte of a character of UTF-8 is
// taken for.
const misreadLead = 0xC3

// misread reports a character of UTF-8 whose bytes were read as characters each.
func misread(text []byte) bool {
	for i := 0; ; i++ {
		k := bytes.IndexByte(text[i:], misreadLead)
		if k < 0 {
			return false
		}
		if i += k; len(text)-i > 2 {
			if _, n := misreadRune(text[i:]); n > 0 {
				return true
			}
		}
	}
}

// misreadRune is the character that text begins with, if its bytes were read as Latin-1 or
// Windows-1252 and written as UTF-8; size is 0 if not.
func misreadRune(text []byte) (r rune, size int) {
	var b [utf8.UTFMax]byte
	for n := range b {
		r, k := utf8.DecodeRune(text[size:])
		switch c, ok := charmap.Windows1252.EncodeRune(r); {
		case r >= 0x80 && r <= 0xFF:
			b[n] = byte(r)
		case ok && c >= 0x80:
			b[n] = c
		default:
			return 0, 0
		}
		size += k
		if r, k := utf8.DecodeRune(b[:n+1]); r != utf8.RuneError && k == n+1 && k > 1 {
			return r, size
		}
		if utf8.FullRune(b[:n+1]) {
			return 0, 0
		}
	}
	return 0, 0
}
