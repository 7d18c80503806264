package unwrap

import "bytes"

// Programs put strings together: 'hanna.quistorp' || chr(64) || 'posteo.de', "hanna." + "quistorp".

// maxJoined is how many characters' calls may stand between two strings.
const maxJoined = 4

// joined reports strings that are put together within a word or an address.
func joined(text []byte) bool {
	for _, quote := range []byte("'\"`") {
		for i := 0; ; i++ {
			k := bytes.IndexByte(text[i:], quote)
			if k < 0 {
				break
			}
			i += k
			if _, n := joinAt(nil, text, i); n > 0 {
				return true
			}
		}
	}
	return false
}

// mayJoin reports a sign that may put strings together.
func mayJoin(text []byte, told features) bool {
	return told&operators != 0 || told&plusSign != 0 && plusBehindQuote(text) ||
		told&telltales != 0 && bytes.IndexByte(text, '&') >= 0
}

// plusBehindQuote reports a + that may put strings together; that of a time zone stands behind a digit.
func plusBehindQuote(text []byte) bool {
	for i := 0; ; i++ {
		k := bytes.IndexByte(text[i:], '+')
		if k < 0 {
			return false
		}
		i += k
		before := i
		for before > 0 && i-before < maxSpace && bytes.IndexByte([]byte(" \n\r\t"), text[before-1]) >= 0 {
			before--
		}
		if before > 0 && (text[before-1] == '\'' || text[before-1] == '"' || text[before-1] == '`') {
			return true
		}
	}
}

// joinAt reads what stands between two strings that are put together, from the quote at i to
// the one that the next begins with, and appends the characters that are called by their
// numbers there; size is 0 if the strings are not put together within a word.
func joinAt(dst, text []byte, i int) (out []byte, size int) {
	end := quoteEnd(text, i)
	before := len(dst)
	plain := false // an operator that puts strings together
	for calls := 0; ; calls++ {
		var n int
		var sure bool
		if n, sure = joinOperator(text, end); n == 0 {
			return dst[:before], 0
		}
		plain = plain || sure
		end = skipSpace(text, end+n)
		c, n := charCall(text, end)
		if n == 0 {
			break
		}
		if calls == maxJoined {
			return dst[:before], 0
		}
		dst = append(dst, c)
		end += n
	}
	if !plain && len(dst) == before {
		return dst, 0
	}
	if end < len(text) && isLetter(text[end]) { // E'…', N'…'
		end++
	}
	if end >= len(text) || text[end] != '\'' && text[end] != '"' && text[end] != '`' {
		return dst[:before], 0
	}
	if end = quoteEnd(text, end); !within(text, i, end) {
		return dst[:before], 0
	}
	return dst, end - i
}

// quoteEnd is behind a quote, which may be doubled.
func quoteEnd(text []byte, i int) int {
	if i+1 < len(text) && text[i+1] == text[i] {
		return i + 2
	}
	return i + 1
}

// joinOperator is the length of an operator with the space before it, 0 if there is none. One
// that is not sure puts strings together only with a character between them.
func joinOperator(text []byte, i int) (n int, sure bool) {
	from := i
	i = skipSpace(text, i)
	if i == len(text) {
		return 0, false
	}
	switch c := text[i]; {
	case c == '|' && i+1 < len(text) && text[i+1] == '|':
		return i + 2 - from, true
	case c == '+' || c == '&':
		return i + 1 - from, true
	case c == ',' || c == '.':
		return i + 1 - from, false
	}
	return 0, false
}

// maxSpace is how much space may stand around an operator: a line's indentation.
const maxSpace = 24

func skipSpace(text []byte, i int) int {
	for from := i; i < len(text) && i-from < maxSpace && bytes.IndexByte([]byte(" \n\r\t"), text[i]) >= 0; i++ {
	}
	return i
}

// charCall reads chr(64), CHAR(0x40) or String.fromCharCode(64) of a character of ASCII.
func charCall(text []byte, i int) (c byte, size int) {
	end := i
	for end < len(text) && end-i < maxCall && (isLetter(text[end]) || text[end] == '.') {
		end++
	}
	if end == i || end >= len(text) || text[end] != '(' {
		return 0, 0
	}
	if name := text[i:end]; !codeLabel(name[1+bytes.LastIndexByte(name, '.'):]) {
		return 0, 0
	}
	start := end + 1
	if end = wordEnd(text[:min(len(text), start+longestCode)], start); end >= len(text) || text[end] != ')' {
		return 0, 0
	}
	w := text[start:end]
	switch {
	case codeKind(w)&prefixed != 0 && len(w) == 4:
		c = hexValue[w[2]]<<4 | hexValue[w[3]]
	case codeKind(w)&decimal != 0 && decimalCode(w) < 0x80:
		c = byte(decimalCode(w))
	}
	if c <= ' ' || c >= 0x7F {
		return 0, 0
	}
	return c, end + 1 - i
}

// maxCall is the length of the longest name of a function that makes a character.
const maxCall = 20

// codeLabel reports a word that stands before a code: of functions that make a character,
// and of literals.
func codeLabel(w []byte) bool {
	if len(w) > len("fromcodepoint") {
		return false
	}
	var low [13]byte
	for i, c := range w {
		low[i] = c | 0x20
	}
	switch string(low[:len(w)]) {
	case "chr", "char", "nchar", "chrw", "unichr", "string", "fromcharcode", "fromcodepoint", "character", "rune", "u",
		"x", "b":
		return true
	}
	return false
}

// charCalls reports calls of functions that make characters, enough of them for a text.
func charCalls(text []byte) bool {
	n := 0
	for i := 1; ; i++ {
		k := bytes.IndexByte(text[min(i, len(text)):], '(')
		if k < 0 {
			return false
		}
		i += k
		if i+1 == len(text) || !isDigit(text[i+1]) {
			continue
		}
		start := i
		for start > 0 && i-start < 14 && isLetter(text[start-1]) {
			start--
		}
		if start < i && codeLabel(text[start:i]) {
			if n++; n == minPieces {
				return true
			}
		}
	}
}
