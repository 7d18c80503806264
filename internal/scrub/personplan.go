package scrub

import (
	"fmt"
	"slices"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/transform"
)

// planPerson adds to a table's plan whom its rows are about and what is joined
// in of that person.
func (c *compiler) planPerson(p *TablePlan) {
	s := c.subjectOf(p.Table)
	if s == nil {
		return
	}
	p.person = &transform.PersonPlan{Prefix: []byte("\x00subject\x00" + s.rule.Domain + "\x00"), ID: transform.NoField, Address: transform.NoField, Fallback: transform.NoField, Gender: transform.NoField}
	if s.home != nil && s.home != s {
		if cols := c.joined(s); len(cols) > 0 {
			p.Join = &catalog.Join{Table: s.home.table, Key: s.home.column, On: p.Table.Column(s.column.Name), Columns: cols}
			if c.format(s.home.table, cols) == copyfmt.Text {
				p.Format = copyfmt.Text
			}
		}
	}
	own := c.own(p)
	if p.person.ID = own(s.column.Name); p.person.ID.Mask != nil {
		p.person.ID, p.person.Fallback = transform.NoField, p.person.ID // an address is its own subject
	}
	if s.fallback != nil {
		p.person.Fallback = own(s.fallback.Name)
	}
	home, get := s, own
	if s.home != nil && s.home != s {
		home, get = s.home, c.joinedField(p)
	}
	p.person.Gender = get(c.gender(home))
	if s.home != nil {
		if address := c.address(s.home); address != nil {
			p.person.Address = get(address.Name)
		}
	}
}

// own finds the fields of a plan's columns; noField for a name that none has.
func (c *compiler) own(p *TablePlan) func(name string) transform.Field {
	return func(name string) transform.Field {
		i := slices.IndexFunc(p.Columns, func(col *catalog.Column) bool { return col.Name == name })
		if i < 0 {
			return transform.NoField
		}
		return c.field(p.Table, p.Columns[i], i, p.Format)
	}
}

// joinedField finds the fields of a plan's join.
func (c *compiler) joinedField(p *TablePlan) func(name string) transform.Field {
	return func(name string) transform.Field {
		if p.Join == nil {
			return transform.NoField
		}
		i := slices.IndexFunc(p.Join.Columns, func(col *catalog.Column) bool { return col.Name == name })
		if i < 0 {
			return transform.NoField
		}
		return c.field(p.Join.Table, p.Join.Columns[i], len(p.Columns)+i, p.Format)
	}
}

func (c *compiler) field(t *catalog.Table, col *catalog.Column, at int, f copyfmt.Format) transform.Field {
	r := transform.Field{At: at, Mask: c.addresser(t, col)}
	if !wireIsText(col.Type, f) {
		r.Codec = value.For(col.Type, f)
	}
	return r
}

// planJoined adds the cells of what is joined in, whose results are known to the
// row's free text and written nowhere.
func (c *compiler) planJoined(p *TablePlan, text map[pii.Class]transform.Masker) {
	if p.Join == nil || !p.text {
		return
	}
	for i, col := range p.Join.Columns {
		o := c.choice(p.Join.Table, col.Name).op.usual() // conditions read what isn't joined
		if !o.identifies() {
			continue
		}
		e := emitter{c, col, p.Format, text, c.joinedField(p)}
		p.joined = append(p.joined, columnPlan{at: len(p.Columns) + i, name: fmt.Sprintf("%s of %s", col.Name, p.Join.Table.Name), transform: o.name(), make: e.cell(o), op: o})
	}
}
