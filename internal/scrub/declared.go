package scrub

import (
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/condition"
)

// declared are the references of the rules as they hold in the scrubbed
// database. A condition on what is masked can't be asked there any more.
func (c *compiler) declared() []catalog.Reference {
	var list []catalog.Reference
	var last *catalog.ForeignKey
	for _, r := range c.references() {
		if !r.declared || r.key == last {
			continue
		}
		last = r.key
		d := catalog.Reference{Table: r.key.Table, To: r.key.RefTable, Columns: r.key.Columns, ToColumns: r.key.RefColumns}
		if r.when.Text != "" {
			sql, ok := condition.SQL(r.when.Text, "t", c.kept(r.from))
			if d.Loose = !ok; ok {
				d.When = sql
			}
		}
		list = append(list, d)
	}
	return list
}

// kept are the columns of a table whose values stay.
func (c *compiler) kept(t *catalog.Table) []*catalog.Column {
	var list []*catalog.Column
	for _, col := range t.Columns {
		if ch := c.choice(t, col.Name); ch != nil && ch.keeps() {
			list = append(list, col)
		}
	}
	return list
}
