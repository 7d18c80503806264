package synthetic

import (
	"cmp"
	"slices"

	"refresher/internal/postgres/catalog"
)

// keepUnique lets units count where rows must differ, and returns how many rows the table can have.
func (t *table) keepUnique() (uint64, error) {
	if t.rows == 0 {
		return 0, nil
	}
	indexes := slices.Clone(t.cat.Unique)
	slices.SortStableFunc(indexes, func(a, b catalog.UniqueIndex) int {
		return cmp.Or(len(a.Columns)-len(b.Columns), cmp.Compare(a.Name, b.Name))
	})
	for _, x := range slices.Concat(t.cat.Exclusions, indexes) {
		most := t.keep(x)
		if most >= t.rows {
			continue
		}
		if e := parseCheck(x.Predicate); x.Predicate != "" && e != unknown { // no row is in the index
			outside := &expr{op: "NOT", args: []*expr{{op: "IS TRUE", args: []*expr{e}}}}
			t.checks = append(t.checks, &check{x.Name, outside})
			continue
		}
		if t.said || most == 0 {
			return 0, refuse(t, "unique key "+x.Name, "lets it have %d rows and not %d", most, t.rows)
		}
		return most, nil
	}
	return t.rows, nil
}

// keep makes an index's rows differ, and returns of how many it can. Of a column that is computed the server decides.
func (t *table) keep(x catalog.UniqueIndex) uint64 {
	var units []*unit
	var columns []int
	for _, name := range x.Columns {
		at := t.index(name)
		if at < 0 {
			return t.rows
		}
		columns = append(columns, at)
		if u := t.unitOf[at]; !slices.Contains(units, u) {
			units = append(units, u)
		}
	}
	for _, u := range units {
		if x.NullsNotDistinct {
			u.nulls = 0
		}
		if u.how == never && !x.NullsNotDistinct || t.differs(u, columns) {
			return t.rows
		}
	}
	if t.followed(units) {
		return t.rows
	}
	if one := t.ranged(x, units); one != nil {
		one.how = counted
		return t.rows
	}
	if len(units) == 1 {
		return t.keepAlone(units[0], columns)
	}
	return t.keepTogether(x, units, columns)
}

// differs reports whether a unit alone makes rows differ.
func (t *table) differs(u *unit, columns []int) bool {
	switch u.how {
	case counted:
		return slices.Contains(columns, u.columns[0])
	case before:
		return t.tells(u, columns)
	case byRuns:
		return u.spread.longest() <= 1 && t.tells(u, columns)
	}
	return false
}

// tells reports whether the columns of a unit that are among those of an index tell its choices apart.
func (t *table) tells(u *unit, columns []int) bool {
	if u.fk == nil {
		return slices.Contains(columns, u.columns[0])
	}
	var refs []string
	for i, at := range u.columns {
		if slices.Contains(columns, at) {
			refs = append(refs, u.fk.key.RefColumns[i])
		}
	}
	return u.fk.tells(refs)
}

// tells reports whether columns of the table that is referred to tell its rows apart.
func (f *reference) tells(columns []string) bool {
	missing := func(c string) bool { return !slices.Contains(columns, c) }
	return slices.ContainsFunc(f.to.cat.Unique, func(x catalog.UniqueIndex) bool {
		return x.Predicate == "" && !slices.ContainsFunc(x.Columns, missing)
	})
}

// followed reports whether units that follow the runs of one of these make rows differ already.
func (t *table) followed(units []*unit) bool {
	for _, driver := range units {
		size := uint64(1)
		for _, u := range units {
			if u.within != nil && u.within.driver == driver {
				size = capped(size, u.within.own)
			}
		}
		if driver.how == byRuns && size > 1 && driver.spread.longest() <= size {
			return true
		}
	}
	return false
}

// ranged is the unit of a range that an exclusion constraint reads: ranges that are counted don't overlap.
func (t *table) ranged(x catalog.UniqueIndex, units []*unit) *unit {
	if !slices.ContainsFunc(t.cat.Exclusions, func(e catalog.UniqueIndex) bool { return e.Name == x.Name }) {
		return nil
	}
	for _, u := range units {
		if u.fk == nil && u.how == drawn && t.columns[u.columns[0]].kind == ranges {
			return u
		}
	}
	return nil
}

func (t *table) keepAlone(u *unit, columns []int) uint64 {
	switch {
	case u.how != drawn:
		return 0
	case u.fk == nil:
		u.how = counted
		return t.ofAll(u, t.columns[u.columns[0]].capacity())
	case !t.tells(u, columns):
		return t.rows // the server decides
	case u.fk.self:
		u.how = before
		if t.mustRefer(u.fk.key) {
			return 1
		}
		return t.rows
	}
	u.how, u.spread = byRuns, t.spreadOf(u, 1)
	return t.ofAll(u, u.fk.to.rows)
}

// ofAll is how many rows a table can have of which those that aren't NULL in a unit are so many.
func (t *table) ofAll(u *unit, filled uint64) uint64 {
	if u.whole > u.nulls && u.nulls > 0 && filled < 1<<40 {
		return scaled(filled, uint64(u.whole), uint64(u.whole-u.nulls))
	}
	return filled
}

// keepTogether lets one unit deal the rows out and others count within its runs.
func (t *table) keepTogether(x catalog.UniqueIndex, units []*unit, columns []int) uint64 {
	open := slices.DeleteFunc(slices.Clone(units), func(u *unit) bool {
		return u.how != drawn || u.fk != nil && (u.fk.self || !t.tells(u, columns)) || t.partitioned(u)
	})
	driver := t.driver(units, open, columns)
	if driver == nil {
		for _, u := range units { // what partitions go by, and what foreign keys share
			if u.fk == nil && u.how == drawn && t.columns[u.columns[0]].capacity() >= t.rows {
				t.parts = nil
				u.how = counted
				return t.rows
			}
		}
		return 0
	}
	if driver.how == counted {
		return t.rows
	}
	open = slices.DeleteFunc(open, func(u *unit) bool { return u == driver })
	for _, u := range units {
		if t.linkedTo(u, driver, columns) {
			open = append(open, u)
		}
	}
	slices.SortStableFunc(open, func(a, b *unit) int { return t.rank(a) - t.rank(b) })
	longest := driver.spread.longest()
	chosen, size := t.followers(open, longest)
	if size < longest && driver.fk != nil {
		driver.spread = t.spreadOf(driver, 1) // as even as can be
		longest = driver.spread.longest()
	}
	before := uint64(1)
	for _, u := range chosen {
		if u.how == drawn {
			u.how = inRuns
		}
		u.within = &within{driver: driver, source: t.options.source(t.name, "unique key", x.Name), size: size,
			before: before, own: t.choices(u)}
		u.within.plain = len(chosen) == 1 && u.fk == nil && u.how != linked &&
			t.columns[u.columns[0]].domain.list == nil
		before = capped(before, u.within.own)
	}
	if size >= longest {
		return t.rows
	}
	for _, u := range units {
		if u.how == linked && !t.mandatory(u) { // NULLs differ
			u.how = never
			return t.rows
		}
	}
	return capped(driver.spread.choices.n, size)
}

// linkedTo reports whether a unit of a key that shares columns can count within the runs of a driver, in each of which
// what is shared is the same.
func (t *table) linkedTo(u, driver *unit, columns []int) bool {
	if u.how != linked || u.within != nil || u.link.fk.self || driver.fk == nil ||
		!slices.Contains(driver.columns, u.link.shared) {
		return false
	}
	refs := []string{u.link.fk.to.columns[u.link.at].name}
	for i, at := range u.columns {
		if slices.Contains(columns, at) {
			refs = append(refs, u.link.fk.to.columns[u.link.columns[i]].name)
		}
	}
	return u.link.fk.tells(refs)
}

// driver is the unit that deals an index's rows out: one that does so already, else the foreign key to the most rows,
// else a column that can count them, else the column with the fewest values.
func (t *table) driver(units, open []*unit, columns []int) *unit {
	for _, u := range units {
		if u.how == byRuns && t.tells(u, columns) {
			return u
		}
	}
	var best *unit
	for _, u := range open {
		if u.fk != nil && u.fk.to.rows > 0 && (best == nil || u.fk.to.rows > best.fk.to.rows) {
			best = u
		}
	}
	if best != nil {
		best.how, best.spread = byRuns, t.spreadOf(best, 1<<62)
		return best
	}
	for _, u := range open {
		c := t.columns[u.columns[0]]
		if c.capacity() >= t.rows && len(c.choices) == 0 {
			u.how = counted
			return u
		}
		if best == nil || t.choices(u) < t.choices(best) {
			best = u
		}
	}
	if best != nil && t.choices(best) > 0 {
		best.how = byRuns
		best.spread = newSpread(best.source, t.rows, t.rows, min(t.choices(best), t.rows), nil, 1<<62)
		return best
	}
	return nil
}

// choices is how many values a unit has.
func (t *table) choices(u *unit) uint64 {
	switch {
	case u.fk != nil:
		return u.fk.to.rows
	case u.how == linked:
		return u.link.least()
	}
	return t.columns[u.columns[0]].capacity()
}

// rank orders units by how well they follow: foreign keys, numbers and times, lists, all others.
func (t *table) rank(u *unit) int {
	switch c := t.columns[u.columns[0]]; {
	case u.fk != nil || u.how == linked:
		return 0
	case c.kind.ticked():
		return 1
	case c.domain.list != nil:
		return 2
	}
	return 3
}

// followers are those of the units that have as many choices together as a run is long: one if one is enough.
func (t *table) followers(open []*unit, longest uint64) (chosen []*unit, size uint64) {
	for _, u := range open {
		if t.choices(u) >= longest {
			return []*unit{u}, t.choices(u)
		}
	}
	size = 1
	for _, u := range open {
		if n := t.choices(u); n > 0 && size < longest {
			chosen, size = append(chosen, u), capped(size, n)
		}
	}
	return chosen, size
}

// partitioned reports whether partitions go by a column of the unit, which then must keep to their bounds.
func (t *table) partitioned(u *unit) bool {
	for _, p := range t.parts {
		for _, at := range u.columns {
			if p.columns[at] != nil {
				return true
			}
		}
	}
	return false
}
