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
	homes, first := d.homes(existing)
	for _, td := range d.tables {
		t := td.table
		if !td.mayHaveSubject() || len(t.PrimaryKey) != 1 || !td.named() {
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
	d.extensions(homes)
	for _, td := range d.tables {
		if !td.mayHaveSubject() || td.home || !td.personal() {
			continue
		}
		if to := td.table.oneSubject(homes); to != nil && subjectType(to) {
			td.subject = subjectOf(to, homes[to.to.table])
		}
	}
}

// homes are the domains of the persons that rules which exist describe, by their tables; first: none
// of those is the one that all persons share.
func (d *Draft) homes(existing *rules.Ruleset) (homes map[*table]string, first bool) {
	homes, first = map[*table]string{}, true
	if existing == nil {
		return homes, first
	}
	for _, t := range d.s.tables {
		if r := existing.Tables[t.Name]; r != nil && r.Subject != nil {
			first = first && r.Subject.Domain != rules.Person
			if slices.Equal(t.PrimaryKey, []string{r.Subject.Column}) {
				homes[t] = r.Subject.Domain
			}
		}
	}
	return homes, first
}

// extensions are tables that add columns to a person's: they have its key for their own.
func (d *Draft) extensions(homes map[*table]string) {
	for _, t := range d.s.tables {
		if len(t.PrimaryKey) == 1 && homes[t] == "" {
			if c := t.column(t.PrimaryKey[0]); c != nil && homed(c, homes) {
				homes[t] = homes[c.to.table]
			}
		}
	}
}

// homed reports a column that refers to the key of a table of persons.
func homed(c *column, homes map[*table]string) bool {
	if c.to == nil || len(c.key.Columns) != 1 || homes[c.to.table] == "" {
		return false
	}
	key := c.to.table.PrimaryKey
	return len(key) > 0 && c.to.Name == key[0]
}

// oneSubject is the only column of a table that refers to persons; nil if there are more.
func (t *table) oneSubject(homes map[*table]string) (to *column) {
	for _, c := range t.columns {
		if !homed(c, homes) || c.fits("secondary") {
			continue
		}
		if to != nil {
			return nil
		}
		to = c
	}
	return to
}

// mayHaveSubject reports whether a draft may say whom the rows are about.
func (td *tableDraft) mayHaveSubject() bool {
	return td.none == "" && !td.existing && td.table.Name == td.table.Root
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
