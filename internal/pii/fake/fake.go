// Package fake makes values that cannot belong to anybody and recognises them
// again.
//
// Every generator is a pure function of a 32-byte digest: it appends to a byte
// slice, allocates nothing, and needs no state. The digest is the only
// randomness, so the same source value gives the same fake in every table, run
// and week.
//
// Every generator draws from a space in which no real person, mailbox, line,
// account or host can be:
//
//	e-mail       example.com, .org and .net (RFC 2606)
//	phone        spare country codes (ITU-T E.164); or 555-0100…0199 in a real
//	             area code (NANPA); or what Ofcom, Bundesnetzagentur and Arcep
//	             keep for drama
//	card         test number range 424242, Luhn-valid
//	IBAN         country codes that ISO 3166 leaves to users, mod-97-valid
//	national id  US SSN with area 666 or 9xx-00, which are never issued
//	IP           240.0.0.0/4 (RFC 1112), 198.18.0.0/15 (RFC 2544), 2001:db8::/32 (RFC 3849)
//	postcode     ZIP prefixes that are not in use, and the like in other countries
//	token        "tok_" with base32, UUID version 8 with a mark, bytes with a mark,
//	             the hashes of one known password
//	domain, URL  .example, .test and example.com (RFC 2606); paths of this package's words
//	MAC          locally administered unicast addresses that begin with f2:4e
//	username     an invented surname and a hash, or "usr_" and a hash
//	capability   "host.invalid" (RFC 6761), letters x and digits 0
//	latitude, …  the sea around 0° N 0° E
//	country      real ones, which identify nobody
//	names, …     words of this package, in several languages ([Locale]): invented
//	             surnames, towns, regions, streets, firms
//	free text    "[redacted]", or Latin filler
//
// [Recognise] accepts all that the generators make, and everything else in the
// same reserved spaces. A value that it refuses was not made here.
package fake

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii"
)

// Digest is what a keyed function (scrub/prf) makes of a domain and a value: the only randomness a fake has.
type Digest = [32]byte

// Redacted stands for text that was removed.
const Redacted = "[redacted]"

// Recognise reports whether text (canonical, surrounding space ignored) is a
// value of the class that a generator of this package could have made, or that
// lies in the same reserved space, and so belongs to nobody. Classes without a
// reserved space (dates) are never recognised.
func Recognise(c pii.Class, text []byte) bool {
	text = bytes.TrimSpace(text)
	if c == pii.FreeText {
		return string(text) == Redacted || len(text) > 0 && isLorem(text)
	}
	return len(text) > 0 && len(text) <= maxRecognised && recognise(c, text)
}

func recognise(c pii.Class, text []byte) bool {
	switch c {
	case pii.Email:
		return isEmail(text)
	case pii.Phone:
		return isPhone(text)
	case pii.FullName:
		return isFullName(text)
	case pii.FirstName:
		return isFirstName(text)
	case pii.LastName:
		return isSurname(text)
	case pii.Company:
		return isCompany(text)
	case pii.Street:
		return isStreet(text)
	case pii.City:
		return isCity(text)
	case pii.Postcode:
		return isPostcode(text)
	case pii.IP:
		return isIP(text)
	case pii.UserAgent:
		return isUserAgent(text)
	case pii.NationalID:
		return isSSN(text)
	case pii.CreditCard:
		return isCard(text)
	case pii.IBAN:
		return isIBAN(text)
	case pii.Token:
		return isToken(text)
	case pii.Capability:
		return isInert(text)
	case pii.Username:
		return isUsername(text)
	case pii.MAC:
		return isMAC(text)
	case pii.URL:
		return isURL(text)
	case pii.Domain:
		return isDomain(text)
	case pii.Region:
		return isRegion(text)
	case pii.Country:
		return isCountry(text)
	case pii.Latitude:
		return isDegree(text, '0'+seaLatitude/1_000_000)
	case pii.Longitude:
		return isDegree(text, '0'+seaLongitude/1_000_000)
	}
	return false
}

// Reserved reports whether text is a value of the class in a space that a standard or an
// authority keeps for fiction, tests or documentation, so that it belongs to nobody
// whoever wrote it. Names, streets, user names, tokens and hardware addresses have no
// such space: what Recognise accepts of those may be a real one's as well.
func Reserved(c pii.Class, text []byte) bool {
	switch c {
	case pii.Email, pii.Phone, pii.IP, pii.NationalID, pii.CreditCard, pii.IBAN, pii.Domain:
		return Recognise(c, text)
	}
	return false
}

// maxRecognised bounds the work on one text; no generator comes near it.
const maxRecognised = 320 // RFC 3696 erratum 1690: an address has at most 254, a local part 64

// pick is word i of the digest (eight of 32 bits) scaled to [0,n). The bias is
// below n/2³².
func pick(d *Digest, i, n int) int {
	w := binary.BigEndian.Uint32(d[4*i:])
	return int(uint64(w) * uint64(n) >> 32)
}

// number is 64-bit word i of the digest (four) reduced to [0,n).
func number(d *Digest, i int, n uint64) uint64 {
	return binary.BigEndian.Uint64(d[8*i:]) % n
}

// appendDigits appends n in decimal, with leading zeros to width.
func appendDigits(dst []byte, n uint64, width int) []byte {
	at := len(dst)
	for range width {
		dst = append(dst, '0')
	}
	for i := at + width - 1; i >= at; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
	return dst
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// lower copies b to buf in ASCII lower case; nil if b is longer than buf.
func lower(buf, b []byte) []byte {
	if len(b) > len(buf) {
		return nil
	}
	for i, c := range b {
		buf[i] = lowerByte(c)
	}
	return buf[:len(b)]
}

// lowerText copies UTF-8 text to buf in lower case; nil if it may be longer than buf.
func lowerText(buf, b []byte) []byte {
	n := 0
	for i := 0; i < len(b); {
		if n+utf8.UTFMax > len(buf) {
			return nil
		}
		if c := b[i]; c < utf8.RuneSelf {
			buf[n] = lowerByte(c)
			n++
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		n += utf8.EncodeRune(buf[n:], unicode.ToLower(r))
		i += size
	}
	return buf[:n]
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// bare copies the letters and digits of b to buf, in upper case; nil if b holds
// anything but those and the separators space, '-', '.', or is longer than buf.
func bare(buf, b []byte) []byte {
	n := 0
	for _, c := range b {
		switch {
		case c == ' ' || c == '-' || c == '.':
			continue
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		case c >= 'A' && c <= 'Z', isDigit(c):
		default:
			return nil
		}
		if n == len(buf) {
			return nil
		}
		buf[n] = c
		n++
	}
	return buf[:n]
}
