package unwrap

import "bytes"

// quotedPrintable reports an = as RFC 2045 §6.7 escapes with, in hex of upper
// case, that nothing else writes: of a letter or sign within a word, or of the
// first two bytes of a character beyond ASCII. A number behind an =, as in a
// query, is none.
func quotedPrintable(text []byte) bool {
	for i := 0; ; i++ {
		k := bytes.IndexByte(text[i:], '=')
		if k < 0 {
			return false
		}
		i += k
		c, ok := quotedByte(text[i:])
		switch {
		case !ok && softBreak(text, i) > 0:
			return true
		case !ok:
		case c >= 0xC2: // its next byte is escaped, too
			if next, ok := quotedByte(text[min(len(text), i+3):]); ok && next >= 0x80 && next < 0xC0 {
				return true
			}
		case (c == ' ' || c > '\'' && c < 0x80) && i > 0 && i+3 < len(text) && isLetter(text[i-1]) &&
			isLetter(text[i+3]):
			if next := text[i+3]; next == 'x' || next == 'm' || next == 'p' || next == 's' { // 40px, 20ms
				if i+5 >= len(text) || !isLetter(text[i+4]) || !isLetter(text[i+5]) {
					continue
				}
			}
			return true
		}
	}
}

// softBreak is the length of a line break that RFC 2045 §6.7 (5) puts into a word
// or an address at text[i]: = at the end of a line, 0 if there is none.
func softBreak(text []byte, i int) int {
	n := 1
	if i+n < len(text) && text[i+n] == '\r' {
		n++
	}
	if i == 0 || i+n+1 >= len(text) || text[i+n] != '\n' || !inWord(text[i-1]) || !inWord(text[i+n+1]) {
		return 0
	}
	return n + 1
}

func inWord(c byte) bool {
	return alnum[c] || c == '@' || c == '.' || c == '-' || c == '_' || c == ' ' || c >= 0x80
}

// quotedByte reads =XX.
func quotedByte(text []byte) (byte, bool) {
	if len(text) < 3 || text[0] != '=' || text[1] >= 'a' || text[2] >= 'a' || hexValue[text[1]] > 15 ||
		hexValue[text[2]] > 15 {
		return 0, false
	}
	c := hexValue[text[1]]<<4 | hexValue[text[2]]
	return c, c >= ' ' && c != 0x7F && !alnum[c] // nobody escapes letters and digits
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// colours reports a control sequence.
func colours(text []byte) bool {
	for i := 0; ; i++ {
		k := bytes.IndexByte(text[i:], escape)
		if k < 0 {
			return false
		}
		if i += k; controlSequence(text[i:]) > 0 {
			return true
		}
	}
}

const escape = 0x1B

// maxControl is the length of the longest control sequence that is looked for.
const maxControl = 40

// controlSequence is the length of a terminal's control sequence (ECMA-48 §5.4)
// that text begins with, 0 if it begins with none.
func controlSequence(text []byte) int {
	if len(text) < 3 || text[0] != escape || text[1] != '[' {
		return 0
	}
	for i := 2; i < min(len(text), maxControl); i++ {
		switch c := text[i]; {
		case c >= 0x40 && c <= 0x7E:
			return i + 1
		case c < 0x20 || c > 0x3F:
			return 0
		}
	}
	return 0
}
