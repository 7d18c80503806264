package synthetic

import (
	"slices"
)

// row is a row while it is made.
type row struct {
	t     *table
	n     uint64
	done  []bool // of each unit's first column
	cells []cell
}

// cell is a value as text, or NULL.
type cell struct {
	text []byte
	null bool
}

func (t *table) row(n uint64) *row {
	return &row{t: t, n: n, done: make([]bool, len(t.columns)), cells: make([]cell, len(t.columns))}
}

// at is the value of a column.
func (r *row) at(column int) (cell, error) {
	u := r.t.unitOf[column]
	if r.done[u.columns[0]] {
		return r.cells[column], nil
	}
	var err error
	if u.group != nil {
		err = r.together(u.group)
	} else {
		err = r.make(u, 0)
	}
	return r.cells[column], err
}

// attempts is how often the columns of a check are drawn.
const attempts = 2000

// together makes the units of a group until their checks hold.
func (r *row) together(g *group) error {
	for attempt := range attempts {
		for _, u := range g.units {
			if err := r.make(u, attempt); err != nil {
				return err
			}
		}
		failed := slices.IndexFunc(g.checks, func(k *check) bool {
			r.t.g.eval.value = r.datum
			return r.t.g.eval.fails(k.expr)
		})
		if failed < 0 {
			return nil
		}
		if attempt == attempts-1 {
			return refuse(r.t, "constraint "+g.checks[failed].name, "was not met by %d draws of its columns", attempt+1)
		}
	}
	return nil
}

// datum is the value of a column in a check.
func (r *row) datum(name string) datum {
	at := r.t.index(name)
	if at < 0 {
		return datum{is: notKnown}
	}
	c, value := r.t.columns[at], r.cells[at]
	d := datum{is: word, text: string(value.text)}
	switch {
	case value.null:
		return datum{}
	case c.kind == boolean:
		return truthOf(d.text == "true" || d.text == "t")
	case c.kind.numeric():
		return asNumber(d)
	case c.kind == clock || c.kind == ranges || c.kind == multirange || c.kind == composite:
		return datum{is: notKnown}
	}
	return d
}

// make makes the values of a unit.
func (r *row) make(u *unit, attempt int) error {
	r.done[u.columns[0]] = true
	d := u.source.digest(r.n, attempt)
	dice := rolled(&d)
	switch {
	case u.how == never:
		return r.null(u)
	case u.how == linked:
		return r.linked(u, &dice)
	case u.how == before:
		if r.n == 0 {
			return r.null(u)
		}
		return r.refer(u, r.n-1)
	case u.how == byRuns:
		choice, _, null := u.spread.of(r.n)
		if null {
			return r.null(u)
		}
		return r.choose(u, choice)
	case r.opens(u, attempt) && dice.below(2) == 0:
		return r.null(u)
	case u.fk != nil && u.how == drawn:
		return r.draw(u, attempt, &dice)
	case u.nulls > 0 && dice.share(u.nulls, u.whole):
		return r.null(u)
	case u.how == inRuns:
		return r.choose(u, u.within.of(r.n))
	}
	at := u.columns[0]
	c := r.t.columns[at]
	if u.how == counted {
		r.cells[at] = cell{text: c.nth(r.n)}
		return nil
	}
	if p := r.t.part(r.n, attempt); p != nil && p.columns[at] != nil {
		c = p.columns[at]
	}
	r.cells[at] = cell{text: c.draw(&d)}
	return nil
}

// opens reports whether a unit that is drawn again may be NULL beyond what was released: if nothing was, or if
// nothing else helps.
func (r *row) opens(u *unit, attempt int) bool {
	return u.how == drawn && attempt > 0 && (u.whole == 0 || attempt > attempts/2) && !r.t.mandatory(u)
}

// part is the partition of a row, nil if it has none to keep to.
func (t *table) part(n uint64, attempt int) *part {
	if len(t.parts) == 0 {
		return nil
	}
	d := t.choose.digest(n, attempt)
	r := rolled(&d)
	at := int64(r.below(uint64(t.parts[len(t.parts)-1].upTo)))
	return t.parts[slices.IndexFunc(t.parts, func(p *part) bool { return p.upTo > at })]
}

// null leaves a unit open: of a key with several columns, those that must have a value have any (MATCH SIMPLE).
func (r *row) null(u *unit) error {
	for _, at := range u.columns {
		r.cells[at] = cell{null: true}
		if c := r.t.columns[at]; c.notNull {
			d := c.source.digest(r.n, -4)
			r.cells[at] = cell{text: c.draw(&d)}
		}
	}
	return nil
}

// draw makes a foreign key that need not differ.
func (r *row) draw(u *unit, attempt int, dice *dice) error {
	to := u.fk.to
	switch {
	case u.fk.self && r.n == 0:
		if !r.t.mustRefer(u.fk.key) {
			return r.null(u)
		}
		return r.refer(u, 0)
	case to.rows == 0:
		return refuse(r.t, "foreign key "+u.fk.key.Name, "needs rows of %s, which has none", to.name)
	case u.fk.self || attempt > 0:
		if u.nulls > 0 && dice.share(u.nulls, u.whole) {
			return r.null(u)
		}
		if u.fk.self {
			return r.refer(u, dice.below(r.n))
		}
		return r.refer(u, dice.below(to.rows))
	}
	choice, _, null := u.spread.of(r.n)
	if null {
		return r.null(u)
	}
	return r.refer(u, choice)
}

// choose makes a unit by the number of its choice.
func (r *row) choose(u *unit, choice uint64) error {
	if u.fk != nil {
		return r.refer(u, choice)
	}
	at := u.columns[0]
	r.cells[at] = cell{text: r.t.columns[at].nth(choice)}
	return nil
}

// refer copies the values of the row that a foreign key refers to.
func (r *row) refer(u *unit, n uint64) error {
	if u.fk.self && n == r.n {
		return r.referSelf(u)
	}
	parent := u.fk.to.row(n)
	for i, at := range u.columns {
		c, err := parent.at(u.fk.columns[i])
		if err != nil {
			return err
		}
		if c.null { // a unique key's column that may be NULL
			return r.null(u)
		}
		r.cells[at] = c
	}
	return nil
}

// referSelf refers to the row itself.
func (r *row) referSelf(u *unit) error {
	for i, at := range u.columns {
		c, err := r.at(u.fk.columns[i])
		if err != nil {
			return err
		}
		r.cells[at] = c
	}
	return nil
}

// of is the choice of a unit for a row that follows a run.
func (w *within) of(n uint64) uint64 {
	choice, place, _ := w.driver.spread.of(n)
	if w.plain {
		return place
	}
	p := w.source.permutation(w.size, choice)
	return p.of(place%w.size) / w.before % w.own
}
