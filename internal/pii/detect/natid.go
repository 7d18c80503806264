package detect

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"refresher/internal/pii"
	"refresher/internal/pii/ident"
)

// Where a national number's form stands in the tables below.
type form struct {
	id       int // in ident.Nationals
	national *ident.National
	text     string          // "999-99-9999"
	printed  bool            // so written that little else looks like it
	weak     bool            // a weak hit, if nothing says what it is
	groups   int             // of digits, if it is nothing else
	sizes    uint32          // of the groups, four bits each, the first lowest
	seps     [maxGroups]byte // between group k-1 and k
	letters  uint32          // of a word: places that are letters
	digits   uint32          // and places that are digits
	firstRun int             // of letters and digits
}

// forms are the numbers' forms by what they are looked for with.
type forms struct {
	bare   [maxDigits + 1][]form // digits only, the least likely first
	groups [maxFirst + 1][]form  // digits and separators, by the size of the first group
	pairs  [maxFirst + 1]uint32  // for each first size, the second ones as bits
	words  [20][]form            // letters and digits only
	// Letters, digits and separators, by the first run and what it begins with.
	mixed  [2][maxWordRun + 1][]form
	behind [2][maxWordRun + 1]string // what follows that run
}

const (
	maxFirst   = 10 // digits of the first of several groups
	maxWordRun = 10
)

// known are the forms of all national numbers, by their first group.
var known = sync.OnceValue(func() *forms {
	f, nationals := new(forms), ident.Nationals()
	for id := range nationals {
		n := &nationals[id]
		for _, text := range strings.Split(n.Forms, "|") {
			text, printed := strings.CutSuffix(text, "!")
			text, weak := strings.CutSuffix(text, "?")
			x := form{id: id, national: &nationals[id], text: text, printed: printed, weak: weak}
			f.add(x)
			if strings.Contains(text, "X") && !strings.Contains(text, "A") {
				x.text = strings.ReplaceAll(text, "X", "9")
				f.add(x)
			}
		}
	}
	for _, list := range f.bare {
		slices.SortStableFunc(list, func(a, b form) int { return cmp.Compare(a.national.Chance, b.national.Chance) })
	}
	return f
})

func (f *forms) add(x form) {
	separators := false
	for i, c := range x.text {
		switch c {
		case '9':
			x.digits |= 1 << i
		case 'A':
			x.letters |= 1 << i
		case 'X':
		default:
			separators = true
		}
	}
	for x.firstRun < len(x.text) && kinds[x.text[x.firstRun]]&alnum != 0 {
		x.firstRun++
	}
	onlyDigits := !strings.ContainsAny(x.text, "AX")
	switch {
	case onlyDigits && !separators:
		f.bare[len(x.text)] = append(f.bare[len(x.text)], x)
	case onlyDigits && !strings.ContainsAny(x.text, "+()[]"):
		for _, c := range []byte(x.text) {
			if c == '9' {
				x.sizes += 1 << (4 * x.groups)
				continue
			}
			x.groups++
			x.seps[x.groups] = c
		}
		x.groups++
		first, second := x.sizes&15, x.sizes>>4&15
		f.groups[first] = append(f.groups[first], x)
		f.pairs[first] |= 1 << second
	case !separators:
		f.words[len(x.text)] = append(f.words[len(x.text)], x)
	default:
		for k, first := range [...]byte{'9', 'A'} {
			if x.text[0] != first && x.text[0] != 'X' {
				continue
			}
			f.mixed[k][x.firstRun] = append(f.mixed[k][x.firstRun], x)
			if sep := x.text[x.firstRun : x.firstRun+1]; !strings.Contains(f.behind[k][x.firstRun], sep) {
				f.behind[k][x.firstRun] += sep
			}
		}
	}
}

// Chances below which a check alone, without a word that says what a number is,
// makes a hit strong. About one number in ten passes a check digit.
const (
	sureChance   = 0.005 // of what is written with separators or letters
	digitsChance = 0.001 // of digits alone
	// From here on there is no check digit, and a miss proves nothing.
	uncheckedChance = 0.3
)

// hitOf is the hit of a form whose check passed; c is what the place says.
func (d *Detector) hitOf(f *form, text []byte, start, end int) Hit {
	n := f.national
	h := Hit{Class: pii.NationalID, Kind: n.Kind, Start: start, End: end}
	digitsOnly := len(f.text) == f.firstRun && f.letters == 0
	unchecked := n.Chance >= uncheckedChance
	h.Bare = digitsOnly || !unchecked
	switch {
	case digitsOnly:
		h.Strong = n.Chance <= digitsChance
	default:
		h.Strong = f.printed || n.Chance <= sureChance
	}
	if !h.Strong || digitsOnly {
		c := d.nearby(text, start, end)
		h.Said = c.names(f.id)
		h.Strong = h.Strong || h.Said
	}
	if !h.Strong && !f.weak && (!digitsOnly || unchecked) {
		return Hit{} // groups of digits stand everywhere
	}
	return h
}

// better prefers a hit that is strong, then the less likely one.
func better(a, b Hit, ca, cb float64) bool {
	if a.Strong != b.Strong {
		return a.Strong
	}
	return ca < cb
}

// bareID looks for a number of digits alone. Within a text, one that only a check
// digit tells is nothing, as one number in ten is: it takes a cell of its own, which
// its column can be weighed with, or a word that says what it is.
func (d *Detector) bareID(text []byte) Hit {
	g := &d.num
	list := d.known.bare[g.size(0)]
	start, end := g.start[0], g.end[0]
	if len(list) == 0 || !after(text, end) {
		return Hit{}
	}
	all := start == 0 && end == len(text)
	said := d.nearby(text, start, end)
	all = all || said.topics&anyID != 0 || said.ids != idSet{}
	compact := g.digits[:g.size(0)]
	var best Hit
	chance := 2.0
	for i := range list {
		f := &list[i]
		n := f.national
		if n.Chance > digitsChance && !all {
			break // and so are the others
		}
		if !n.Check(compact) {
			continue
		}
		if h := d.hitOf(f, text, start, end); h.End > 0 && (best.End == 0 || better(h, best, n.Chance, chance)) {
			best, chance = h, n.Chance
		}
	}
	return best
}

// groupedID looks for groups of digits as a form has them.
func (d *Detector) groupedID(text []byte) Hit {
	g := &d.num
	var best Hit
	chance := 2.0
	list := d.known.groups[g.size(0)]
	sizes := uint32(0)
	for k := range g.n {
		sizes |= uint32(min(g.size(k), 15)) << (4 * k)
	}
	for i := range list {
		f := &list[i]
		if sizes&(1<<(4*f.groups)-1) != f.sizes || !g.fits(f) || !after(text, g.end[f.groups-1]) {
			continue
		}
		n := f.national
		start, end := g.start[0], g.end[f.groups-1]
		if !n.Check(g.digits[:g.at[f.groups]]) {
			d.miss(text, start, end)
			continue
		}
		if h := d.hitOf(f, text, start, end); h.End > 0 &&
			(best.End == 0 || better(h, best, n.Chance, chance) || h.Kind == best.Kind && h.End > best.End) {
			best, chance = h, n.Chance
		}
	}
	return best
}

// fits reports whether groups of a form's sizes are written as it is, and don't go on.
func (g *numbers) fits(f *form) bool {
	for k := 1; k < f.groups; k++ {
		if g.seps[k] != f.seps[k] {
			return false
		}
	}
	return g.n == f.groups && !g.tail || g.n > f.groups && g.seps[f.groups] != g.seps[f.groups-1]
}

// wordID looks for a number that is letters and digits: the word text[start:end].
func (d *Detector) wordID(text []byte, start, end int) Hit {
	n := end - start
	if n >= len(d.known.words) || len(d.known.words[n]) == 0 {
		return Hit{}
	}
	b := &d.compact
	letters, lower := uint32(0), false
	for i, c := range text[start:end] {
		if kinds[c] == letter {
			letters |= 1 << i
			lower = lower || c >= 'a'
			c &^= 0x20
		}
		b[i] = c
	}
	var best Hit
	chance := 2.0
	list := d.known.words[n]
	for i := range list {
		f := &list[i]
		if letters&f.letters != f.letters || letters&f.digits != 0 {
			continue
		}
		x := f.national
		if !x.Check(b[:n]) {
			d.miss(text, start, end)
			continue
		}
		h := d.hitOf(f, text, start, end)
		if lower && letters != f.letters&-f.letters { // people write them in capitals
			h.Strong = h.Strong && d.nearby(text, start, end).names(f.id)
		}
		if h.End > 0 && (best.End == 0 || better(h, best, x.Chance, chance)) {
			best, chance = h, x.Chance
		}
	}
	return best
}

// mixedID looks for letters, digits and separators as a form has them; the first
// run of letters and digits is text[start:end].
func (d *Detector) mixedID(text []byte, start, end int) Hit {
	k := 0
	if kinds[text[start]] == letter {
		k = 1
	}
	if end-start > maxWordRun || strings.IndexByte(d.known.behind[k][end-start], text[end]) < 0 {
		return Hit{}
	}
	list := d.known.mixed[k][end-start]
	for i := range list {
		f := &list[i]
		stop := start + len(f.text)
		if stop > len(text) || text[end] != f.text[end-start] {
			continue
		}
		b := &d.compact
		n := 0
		ok, lower := true, false
		for k := 0; k < len(f.text) && ok; k++ {
			c := text[start+k]
			switch f.text[k] {
			case '9':
				ok = kinds[c] == digit
			case 'A':
				ok = kinds[c] == letter
			case 'X':
				ok = kinds[c] == digit || kinds[c] == letter
			default:
				ok = c == f.text[k]
				continue
			}
			lower = lower || c >= 'a'
			b[n] = upper(c)
			n++
		}
		if !ok || !after(text, stop) {
			continue
		}
		if !f.national.Check(b[:n]) {
			d.miss(text, start, stop)
			continue
		}
		sure := f.printed && f.national.Chance <= sureChance
		if h := d.hitOf(f, text, start, stop); h.End > 0 &&
			(!lower || sure || d.nearby(text, start, stop).names(f.id)) {
			return h
		}
	}
	return Hit{}
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}
