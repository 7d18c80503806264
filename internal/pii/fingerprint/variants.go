package fingerprint

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"unicode/utf8"

	"refresher/internal/pii"
)

// Values come back in other spellings than the source has. Each of these is a
// fingerprint of its own, so that looking for it costs nothing when text is scanned.

// spellings adds how a name or a street is written without its umlauts (Juergen), and
// with them if it has none.
func (c *Collector) spellings(class pii.Class, code uint8, value []byte) {
	c.text = c.text[:0]
	if isASCII(value) {
		c.text = appendUmlauts(c.text, value)
	} else {
		for i := 0; i < len(value); {
			r, n := utf8.DecodeRune(value[i:])
			i += n
			c.text = appendTransliterated(c.text, r)
		}
	}
	if !bytes.Equal(c.text, value) {
		c.spelling(class, code)
	}
}

// spelling adds what is in c.text, marked if a fake could be the same.
func (c *Collector) spelling(class pii.Class, code uint8) {
	mark := c.mark
	c.mark = c.marked(class, c.text)
	if c.split(c.text); len(c.words) > 1 {
		c.addWords(code, c.words)
		if class == pii.FullName {
			pair := [...]word{c.words[0], c.words[len(c.words)-1]}
			c.addJoined(code, c.orderMark(c.text, pair[:]), c.text, pair[0], pair[1])
		}
	}
	c.mark = mark
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

// appendUmlauts leaves out the e of ae, oe and ue, as folding does with the dots of an
// umlaut. Not behind a vowel or q: Bauer and Quentin have none.
func appendUmlauts(dst, value []byte) []byte {
	for i, b := range value {
		if b|0x20 == 'e' && i > 0 && bytes.IndexByte([]byte("aouAOU"), value[i-1]) >= 0 &&
			(i == 1 || !vowel(value[i-2]) && value[i-2]|0x20 != 'q') {
			continue
		}
		dst = append(dst, b)
	}
	return dst
}

func vowel(c byte) bool { return bytes.IndexByte([]byte("aeiouAEIOU"), c) >= 0 }

// minJoined is how many letters a name in one piece has at least: shorter ones are words.
const minJoined = 10

// addJoined adds a name in one piece, as in FriedhelmQuastenberg.
func (c *Collector) addJoined(code, mark uint8, value []byte, first, last word) {
	n := copy(c.joined[:], c.folded(value, first))
	n += copy(c.joined[n:], c.folded(value, last))
	if n < minJoined || n == len(c.joined) {
		return
	}
	one := [...]word{{hash: c.store.words.of(c.joined[:n]), size: n, has: hasLetter}}
	c.addMarked(code, mark, one[:])
}

// minAccount is how many characters an account number has at least.
const minAccount = 10

// account adds an IBAN's account number as each country writes it, without the country and
// its check digits (ISO 13616): in one piece, and a German bank code beside the account.
func (c *Collector) account(code uint8, value []byte) {
	c.text = c.text[:0]
	for _, b := range value {
		if b = byteFold[b]; b > wide {
			c.text = append(c.text, b)
		}
	}
	if len(c.text) < 4+minAccount {
		return
	}
	country, number := string(c.text[:2]), c.text[4:]
	if c.split(number); len(c.words) == 1 {
		c.addCode(pii.IBAN, code, number)
	}
	if tail := bytes.TrimLeft(number, "abcdefghijklmnopqrstuvwxyz"); len(tail) < len(number) &&
		len(tail) >= minAccount {
		c.split(tail) // behind the letters of a bank
		c.addCode(pii.IBAN, code, tail)
	}
	if country == "de" && len(number) == 18 { // the account without its leading zeros, or first
		c.addDigits(code, append(c.joined[:copy(c.joined[:], number[8:])], number[:8]...))
		if short := bytes.TrimLeft(number[8:], "0"); len(short) >= 4 && len(short) < 10 {
			c.addDigits(code, append(c.joined[:copy(c.joined[:], number[:8])], short...))
		}
	}
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
	for _, hashes := range [...]*[256]uint64{&c.store.octets, &c.store.padded} {
		var forth, back [len(b)]word
		for i, n := range b {
			forth[i].hash, back[len(b)-1-i].hash = hashes[n], hashes[n]
		}
		c.addWords(code, forth[:])
		c.addWords(code, back[:])
	}
}

// macVariants adds a hardware address as a number, and as the end of an address of version 6
// that was made of it (RFC 4291, appendix A).
func (c *Collector) macVariants(code uint8, pairs []byte) {
	mac, err := net.ParseMAC(string(pairs))
	if err != nil || len(mac) != 6 {
		return
	}
	n := uint64(0)
	for _, b := range mac {
		n = n<<8 | uint64(b)
	}
	if d := strconv.AppendUint(c.joined[:0], n, 10); len(d) >= 12 {
		c.addDigits(code, d)
	}
	c.text = fmt.Appendf(c.text[:0], "%x:%x:%x:%x", uint16(mac[0]^2)<<8|uint16(mac[1]), uint16(mac[2])<<8|0xFF,
		0xFE00|uint16(mac[3]), uint16(mac[4])<<8|uint16(mac[5]))
	c.split(c.text)
	c.addWords(code, c.words)
}

// uuid adds the bytes of a UUID, for its base64, and in the order of Microsoft's.
func (c *Collector) uuid(code uint8, value []byte) {
	digits := c.joined[:0]
	for _, b := range value {
		if byteFold[b] > wide {
			digits = append(digits, b)
		}
	}
	var b [16]byte
	if len(digits) != 2*len(b) {
		return
	}
	if _, err := hex.Decode(b[:], digits); err != nil {
		return
	}
	c.keep(c.store.keys.digest.hash(b[:]), code)
	b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7] = b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6]
	c.keep(c.store.keys.digest.hash(b[:]), code)
}
