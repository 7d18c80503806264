package discover

import (
	"fmt"
	"slices"

	"refresher/internal/pii"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// subjects names whom the rows of tables are about, where it is evident: the
// table's own key where it describes persons, else its one key of such a table.
func (d *Draft) subjects(existing *rules.Ruleset) {
	homes := map[*table]string{} // the domains of their persons
	first := true
	if existing != nil {
		for _, t := range d.s.tables {
			if r := existing.Tables[t.Name]; r != nil && r.Subject != nil {
				first = first && r.Subject.Domain != rules.Person
				if slices.Equal(t.PrimaryKey, []string{r.Subject.Column}) {
					homes[t] = r.Subject.Domain
				}
			}
		}
	}
	for _, td := range d.tables {
		t := td.table
		if td.none != "" || td.existing || t.Name != t.Root || len(t.PrimaryKey) != 1 || !td.named() {
			continue
		}
		c := t.column(t.PrimaryKey[0])
		if c == nil || c.Generated || !subjectType(c) || c.to != nil || d.belongs(t) {
			continue
		}
		homes[t] = rules.Person
		if !first {
			homes[t] = t.Table.Name.Name
		}
		first, td.home, td.subject = false, true, subjectOf(c, homes[t])
	}
	for _, t := range d.s.tables { // a table that adds columns to a person's
		if len(t.PrimaryKey) == 1 && homes[t] == "" {
			if c := t.column(t.PrimaryKey[0]); c != nil && c.to != nil && len(c.key.Columns) == 1 &&
				c.to.table.PrimaryKey != nil && c.to.Name == c.to.table.PrimaryKey[0] && homes[c.to.table] != "" {
				homes[t] = homes[c.to.table]
			}
		}
	}
	for _, td := range d.tables {
		t := td.table
		if td.none != "" || td.existing || td.home || t.Name != t.Root || !td.personal() {
			continue
		}
		var to *column
		for _, c := range t.columns {
			home := c.to
			if home == nil || homes[home.table] == "" || len(c.key.Columns) != 1 ||
				home.Name != home.table.PrimaryKey[0] ||
				c.fits("secondary") {
				continue
			}
			if to != nil {
				to = nil
				break
			}
			to = c
		}
		if to == nil || !subjectType(to) {
			continue
		}
		td.subject = subjectOf(to, homes[to.to.table])
	}
}

// belongs reports whether a table that isn't named for persons refers to one that
// describes them: then its rows are about those.
func (d *Draft) belongs(t *table) bool {
	if head := headOf(t.name); head == "person" || head == "user" {
		return false
	}
	for _, c := range t.columns {
		if c.to != nil && c.to.table != t && c.to.table.is("about") {
			return true
		}
	}
	return false
}

func subjectOf(c *column, domain string) string {
	if domain == rules.Person {
		return scalar(c.Name)
	}
	return fmt.Sprintf("{column: %s, domain: %s}", scalar(c.Name), scalar(domain))
}

func subjectType(c *column) bool {
	return !c.array && (c.family == transform.FamilyText || c.family == transform.FamilyNumber ||
		c.family == transform.FamilyUUID)
}

// named reports whether the rows hold the name or the address of one person.
func (td *tableDraft) named() bool {
	return td.table.is("about") && slices.ContainsFunc(td.columns, func(c *columnDraft) bool {
		switch c.column.class {
		case pii.FullName, pii.FirstName, pii.LastName, pii.Email, pii.Username:
			return c.column.to == nil && !c.column.array && c.column.score >= found
		}
		return false
	})
}

// personal reports whether something in the rows would be drawn by their subject.
func (td *tableDraft) personal() bool {
	return slices.ContainsFunc(td.columns, func(c *columnDraft) bool {
		switch c.column.class {
		case pii.FullName, pii.FirstName, pii.LastName, pii.Username, pii.Date, pii.BirthDate, pii.FreeText, pii.Email:
			return true
		}
		return false
	})
}
