package synthetic

import (
	"slices"

	"refresher/internal/postgres/catalog"
)

// link is for a foreign key that shares columns with another: of the rows that have what is shared, the rest is of
// one. In a schema with tenants, an order's user and its product belong to the order's tenant.
type link struct {
	fk      *reference
	shared  int      // column that another key fills
	at      int      // column of fk.to that it refers to
	columns []int    // of fk.to, for each of the unit's
	anchors []anchor // lead from root to fk.to
	root    *table   // where what is shared is no foreign key's; nil: it can't be found
}

// anchor is a foreign key by which rows of a table have what is shared.
type anchor struct {
	table *table
	unit  *unit
}

// share notes the columns to which keys refer that share a column with another key, beside others.
func (g *Generator) share() {
	g.shared = map[catalog.Name]map[string]bool{}
	for _, t := range g.tables {
		keys := slices.DeleteFunc(ownKeys(t.cat), func(k catalog.ForeignKey) bool { return len(k.Columns) == 1 })
		for i, k := range keys {
			for at, c := range k.Columns {
				has := func(o catalog.ForeignKey) bool { return slices.Contains(o.Columns, c) }
				if !slices.ContainsFunc(keys[:i], has) && !slices.ContainsFunc(keys[i+1:], has) {
					continue
				}
				if g.shared[k.RefTable] == nil {
					g.shared[k.RefTable] = map[string]bool{}
				}
				g.shared[k.RefTable][k.RefColumns[at]] = true
			}
		}
	}
}

// linkShared adds a unit for the columns that a key has beside those of others; of a key that can't be linked they
// stay NULL, or the server decides.
func (t *table) linkShared(u *unit) {
	rest := &unit{how: never, source: u.source}
	l := &link{fk: u.fk, shared: -1}
	for i, at := range u.columns {
		switch {
		case t.unitOf[at] == nil:
			rest.columns, l.columns = append(rest.columns, at), append(l.columns, u.fk.columns[i])
		case l.shared < 0:
			l.shared, l.at = at, u.fk.columns[i]
		default:
			l.fk = nil // shared with two
		}
	}
	if key := t.key(u.fk.key); l.fk != nil && u.fk.to.rows > 0 {
		rest.how, rest.link = linked, l // to what is found once all units are there
		if !t.mustRefer(u.fk.key) {
			rest.nulls, rest.whole = key.Nulls, key.Nulls+key.Filled
		}
	}
	t.add(rest)
}

// tie finds the anchors of a table's links. Where a row must have one, so must each row that an anchor refers to.
func (t *table) tie() error {
	for _, u := range t.units {
		if u.how != linked {
			continue
		}
		l, must := u.link, t.mandatory(u)
		if l.find(); l.root == nil {
			if must && t.rows > 0 {
				return refuse(t, "foreign key "+l.fk.key.Name,
					"shares columns with another, by which rows of %s can't be found", l.fk.to.name)
			}
			u.how = never
			continue
		}
		for _, a := range l.anchors {
			if must && a.unit.how == drawn {
				a.unit.even = true
			}
		}
	}
	return nil
}

// find follows what is shared from fk.to on.
func (l *link) find() {
	to, at := l.fk.to, l.at
	l.anchors, l.root = nil, nil
	for u := to.unitOf[at]; u.fk != nil; u = to.unitOf[at] {
		if u.fk.self || l.fk.self && len(l.anchors) > 0 || len(l.anchors) > len(to.g.tables) {
			return
		}
		l.anchors = append(l.anchors, anchor{to, u})
		to, at = u.fk.to, u.fk.columns[slices.Index(u.columns, at)]
	}
	if slices.Reverse(l.anchors); len(l.anchors) > 0 {
		l.root = to
	}
}

// least is how many rows of fk.to have what one row of root says, at least.
func (l *link) least() uint64 {
	n := uint64(1)
	for _, a := range l.anchors {
		n = capped(n, a.least())
	}
	return n
}

// least is how many rows refer to one, at least: as many to each.
func (a anchor) least() uint64 { return a.table.chosen(a.unit) / max(a.unit.fk.to.rows, 1) }

// mandatory reports whether a unit has a column that can't be NULL.
func (t *table) mandatory(u *unit) bool {
	return slices.ContainsFunc(u.columns, func(at int) bool { return t.columns[at].notNull })
}

// origin follows foreign keys to the row in which a column's value is no foreign key's.
func (t *table) origin(n uint64, column int) (at *table, row uint64, ok bool) {
	u := t.unitOf[column]
	if u.fk == nil {
		return t, n, u.how != never
	}
	choice, null, known := u.choice(n)
	if !known || null {
		return nil, 0, false
	}
	return u.fk.to.origin(choice, u.fk.columns[slices.Index(u.columns, column)])
}

// choice is the row that a foreign key refers to, if that needs no draw.
func (u *unit) choice(n uint64) (choice uint64, null, known bool) {
	switch {
	case u.fk.self:
	case u.how == inRuns:
		return u.within.of(n), false, true
	case u.spread != nil && u.group == nil:
		choice, _, null = u.spread.of(n)
		return choice, null, true
	}
	return 0, false, false
}

// tries are how often one of the rows that have what is shared is looked for.
const tries = 64

// linked makes a unit of a key that shares columns.
func (r *row) linked(u *unit, dice *dice) error {
	l := u.link
	if u.nulls > 0 && dice.share(u.nulls, u.whole) {
		return r.null(u)
	}
	from, row, ok := r.t.origin(r.n, l.shared)
	for try := 0; ok && from == l.root && try < tries; try++ {
		to, found := r.descend(u, row, dice)
		if !found {
			continue
		}
		parent := l.fk.to.row(to)
		for i, at := range u.columns {
			c, err := parent.at(l.columns[i])
			if err != nil {
				return err
			}
			r.cells[at] = c
		}
		return nil
	}
	if !r.t.mandatory(u) {
		return r.null(u)
	}
	return refuse(r.t, "foreign key "+l.fk.key.Name, "shares columns with another, and %s has no row for some",
		l.fk.to.name)
}

// descend goes from a row of root to one of fk.to: any, or where rows must differ the next.
func (r *row) descend(u *unit, row uint64, dice *dice) (to uint64, ok bool) {
	l, next := u.link, uint64(0)
	if u.within != nil {
		next = u.within.of(r.n)
	}
	for _, a := range l.anchors {
		s := a.unit.spread
		if s == nil || a.unit.group != nil {
			return 0, false
		}
		size, place := s.run(row), uint64(0)
		if l.fk.self { // to one before in the run
			_, size, _ = s.of(r.n)
		}
		switch {
		case size == 0:
			return 0, false
		case u.within == nil:
			place = dice.below(size)
		default:
			place, next = next%a.least(), next/a.least()
		}
		row = s.row(row, place)
	}
	return row, true
}
