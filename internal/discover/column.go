package discover

import (
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/transform"
)

// table is one table under examination.
type table struct {
	*catalog.Table
	name    *name
	columns []*column

	facts   map[string]bool // of rules.txt, by name
	homed   bool            // a table of this database is of persons
	bounded bool            // words are varchar in this database, and only long texts are text
	tables  map[string]bool // words that tables of this database are called
	common  map[string]int  // in how many of them a column of a name is
}

// column is one column under examination.
type column struct {
	*catalog.Column
	table  *table
	family transform.Family // of an array: of its elements
	array  bool
	bounds bool   // a range: family is that of its bounds
	fields string // of a composite with something personal in it: its rule
	name   *name
	seen   *evidence
	byName *hint    // what the name alone says; nil: not asked yet
	docs   []string // sampled JSON documents; dropped when the rule is made
	json   *document
	key    *catalog.ForeignKey // of which it is a column
	to     *column             // that it refers to
	// it is called like the key of a table of persons, or is that
	natural bool

	class   pii.Class
	score   float64
	reason  string
	guessed bool // by the type alone
	silent  bool // no value was seen, and the name says nothing
}

func newTable(t *catalog.Table, v values, d *detect.Detector) *table {
	out := &table{Table: t, name: understand(t.Name.Name), facts: map[string]bool{}}
	prefix, made := abbreviation(t), digests(v)
	for _, c := range t.Columns {
		col := &column{Column: c, table: out, family: transform.FamilyOf(c.Type), name: understand(c.Name)}
		if rest, ok := strings.CutPrefix(c.Name, prefix); ok && prefix != "" {
			col.name = understand(rest)
		} else if rest := behindInitial(c.Name, out.name); rest != "" {
			col.name = understand(rest)
		}
		if col.family == transform.FamilyArray {
			col.array, col.family = true, transform.FamilyOf(c.Type.Underlying().Elem)
		}
		if u := c.Type.Underlying(); u.Kind == catalog.RangeType {
			col.bounds, col.family = true, transform.FamilyOf(u.Elem)
		}
		if v != nil && sampled(c) {
			seen, pictures := v[c.Name], 0.0
			if col.family == transform.FamilyBytea {
				seen, pictures = asciiBytes(seen)
			}
			col.seen = look(seen, d, detect.ContextOf(c.Name))
			col.seen.pictures, col.seen.digests = pictures, shareOf(made, v[c.Name])
			if pictures > 0 || col.seen.digests > 0 {
				col.seen.values = max(1, col.seen.values)
			}
			if col.family == transform.FamilyJSON || col.seen.json > 0.9 && col.seen.values >= enough {
				col.docs = v[c.Name]
			}
		}
		out.columns = append(out.columns, col)
	}
	out.unprefix()
	return out
}

// abbreviation is what most names of a table's columns begin with, without anything
// between it and the rest: CF in CFCITY, CFZIP, CFSSNO. In small letters it must also begin
// a word of the table's name, as mit in mitname, mitort of mitarbeiter.
func abbreviation(t *catalog.Table) string {
	const longest = 4
	columns, table := t.Columns, words(t.Name.Name)
	for n := longest; n > 0; n-- {
		counts := map[string]int{}
		for _, c := range columns {
			if len(c.Name) <= n+1 || strings.Trim(strings.ToLower(c.Name[:n+1]), "abcdefghijklmnopqrstuvwxyz") != "" {
				continue
			}
			p := c.Name[:n]
			begins := func(w string) bool { return strings.HasPrefix(w, p) && w != p }
			if n == 1 && (strings.ToUpper(c.Name) != c.Name || !slices.ContainsFunc(table, func(w string) bool {
				return strings.HasPrefix(w, strings.ToLower(p))
			})) {
				continue // a letter is one of the table's, and all are in capitals
			}
			if n < longest && strings.ToUpper(c.Name) == c.Name || slices.ContainsFunc(table, begins) {
				counts[p]++
			}
		}
		for prefix, k := range counts {
			if k >= 5 && 5*k >= 4*len(columns) && readable(columns, prefix) > readable(columns, "") {
				return prefix
			}
		}
	}
	return ""
}

// readable counts the columns whose names are words behind a prefix.
func readable(columns []*catalog.Column, prefix string) int {
	n := 0
	for _, c := range columns {
		rest, ok := strings.CutPrefix(c.Name, prefix)
		if ok && isWord(strings.ToLower(strings.TrimRight(rest, "0123456789"))) {
			n++
		}
	}
	return n
}

// behindInitial is what a column's name goes on with behind the initial of a word of its table's, as
// balance in abalance of accounts; "" where the rest is no word, or the name is one as it is.
func behindInitial(column string, table *name) string {
	const least = 5
	w := strings.ToLower(column)
	if len(w) < least || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" || len(segments(w)) > 1 || isWord(w) ||
		!isWord(w[1:]) {
		return ""
	}
	for i := 2; i < len(w)-1; i++ {
		if isWord(w[:i]) && isWord(w[i:]) { // acc no
			return ""
		}
	}
	if slices.ContainsFunc(table.parts, func(p string) bool { return p[0] == w[0] }) {
		return w[1:]
	}
	return ""
}

// unprefix leaves out what the names of most columns begin with and means nothing,
// as ed_ in ed_name, ed_relationship.
func (t *table) unprefix() {
	first := map[string]int{}
	for _, c := range t.columns {
		if p := c.name.parts; len(p) > 1 && meaningsOf()[p[0]] == nil && !plainWords()[p[0]] &&
			!slices.Contains(columnRules().lists["prefixes"], p[0]) {
			first[p[0]]++
		}
	}
	t.unsuffix()
	behind := map[string]int{} // what stands behind single letters
	for _, c := range t.columns {
		if p := c.name.parts; len(p) > 1 && len(p[0]) == 1 {
			behind[strings.Join(p[1:], "_")]++
		}
	}
	for _, c := range t.columns {
		if rest, ok := strings.CutPrefix(strings.ToLower(c.Name), strings.ToLower(t.Name.Name)+"_"); ok &&
			len(t.columns) > 2 && first[strings.ToLower(t.Name.Name)] >= 3 {
			c.name = understand(rest)
			continue
		}
		if p := c.name.parts; len(p) > 1 && len(p[0]) <= 5 && (first[p[0]] >= 3 && 2*first[p[0]] >= len(t.columns) ||
			first[p[0]] > 0 && len(p[0]) == 1 && behind[strings.Join(p[1:], "_")] < 2) {
			c.name = understood(p[1:])
		}
	}
}

// unsuffix leaves out what the names of several columns end in and the table's name begins with, as
// Cl in NumeCl, AdresaCl of clienti.
func (t *table) unsuffix() {
	const longest = 3
	last := map[string]int{}
	ends := func(n *name) string {
		w := n.part(len(n.parts) - 1)
		if len(n.parts) > 1 && len(w) <= longest && meaningsOf()[w] == nil && slices.ContainsFunc(words(t.Name.Name),
			func(of string) bool { return strings.HasPrefix(of, w) }) {
			return w
		}
		return ""
	}
	for _, c := range t.columns {
		last[ends(c.name)]++
	}
	for _, c := range t.columns {
		if w := ends(c.name); w != "" && last[w] >= 3 {
			c.name = understood(c.name.parts[:len(c.name.parts)-1])
		}
	}
}
