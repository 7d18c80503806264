package detect

import (
	"refresher/internal/ident"
	"refresher/internal/pii"
)

// international looks for + and a number of E.164: an assigned calling code and
// a plausible length.
func (g *numbers) international(text []byte, free int) Hit {
	s := g.start[0]
	if s > free && text[s-1] == '(' {
		s--
	}
	if s <= free || text[s-1] != '+' || !before(text, s-1) {
		return Hit{}
	}
	s--
	for groups := g.n; groups > 0; groups-- {
		d, end := g.digits[:g.at[groups]], g.end[groups-1]
		if after(text, end) && ident.Phone(d) {
			return Hit{Class: pii.Phone, Start: s, End: end, Strong: len(d) >= 9}
		}
	}
	return Hit{}
}

// national looks for North American numbers with separators (strong), other
// countries' national forms with a trunk zero or 00 and separators, and bare
// digits (weak).
func (g *numbers) national(text []byte) Hit {
	if h := g.nanp(text); h.End > 0 {
		return h
	}
	if g.digits[0] != '0' || g.n < 2 || g.size(0) < 2 || g.size(0) > 5 {
		return Hit{}
	}
	last := g.n
	for k := 2; k < g.n; k++ {
		if g.seps[k] == '.' && g.seps[1] != '.' {
			last = k // "020 7946 0958. 3 days later"
			break
		}
	}
	d, end := g.digits[:g.at[last]], g.end[last-1]
	if len(d) < 9 || len(d) > 15 || !after(text, end) || last == 3 && g.size(0) == 2 && g.size(1) == 2 {
		return Hit{} // 01/02/2026 is a date
	}
	strong := false
	if d[1] == '0' {
		if ident.CallingCode(d[2:]) == 0 {
			return Hit{}
		}
		strong = last > 2
	} else if len(d) > 11 {
		return Hit{}
	}
	return Hit{Class: pii.Phone, Start: g.start[0], End: end, Strong: strong}
}

func (g *numbers) nanp(text []byte) Hit {
	lead := 0 // groups before the area code
	if g.sizes(1, 3, 3, 4) && g.digits[0] == '1' {
		lead = 1
	}
	if last := lead + 2; g.n > last && g.size(lead) == 3 && g.size(lead+1) == 3 && g.size(last) == 4 {
		end := g.end[last]
		if !ident.NANP(g.digits[lead:g.at[last+1]]) || !after(text, end) {
			return Hit{}
		}
		s := g.start[0]
		if lead == 0 && s > 0 && text[s-1] == '(' && g.seps[1] != ' ' && g.seps[1] != '-' {
			s--
		}
		one, two := g.seps[lead+1], g.seps[last]
		strong := one == 'x' || one == ')' || (one == '-' || one == '.') && one == two
		if g.n > last+1 && g.seps[last+1] == two {
			strong = false // the groups go on
		}
		return Hit{Class: pii.Phone, Start: s, End: end, Strong: strong}
	}
	n := g.size(0)
	bare := g.digits[:n]
	if n == 11 && bare[0] == '1' {
		bare = bare[1:]
	}
	if !ident.NANP(bare) || !after(text, g.end[0]) {
		return Hit{}
	}
	return Hit{Class: pii.Phone, Start: g.start[0], End: g.end[0], Bare: true}
}
