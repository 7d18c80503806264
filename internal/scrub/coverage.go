package scrub

import (
	"fmt"
	"strings"

	"refresher/internal/postgres/catalog"
)

// cover finds the tables and columns that no rule names.
func (c *compiler) cover() {
	for _, t := range c.cat.Tables {
		if c.noRows(t) {
			continue
		}
		var missing []string
		for _, col := range t.Columns {
			if col.Generated || c.choice(t, col.Name) != nil {
				continue
			}
			if owner := c.owner(t, col.Name); owner != t && !c.noRows(owner) {
				continue // said of the owner
			}
			missing = append(missing, fmt.Sprintf("%s.%s (%s) has no rule; if this fits, paste:   %s: %s",
				t.Name, col.Name, columnType(col), quoteKey(col.Name), guess(col)))
		}
		switch {
		case c.rs.Tables[t.Name] != nil || t.Root != t.Name:
			c.uncovered = append(c.uncovered, missing...)
		case len(missing) > 0 || len(t.Columns) == 0:
			c.uncovered = append(c.uncovered, fmt.Sprintf("%s has no rules; if its rows aren't needed, paste:   %s: {rows: none}", t.Name, quoteKey(t.Name.String())))
			c.uncovered = append(c.uncovered, missing...)
		}
	}
}

// quoteKey is a name as a YAML key.
func quoteKey(s string) string {
	plain := s != ""
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		if !letter && (i == 0 || !(r >= '0' && r <= '9' || r == '.')) {
			plain = false
		}
	}
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func columnType(col *catalog.Column) string {
	if n := col.MaxChars(); n > 0 {
		return fmt.Sprintf("%s(%d)", col.Type.SQL, n)
	}
	return col.Type.SQL
}

// hints are parts of column names and the transform that such a column often
// needs; the first that fits counts.
var hints = []struct{ part, transform string }{
	{"email", "email"}, {"e_mail", "email"}, {"first_name", "first_name"}, {"firstname", "first_name"}, {"given_name", "first_name"},
	{"last_name", "last_name"}, {"lastname", "last_name"}, {"surname", "last_name"}, {"family_name", "last_name"},
	{"user_agent", "user_agent"}, {"useragent", "user_agent"}, {"full_name", "full_name"}, {"fullname", "full_name"}, {"holder", "full_name"},
	{"company", "company"}, {"phone", "phone"}, {"mobile", "phone"}, {"fax", "phone"}, {"street", "street"}, {"address_line", "street"},
	{"postcode", "postcode"}, {"postal", "postcode"}, {"zip", "postcode"}, {"city", "city"}, {"ssn", "national_id"}, {"national_id", "national_id"},
	{"iban", "iban"}, {"card", "credit_card"}, {"token", "token"}, {"secret", "token"}, {"api_key", "token"}, {"password", "password"}, {"passwd", "password"},
	{"birth", "date_shift"}, {"dob", "date_shift"}, {"note", "text"}, {"comment", "text"}, {"message", "text"}, {"body", "text"}, {"description", "text"},
	{"username", "username"}, {"user_name", "username"}, {"login", "username"}, {"nickname", "username"}, {"url", "url"}, {"website", "url"},
	{"homepage", "url"}, {"domain", "domain"}, {"hostname", "domain"}, {"mac", "mac"},
	{"ip", "ip"},
}

// guess is a rule to start from. It is only ever pasted by a person.
func guess(col *catalog.Column) string {
	family := familyOf(col.Type)
	name := strings.ToLower(col.Name)
	for _, h := range hints {
		part := strings.Contains(name, h.part)
		if len(h.part) <= 3 {
			part = name == h.part || strings.HasPrefix(name, h.part+"_") || strings.HasSuffix(name, "_"+h.part)
		}
		if !part {
			continue
		}
		def := definition(h.transform)
		switch {
		case def.serves(family):
			return h.transform
		case family == FamilyArray && def.serves(familyOf(col.Type.Underlying().Elem)):
			return "{array: " + h.transform + "}"
		}
	}
	if family == FamilyJSON {
		return "{json: {}}   # redacts all; list the paths that may stay"
	}
	return "keep   # only if it holds nothing personal"
}

func definition(name string) *Definition {
	for _, d := range Definitions() {
		if d.Name == name {
			return &d
		}
	}
	return nil
}
