package fingerprint

import (
	"bytes"
	"net/netip"
	"strconv"
	"unicode/utf8"

	"refresher/internal/pii"
)

// Values come back in other spellings than the source has. Each of these is a
// fingerprint of its own, so that looking for it costs nothing when text is scanned.

// spellings adds how a name or a street is written without its umlauts (Juergen), and
// as UTF-8 that was read as Latin-1 once (JÃ¼rgen).
func (c *Collector) spellings(code uint8, value []byte) {
	if isASCII(value) {
		return
	}
	for _, spell := range [...]func(dst []byte, r rune) []byte{appendTransliterated, appendMojibake} {
		c.text = c.text[:0]
		for i := 0; i < len(value); {
			r, n := utf8.DecodeRune(value[i:])
			i += n
			c.text = spell(c.text, r)
		}
		if bytes.Equal(c.text, value) {
			continue
		}
		if c.split(c.text); len(c.words) > 1 {
			c.addWords(code, c.words)
		}
	}
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func appendTransliterated(dst []byte, r rune) []byte {
	switch r {
	case 'ä', 'Ä', 'æ', 'Æ':
		return append(dst, "ae"...)
	case 'ö', 'Ö', 'ø', 'Ø', 'œ', 'Œ':
		return append(dst, "oe"...)
	case 'ü', 'Ü':
		return append(dst, "ue"...)
	case 'å', 'Å':
		return append(dst, "aa"...)
	}
	return utf8.AppendRune(dst, r)
}

// appendMojibake appends each byte of a character as the character of Latin-1.
func appendMojibake(dst []byte, r rune) []byte {
	var b [utf8.UTFMax]byte
	for _, c := range b[:utf8.EncodeRune(b[:], r)] {
		dst = utf8.AppendRune(dst, rune(c))
	}
	return dst
}

// minJoined is how many letters a name in one piece has at least: shorter ones are words.
const minJoined = 10

// addJoined adds a name in one piece, as in FriedhelmQuastenberg.
func (c *Collector) addJoined(code uint8, value []byte, first, last word) {
	n := copy(c.joined[:], c.folded(value, first))
	n += copy(c.joined[n:], c.folded(value, last))
	if n < minJoined || n == len(c.joined) {
		return
	}
	w := word{hash: c.store.words.of(c.joined[:n]), size: n, has: hasLetter}
	mark := c.mark
	if c.text = append(append(append(c.text[:0], value[first.start:first.end]...), ' '), value[last.start:last.end]...); couldMake(pii.FullName, c.text) {
		c.mark = invented
	}
	one := [...]word{w}
	c.addWords(code, one[:])
	c.mark = mark
}

// ipVariants adds an address as a decimal number, and its four numbers in a host's name,
// in either order: ip-93-184-216-34.compute.internal, 34-216-184-93.dsl.example.
func (c *Collector) ipVariants(code uint8, a netip.Addr) {
	if a = a.Unmap(); !a.Is4() {
		return
	}
	b := a.As4()
	n := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
	if d := strconv.AppendUint(c.joined[:0], n, 10); len(d) >= minCompact {
		c.addDigits(code, d)
	}
	for _, order := range [...][4]int{{0, 1, 2, 3}, {3, 2, 1, 0}} {
		c.text = c.text[:0]
		for _, i := range order {
			c.text = append(strconv.AppendUint(c.text, uint64(b[i]), 10), '-')
		}
		c.split(c.text)
		c.addWords(code, c.words)
	}
}
