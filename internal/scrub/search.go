package scrub

import (
	"slices"

	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/transform"
)

// Search is a column of words for full-text search that is made anew from others.
type Search struct {
	Table catalog.Name // that holds rows
	catalog.Search
}

// Searches are the columns to make anew while rows arrive.
func (p *Program) Searches() []Search { return p.searches }

// search lists them, and checks what they are made from.
func (c *compiler) search() (list []Search) {
	for _, t := range c.cat.Tables {
		if !t.HoldsRows() || c.noRows(t) {
			continue
		}
		for _, col := range t.Columns {
			ch := c.choice(t, col.Name)
			if ch == nil || ch.op == nil || ch.op.def == nil || ch.op.def.Rebuilt == nil {
				continue
			}
			s := Search{t.Name, catalog.Search{Column: col.Name, Config: "pg_catalog.simple"}}
			if i := slices.IndexFunc(t.Search, func(by catalog.Search) bool { return by.Column == col.Name }); i >= 0 {
				s.Search = t.Search[i]
			}
			config, from := ch.op.def.Rebuilt(ch.op.dom.Arguments())
			if config != "" {
				s.Config, s.ConfigColumn = config, ""
			}
			if len(from) > 0 {
				s.From = from
			}
			if len(s.From) == 0 {
				c.warn("%s arrives empty: no trigger says which columns its words are from; name them: {transform: "+
					"%s, from: [COLUMN]}",
					ch, ch.op.def.Name)
				continue
			}
			for _, name := range s.From {
				if of := t.Column(name); of == nil || transform.FamilyOf(of.Type) != transform.FamilyText {
					c.fail(ch.rule.Pos, "%s is made from column %q of %s, which is no column of text", ch.op.def.Name,
						name, t.Name)
				}
			}
			list = append(list, s)
		}
	}
	return list
}
