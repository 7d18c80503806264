package discover

import (
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
)

// hint is what the name says, or the comment where the name says nothing.
func (c *column) hint() hint {
	h := c.said()
	if n := c.MaxChars(); n > 0 && n < least[h.class] || (h.class == pii.NationalID || h.class == pii.Token) && c.own() {
		return hint{class: pii.None, clean: true, score: 0.85}
	}
	return h
}

// least is the least width in characters that a column for values of a class has.
var least = map[pii.Class]int{pii.FullName: 5, pii.FirstName: 3, pii.LastName: 3, pii.Email: 8, pii.Street: 3, pii.FreeText: 8, pii.Company: 4, pii.Username: 3, pii.City: 3, pii.URL: 8, pii.UserAgent: 10}

// own reports the key of its own table where nothing declares one: session_id, first
// in sessions.
func (c *column) own() bool {
	n, t := c.name.parts, c.table.name.parts
	return c.leads() && len(n) > 1 && len(t) > 0 && n[len(n)-1] == "id" && singular(n[len(n)-2]) == singular(t[len(t)-1]) && !c.table.name.any("person", "user", "username", "api")
}

// leads reports the first column of a table; a field of a document is none.
func (c *column) leads() bool { return len(c.table.columns) > 0 && c.table.columns[0] == c }

func (c *column) said() hint {
	if h := c.beside(); h.class != "" {
		return h
	}
	h := hintOf(c.name, c.family, c.table.name)
	if h.class == pii.FreeText && c.Type.Underlying().Kind == catalog.EnumType { // one of a few words that a programmer chose
		return hint{class: pii.None, clean: true, score: 0.9}
	}
	if h.class == pii.NationalID && (c.surrogate() || c.key != nil || c.family == scrub.FamilyNumber && c.leads()) && personNumber(c.name, c.table.name) {
		return hint{class: pii.None, clean: true, score: 0.8}
	}
	if h.class == pii.None && (!h.clean || c.seen.known() && c.seen.yesNo == 1) && slices.Contains(traitsOf, c.family) {
		if by := c.afflicted(); by.class != "" {
			return by
		}
	}
	if h.class == pii.None && !h.clean {
		h = c.bareName(h)
	}
	if h.class == pii.None && c.Comment != "" && c.name.last != "id" {
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

// bareName reads a column called name, which means what the table does.
func (c *column) bareName(h hint) hint {
	if !c.name.has("name") || c.family != scrub.FamilyText || !c.name.only("name", "full", "neutral", "ship", "") {
		return h
	}
	head := headOf(c.table.name)
	bare := c.name.only("name", "full", "neutral") || somebody(head) && c.name.only("name", "full", "neutral", "ship")
	if hasWord("delayed", "job", "jobs", "background", "sidekiq", "celery", "queue", "process")(c.table.name, nil) { // workers are no persons there
		return h
	}
	switch {
	case head == "org" || c.table.insures():
		return hint{class: pii.Company, score: 0.7}
	case head == "vendor":
		return hint{class: pii.Company, score: 0.55}
	case c.table.surnames && !c.table.firsts && bare:
		return hint{class: pii.FirstName, score: 0.75}
	case (somebody(head) || head == "street" || head == "address") && bare:
		return hint{class: pii.FullName, score: 0.75}
	case bare && c.table.paid:
		return hint{class: pii.FullName, score: 0.6}
	case bare && (head == "note" || head == "message") && !c.table.name.any("product", "system"):
		return hint{class: pii.FullName, score: 0.6}
	case bare && c.table.signed && (acts(nil, c.table.name) || !slices.Contains([]string{"org", "vendor", "institution", "listing", "product", "location", "system", "city", "account"}, head)):
		return hint{class: pii.FullName, score: 0.6}
	case bare && c.table.born && !c.table.firsts && !c.table.surnames:
		return hint{class: pii.FullName, score: 0.65}
	case bare && c.table.phoned && !c.table.lists && !slices.Contains([]string{"org", "vendor", "institution", "listing", "product", "location", "system", "city", "account"}, head):
		return hint{class: pii.FullName, score: 0.55}
	case bare && c.table.about && !c.table.contact && !slices.Contains([]string{"listing", "product", "system", "location"}, head):
		return hint{class: pii.FullName, score: 0.6}
	}
	return h
}
