package scrub

import (
	"slices"

	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
)

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

// notNull reports whether a column, or that of a partition or child, refuses NULL.
func (c *compiler) notNull(t *catalog.Table, col *catalog.Column) bool {
	return slices.ContainsFunc(c.family(t), func(child *catalog.Table) bool {
		cc := child.Column(col.Name)
		return cc != nil && cc.NotNull
	})
}

// family is a table and those that inherit from it: all of them if it is their root,
// else its children.
func (c *compiler) family(t *catalog.Table) []*catalog.Table {
	if c.heirs == nil {
		c.heirs = map[catalog.Name][]*catalog.Table{}
		for _, child := range c.cat.Tables {
			for _, from := range slices.Concat(child.Parents, []catalog.Name{child.Root}) {
				if kin := c.heirs[from]; from != child.Name && (len(kin) == 0 || kin[len(kin)-1] != child) {
					c.heirs[from] = append(kin, child)
				}
			}
		}
	}
	return append([]*catalog.Table{t}, c.heirs[t.Name]...)
}
