package check

import (
	"fmt"
	"slices"
	"strings"

	"refresher/internal/discover"
	"refresher/internal/postgres/catalog"
	"refresher/internal/report/visible"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// patterns lists what patterns decided, those that fit nothing, and the columns that
// they keep and that nobody has reviewed.
func (c *checker) patterns() {
	for _, m := range c.expansion.Matches {
		p := Pattern{Pattern: m.Pattern, File: m.Pos.File, Line: m.Pos.Line, Columns: m.Columns, text: m.String()}
		for _, t := range m.Tables {
			p.Tables = append(p.Tables, t.String())
		}
		c.out.Patterns = append(c.out.Patterns, p)
		if len(p.Tables)+len(p.Columns) == 0 {
			c.at(m.Pos, Issue{ID: "pattern", Level: Note, Message: m.String()})
		}
	}
	for _, k := range c.expansion.Unreviewed() {
		c.at(k.Pos, Issue{ID: "review", Level: Error, Table: k.Table.String(), Column: k.Column,
			Paste: discover.Key(k.Column) + ": keep",
			Message: fmt.Sprintf("%s.%s (%s) is kept by %q and came after its last review: look at it, then run "+
				"refresher check --accept, "+
				"or write a rule for it", k.Table, k.Column, k.Type, k.Pattern)})
	}
}

// accepted reports whether a review agreed to keep a column by a pattern.
func (c *checker) accepted(t catalog.Name, column string) bool {
	return slices.ContainsFunc(c.expansion.Kept, func(k rules.Kept) bool {
		return k.Table == t &&
			k.Column == column && !k.Review
	})
}

// decided lists what decides on a table and its columns.
func (c *checker) decided(d scrub.Decision) {
	if d.RowsNone && d.Origin != "" {
		c.out.Decisions = append(c.out.Decisions, Decision{Table: d.Table.String(), Rule: "rows: none", Origin: d.Origin})
	}
	for _, col := range d.Columns {
		if col.Generated {
			continue
		}
		c.out.Decisions = append(c.out.Decisions, Decision{
			Table: d.Table.String(), Column: col.Name, Rule: col.Transform, Origin: col.Origin, Pattern: col.Pattern,
		})
	}
}

// versions says which versions of a product the rules were written for. Which one the database has is in a row.
func (c *checker) versions() {
	for _, m := range c.Rules.MadeFor {
		t := c.Now.Table(m.Table)
		if t == nil || t.Column(m.Column) == nil {
			continue
		}
		c.at(m.Pos, Issue{ID: "version", Level: Note, Table: m.Table.String(), Column: m.Column,
			Message: fmt.Sprintf("the rules were written for %s in the versions %s; "+
				"refresher doctor reads which one %s has",
				visible.Line(m.Product), strings.Join(m.Versions, ", "), m.Table)})
	}
}
