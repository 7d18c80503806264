package synthetic

import (
	"slices"

	"refresher/internal/postgres/catalog"
)

// readChecks narrows the columns by what their constraints and those of their domains say, and keeps the rest.
func (t *table) readChecks(cat *catalog.Catalog) {
	for at, c := range t.cat.Columns {
		i := t.index(c.Name)
		if i < 0 {
			continue
		}
		for typ := t.cat.Columns[at].Type; typ != nil && typ.Kind == catalog.DomainType; typ = typ.Base {
			for _, k := range typ.Checks {
				t.read(k.Name, named(parseCheck(k.Expr), c.Name))
			}
		}
	}
	for _, from := range slices.Concat([]*catalog.Table{t.cat}, parents(cat, t.cat)) {
		for _, k := range from.Checks {
			t.read(k.Name, parseCheck(k.Expr))
		}
	}
	for _, c := range t.columns {
		c.settle()
	}
}

// parents are the tables that a table inherits constraints from.
func parents(cat *catalog.Catalog, t *catalog.Table) (list []*catalog.Table) {
	for _, n := range t.Parents {
		if p := cat.Table(n); p != nil {
			list = append(append(list, p), parents(cat, p)...)
		}
	}
	return list
}

// named puts a column's name where a domain's constraint has VALUE.
func named(e *expr, name string) *expr {
	out := *e
	if e.op == "column" && e.text == "" {
		out.text = name
	}
	out.args = nil
	for _, a := range e.args {
		out.args = append(out.args, named(a, name))
	}
	return &out
}

// read takes in a constraint: what draws of a column can keep to by themselves, and what is evaluated.
func (t *table) read(name string, e *expr) {
	for _, part := range e.conjuncts() {
		reads := part.reads()
		at := -1
		if len(reads) > 0 && !slices.ContainsFunc(reads, func(r string) bool { return r != reads[0] }) {
			at = t.index(reads[0])
		}
		kept := false
		if at >= 0 && t.unitOf[at].fk == nil {
			kept = t.columns[at].domain.all(part, t.columns[at])
		}
		if !kept && len(reads) > 0 {
			t.checks = append(t.checks, &check{name, part})
		}
	}
}

// readParts reads the bounds of partitions that hold rows by a range or a list. A default partition is used only if
// there is no other; where rows go by their hash, any partition will do.
func (t *table) readParts(cat *catalog.Catalog, bounds map[catalog.Name]string) {
	var all []*part
	var sum int64
	for _, leaf := range partitions(cat, t.cat) {
		e := parseCheck(bounds[leaf.Name])
		p := &part{columns: map[int]*column{}}
		for _, c := range e.conjuncts() {
			reads := c.reads()
			if e == unknown || len(reads) == 0 || c.op == "NOT" && c.args[0].op == "OR" {
				p = nil
				break
			}
			if i := t.index(reads[0]); i >= 0 && t.unitOf[i].fk == nil {
				if p.columns[i] == nil {
					narrower := *t.columns[i]
					narrower.notNull = true
					p.columns[i] = &narrower
				}
				p.columns[i].domain.all(c, p.columns[i])
			}
			p.checks = append(p.checks, c)
		}
		if p == nil || len(p.columns) == 0 {
			continue
		}
		weight := int64(0)
		for _, s := range t.stats.Partitions {
			if s.Name == leaf.Name.String() {
				weight = s.Rows
			}
		}
		for i, c := range p.columns {
			c.settle()
			c.known(t.stats.column(t.columns[i].name), t.options.Method.K)
		}
		sum += weight
		p.upTo = sum
		all = append(all, p)
	}
	if sum == 0 {
		for i, p := range all {
			p.upTo = int64(i) + 1
		}
	}
	t.parts = all
}

// gather puts the units that checks read into groups.
func (t *table) gather() {
	for _, k := range t.checks {
		t.gatherCheck(k, k.expr.reads())
	}
	if len(t.parts) == 0 {
		return
	}
	var keys []string
	for at := range t.columns {
		if slices.ContainsFunc(t.parts, func(p *part) bool { return p.columns[at] != nil }) {
			keys = append(keys, t.columns[at].name)
		}
	}
	for _, name := range keys[1:] { // they share the choice of the partition
		t.gatherCheck(nil, []string{keys[0], name})
	}
}

func (t *table) gatherCheck(k *check, names []string) {
	g := &group{}
	if k != nil {
		g.checks = []*check{k}
	}
	for _, name := range names {
		at := t.index(name)
		if at < 0 {
			return // of a computed column: the server decides
		}
		switch u := t.unitOf[at]; {
		case u.how != drawn: // it stays what it is
			g.units = append(g.units, u)
		case u.group == nil:
			u.group = g
			g.units = append(g.units, u)
		case u.group != g:
			old := u.group
			g.checks = append(g.checks, old.checks...)
			for _, member := range old.units {
				if member.group == old {
					member.group = g
				}
				g.units = append(g.units, member)
			}
		}
	}
}
