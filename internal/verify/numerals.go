package verify

import (
	"bytes"
	"encoding/hex"
	"math"
	"slices"
	"strconv"

	"refresher/internal/pii/ident"
	"refresher/internal/pii/unwrap"
)

// rewritten appends what a cell of another notation stands for: the bytes of a bit
// string, the digits of a float such as 4.556737586899855e+15, and in hexadecimal the bytes
// of a hardware address, a UUID or a digest; binary is true of these. Most cells stand for
// nothing else.
func rewritten(dst, text []byte) (out []byte, binary bool) {
	switch {
	case len(text) == 0:
	case binaryLength(len(text)) && !textual(text):
		return hex.AppendEncode(dst, text), true
	case text[0]|1 == '1' && len(text) >= 8*minCell && len(text)%8 == 0:
		return bitBytes(dst, text), false
	case len(text) <= 25 && bytes.Contains(text, []byte("e+1")):
		if f, err := strconv.ParseFloat(string(text), 64); err == nil {
			return wholeDigits(dst, f), false
		}
	}
	return dst, false
}

// rawDigests looks for digests of source values amid other bytes, and shows those it finds in
// hexadecimal.
func (s *scanner) rawDigests(v *unwrap.View) {
	s.matches = s.matcher.RawDigests(s.matches[:0], v.Text)
	for _, m := range slices.Clone(s.matches) {
		line, last := v.Line, v.Last
		if !v.Inside {
			line = bytes.Count(v.Text[:m.Start], newline)
			last = line
		}
		s.view(&unwrap.View{Text: hex.AppendEncode(nil, v.Text[m.Start:m.End]), Loose: true, Inside: true, Line: line,
			Last: last})
	}
}

// binaryLength reports the lengths of hardware addresses, UUIDs and digests in bytes.
func binaryLength(n int) bool { return n == 6 || n == 8 || n == 16 || n == 20 || n == 32 }

// textual reports whether a cell is text without control characters.
func textual(text []byte) bool {
	for len(text) > 0 {
		n := characterAt(text)
		if n == 0 {
			return false
		}
		text = text[n:]
	}
	return true
}

// bitBytes appends the bytes of a string of binary digits; nothing if it is none.
func bitBytes(dst, text []byte) []byte {
	start := len(dst)
	var b byte
	for i, c := range text {
		if c|1 != '1' {
			return dst[:start]
		}
		if b = b<<1 | c&1; i%8 == 7 {
			dst = append(dst, b)
		}
	}
	return dst
}

// notPublic reports an address that is not public: it identifies nobody, and its
// digits are no other number.
func notPublic(text []byte) bool {
	a, n := ident.ParseIPv4(text)
	if n == 0 {
		a, n = ident.ParseIPv6(text)
	}
	if v4, ok := ident.Embedded(a); ok && ident.Public(v4) {
		return false
	}
	return n > 0 && (n == len(text) || text[n] == '/') && !ident.Public(a)
}

// wholeDigits appends a float that is a whole number of seven digits or more.
func wholeDigits(dst []byte, f float64) []byte {
	if a := math.Abs(f); !(a >= 1e6 && a < 9e18) || math.Trunc(f) != f {
		return dst
	}
	return strconv.AppendInt(dst, int64(f), 10)
}
