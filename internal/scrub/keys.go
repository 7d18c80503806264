package scrub

import (
	"slices"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/condition"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// reference is one column of a foreign key, or of a reference that the rules
// declare.
type reference struct {
	key      *catalog.ForeignKey
	from, to *catalog.Table // referring, referred to
	fromCol  string
	toCol    string
	declared bool
	when     rules.Condition // of a declared one: only in these rows
}

// references lists the columns of all foreign keys and declared references
// between tables whose rows are copied.
func (c *compiler) references() []reference {
	if c.refs != nil {
		return c.refs
	}
	c.refs = []reference{}
	for _, t := range c.cat.Tables {
		for i := range t.ForeignKeys {
			key := &t.ForeignKeys[i]
			to := c.cat.Table(key.RefTable)
			if to == nil || c.noRows(t) || c.noRows(to) {
				continue
			}
			for j, col := range key.Columns {
				c.refs = append(c.refs, reference{key: key, from: t, to: to, fromCol: col, toCol: key.RefColumns[j]})
			}
		}
	}
	for i := range c.rs.References {
		c.declare(&c.rs.References[i])
	}
	return c.refs
}

// declare adds a reference of the rules.
func (c *compiler) declare(r *rules.Reference) {
	from, to := c.cat.Table(r.Table), c.cat.Table(r.To)
	switch {
	case from == nil:
		c.fail(r.Pos, "the reference names table %s, which is not in database %s%s", r.Table, c.cat.Database,
			c.nearTable(r.Table))
		return
	case to == nil:
		c.fail(r.Pos, "the reference names table %s, which is not in database %s%s", r.To, c.cat.Database,
			c.nearTable(r.To))
		return
	case c.noRows(from) || c.noRows(to):
		return
	}
	columns := r.ToColumns
	if len(columns) == 0 {
		if columns = to.PrimaryKey; len(columns) != len(r.Columns) {
			c.fail(r.Pos, "the primary key of %s has %d columns, and the reference %d: write to_columns", r.To,
				len(columns), len(r.Columns))
			return
		}
	}
	key := &catalog.ForeignKey{Name: "the reference at " + r.Pos.String(), Table: r.Table, Columns: r.Columns, RefTable: r.To, RefColumns: columns}
	for i, name := range r.Columns {
		for _, side := range []struct {
			table *catalog.Table
			name  string
		}{{from, name}, {to, columns[i]}} {
			switch col := side.table.Column(side.name); {
			case col == nil:
				c.fail(r.Pos, "the reference names column %q, which is not in %s%s", side.name, side.table.Name,
					fault.DidYouMean(side.name, columnNames(side.table)))
				return
			case col.Generated:
				c.fail(r.Pos, "the reference names column %q of %s, which is generated: name the column that it "+
					"is made of", side.name, side.table.Name)
				return
			}
		}
		c.refs = append(c.refs, reference{key, from, to, name, columns[i], true, r.When})
	}
}

// checkOrphans reports keys that would be left without the rows they need: into a
// table whose rows stay behind, or some of them, unless a column of the key
// becomes NULL, which satisfies any key (MATCH SIMPLE).
func (c *compiler) checkOrphans() {
	for _, t := range c.cat.Tables {
		for i := range t.ForeignKeys {
			key := &t.ForeignKeys[i]
			to := c.cat.Table(key.RefTable)
			if to == nil || c.noRows(t) || !c.noRows(to) && (!c.filtered(to) || c.filtered(t)) {
				continue
			}
			r := c.rs.Tables[to.Root]
			if r == nil || slices.ContainsFunc(key.Columns,
				func(col string) bool { ch := c.choice(t, col); return ch != nil && ch.nulls() }) {
				continue
			}
			if c.noRows(to) {
				c.fail(r.Pos, "%s has rows: none, but the rows of %s refer to it (%s): make %s null, or copy the rows",
					to.Name, t.Name, key.Name, transform.List(key.Columns))
				continue
			}
			c.fail(r.When.Pos, "some rows of %s stay behind, but all rows of %s that refer to it (%s) are copied: "+
				"choose those by a condition, too, or make %s null",
				to.Name, t.Name, key.Name, transform.List(key.Columns))
		}
	}
}

// followKeys gives the rule of a referenced column to the columns that refer to
// it, and reports rules after which the two would no longer match.
func (c *compiler) followKeys() {
	c.checkOrphans()
	refs := c.references()
	for changed := true; changed; {
		changed = false
		for _, r := range refs {
			changed = c.follow(r) || changed
		}
	}
	c.followConditions(refs)
	for _, r := range refs {
		c.checkReference(r)
	}
}

// follow reports whether a choice was made.
func (c *compiler) follow(r reference) bool {
	to, from := c.choice(r.to, r.toCol), c.choice(r.from, r.fromCol)
	if to == nil || to.keeps() || to.rule.Kind == rules.Cases || from == to || r.when.Text != "" {
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

// followConditions gives columns that refer to one table in some rows and to
// another in others the rule of each by its condition, and their own in the rest.
func (c *compiler) followConditions(refs []reference) {
	cases := map[*choice][]*rules.Rule{}
	var order []*choice
	for _, r := range refs {
		to, from := c.choice(r.to, r.toCol), c.choice(r.from, r.fromCol)
		if r.when.Text == "" || to == nil || from == nil || to.rule.Kind == rules.Cases {
			continue // without a rule of its own the coverage gate refuses it
		}
		if len(cases[from]) == 0 {
			order = append(order, from)
		}
		one := *to.rule
		one.When = r.when
		cases[from] = append(cases[from], &one)
	}
	for _, from := range order {
		if !slices.ContainsFunc(cases[from], func(r *rules.Rule) bool {
			plain := *r
			plain.When = rules.Condition{}
			return !rules.Equal(&plain, from.rule)
		}) {
			continue // one rule for all rows
		}
		own := []*rules.Rule{from.rule}
		if from.rule.Kind == rules.Cases {
			own = from.rule.Cases
		}
		from.rule = &rules.Rule{Kind: rules.Cases, Cases: append(cases[from], own...), Pos: from.rule.Pos}
	}
}

// checkReference compares the two sides of a key.
func (c *compiler) checkReference(r reference) {
	to, from := c.choice(r.to, r.toCol), c.choice(r.from, r.fromCol)
	switch {
	case to == nil:
		return
	case to.rule.Kind == rules.Cases && from != to:
		if from == nil || !from.nulls() {
			c.fail(to.pos, "%s is what %s refers to (%s), so its rule must be one for all rows: a row that refers to "+
				"it doesn't hold what the conditions look at", to, r.from.Name, r.key.Name)
		}
		return
	case r.when.Text != "", from == nil, from.nulls(), rules.Equal(from.rule, to.rule):
		return
	}
	if from.from != nil { // it follows another key already
		c.fail(from.pos, "%s refers to both %s and %s, which have different rules: give them one rule", from,
			from.from, to)
		return
	}
	c.fail(from.pos, "%s refers to %s (%s), whose rule is different (%s): write the same rule, or none, as it "+
		"follows by itself",
		from, to, r.key.Name, to.pos)
}

// rowsOf is an upper estimate of a table's rows, its children included.
func (c *compiler) rowsOf(t *catalog.Table) float64 {
	rows := 0.0
	for _, child := range c.family(t) {
		n := max(child.Rows*1.5, 0) // statistics lag
		if child.Rows < 0 {
			n = float64(child.Pages) * maxTuples
		}
		rows += n
	}
	return max(rows, 1000)
}

// maxTuples is the most rows of a page of 8 KiB (MaxHeapTuplesPerPage).
const maxTuples = 291

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
					c.fail(next.pos, "%s inherits column %q from %s and from %s (%s), whose rules for it differ: "+
						"give both the same rule",
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
