package scrub

import (
	"slices"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/transform"
)

// Keys are primary keys of a table as they will be in the scrubbed database, from what they are in the source: an entry
// has the canonical texts of the key's columns, in its order. An error is a *fault.Input and holds no value.
func (p *Program) Keys(table catalog.Name, keys [][]string) ([][]string, error) {
	i := slices.IndexFunc(p.tables, func(tp *TablePlan) bool { return tp.Table.Root == table })
	if i < 0 {
		return keys, nil // no rows arrive
	}
	tp := p.tables[i]
	w := p.NewWriter(tp, nil, nil)
	out := make([][]string, len(keys))
	for n, key := range keys {
		out[n] = slices.Clone(key)
		for j, name := range tp.Table.PrimaryKey {
			at := slices.IndexFunc(w.cells, func(c boundCell) bool { return c.name == name })
			if at < 0 {
				continue // kept
			}
			c := w.cells[at]
			if c.rewrite == nil || c.late || tp.order != nil || tp.person != nil && byPerson(c.op) {
				return nil, fault.BadInput("the keys of %s can't be listed: the rule of %s looks at other columns "+
					"of a row too; choose the rows by where", table, name)
			}
			codec := value.For(tp.Columns[c.at].Type, tp.Format)
			wire, err := codec.AppendWire(nil, []byte(key[j]))
			if err == nil {
				wire, err = c.rewrite(nil, wire)
			}
			var text []byte
			if err == nil {
				text, err = codec.AppendText(nil, wire)
			}
			if err != nil {
				return nil, fault.BadInput("entry %d of the keys of %s is none that the rule of %s can mask", n+1,
					table, name)
			}
			out[n][j] = string(text)
		}
	}
	return out, nil
}

// byPerson reports whether a table's subject decides what a rule makes.
func byPerson(o *op) bool {
	return o.Family == transform.FamilyDate || o.Family == transform.FamilyTimestamp ||
		slices.Contains(transform.NameClasses, o.class())
}
