package detect

import (
	"refresher/internal/pii"
	"refresher/internal/pii/ident"
)

const (
	maxGroups = 8  // of digits in one number
	maxDigits = 19 // of the longest number known here, a card
)

// numbers is scratch space: the digit groups from one place on.
type numbers struct {
	digits [maxDigits + 1]byte // of all groups
	start  [maxGroups]int      // in the text
	end    [maxGroups]int
	at     [maxGroups + 1]int // in digits
	seps   [maxGroups]byte    // between group k-1 and k; 'x' if several characters
	n      int
	tail   bool // a group follows that has no place here
}

// gather reads digit groups from i on, as long as a separator that numbers are
// written with stands between them.
func (g *numbers) gather(text []byte, i int) {
	g.n, g.at[0], g.tail = 0, 0, false
	fill := 0
	for g.n < maxGroups {
		s := i
		for i < len(text) && kinds[text[i]] == digit {
			if fill < len(g.digits) {
				g.digits[fill] = text[i]
				fill++
			}
			i++
			if i-s > maxDigits {
				g.tail = true
				return // a longer run is no number of ours, and neither is a part of it
			}
		}
		if fill > maxDigits {
			g.tail = true
			return
		}
		g.start[g.n], g.end[g.n] = s, i
		g.n++
		g.at[g.n] = fill
		sep, next := separator(text, i)
		if next == 0 || g.n == maxGroups {
			return
		}
		g.seps[g.n] = sep
		i = next
	}
}

// separator reads what stands between two groups: one of " .-/", a no-break
// space or hyphen, or one of those with a parenthesis. next is 0 if no further
// group follows.
func separator(text []byte, i int) (sep byte, next int) {
	n := 0
	for k := i; k < len(text) && k-i <= 4; {
		c := text[k]
		switch {
		case kinds[c] == digit:
			if n == 0 {
				return 0, 0
			}
			return sep, k
		case c == ' ', c == '-', c == '.', c == '/', c == '(', c == ')':
			if sep = c; n > 0 {
				sep = 'x'
			}
			n++
			k++
		case k+2 < len(text) && c == 0xC2 && text[k+1] == 0xA0: // U+00A0
			sep, k, n = ' ', k+2, n+1
		// U+202F, U+2010 to 2013
		case k+3 < len(text) && c == 0xE2 && text[k+1] == 0x80 && (text[k+2] == 0xAF || text[k+2]&^3 == 0x90):
			sep, k, n = '-', k+3, n+1
		default:
			return 0, 0
		}
		if n > 3 {
			return 0, 0
		}
	}
	return 0, 0
}

// groupSeparator holds the first bytes of what separator accepts.
var groupSeparator = func() (t [256]bool) {
	for _, c := range []byte(" -./()\xC2\xE2") {
		t[c] = true
	}
	return t
}()

// number looks at the digits at i and steps over their group.
func (d *Detector) number(text []byte, free, i int) (next int, found bool) {
	next = i
	for next < len(text) && kinds[text[next]] == digit {
		next++
	}
	size := next - i
	for next < len(text) && kinds[text[next]]&alnum != 0 {
		next++
	}
	if next-i > size { // "12ab" is one word
		return next, d.word(text, free, i, next) || d.tail(text, i, next)
	}
	if size > maxDigits {
		return next, false // none of ours
	}
	if next < len(text) && groupSeparator[text[next]] {
		if size < 4 && text[next] == '.' && d.coordinates(text, free, i, next) {
			return next, true
		}
	} else if size < 7 {
		return next, size == 6 && d.tail(text, i, next) // "131052+308T"
	}
	d.num.gather(text, i)
	return next, d.grouped(text, free, i, next)
}

// grouped looks at a number with its groups: the first is text[i:end].
func (d *Detector) grouped(text []byte, free, i, end int) bool {
	g := &d.num
	sign := byte(0)
	if i > free {
		sign = text[i-1]
	}
	plus := sign == '+' || sign == '('
	if end-i < 7 && g.n == 1 && !plus {
		return d.tail(text, i, end)
	}
	if g.n >= 4 && g.seps[1] == '.' && g.seps[2] == '.' && g.seps[3] == '.' && d.take(ipv4(text, i)) {
		return true
	}
	if plus && d.take(d.international(text, free)) {
		return true
	}
	if sign == '+' && before(text, i-1) || !before(text, i) {
		return false
	}
	return d.tail(text, i, end) || d.take(d.best(text))
}

// checked are the readings of the groups at hand that check digits confirm. A sure one ends
// the search.
func (d *Detector) checked(text []byte) (sure, id, card, imei Hit) {
	g := &d.num
	first, all := g.size(0), g.at[g.n]
	if g.n > 1 && first <= maxFirst && g.size(1) <= maxDigits && d.known.pairs[first]>>g.size(1)&1 == 1 {
		if id = d.groupedID(text); id.Strong {
			return id, id, card, imei
		}
	}
	if first >= 12 || first == 4 && all >= 12 {
		if card = d.card(text); card.Strong {
			return card, id, card, imei
		}
	}
	if first == 15 || g.n > 2 && all >= 15 {
		if imei = d.imei(text); imei.Strong {
			return imei, id, card, imei
		}
	}
	if first >= minMiss {
		if h := d.bareID(text); id.End == 0 || h.Strong {
			id = h
		}
	}
	return Hit{}, id, card, imei
}

// best is the best reading of the groups at hand. Most numbers are none of what is
// looked for, and the size of the first group says so.
func (d *Detector) best(text []byte) Hit {
	g := &d.num
	first, all := g.size(0), g.at[g.n]
	sure, id, card, imei := d.checked(text)
	switch {
	case sure.Strong:
		return sure
	case id.Said:
		return id
	case card.End > 0:
		return card
	}
	date := g.n > 2 && g.dateLike() && (g.n == 3 || g.seps[3] != g.seps[1])
	if all >= 7 && !date {
		if h := d.national(text); h.End > 0 {
			return h
		}
	}
	switch {
	case id.End > 0:
		return id
	case imei.End > 0:
		return imei
	}
	if date {
		if h := d.birth(text); h.End > 0 {
			return h
		}
	}
	if first >= minMiss {
		d.miss(text, g.start[0], g.end[0])
	}
	return Hit{}
}

// minMiss is how many digits make a number that could have been an identifier.
const minMiss = 8

// tail looks for an identifier whose digits text[i:end] letters follow: "12345678-Z".
func (d *Detector) tail(text []byte, i, end int) bool {
	return end+1 < len(text) && end-i <= maxWordRun && d.known.behind[0][end-i] != "" &&
		before(text, i) && d.take(d.mixedID(text, i, end))
}

// size is the number of digits in group k.
func (g *numbers) size(k int) int { return g.at[k+1] - g.at[k] }

// sizes reports whether the first groups have the given sizes.
func (g *numbers) sizes(want ...int) bool {
	if g.n < len(want) {
		return false
	}
	for k, n := range want {
		if g.size(k) != n {
			return false
		}
	}
	return true
}

// card looks for a card number in one piece or grouped as printed on cards.
func (d *Detector) card(text []byte) Hit {
	g := &d.num
	groups := 0
	switch {
	case g.size(0) >= 12:
		groups = 1
	case g.sizes(4, 4, 4, 4):
		groups = 4
		if g.n > 4 && g.size(4) == 3 && g.seps[4] == g.seps[1] {
			if h := d.cardOf(text, 5); h.End > 0 {
				return h
			}
		}
	case g.sizes(4, 6, 5), g.sizes(4, 6, 4), g.sizes(4, 4, 5):
		groups = 3
	default:
		return Hit{}
	}
	return d.cardOf(text, groups)
}

func (d *Detector) cardOf(text []byte, groups int) Hit {
	g := &d.num
	for k := 2; k < groups; k++ {
		if g.seps[k] != g.seps[1] {
			return Hit{}
		}
	}
	if groups > 1 && g.seps[1] != ' ' && g.seps[1] != '-' && g.seps[1] != '.' {
		return Hit{}
	}
	end := g.end[groups-1]
	if !after(text, end) {
		return Hit{}
	}
	usual, ok := ident.Card(g.digits[:g.at[groups]])
	if !ok {
		d.miss(text, g.start[0], end)
		return Hit{}
	}
	// One of many equal groups, as in a table of numbers, proves little.
	goesOn := g.n > groups && g.size(groups) == 4 || g.n == groups && g.tail
	lone := groups == 1 || !goesOn || g.seps[groups] != g.seps[1]
	h := Hit{Class: pii.CreditCard, Start: g.start[0], End: end, Strong: usual && lone, Bare: true}
	if !h.Strong {
		h.Said = d.nearby(text, h.Start, end).topics&aboutCard != 0
		h.Strong = h.Said
	}
	return h
}
