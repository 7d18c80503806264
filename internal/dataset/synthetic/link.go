package synthetic

import "slices"

// link is for a foreign key that shares columns with another: of the rows that have what is shared, the rest is of
// one. In a schema with tenants, an order's user and its product belong to the order's tenant.
type link struct {
	fk      *reference
	shared  int   // column that another key fills
	anchor  *unit // of fk.to: the key by which its rows have what is shared
	columns []int // of fk.to, for each of the unit's
}

// linkShared adds a unit for the columns that a key has beside those of others; of a key that can't be linked they
// stay NULL, or the server decides.
func (t *table) linkShared(u *unit) {
	rest := &unit{how: never, source: u.source}
	l := &link{fk: u.fk, shared: -1}
	refShared := -1
	for i, at := range u.columns {
		switch {
		case t.unitOf[at] == nil:
			rest.columns, l.columns = append(rest.columns, at), append(l.columns, u.fk.columns[i])
		case l.shared < 0:
			l.shared, refShared = at, u.fk.columns[i]
		default:
			l.fk = nil // shared with two
		}
	}
	if key := t.key(u.fk.key); l.fk != nil && u.fk.to.rows > 0 {
		rest.how, rest.link = linked, l
		l.anchor = &unit{columns: []int{refShared}} // found once all units are there
		if !t.mustRefer(u.fk.key) {
			rest.nulls, rest.whole = key.Nulls, key.Nulls+key.Filled
		}
	}
	t.add(rest)
}

// tie finds the anchors of a table's links. Where a row must have one, so must each row that the anchor refers to.
func (t *table) tie() {
	for _, u := range t.units {
		if u.how != linked {
			continue
		}
		l := u.link
		anchor := l.fk.to.unitOf[l.anchor.columns[0]]
		if anchor.fk == nil || anchor.fk.self {
			u.how = never
			continue
		}
		if l.anchor = anchor; t.mandatory(u) && anchor.how == drawn {
			anchor.even = true
		}
	}
}

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

// linked makes a unit of a key that shares columns.
func (r *row) linked(u *unit, dice *dice) error {
	l := u.link
	none := func() error {
		if !r.t.mandatory(u) {
			return r.null(u)
		}
		return refuse(r.t, "foreign key "+l.fk.key.Name, "shares columns with another, and %s has no row for some",
			l.fk.to.name)
	}
	if u.nulls > 0 && dice.share(u.nulls, u.whole) {
		return r.null(u)
	}
	from, row, ok := r.t.origin(r.n, l.shared)
	if !ok || l.anchor.fk.to != from || l.anchor.spread == nil || l.anchor.group != nil {
		return none()
	}
	size := l.anchor.spread.run(row)
	if l.fk.self { // to one before in the run
		_, size, _ = l.anchor.spread.of(r.n)
	}
	if size == 0 {
		return none()
	}
	parent := l.fk.to.row(l.anchor.spread.row(row, dice.below(size)))
	for i, at := range u.columns {
		c, err := parent.at(l.columns[i])
		if err != nil {
			return err
		}
		r.cells[at] = c
	}
	return nil
}
