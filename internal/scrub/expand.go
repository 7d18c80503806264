package scrub

import (
	"fmt"
	"slices"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
)

// Expand is what a ruleset says of the columns of one database, by name: patterns,
// defaults and optional rules are resolved. [Compile] begins with it.
func Expand(rs *rules.Ruleset, cat *catalog.Catalog) *rules.Expansion {
	classes := map[string]pii.Class{} // by column name: the same ones stand in many tables
	x := rs.Expand(cat, func(col *catalog.Column) pii.Class {
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
	for _, t := range cat.Tables {
		if KeepsConfiguration(t) && x.Rules.Tables[t.Name] == nil {
			at := rules.Pos{File: "builtin:" + t.Extension, Line: 1, Col: 1}
			x.Rules.Tables[t.Name] = &rules.Table{Name: t.Name, Pos: at, Columns: []*rules.Column{{
				Name: "*", Wildcard: true, Pos: at, Rule: &rules.Rule{Kind: rules.Scalar, Transform: "keep", Pos: at},
			}}}
		}
	}
	return x
}

// configurations are tables of extensions that hold coordinate systems, names of tables
// and intervals, and nothing of a person: their rows arrive as they are, unless rules name them.
var configurations = map[string][]string{
	"pg_partman":       {"custom_time_partitions", "part_config", "part_config_sub"},
	"postgis":          {"spatial_ref_sys"},
	"postgis_topology": {"layer", "topology"},
}

// KeepsConfiguration reports whether the rows of an extension's configuration table arrive
// as they are without a rule.
func KeepsConfiguration(t *catalog.Table) bool {
	return slices.Contains(configurations[t.Extension], t.Name.Name)
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
