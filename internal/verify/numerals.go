package verify

import (
	"bytes"
	"math"
	"strconv"
)

// rewritten appends what a cell of another notation stands for: the bytes of a
// bit string, the digits of a float such as 4.556737586899855e+15. Most cells
// stand for nothing else.
func rewritten(dst, text []byte) []byte {
	switch {
	case text[0]|1 == '1' && len(text) >= 8*minCell && len(text)%8 == 0:
		return bitBytes(dst, text)
	case len(text) <= 25 && bytes.Contains(text, []byte("e+1")):
		if f, err := strconv.ParseFloat(string(text), 64); err == nil {
			return wholeDigits(dst, f)
		}
	}
	return dst
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

// wholeDigits appends a float that is a whole number of seven digits or more.
func wholeDigits(dst []byte, f float64) []byte {
	if a := math.Abs(f); !(a >= 1e6 && a < 9e18) || math.Trunc(f) != f {
		return dst
	}
	return strconv.AppendInt(dst, int64(f), 10)
}
