package detect

import (
	"refresher/internal/pii"
	"refresher/internal/pii/ident"
)

const (
	minWord  = 8  // characters of the shortest identifier of letters and digits
	minToken = 16 // characters of the shortest run within a token
)

// lettered looks at a word that begins with a letter; digits says that it has some.
func (d *Detector) lettered(text []byte, free, i, end int, digits bool) bool {
	n := end - i
	if n <= 3 || digits && n <= maxWordRun {
		if end+1 < len(text) && (text[end] == ' ' || text[end] == '-' || text[end] == '(' || text[end] == '[') &&
			d.known.behind[1][n] != "" &&
			before(text, i) && d.take(d.mixedID(text, i, end)) {
			return true
		}
	}
	if digits {
		return d.word(text, free, i, end)
	}
	if d.context.topics&aboutBIC != 0 && !digits {
		return d.take(d.bic(text, i, end))
	}
	return false
}

// word looks at a word of letters and digits.
func (d *Detector) word(text []byte, free, i, end int) bool {
	n := end - i
	if n < minWord {
		return n == 4 && end < len(text) && text[end] == '.' && d.take(dottedMAC(text, i))
	}
	if before(text, i) && after(text, end) {
		switch {
		case n < len(d.known.words) && d.take(d.wordID(text, i, end)):
			return true
		case n == 17 && d.take(d.vin(text, i, end)), (n == 8 || n == 11) && d.take(d.bic(text, i, end)):
			return true
		case n >= 25 && d.take(d.coin(text, i, end)):
			return true
		}
	}
	return d.take(d.glued(text, i, end)) || n >= minToken && d.take(d.token(text, free, i, end))
}

// coin looks for an address of a cryptocurrency.
func (d *Detector) coin(text []byte, i, end int) Hit {
	b := text[i:end]
	kind, strong := "", true
	switch {
	case len(b) <= 36:
		kind = ident.Base58(b)
	case len(b) == 42 && b[0] == '0' && b[1]|0x20 == 'x':
		checked, ok := d.coins.Ethereum(b[2:])
		if ok {
			kind, strong = "eth", checked || d.nearby(text, i, end).topics&aboutCoin != 0
		}
	default:
		kind = ident.Bech32(b)
	}
	if kind == "" {
		return Hit{}
	}
	return Hit{Class: pii.Crypto, Kind: kind, Start: i, End: end, Strong: strong}
}

// bic looks for a bank's code where a word says what it is: eight capitals are
// too often a word.
func (d *Detector) bic(text []byte, i, end int) Hit {
	if !ident.BIC(text[i:end]) || !before(text, i) || !after(text, end) || d.nearby(text, i, end).topics&aboutBIC == 0 {
		return Hit{}
	}
	return Hit{Class: pii.BIC, Start: i, End: end}
}
