package scrub

import (
	"slices"

	"refresher/internal/catalog"
	"refresher/internal/scrub/rules"
)

// reference is one column of a foreign key.
type reference struct {
	key      *catalog.ForeignKey
	from, to *catalog.Table // referencing, referenced
	fromCol  string
	toCol    string
}

// references lists the columns of all foreign keys between tables whose rows
// are copied, and reports keys that would be left without the rows they need.
func (c *compiler) references() []reference {
	var refs []reference
	for _, t := range c.cat.Tables {
		for i := range t.ForeignKeys {
			key := &t.ForeignKeys[i]
			to := c.cat.Table(key.RefTable)
			if to == nil || c.noRows(t) {
				continue
			}
			if c.noRows(to) {
				c.orphans(t, to, key)
				continue
			}
			for j, col := range key.Columns {
				refs = append(refs, reference{key, t, to, col, key.RefColumns[j]})
			}
		}
	}
	return refs
}

// orphans reports a key into a table whose rows stay behind, unless a column of
// it becomes NULL, which satisfies any key (MATCH SIMPLE).
func (c *compiler) orphans(from, to *catalog.Table, key *catalog.ForeignKey) {
	for _, col := range key.Columns {
		if ch := c.choice(from, col); ch != nil && ch.nulls() {
			return
		}
	}
	r := c.rs.Tables[to.Root]
	if r == nil {
		return
	}
	c.fail(r.Pos, "%s has rows: none, but the rows of %s refer to it (%s): make %s null, or copy the rows",
		to.Name, from.Name, key.Name, list(key.Columns))
}

// followKeys gives the rule of a referenced column to the columns that refer to
// it, and reports rules after which the two would no longer match.
func (c *compiler) followKeys() {
	refs := c.references()
	for changed := true; changed; {
		changed = false
		for _, r := range refs {
			changed = c.follow(r) || changed
		}
	}
	for _, r := range refs {
		c.checkReference(r)
	}
}

// follow reports whether a choice was made.
func (c *compiler) follow(r reference) bool {
	to, from := c.choice(r.to, r.toCol), c.choice(r.from, r.fromCol)
	if to == nil || to.keeps() || from == to {
		return false
	}
	if from != nil && (!from.wildcard || !from.keeps()) {
		return false
	}
	owner := c.owner(r.from, r.fromCol)
	col := owner.Column(r.fromCol)
	if col == nil || col.Generated {
		return false
	}
	c.choices[column{owner.Name, col.Name}] = &choice{table: owner, column: col, rule: to.rule, pos: to.pos, from: to}
	return true
}

// checkReference compares the two sides of a key.
func (c *compiler) checkReference(r reference) {
	to, from := c.choice(r.to, r.toCol), c.choice(r.from, r.fromCol)
	if to == nil || from == nil || from.nulls() || rules.Equal(from.rule, to.rule) {
		return
	}
	if from.from != nil { // it follows another key already
		c.fail(from.pos, "%s refers to both %s and %s, which have different rules: give them one rule", from, from.from, to)
		return
	}
	c.fail(from.pos, "%s refers to %s (%s), whose rule is different (%s): write the same rule, or none, as it follows by itself",
		from, to, r.key.Name, to.pos)
}

// rowsOf is an upper estimate of a table's rows, its children included.
func (c *compiler) rowsOf(t *catalog.Table) float64 {
	rows := 0.0
	for _, child := range c.cat.Tables {
		if child == t || child.Root == t.Name || slices.Contains(child.Parents, t.Name) {
			n := max(child.Rows*1.5, 0) // statistics lag
			if child.Rows < 0 {
				n = float64(child.Pages) * maxTuples
			}
			rows += n
		}
	}
	return max(rows, 1000)
}

// maxTuples is the most rows of a page of 8 KiB (MaxHeapTuplesPerPage).
const maxTuples = 291
