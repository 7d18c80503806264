package unwrap

import "unicode/utf8"

// minWide is how many characters a stretch of UTF-16 has at least.
const minWide = 5

// hasWide reports whether a stretch of UTF-16 may stand in bytes with zeros.
func hasWide(text []byte) bool {
	for i := 0; i+2*minWide <= len(text); i++ {
		if text[i] != 0 && text[i+1] != 0 {
			continue
		}
		if little, _ := wideRun(text[i:]); little > 0 || widestRun(text[i:]) > 0 {
			return true
		}
	}
	return false
}

// appendWide appends what stands in UTF-16, of either byte order, a line each
// stretch, as strings(1) finds it: programs write it into the middle of other bytes.
func appendWide(dst, text []byte) []byte {
	for i := 0; i+2*minWide <= len(text); {
		n, bigEndian := wideRun(text[i:])
		if n == 0 {
			if n = widestRun(text[i:]); n > 0 {
				for k := i; k < i+n; k += 4 {
					dst = utf8.AppendRune(dst, four(text[k:]))
				}
				dst = append(dst, '\n')
			}
			i += max(1, n)
			continue
		}
		dst = appendPairs(dst, text[i:i+n], bigEndian)
		if !bigEndian && i+n < len(text) && text[i+n] != 0 { // or what stands before is no part of it
			dst = appendPairs(dst, text[i+1:i+n+1], true)
		}
		i += n
	}
	return dst
}

func appendPairs(dst, text []byte, bigEndian bool) []byte {
	for k := 0; k+2 <= len(text); k += 2 {
		dst = utf8.AppendRune(dst, pair(text[k:], bigEndian))
	}
	return append(dst, '\n')
}

// wideRun is how many bytes of UTF-16 text begins with, 0 if too few.
func wideRun(text []byte) (n int, bigEndian bool) {
	switch {
	case text[0] == 0:
		bigEndian = true
	case text[1] != 0:
		return 0, false // what is looked for begins with a character of Latin-1
	}
	for n+2 <= len(text) {
		r := pair(text[n:], bigEndian)
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r > 0x2FFF {
			break
		}
		n += 2
	}
	if n < 2*minWide { // so that each place is looked at a few times only
		return 0, false
	}
	return n, bigEndian
}

// widestRun is how many bytes of UTF-32 text begins with, of either byte order, 0 if too few.
func widestRun(text []byte) (n int) {
	for n+4 <= len(text) {
		if r := four(text[n:]); r < ' ' && r != '\t' && r != '\n' && r != '\r' || r > 0x2FFF {
			break
		}
		n += 4
	}
	if n < 4*minWide {
		return 0
	}
	return n
}

// four is a character of UTF-32; zero if it is none of the first plane in either byte order.
func four(b []byte) rune {
	switch {
	case b[2]|b[3] == 0:
		return pair(b, false)
	case b[0]|b[1] == 0:
		return pair(b[2:], true)
	}
	return 0
}

func pair(b []byte, bigEndian bool) rune {
	if bigEndian {
		return rune(b[0])<<8 | rune(b[1])
	}
	return rune(b[1])<<8 | rune(b[0])
}

// wideHead reports ASCII in UTF-16 or UTF-32, of either byte order, by its first bytes: three
// characters, or two behind a byte order mark.
func wideHead(b []byte) bool {
	if len(b) < 6 {
		return false
	}
	if b[0] == 0xFF && b[1] == 0xFE || b[0] == 0xFE && b[1] == 0xFF {
		b = b[2:6]
		return asciiPair(b[0], b[1], b[2], b[3]) || asciiPair(b[1], b[0], b[3], b[2])
	}
	switch {
	case b[0] == 0 && b[1] != 0: // big-endian
		return asciiPair(b[1], b[0], b[3], b[2]) && asciiPair(b[3], b[2], b[5], b[4])
	case b[0] == 0: // UTF-32, big-endian
		return b[2] == 0 && asciiPair(b[3], b[4], b[3], b[5])
	case b[1] == 0 && b[2] == 0: // UTF-32
		return asciiPair(b[0], b[3], b[4], b[5])
	}
	return asciiPair(b[0], b[1], b[2], b[3]) && asciiPair(b[2], b[3], b[4], b[5])
}

// asciiPair reports two characters that are ASCII and no control characters, with zeros beside them.
func asciiPair(a, zeroA, b, zeroB byte) bool {
	return zeroA|zeroB == 0 && a >= ' ' && a < 0x7F && b >= ' ' && b < 0x7F
}
