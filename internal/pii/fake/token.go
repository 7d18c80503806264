package fake

import (
	"encoding/hex"
	"unicode/utf8"
)

// tokenPrefix starts every token that is text.
const tokenPrefix = "tok_"

// MaxUUID is the length of a UUID's text.
const MaxUUID = 36

// TokenLen is the length of a token with a hash of n characters.
func TokenLen(n int) int { return len(tokenPrefix) + n }

// AppendToken appends "tok_" and n base32 characters (MinHash to MaxHash).
func AppendToken(dst []byte, d *Digest, n int) []byte {
	return appendBase32(append(dst, tokenPrefix...), d, n)
}

// AppendShortToken appends n characters (to MaxShort) of one digest byte each, as Braille
// patterns (U+2800 to U+28FF), in which no other identifier is written.
func AppendShortToken(dst []byte, d *Digest, n int) []byte {
	for _, b := range d[:n] {
		dst = utf8.AppendRune(dst, braille+rune(b))
	}
	return dst
}

// MaxShort is the longest short token.
const MaxShort = 16

const braille = 0x2800

func isBraille(text []byte) bool {
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		if text = text[n:]; c < braille || c > braille+0xff {
			return false
		}
	}
	return true
}

// uuidMark is the first two bytes of every UUID made here. Version 8 (RFC 9562
// §5.8) is left to applications, so the version alone would not prove it.
var uuidMark = [2]byte{0xfa, 0x4e}

// UUID is a version 8 UUID with 106 bits of the digest.
func UUID(d *Digest) [16]byte {
	var u [16]byte
	copy(u[:], d[:16])
	u[0], u[1] = uuidMark[0], uuidMark[1]
	u[6] = u[6]&0x0f | 0x80 // version
	u[8] = u[8]&0x3f | 0x80 // variant
	return u
}

// AppendUUID appends UUID's text.
func AppendUUID(dst []byte, d *Digest) []byte {
	u := UUID(d)
	at := 0
	for _, end := range [...]int{4, 6, 8, 10, 16} {
		if at > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, u[at:end])
		at = end
	}
	return dst
}

// bytesMark starts every binary token.
var bytesMark = [8]byte{0xfa, 0x4e, 'f', 'a', 'k', 'e', 0x00, 0xff}

// Bytes is a binary token: a mark and 192 bits of the digest.
func Bytes(d *Digest) [32]byte {
	b := *d
	copy(b[:], bytesMark[:])
	return b
}

func isToken(text []byte) bool {
	var buf [MaxUUID + 2]byte
	switch n := len(text); {
	case text[0] >= utf8.RuneSelf:
		return isBraille(text)
	case n >= TokenLen(MinHash) && n <= TokenLen(MaxHash):
		return string(text[:len(tokenPrefix)]) == tokenPrefix && isBase32(text[len(tokenPrefix):])
	case n == MaxUUID:
		return isUUID(lower(buf[:], text))
	case isPasswordHash(text):
		return true
	case n == 2+2*32 && text[0] == '\\' && text[1] == 'x':
		var mark [len(bytesMark)]byte
		_, err := hex.Decode(mark[:], text[2:2+2*len(mark)])
		return err == nil && mark == bytesMark
	}
	return false
}

func isUUID(s []byte) bool {
	for i, c := range s {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case !isDigit(c) && (c < 'a' || c > 'f'):
			return false
		}
	}
	variant := s[19] == '8' || s[19] == '9' || s[19] == 'a' || s[19] == 'b'
	return string(s[:4]) == "fa4e" && s[14] == '8' && variant
}
