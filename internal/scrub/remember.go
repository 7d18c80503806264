package scrub

import (
	"bytes"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/condition"
)

// remembered is a column of rows that stay behind: its values are looked for in staging.
type remembered struct {
	at    int
	class pii.Class
	codec value.Codec // to canonical text; nil if the wire form is that
	text  []byte
}

// remembers reports whether the values of a table's rows that stay behind are looked for.
func (c *compiler) remembers(t *catalog.Table) bool {
	r := c.rs.Tables[t.Root]
	return r != nil && r.Remember && t.Kind != catalog.Foreign
}

// remember plans how the columns of dropped rows are read. What a value is, the rule
// says by its class, or by its transform's, or the column's name does.
func (c *compiler) remember(p *TablePlan) {
	for i, col := range p.Columns {
		class := pii.None
		if def := suggested(col.Name); def != nil {
			class = def.Class
		}
		if ch := c.choice(p.Table, col.Name); ch != nil {
			switch {
			case ch.rule.Class != "":
				class = ch.rule.Class
			case ch.op.class().Direct():
				class = ch.op.class()
			}
		}
		m := remembered{at: i, class: class}
		if !wireIsText(col.Type, p.Format) {
			if m.codec = value.For(col.Type, p.Format); m.codec == nil {
				continue
			}
		}
		switch class {
		case pii.FirstName:
			p.given = i
		case pii.LastName:
			p.surname = i
		}
		p.remember = append(p.remember, m)
	}
}

// onlyRemembered is the plan of a table whose rows are read and all stay behind.
func (c *compiler) onlyRemembered(t *catalog.Table) *TablePlan {
	p := &TablePlan{Table: t, first: -1, last: -1, given: -1, surname: -1, Format: copyfmt.Binary}
	for _, col := range t.Columns {
		if col.Generated {
			continue
		}
		p.Columns = append(p.Columns, col)
		if !value.Binary(col.Type) {
			p.Format = copyfmt.Text
		}
	}
	p.filter, _ = condition.Compile("false", nil)
	p.use(p.filter)
	c.remember(p)
	return p
}

// remember notes the values of a row that stays behind.
func (w *Writer) remember(r *copyfmt.Row) error {
	if w.row.Fingerprints == nil {
		return nil
	}
	for i := range w.dropping {
		m := &w.dropping[i]
		if r.Null(m.at) {
			continue
		}
		text := r.Field(m.at)
		if m.codec != nil {
			var err error
			if m.text, err = m.codec.AppendText(m.text[:0], text); err != nil {
				return err
			}
			text = m.text
		}
		w.at(m.at)
		w.row.Remember(m.class, text)
	}
	if w.plan.given < 0 || w.plan.surname < 0 {
		return nil
	}
	first, last := bytes.TrimSpace(r.Field(w.plan.given)), bytes.TrimSpace(r.Field(w.plan.surname))
	if len(first) > 0 && len(last) > 0 {
		w.at(w.plan.given)
		w.row.Text = append(append(append(w.row.Text[:0], first...), ' '), last...)
		w.row.Remember(pii.FullName, w.row.Text)
	}
	return nil
}
