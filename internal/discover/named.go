package discover

import (
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/transform"
)

// hint is what the name says, or the comment where the name says nothing.
func (c *column) hint() hint {
	h := c.said()
	narrow := c.MaxChars() > 0 && c.MaxChars() < least(h.class) && !c.name.any("middle", "initials")
	if narrow || (h.class == pii.NationalID || h.class == pii.Token) && c.own() {
		return hint{class: pii.None, clean: true, score: 0.85}
	}
	return h
}

// least is the least width in characters that a column for values of a class has.
func least(class pii.Class) int {
	switch class {
	case pii.FirstName, pii.LastName, pii.Street, pii.Username, pii.City:
		return 3
	case pii.Company:
		return 4
	case pii.FullName:
		return 5
	case pii.Email, pii.FreeText, pii.URL:
		return 8
	case pii.UserAgent:
		return 10
	}
	return 0
}

func (c *column) said() hint {
	r, s := columnRules(), c.subject()
	if h := r.first("beside", s); h.class != "" {
		return h
	}
	h := hintOf(c.name, c.family, c.table.name)
	switch {
	case h.class == pii.FreeText && c.Type.Underlying().Kind == catalog.EnumType:
		// one of a few words that a programmer chose
		return hint{class: pii.None, clean: true, score: 0.9}
	case h.class == pii.NationalID && c.fits("person_number") &&
		(c.surrogate() || c.key != nil || c.family == transform.FamilyNumber && c.leads()):
		return hint{class: pii.None, clean: true, score: 0.8}
	case h.class != pii.None:
		return h
	}
	if flag := slices.Contains(r.families["marks"], c.family); flag &&
		(!h.clean || c.seen.known() && c.seen.yesNo == 1 || c.fits("flagged")) {
		if by := r.first("flags", s); by.class != "" {
			return by
		}
	}
	if by := r.first("bare", s); by.class != "" && !h.clean {
		return by
	}
	if c.Comment != "" && c.name.last != "id" {
		said := understand(firstPhrase(c.Comment))
		if by := hintOf(said, c.family, c.table.name); by.class != pii.None && by.score >= 0.8 && len(said.parts) <= 4 {
			by.score *= 0.85
			return by
		}
	}
	return h
}

// firstPhrase is a comment up to its first sign.
func firstPhrase(s string) string {
	if i := strings.IndexAny(s, ".,;:()=\n"); i >= 0 {
		s = s[:i]
	}
	return s
}

// alone is what the name says, in any table.
func (c *column) alone() hint {
	if c.byName == nil {
		h := hintOf(c.name, c.family, c.table.name)
		c.byName = &h
	}
	return *c.byName
}

// surely is the class that the name alone shows beyond doubt, where the values may be of it.
func (c *column) surely() pii.Class {
	h := c.alone()
	if h.score < 0.7 || h.need != nothing || c.contradicts(h.class) {
		return pii.None
	}
	return h.class
}

// before is the name of the column before.
func (c *column) before() *name {
	if i := slices.Index(c.table.columns, c); i > 0 {
		return c.table.columns[i-1].name
	}
	return &name{}
}

// surrogate reports whether a column is the key of its own table.
func (c *column) surrogate() bool {
	k := c.table.PrimaryKey
	return len(k) == 1 && k[0] == c.Name
}

// own reports the key of its own table where nothing declares one: session_id, first
// in sessions.
func (c *column) own() bool {
	n, t := c.name, c.table.name
	return c.leads() && len(n.parts) > 1 && n.part(len(n.parts)-1) == "id" && len(t.parts) > 0 &&
		singular(n.part(len(n.parts)-2)) == singular(t.part(len(t.parts)-1)) &&
		!t.any("person", "user", "username", "api")
}

// leads reports the first column of a table; a field of a document is none.
func (c *column) leads() bool { return len(c.table.columns) > 0 && c.table.columns[0] == c }

// refers reports a key of another table.
func (c *column) refers() bool { return c.to != nil && c.to.table != c.table }

func (c *column) isBool() bool { return c.Type.Underlying().OID == catalog.BoolOID }
