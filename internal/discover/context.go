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

// aboutPersons reports whether rows about what a word means are about persons.
func aboutPersons(head string) bool {
	return head == "person" || head == "user" || head == "spouse" || head == "holder"
}

// ofPersons notes tables whose rows refer to a table of persons, as its columns show,
// under any name of that.
func (s *Survey) ofPersons() {
	called, keys := map[string]bool{}, map[string]bool{}
	common := []string{"id", "uuid", "guid", "key", "code", "name", "email", "oid"}
	for _, t := range s.tables {
		if !t.is("persons") {
			continue
		}
		if n := len(t.name.parts); n > 0 {
			called[singular(t.name.part(n-1))] = true
		}
		if k := t.PrimaryKey; len(k) == 1 && !slices.Contains(common, strings.ToLower(k[0])) {
			keys[k[0]] = true
		}
	}
	for _, t := range s.tables {
		for _, c := range t.columns {
			n := len(c.name.parts)
			named := c.to == nil && n > 1 && (c.name.part(n-1) == "id" && called[singular(c.name.part(n-2))] ||
				c.name.part(0) == "id" && called[singular(c.name.part(1))])
			refers := c.refers() && c.to.table.is("persons") || (named || keys[c.Name]) && !c.surrogate()
			if refers && !t.is("lists") {
				t.facts["written"], t.facts["placed"] = true, true
			}
		}
	}
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
