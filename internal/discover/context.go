package discover

import (
	"slices"
	"strings"
	"sync"
)

// context finds out what a table's rows are about: the facts of rules.txt, in order.
func (t *table) context() {
	for _, f := range columnRules().facts {
		t.facts[f.name] = t.holds(f.holds)
		if f.name == "connects" && t.facts[f.name] { // its clients are programs
			t.name = understand("application")
		}
	}
}

// unbrand leaves out what the names of most tables begin with, where nothing parts it from the rest and it means
// nothing: gibbon in gibbonperson, gibboncourse.
func (s *Survey) unbrand() {
	const least = 4
	counts := map[string]int{}
	for _, t := range s.tables {
		w := strings.ToLower(t.Name.Name)
		for n := least; n < len(w)-2 && strings.Trim(w[:n+1], "abcdefghijklmnopqrstuvwxyz") == ""; n++ {
			counts[w[:n]]++
		}
	}
	brand := ""
	for w, n := range counts {
		if n > 2 && 5*n > 3*len(s.tables) && (len(w) > len(brand) || len(w) == len(brand) && w < brand) {
			brand = w
		}
	}
	if brand == "" || isWord(brand) {
		return
	}
	for _, t := range s.tables {
		rest, ok := strings.CutPrefix(strings.ToLower(t.Name.Name), brand)
		if ok && (len(segments(rest)) > 1 || isWord(rest)) {
			t.name = understand(rest)
		}
	}
}

// aboutPersons reports whether rows about what a word means are about persons.
func aboutPersons(head string) bool {
	return head == "person" || head == "user" || head == "spouse" || head == "holder"
}

// theirs is the one fact that other tables of the database show: rows refer to persons.
const theirs = "theirs"

// treated is a fact about tables whose rows belong to rows about patients: items of a
// prescription, say. They may be depth steps away.
const (
	treated = "treated"
	depth   = 2
)

// ofPersons notes tables whose rows refer to a table of persons, as its columns show,
// under any name of that, and finds out again what they are about.
func (s *Survey) ofPersons() {
	p := persons{keys: map[string]bool{}}
	for _, t := range s.tables {
		if t.is("persons") || t.is("people") {
			p.add(t)
		} else {
			p.things = append(p.things, words(t.Name.Name)...)
		}
	}
	for _, t := range s.tables {
		for _, c := range t.columns {
			c.natural = p.keys[c.Name]
		}
		if slices.ContainsFunc(t.columns, func(c *column) bool {
			return p.named(c) && !(t.is("lists") && c.fits("secondary"))
		}) {
			t.facts[theirs] = true
			t.context()
		}
	}
	called := map[string]*table{}
	for _, t := range s.tables {
		called[singular(strings.Join(t.name.parts, "_"))] = t
	}
	for range depth {
		for _, t := range s.tables {
			t.facts[treated] = t.facts[treated] || t.facts[clinic] && !t.is("lists") && !t.is("people") &&
				slices.ContainsFunc(t.columns, func(c *column) bool {
					to := called[strings.Join(c.name.parts[:max(0, len(c.name.parts)-1)], "_")]
					if c.refers() {
						to = c.to.table
					} else if c.name.last != "id" {
						return false
					}
					return to != nil && to != t && (to.is("health") || to.is(treated) || to.is("bedside"))
				})
		}
	}
}

// persons are what tables of persons are called, and their keys.
type persons struct {
	called []string
	own    []string // as the schema spells it
	things []string // words that other tables are called
	keys   map[string]bool
}

func (p *persons) add(t *table) {
	common := []string{"id", "uuid", "guid", "key", "code", "name", "email", "oid"}
	if n := len(t.name.parts); n > 0 {
		p.called = append(p.called, singular(t.name.part(n-1)))
	}
	p.own = append(p.own, words(t.Name.Name)...)
	if k := t.PrimaryKey; len(k) == 1 && !slices.Contains(common, strings.ToLower(k[0])) {
		p.keys[k[0]] = true
	}
}

// named reports a column that refers to a person, or is called like the key of a table of persons.
func (p *persons) named(c *column) bool {
	if c.refers() {
		return c.to.table.is("persons") || c.to.table.is("people")
	}
	if c.to != nil {
		return false
	}
	n := c.name
	last := len(n.parts) - 1
	id := last > 0 && (n.part(last) == "id" && p.calls(n.part(last-1)) || n.part(0) == "id" && p.calls(n.part(1)))
	return (id || p.keys[c.Name]) && !c.surrogate()
}

// calls reports whether a word names a table of persons, in any form that a language declines it in.
func (p *persons) calls(w string) bool {
	const stem, ending = 5, 3
	if p.abbreviated(w) {
		return true
	}
	w = singular(w)
	return slices.ContainsFunc(p.called, func(called string) bool {
		n := min(len(called), len(w)) - ending
		return w == called || n >= stem && max(len(called), len(w)) <= n+2*ending && called[:n] == w[:n]
	})
}

// abbreviated reports whether a word that means nothing begins a word that tables of persons are called, and
// no other tables are: dip_id of dipendenti.
func (p *persons) abbreviated(w string) bool {
	const least = 3
	begins := func(called string) bool { return strings.HasPrefix(called, w) }
	return len(w) >= least && meaningsOf()[w] == nil && !plainWords()[w] && slices.ContainsFunc(p.own, begins) &&
		!slices.ContainsFunc(p.things, begins)
}

// known reports whether a table of the database is called like a word of a name, or
// the word is one for persons.
func (t *table) known(n *name) bool {
	return slices.ContainsFunc(n.parts, func(w string) bool {
		if w == "person" || w == "user" {
			return true
		}
		for called := range t.tables {
			if w != "id" && strings.HasPrefix(called, singular(w)) {
				return true
			}
		}
		return false
	})
}

// headOf is what a table's name is about: its last word that says something, the
// first one in languages that put it first.
func headOf(n *name) string {
	for _, w := range slices.Backward(n.parts) {
		if times()[w] {
			continue // of the same
		}
		m := meaningsOf()[w]
		if m == nil {
			m = meaningsOf()[strings.TrimSuffix(w, "s")]
		}
		if m == nil {
			m = meaningsOf()[strings.TrimSuffix(w, "es")] // branches
		}
		if m == nil {
			return ""
		}
		if m[0] != "filler" && m[0] != "neutral" && m[0] != "nhead" {
			return m[0]
		}
	}
	return ""
}

// times are words behind what a table is about that say when.
var times = sync.OnceValue(func() map[string]bool { return list("times", " ") })

func singular(w string) string {
	if stem, ok := strings.CutSuffix(w, "ies"); ok && len(stem) > 3 {
		return stem + "y"
	}
	if len(w) > 3 && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "sis") {
		return strings.TrimSuffix(w, "s")
	}
	return w
}
