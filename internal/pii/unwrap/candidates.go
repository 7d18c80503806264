package unwrap

import "unicode/utf8"

// candidate appends where base64 or hex may begin in a stretch of letters and
// digits; most words fail by their first bytes.
func candidate(starts []int, text []byte, start, end int) []int {
	if text[start]|1 == '1' && bitsHead(text[start:end]) {
		return append(starts, start)
	}
	if s := hexStart(text, start, end); s >= 0 {
		return append(starts, s)
	}
	if start > 0 && base64Value[text[start-1]] > 61 && base64Value[text[start-1]] < 64 {
		// The run may have begun with a shorter stretch.
		s := start
		for s > 0 && start-s < lookBack && base64Value[text[s-1]] < 64 {
			s--
		}
		if base64Head(text[s:end]) {
			starts = append(starts, s)
		}
	}
	if base64Head(text[start:end]) {
		starts = append(starts, start)
	}
	return starts
}

// lookBack is how far before a stretch a run of base64 may have begun unseen.
const lookBack = 24

// hexStart is where hex begins in a stretch, -1 if it doesn't: behind 0x or x,
// or at once, and its first bytes are text or a magic number.
func hexStart(text []byte, start, end int) int {
	if text[start] == '0' && text[start+1]|0x20 == 'x' {
		start += 2
	} else if text[start]|0x20 == 'x' {
		start++
	}
	if end-start < minHex || hexValue[text[start]] > 15 || hexValue[text[start+1]] > 15 {
		return -1
	}
	var b [minHex / 2]byte
	for i := range b {
		hi, lo := hexValue[text[start+2*i]], hexValue[text[start+2*i+1]]
		if hi > 15 || lo > 15 {
			return -1
		}
		b[i] = hi<<4 | lo
	}
	if textual(b[:]) || compressedHead(b[:]) || wideHead(b[:]) || end-start >= 2*binaryFrom {
		return start
	}
	return -1
}

// base64Head reports whether a stretch decodes to text or a magic number, by its
// first two groups, or is long.
func base64Head(b []byte) bool {
	if len(b) >= binaryFrom/3*4 {
		return true
	}
	v0, v1 := base64Value[b[0]], base64Value[b[1]]
	first := v0<<2 | v1>>4
	if first < ' ' && first != '\n' && first != '\t' && first != '\r' && first != 0x1F && first != 0 ||
		first >= 0x80 && first < 0xC2 && first != 0x8B {
		return false
	}
	v2, v3, v4 := base64Value[b[2]], base64Value[b[3]], base64Value[b[4]]
	v5, v6, v7 := base64Value[b[5]], base64Value[b[6]], base64Value[b[7]]
	d := [6]byte{first, v1<<4 | v2>>2, v2<<6 | v3, v4<<2 | v5>>4, v5<<4 | v6>>2, v6<<6 | v7}
	return textual(d[:]) || compressedHead(d[:]) || wideHead(d[:])
}

// textual reports whether bytes are UTF-8 text without control characters; the
// last character may be cut off.
func textual(b []byte) bool {
	for i := 0; i < len(b); {
		c := b[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\n' && c != '\t' && c != '\r' || c == 0x7F {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return !utf8.FullRune(b[i:])
		}
		i += n
	}
	return true
}
