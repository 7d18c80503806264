package fingerprint

import "refresher/internal/pii/ident"

// Lengths of words in which a number may have letters joined to it. Shorter
// numbers stand in hexadecimal by chance.
const (
	minGlued  = 11 // digits
	maxGlued  = 48 // letters and digits
	maxPrefix = 12 // letters before an IBAN
)

// glued looks in a word of letters and digits for a number with letters at either
// end: B4539…, tel4917…x, IBANDE96…, DE96…EUR.
func (m *Matcher) glued(text []byte, w *word) (hit Match) {
	if w.has&^isWide != hasLetter|hasDigit || w.size <= minGlued || w.size > maxGlued {
		return hit
	}
	if w.has&isWide == 0 {
		return m.gluedIn(text, text[w.start:w.end], w)
	}
	// Letters or digits beyond ASCII: in the folded word, whose places are not the text's.
	var again word
	m.folder.next(text[:w.end], w.start, &again)
	if hit = m.gluedIn(text, m.folder.buf[:again.size], w); hit.End > 0 {
		hit.Start, hit.End = w.start, w.end
	}
	return hit
}

// gluedIn looks in b, which is word w or what it folds to.
func (m *Matcher) gluedIn(text, b []byte, w *word) (hit Match) {
	head := 0 // letters before the first digit
	for byteFold[b[head]]>>4 != 3 {
		head++
	}
	tail := head // end of the digits there
	for tail < len(b) && byteFold[b[tail]]>>4 == 3 {
		tail++
	}
	if head >= 2 && head <= maxPrefix && tail-head >= 2 {
		if hit = m.gluedIBAN(b, w.start, head-2); hit.End > 0 {
			return hit
		}
	}
	if n := tail - head; n < minGlued || n > maxCompact || !m.set.possible(n, hasDigit) && n > maxPhone {
		return hit
	}
	for _, c := range b[tail:] {
		if byteFold[c]>>4 == 3 {
			return hit // a code, not a number
		}
	}
	// A copy, since put may not be asked for a part of a word; digits fold to themselves.
	digits := m.joint[:copy(m.joint[:], b[head:tail])]
	part := word{start: w.start, end: w.end, size: len(digits), has: hasDigit}
	if w.has&isWide == 0 {
		part.start, part.end = w.start+head, w.start+tail
	}
	if code, alone := m.compact(text, digits, hasDigit, &part); code != 0 {
		hit = Match{Class: m.set.classes[code], Start: part.start, End: part.end, Digits: alone, Print: m.print}
	}
	return hit
}

// gluedIBAN looks for an IBAN at b[i:], of the length that its country has.
func (m *Matcher) gluedIBAN(b []byte, start, i int) (hit Match) {
	n := ident.IBANLength(b[i]&^0x20, b[i+1]&^0x20)
	if n == 0 || n > maxCompact || n > len(b)-i || n == len(b) || !m.set.possible(n, hasLetter|hasDigit) {
		return hit
	}
	if end := i + n; end < len(b) && byteFold[b[end]]>>4 == 3 {
		return hit
	}
	for k, c := range b[i : i+n] {
		m.joint[k] = byteFold[c]
	}
	if code := m.find(m.set.keys.compact.hash(m.joint[:n])); code != 0 {
		hit = Match{Class: m.set.classes[code], Start: start + i, End: start + i + n, Print: m.print}
	}
	return hit
}
