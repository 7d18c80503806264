package scrub

import "refresher/internal/scrub/rules"

// agreeParents checks that a column which a table inherits from several parents has
// one rule: only one can be applied to the child's rows.
func (c *compiler) agreeParents() {
	for _, t := range c.cat.Tables {
		if len(t.Parents) < 2 {
			continue
		}
		for _, col := range t.Columns {
			var first *choice
			for _, p := range t.Parents {
				parent := c.cat.Table(p)
				if parent == nil || parent.Column(col.Name) == nil {
					continue
				}
				next := c.choice(parent, col.Name)
				switch {
				case next == nil || next == first:
				case first == nil:
					first = next
				case !rules.Equal(first.rule, next.rule):
					c.fail(next.pos, "%s inherits column %q from %s and from %s (%s), whose rules for it differ: give both the same rule",
						t.Name, col.Name, next.table.Name, first.table.Name, first.pos)
				}
			}
		}
	}
}
