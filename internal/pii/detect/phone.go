package detect

import (
	"bytes"

	"refresher/internal/pii"
	"refresher/internal/pii/ident"
)

// international looks for + and a number of E.164: an assigned calling code and
// a plausible length.
func (d *Detector) international(text []byte, free int) Hit {
	g := &d.num
	s := g.start[0]
	if s > free && text[s-1] == '(' {
		s--
	}
	if s <= free || text[s-1] != '+' || !before(text, s-1) {
		return Hit{}
	}
	s--
	for groups := g.n; groups > 0; groups-- {
		n, end := g.digits[:g.at[groups]], g.end[groups-1]
		if end = lineEnd(text, end); end > 0 && ident.Phone(n) {
			return Hit{Class: pii.Phone, Start: s, End: end, Strong: len(n) >= 9 && d.plan.valid(n)}
		}
	}
	return Hit{}
}

// national looks for North American numbers with separators (strong), other
// countries' national forms with a trunk zero or 00 and separators, and bare
// digits (weak).
func (d *Detector) national(text []byte) Hit {
	h := d.num.nanp(text)
	if h.End == 0 {
		h = d.num.trunk(text)
	}
	if h.Strong {
		return h
	}
	return d.called(text, h)
}

// lineEnd is where a number ends whose digits end at i, with its extension (x12,
// ext. 12); 0 if it may not end there.
func lineEnd(text []byte, i int) int {
	stops := func(i int) bool { // also at "-Office"
		return after(text, i) || i+1 < len(text) && text[i] == '-' && kinds[text[i+1]] == letter
	}
	p := i
	if p < len(text) && text[p] == ' ' {
		p++
	}
	for _, word := range [...]string{"extension", "ext.", "ext", "x"} {
		end := p + len(word)
		if end >= len(text) || !bytes.EqualFold(text[p:end], []byte(word)) {
			continue
		}
		if text[end] == ' ' {
			end++
		}
		from := end
		for end < len(text) && end-from < 7 && kinds[text[end]] == digit {
			end++
		}
		if end > from && stops(end) {
			return end
		}
		break
	}
	if !stops(i) {
		return 0
	}
	return i
}

// trunk looks for a number with a trunk zero, or 00 and a calling code.
func (g *numbers) trunk(text []byte) Hit {
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
	if end = lineEnd(text, end); len(d) < 9 || len(d) > 15 || end == 0 || last == 3 && g.size(0) == 2 &&
		g.size(1) == 2 {
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
	if g.sizes(1, 3, 3, 4) && g.digits[0] == '1' || g.sizes(3, 3, 3, 4) && string(g.digits[:3]) == "001" {
		lead = 1
	}
	if last := lead + 2; g.n > last && g.size(lead) == 3 && g.size(lead+1) == 3 && g.size(last) == 4 {
		return g.nanpGroups(text, lead)
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

// nanpGroups reads three groups behind lead others: area code, exchange, number.
func (g *numbers) nanpGroups(text []byte, lead int) Hit {
	last := lead + 2
	if !ident.NANP(g.digits[g.at[lead]:g.at[last+1]]) {
		return Hit{}
	}
	end := lineEnd(text, g.end[last])
	if end == 0 {
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

// dialled is how many of the groups at hand can be one number.
func (g *numbers) dialled() int {
	n := g.n
	for n > 1 && (g.at[n] > 15 || g.size(n-1) == 1 && g.at[n-1] >= 9 || g.seps[n-1] == '/') {
		n--
	}
	return n
}

// called looks for a number that a word says is a phone's: in a column "mobile",
// after "Tel.". h is what it looks like without.
func (d *Detector) called(text []byte, h Hit) Hit {
	g := &d.num
	n := g.dialled()
	digits := g.at[n]
	least := 8
	if n > 1 || d.context.topics&aboutPhone != 0 {
		least = 7
	}
	if h.End == 0 && (digits < least || digits < 2*n || digits > 15 || lineEnd(text, g.end[n-1]) == 0 ||
		same(g.digits[:digits])) {
		return h
	}
	start, end := g.start[0], g.end[n-1]
	if h.End > 0 {
		start, end = h.Start, h.End
	} else {
		end = lineEnd(text, end)
	}
	bracket := start > 0 && text[start-1] == '(' && n > 1 && (g.seps[1] == ')' || g.seps[1] == 'x')
	if d.nearby(text, start, end).topics&aboutPhone == 0 && !sortOfLine(text, end) {
		if h.End == 0 && bracket && g.size(0) <= 4 && n <= 3 && digits >= 8 && digits <= 11 { // "(11) 4706-6184"
			return Hit{Class: pii.Phone, Start: start - 1, End: end}
		}
		return h
	}
	if h.End == 0 {
		if bracket {
			start--
		}
		h = Hit{Class: pii.Phone, Start: start, End: end, Bare: n == 1}
	}
	h.Strong, h.Said = digits >= 8, true
	return h
}

// sortOfLine reports a word behind a number that says which of a person's it is.
func sortOfLine(text []byte, i int) bool {
	if i+3 >= len(text) || text[i] != ' ' && text[i] != '-' {
		return false
	}
	for i++; i < len(text) && (text[i] == ' ' || text[i] == '('); i++ {
	}
	for _, word := range [...]string{"office", "mobile", "fax", "cell", "home", "work", "landline", "desk"} {
		if end := i + len(word); end <= len(text) && bytes.EqualFold(text[i:end], []byte(word)) && after(text, end) {
			return true
		}
	}
	return false
}

// dateLike reports three groups as in 01/02/2026, 2026-02-01, 1.2.26.
func (g *numbers) dateLike() bool {
	a, b, c := g.size(0), g.size(1), g.size(2)
	return b <= 2 && (a <= 2 && (c == 2 || c == 4) || a == 4 && c <= 2)
}

func same(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return true
}
