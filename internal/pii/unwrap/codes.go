package unwrap

import (
	"math/bits"
	"unicode/utf8"
)

// Arrays of bytes, and calls that make a character of its number, spell a text:
// 68 61 6e, {104,97,110}, 01101000 01100001, chr(104)||chr(97), CONCAT(CHAR(104), CHAR(97)),
// {"0":104,"1":97}.

// codes shows what arrays of bytes spell.
func (u *Unwrapper) codes(depth int, v *View) {
	text := v.Text
	var runs [codeKinds]codeRun
	open := 0 // kinds of which a stretch has begun
	labels := 0
	for i := nextWord(text, 0, len(text)); i < len(text); {
		end := wordEnd(text, i)
		kinds := codeKind(text[i:end])
		if labels++; kinds != 0 {
			labels = 0
		}
		if closed := open &^ kinds; closed != 0 && !(kinds == 0 && labels <= maxLabels && codeLabel(text[i:end])) {
			u.spellAll(depth, v, &runs, closed)
			open &= kinds
		}
		for rest := kinds; rest != 0; rest &= rest - 1 {
			runs[bits.TrailingZeros(uint(rest))].add(i, end)
		}
		open |= kinds
		next := nextWord(text, end, end+maxCodeGap+1)
		if next-end > maxCodeGap {
			u.spellAll(depth, v, &runs, open)
			open = 0
			next = nextWord(text, next, len(text))
		}
		i = next
	}
	u.spellAll(depth, v, &runs, open)
}

// codeRun is a stretch of codes of one kind, between which stand up to maxCodeGap characters
// that are no letters or digits, or the names of functions that make characters.
type codeRun struct{ start, end, n int }

func (r *codeRun) add(start, end int) {
	if r.n == 0 {
		r.start = start
	}
	r.end = end
	r.n++
}

// spellAll shows what stretches of some kinds spell, and begins others.
func (u *Unwrapper) spellAll(depth int, v *View, runs *[codeKinds]codeRun, kinds int) {
	for ; kinds != 0; kinds &= kinds - 1 {
		k := bits.TrailingZeros(uint(kinds))
		u.spell(depth, v, &runs[k], 1<<k)
	}
}

// spell shows what a stretch of codes of a kind spells, and begins another.
func (u *Unwrapper) spell(depth int, v *View, r *codeRun, kind int) {
	if r.n >= minPieces {
		l := &u.levels[depth]
		var ok bool
		if l.buf, ok = asText(appendCodes(l.buf[:0], v.Text[r.start:r.end], kind)); ok {
			u.pieces(depth, v, l.buf, kind, r.start, r.end, exotic(l.buf))
		}
	}
	r.n = 0
}

// exotic reports a text of which more than a fifth is beyond ASCII. Numbers that stand side by side
// by chance make such: known values count there, but no shapes.
func exotic(text []byte) bool {
	all, beyond := 0, 0
	for _, c := range text {
		if utf8.RuneStart(c) {
			all++
		}
		if c >= 0xC0 {
			beyond++
		}
	}
	return beyond*5 > all
}

// nextWord is where the next letter or digit of ASCII stands from i on; limit if none does before it.
func nextWord(text []byte, i, limit int) int {
	for limit = min(limit, len(text)); i < limit && !alnum[text[i]]; i++ {
	}
	return i
}

// Kinds of written bytes.
const (
	hexCode   = 1 << iota // 68, 0068
	prefixed              // 0x68
	decimal               // 104
	octal                 // 150
	octet                 // 01101000
	codeKinds = iota
)

const (
	longestCode = 10 // 0b01101000
	maxCodeGap  = 5  // ", "
	maxLabels   = 2  // String.fromCharCode
	latest      = 0x24F
)

func wordEnd(text []byte, i int) int {
	for i < len(text) && alnum[text[i]] {
		i++
	}
	return i
}

// codeKind is how a word may be meant as a byte.
func codeKind(w []byte) (kinds int) {
	switch { // numbers are mostly short
	case len(w) == 1 && isDigit(w[0]):
		return decimal
	case len(w) == 2 && isDigit(w[0]) && isDigit(w[1]):
		return hexCode | decimal
	case len(w) > longestCode:
		return 0
	case isOctet(w):
		return octet
	case (len(w) == 2 || len(w) == 4) && hexEnd(w, 0) == len(w):
		kinds = hexCode
	case len(w) >= 3 && len(w) <= 6 && w[0] == '0' && w[1]|0x20 == 'x' && 2+hexEnd(w[2:], 0) == len(w):
		return prefixed
	}
	if n := decimalCode(w); n >= 0 && n <= latest {
		kinds |= decimal
	}
	if isOctal(w) {
		kinds |= octal
	}
	return kinds
}

// isOctal reports three octal digits of a byte, behind a zero or not.
func isOctal(w []byte) bool {
	if len(w) == 4 && w[0] == '0' {
		w = w[1:]
	}
	return len(w) == 3 && w[0]&^3 == '0' && w[1]&^7 == '0' && w[2]&^7 == '0'
}

// isOctet reports eight binary digits, with 0b before them or not.
func isOctet(w []byte) bool {
	if len(w) == 10 && w[0] == '0' && w[1]|0x20 == 'b' {
		w = w[2:]
	}
	if len(w) != 8 {
		return false
	}
	for _, c := range w {
		if c|1 != '1' {
			return false
		}
	}
	return true
}

// decimalCode is the number of up to three digits that w is, -1 if it is none.
func decimalCode(w []byte) int {
	n := 0
	for _, c := range w {
		if !isDigit(c) {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	if len(w) == 0 || len(w) > 3 {
		return -1
	}
	return n
}

// appendCodes appends the bytes that codes of one kind stand for.
func appendCodes(dst, text []byte, kind int) []byte {
	if kind == decimal {
		return appendDecimals(dst, text)
	}
	for i := 0; i < len(text); {
		if !alnum[text[i]] {
			i++
			continue
		}
		end := wordEnd(text, i)
		w := text[i:end]
		i = end
		if codeKind(w)&kind == 0 { // a label
			continue
		}
		switch kind {
		case prefixed:
			w = w[2:]
			fallthrough
		case hexCode:
			if len(w)%2 == 1 {
				dst, w = append(dst, hexValue[w[0]]), w[1:]
			}
			dst = appendHex(dst, w)
		case octal:
			w = w[len(w)-3:]
			dst = append(dst, w[0]<<6|(w[1]-'0')<<3|(w[2]-'0'))
		case octet:
			dst = appendBits(dst, w[len(w)-8:])
		}
	}
	return dst
}

// appendDecimals is appendCodes for decimal ones.
func appendDecimals(dst, text []byte) []byte {
	before, indexed := indexedCodes(text)
	n := -before
	for i := 0; i < len(text); {
		if !alnum[text[i]] {
			i++
			continue
		}
		c, start := 0, i
		for ; i < len(text) && isDigit(text[i]); i++ {
			c = c*10 + int(text[i]-'0')
		}
		if i-start > 3 || c > latest || i < len(text) && alnum[text[i]] { // a label
			i = wordEnd(text, i)
			continue
		}
		if n++; indexed && (n <= 0 || n%2 == 1) {
			continue
		}
		dst = appendPoint(dst, c)
	}
	return dst
}

// appendPoint appends a byte, or a character beyond Latin-1.
func appendPoint(dst []byte, c int) []byte {
	if c > 0xFF {
		return utf8.AppendRune(dst, rune(c))
	}
	return append(dst, byte(c))
}

// indexedCodes reports codes of which every second one is a number of its place, as those of an
// object of JavaScript that is an array of bytes, and how many others stand before these.
func indexedCodes(text []byte) (before int, ok bool) {
	const most = 3
	first, place := 0, 0 // of the places, and how many of them came
	for i, n := 0, 0; n < most+2*minPieces; n++ {
		i = nextWord(text, i, len(text))
		end := wordEnd(text, i)
		switch c := decimalCode(text[i:end]); {
		case place > 0 && (n-first)%2 == 1: // a byte
		case place > 0 && c == place:
			if place++; place == minPieces {
				return first, true
			}
		case c == 0 && n <= most:
			first, place = n, 1
		default:
			place = 0
		}
		i = end
	}
	return 0, false
}

// appendBits appends the bytes of binary digits, as far as these are whole bytes.
func appendBits(dst, digits []byte) []byte {
	for ; len(digits) >= 8; digits = digits[8:] {
		var b byte
		for _, c := range digits[:8] {
			b = b<<1 | c&1
		}
		dst = append(dst, b)
	}
	return dst
}

// bitsHead reports binary digits in one piece, for minPieces bytes or more, of which the first
// are text.
func bitsHead(w []byte) bool {
	if len(w) < 8*minPieces || bitsEnd(w[:16], 0) < 16 {
		return false
	}
	var b [2]byte
	appendBits(b[:0], w[:16])
	return b[0] >= ' ' && b[0] < 0x7F && b[1] >= ' ' && b[1] != 0x7F
}

// bitsEnd is where a stretch of binary digits ends.
func bitsEnd(text []byte, i int) int {
	for i < len(text) && text[i]|1 == '1' {
		i++
	}
	return i
}

// bits decodes the binary digits that begin at start, and returns where they end; 0 if they are no text.
func (u *Unwrapper) bits(depth int, v *View, start int) (end int) {
	if !bitsHead(v.Text[start:min(len(v.Text), start+8*minPieces)]) {
		return 0
	}
	end = bitsEnd(v.Text, start)
	l := &u.levels[depth]
	l.buf = appendBits(l.buf[:0], v.Text[start:end])
	if len(l.buf) < minPieces || !textual(l.buf) {
		return 0
	}
	u.pieces(depth, v, l.buf, octet, start, end, false)
	return end
}

// asText makes text of bytes: what can't be text is a tab or a line break, and bytes of Latin-1 among
// others are letters. ok says that something of minPieces characters is left.
func asText(b []byte) (text []byte, ok bool) {
	if wideHead(b) || textual(b) {
		return b, true
	}
	latin := utf8.Valid(b)
	if !latin {
		broken := 0
		for i := 0; i < len(b); {
			r, size := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && size == 1 {
				broken++
			}
			i += size
		}
		if 4*broken < len(b) {
			b, latin = latin1(b), true
		}
	}
	text = b[:0]
	run := 0
	for i := 0; i < len(b); {
		r, size := rune(b[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(b[i:])
		}
		switch {
		case r < ' ' && r != '\t' || r == 0x7F || r == utf8.RuneError && !latin:
			if r != '\n' && r != '\r' {
				r = '\t'
			} else {
				r = '\n'
			}
			if size = 1; run > 0 || len(text) == 0 || text[len(text)-1] != byte(r) {
				text = append(text, byte(r))
			}
			run = 0
		default:
			if run++; run == minPieces {
				ok = true
			}
			text = append(text, b[i:i+size]...)
		}
		i += size
	}
	return text, ok
}

// latin1 writes the bytes that are no UTF-8 as the letters that they are in Latin-1.
func latin1(b []byte) []byte {
	out := make([]byte, 0, len(b)+len(b)/4)
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			r = rune(b[i])
		}
		out = utf8.AppendRune(out, r)
		i += size
	}
	return out
}
