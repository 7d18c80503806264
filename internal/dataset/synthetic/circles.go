package synthetic

import "refresher/internal/fault"

// parent is the table that a unit reads values of, and the columns.
func (u *unit) parent() (to *table, columns []int) {
	switch {
	case u.how == linked:
		return u.link.fk.to, u.link.columns
	case u.fk != nil:
		return u.fk.to, u.fk.columns
	}
	return nil, nil
}

// untangle breaks circles in which a value of a row would need itself.
func (g *Generator) untangle() error {
	const open, done = 1, 2
	state := map[*unit]int{}
	var visit func(t *table, u *unit) error
	visit = func(t *table, u *unit) error {
		if state[u] == done || u.how == never || t.rows == 0 {
			return nil
		}
		if state[u] == open {
			if u.fk != nil && !t.mustRefer(u.fk.key) {
				u.how, u.spread = never, nil
				return nil
			}
			return fault.Refuse("synthetic", "keys of %s refer to each other in a circle that no row can begin; "+
				"give the table rows: 0 under synthetic.tables", t.name)
		}
		state[u] = open
		defer func() { state[u] = done }()
		if u.group != nil {
			for _, other := range u.group.units {
				if other != u && state[other] != open {
					if err := visit(t, other); err != nil {
						return err
					}
				}
			}
		}
		to, columns := u.parent()
		for _, at := range columns {
			if err := visit(to, to.unitOf[at]); err != nil {
				return err
			}
		}
		return nil
	}
	for _, t := range g.tables {
		for _, u := range t.units {
			if err := visit(t, u); err != nil {
				return err
			}
		}
	}
	return nil
}
