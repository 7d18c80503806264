package discover

import (
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/scrub"
)

// context finds out what a table's rows are about: from its name, then from
// columns that say so by themselves.
func (t *table) context() {
	if t.connects() {
		t.name = understand("application")
	}
	head := headOf(t.name)
	t.about = somebody(head) || t.name.any("person", "user") && slices.Contains([]string{"contactinfo", "account", "bio", "avatar", "private", "ship", "description"}, head)
	if ws := t.name.parts; head == "" && len(ws) > 1 && strings.HasSuffix(ws[0], "s") && strings.HasSuffix(ws[len(ws)-1], "s") && somebody(headOf(&name{parts: ws[:1]})) {
		t.about = true // agents immobiliers: Romance languages put it first, and both in the plural
	}
	t.lists = t.name.only("city", "country", "region", "zip", "location", "product", "neutral", "state", "system", "geo", "") && !t.name.meanings[""] && len(t.name.parts) > 0
	t.roster()
	direct, streets, named := 0, false, false
	born, traced, called := false, false, false
	for _, c := range t.columns {
		h := hintOf(c.name, c.family, t.name)
		if h.score < 0.7 || h.need != nothing || c.contradicts(h.class) {
			continue
		}
		switch h.class {
		case pii.IBAN:
			t.paid = true
		case pii.NationalID:
			t.identified = true
		case pii.FirstName:
			t.firsts = true
		case pii.LastName:
			t.surnames = true
		case pii.Email:
			t.signed = t.signed || c.name.only("email")
		}
		t.contact = t.contact || h.class == pii.FullName && hasWord("contact", "contactname", "ansprechpartner")(c.name, nil)
		named = named || h.class == pii.FullName || h.class == pii.LastName || h.class == pii.Username
		born = born || h.class == pii.BirthDate || h.class == Gender || c.name.last == "age" && c.name.only("age")
		called = called || h.class == pii.Username
		t.phoned = t.phoned || h.class == pii.Phone && c.name.any("phone", "mobile")
		traced = traced || h.class == pii.IP || h.class == pii.UserAgent
		switch h.class {
		case pii.Email, pii.Phone, pii.LastName, pii.FirstName, pii.FullName, pii.BirthDate, pii.NationalID, pii.Username, Gender, pii.Date:
			direct++
		case pii.Street:
			t.placed, t.postal, streets = true, true, true
		case pii.Postcode:
			t.placed, t.postal = true, true
		}
		switch h.class {
		case pii.LastName, pii.FirstName, pii.FullName, pii.BirthDate, pii.NationalID, Gender:
			direct++
		}
	}
	t.about = t.about || head == "account" && called
	t.persons = named && (direct >= 2 || somebody(head)) && head != "org" && head != "institution" && head != "vendor"
	t.about = (t.about || direct >= 2 || t.staff || t.named || t.traits) && !t.insures()
	t.born = born && t.name.any("person", "user")
	t.written = t.written || traced
	t.firsts, t.surnames = t.firsts || t.named, t.surnames || t.named
	t.signed, t.phoned = t.signed && !named, t.phoned && !named
	for _, c := range t.columns {
		t.postal = t.postal || hintOf(c.name, c.family, t.name).class == pii.City
		t.written = t.written || c.refersToPerson()
	}
	t.placed = t.placed || t.about || t.written || direct > 0
	if t.lists = t.lists && !streets && direct == 0; t.lists {
		t.placed = false
	}
	t.banks()
	t.wears()
	t.treats(t.clinic)
}

// ofPersons notes tables whose rows refer to a table of persons, as its columns show,
// whatever that is called.
func (s *Survey) ofPersons() {
	called := map[string]bool{}
	for _, t := range s.tables {
		if t.persons && len(t.name.parts) > 0 {
			called[singular(t.name.parts[len(t.name.parts)-1])] = true
		}
	}
	keys := map[string]bool{}
	for _, t := range s.tables {
		if k := t.PrimaryKey; t.persons && len(k) == 1 && !slices.Contains([]string{"id", "uuid", "guid", "key", "code", "name", "email", "oid"}, strings.ToLower(k[0])) {
			keys[k[0]] = true
		}
	}
	for _, t := range s.tables {
		for _, c := range t.columns {
			n := len(c.name.parts)
			refers := c.to != nil && c.to.table != t && c.to.table.persons
			refers = refers || c.to == nil && n > 1 && c.name.parts[n-1] == "id" && called[singular(c.name.parts[n-2])] && !c.surrogate()
			refers = refers || keys[c.Name] && !c.surrogate()
			if refers && !t.lists {
				t.written, t.placed = true, true
			}
		}
	}
}

// connects reports a list of programs that may ask for tokens, which OAuth calls
// clients too (RFC 6749, section 1.1).
func (t *table) connects() bool {
	if !lastWord("client", "clients", "consumer", "consumers")(t.name, nil) {
		return false
	}
	secret, redirect := false, false
	for _, c := range t.columns {
		secret = secret || lastWord("secret")(c.name, nil)
		redirect = redirect || hasWord("redirect", "callback", "protocol", "grant", "grants", "root")(c.name, nil)
	}
	return secret && redirect
}

// insures: whoever pays for patients is an insurer.
func (t *table) insures() bool {
	return t.clinic && len(t.name.parts) == 1 && hasWord("payer", "payers", "payor", "payors", "insurer", "insurers")(t.name, nil)
}

// somebody reports whether rows about what a word means are about persons.
func somebody(head string) bool {
	return head == "person" || head == "user" || head == "spouse" || head == "holder"
}

// refersToPerson reports whether a column says who a row belongs to, by a key or by
// its name.
func (c *column) refersToPerson() bool {
	if c.to != nil {
		head := headOf(c.to.table.name)
		return c.to.table != c.table && somebody(head)
	}
	if c.name.only("person", "user") && (c.family == scrub.FamilyUUID || c.family == scrub.FamilyNumber || c.seen.known() && c.seen.uuids > 0.9) {
		return true
	}
	return c.name.last == "id" && c.name.any("user", "person") && !c.name.any("product", "listing")
}

// headOf is what a table's name is about: its last word that says something, the
// first one in languages that put it first.
func headOf(n *name) string {
	for _, w := range slices.Backward(n.parts) {
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
