package detect

import "refresher/internal/pii"

// birth looks at three groups of a date's sizes: for a date behind a word that says it is one of birth, in digits:
// 1987-03-21, 21.03.1987, 3/21/87.
func (d *Detector) birth(text []byte) Hit {
	g := &d.num
	if g.seps[1] != g.seps[2] || g.seps[1] != '-' && g.seps[1] != '.' && g.seps[1] != '/' || !after(text, g.end[2]) {
		return Hit{}
	}
	if end := g.end[2]; end+3 < len(text) && text[end+3] == ':' {
		return Hit{} // a time follows: that of a machine
	}
	y, m, day := g.value(0), g.value(1), g.value(2)
	if g.size(0) != 4 {
		y, day = day, y
	}
	if m > 12 {
		m, day = day, m
	}
	if m < 1 || m > 12 || day < 1 || day > 31 || y > 99 && (y < 1900 || y > 2035) {
		return Hit{}
	}
	if d.nearby(text, g.start[0], g.end[2]).topics&aboutBirth == 0 {
		return Hit{}
	}
	return Hit{Class: pii.BirthDate, Start: g.start[0], End: g.end[2], Said: true}
}

// value is the number that group k is.
func (g *numbers) value(k int) int {
	return int(value(g.digits[g.at[k]:g.at[k+1]]))
}
