package scrub

import (
	"fmt"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
)

// Expand is what a ruleset says of the columns of one database, by name: patterns,
// defaults and optional rules are resolved. [Compile] begins with it.
func Expand(rs *rules.Ruleset, cat *catalog.Catalog) *rules.Expansion {
	classes := map[string]pii.Class{} // by column name: the same ones stand in many tables
	return rs.Expand(cat, func(col *catalog.Column) pii.Class {
		class, known := classes[col.Name]
		if !known {
			class = pii.None
			if def := suggested(col.Name); def != nil {
				class = def.Class
			}
			classes[col.Name] = class
		}
		return class
	})
}

// warnPatterns notes the patterns that fit nothing.
func (c *compiler) warnPatterns() {
	for _, m := range c.expansion.Matches {
		if len(m.Tables)+len(m.Columns) == 0 {
			c.warnings = append(c.warnings, fmt.Sprintf("%s:%d: %s", m.Pos.File, m.Pos.Line, m))
		}
	}
}

// unreviewed refuses columns that a pattern keeps and of which no review knows.
func (c *compiler) unreviewed() error {
	var late []fault.Problem
	for _, k := range c.expansion.Unreviewed() {
		p := k.Pos.Problem("%s.%s (%s) is kept by %q and came after its last review", k.Table, k.Column, k.Type,
			k.Pattern)
		p.Kind, p.Table, p.Column = fault.Unreviewed, k.Table.String(), k.Column
		p.Fix = fmt.Sprintf("a rule that confirms it:   %s: keep", quoteKey(k.Column))
		late = append(late, p)
	}
	if len(late) == 0 {
		return nil
	}
	return &fault.Refusal{Gate: "review", Problems: late,
		Reason: "patterns keep columns that came after their last review; look at them, then run refresher check --accept"}
}
