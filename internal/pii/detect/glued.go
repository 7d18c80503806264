package detect

import (
	"refresher/internal/pii"
	"refresher/internal/pii/ident"
)

// Characters of a word that may be a card number with letters joined to it: a
// magnetic stripe (B4111111111111111), a key and its value, a field without a space.
const (
	minGlued = 15
	maxGlued = 32
)

// glued looks for a card number in a word that is one run of digits with letters
// before or behind. What could be a piece of hexadecimal or of base64 is none:
// letters that are all of A to F, of mixed case, or next to + / = or -.
func (d *Detector) glued(text []byte, i, end int) Hit {
	if end-i < minGlued || end-i > maxGlued || encoded(text, i-1) || encoded(text, end) {
		return Hit{}
	}
	from := lettersFrom(text, i, end)
	to := from
	for to < end && kinds[text[to]] == digit {
		to++
	}
	if n := to - from; n < 14 || n > 16 || lettersFrom(text, to, end) != end || !wordlike(text[i:from], text[to:end]) {
		return Hit{}
	}
	if usual, ok := ident.Card(text[from:to]); !ok || !usual {
		return Hit{}
	}
	h := Hit{Class: pii.CreditCard, Start: from, End: to, Bare: true}
	h.Said = d.nearby(text, from, to).topics&aboutCard != 0
	h.Strong = h.Said
	if !h.Said && from == i+2 && to == end { // as an account's number is written
		return Hit{}
	}
	return h
}

// encoded reports whether what stands at i joins the pieces of base64 or of a UUID.
func encoded(text []byte, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	c := text[i]
	return c == '+' || c == '/' || c == '=' || c == '-'
}

func lettersFrom(text []byte, i, end int) int {
	for i < end && kinds[text[i]] == letter {
		i++
	}
	return i
}

// wordlike reports whether letters are as people write them: some is none of
// hexadecimal, and none is a capital behind a small one.
func wordlike(ends ...[]byte) bool {
	beyond := false
	for _, b := range ends {
		for k, c := range b {
			beyond = beyond || c|0x20 > 'f'
			if k > 0 && c < 'a' && b[k-1] >= 'a' {
				return false
			}
		}
	}
	return beyond
}
