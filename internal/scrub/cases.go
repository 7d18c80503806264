package scrub

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub/condition"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// caseOf is one rule of a list. The last one has no condition.
type caseOf struct {
	when *condition.Condition // nil: in all other rows
	text string               // as written
	op   *op
}

// columnRule resolves the rule of a whole column, which may be a list.
func (c *compiler) columnRule(r *rules.Rule, p spot, t *catalog.Table) *op {
	switch {
	case r.Kind == rules.Cases:
		return c.casesRule(r, p, t)
	case r.When.Text != "":
		c.fail(r.When.Pos, "the rule of %s has a condition, and there is none for the other rows: write a list, [{…, "+
			"when: …}, RULE]", p.Where)
		return nil
	}
	return c.rule(r, p)
}

func (c *compiler) casesRule(r *rules.Rule, p spot, t *catalog.Table) *op {
	o := &op{kind: transform.KindCases, def: transform.OfShape(transform.KindCases), Place: p.Place, rule: r}
	before := len(c.problems)
	masks := false
	for _, one := range r.Cases {
		cs := caseOf{text: one.When.Text, op: c.unconditional(one, p)}
		if cs.text != "" {
			cs.when = c.when(one.When, t)
		}
		if cs.op != nil {
			masks = masks || cs.op.kind != transform.KindKeep
			o.cases = append(o.cases, cs)
		}
	}
	if len(c.problems) > before {
		return nil
	}
	if last := o.usual(); masks && last.kind == transform.KindKeep {
		c.fail(last.rule.Pos, "the last rule of %s is for all other rows, also for those in which a condition can't "+
			"be decided because of a NULL, so it must not be keep: put keep under a condition, and what "+
			"masks last", p.Where)
		return nil
	}
	return o
}

// when compiles a condition on the rows of a table.
func (c *compiler) when(w rules.Condition, t *catalog.Table) *condition.Condition {
	key := conditionKey{t.Name, w.Text}
	if done := c.conditions[key]; done != nil {
		return done
	}
	cond, err := condition.Compile(w.Text, t.Columns)
	if err != nil {
		at := w.Pos
		var ce *condition.Error
		if errors.As(err, &ce) {
			at = w.At(ce.Char)
		}
		c.fail(at, "the condition on %s: %v", t.Name, err)
		return nil
	}
	if c.conditions == nil {
		c.conditions = map[conditionKey]*condition.Condition{}
	}
	c.conditions[key] = cond
	return cond
}

// conditionKey names a condition: one that several rules share is evaluated
// once a row.
type conditionKey struct {
	table catalog.Name
	text  string
}

// usual is the rule for the rows in which no condition holds.
func (o *op) usual() *op {
	if o.kind != transform.KindCases {
		return o
	}
	return o.cases[len(o.cases)-1].op
}

// keepsSome reports whether a rule keeps values under a condition.
func (o *op) keepsSome() bool {
	return slices.ContainsFunc(o.cases, func(cs caseOf) bool { return cs.op.kind == transform.KindKeep })
}

// describe says what a list of rules does, without the values that conditions compare with:
// "keep when is_staff; else email".
func (o *op) describe() string {
	var parts []string
	for _, cs := range o.cases {
		s := cs.op.name()
		if d := cs.op.detail(); d != "" {
			s += " (" + d + ")"
		}
		switch {
		case cs.when != nil:
			s += " when " + condition.Outline(cs.text)
		case len(parts) > 0:
			s = "else " + s
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; ")
}

// filter is the condition on which rows of a table are copied, nil if all are.
func (c *compiler) filter(t *catalog.Table) *condition.Condition {
	r := c.rs.Tables[t.Root]
	if r == nil || r.Rows != rules.RowsWhen {
		return nil
	}
	return c.conditions[conditionKey{t.Root, r.When.Text}]
}

// filtered reports whether some rows of a table stay behind.
func (c *compiler) filtered(t *catalog.Table) bool {
	r := c.rs.Tables[t.Root]
	return r != nil && r.Rows == rules.RowsWhen
}

// checkFilters compiles the conditions on rows.
func (c *compiler) checkFilters() {
	for _, t := range c.cat.Tables {
		r := c.rs.Tables[t.Name]
		if r == nil || r.Rows != rules.RowsWhen {
			continue
		}
		if t.Root != t.Name {
			c.fail(r.When.Pos, "%s takes the rules of %s: write rows: there", t.Name, t.Root)
			continue
		}
		c.when(r.When, t)
	}
}

// use is the number of a condition in a table's plan.
func (p *TablePlan) use(cond *condition.Condition) int {
	if i := slices.Index(p.conditions, cond); i >= 0 {
		return i
	}
	p.conditions = append(p.conditions, cond)
	return len(p.conditions) - 1
}

// planCases adds the rules of a list to a column's plan.
func (p *TablePlan) planCases(e emitter, cp *columnPlan, o *op) {
	for _, cs := range o.cases {
		one := casePlan(e, cp, cs.op)
		one.when = always
		if cs.when != nil {
			one.when = p.use(cs.when)
		}
		cp.cases = append(cp.cases, one)
	}
}

func casePlan(e emitter, cp *columnPlan, o *op) columnPlan {
	one := columnPlan{at: cp.at, name: cp.name, transform: o.name(), null: o.kind == transform.KindNull, keep: o.kind == transform.KindKeep, late: o.needsKnown(), op: o}
	if !one.keep {
		one.make = e.cell(o)
	}
	return one
}

// always stands for the condition of the last rule of a list.
const always = -1

// Filtered reports whether some rows stay behind ([Writer.Dropped]).
func (p *TablePlan) Filtered() bool { return p.filter != nil }

// reads are the columns that the conditions and templates of a table read, so that the format
// is one in which they can be.
func (c *compiler) reads(t *catalog.Table) []*catalog.Column {
	var cols []*catalog.Column
	add := func(cond *condition.Condition) {
		if cond != nil {
			cols = append(cols, cond.Reads()...)
		}
	}
	add(c.filter(t))
	for _, col := range t.Columns {
		if ch := c.choice(t, col.Name); ch != nil && ch.op != nil {
			for _, cs := range ch.op.cases {
				add(cs.when)
			}
			for _, o := range ch.op.templates() {
				cols = append(cols, o.template.Columns()...)
			}
		}
	}
	return cols
}

// Kept is how many values a rule of keep under a condition let pass in one column.
type Kept struct {
	Column string
	Rows   int64
}

// Kept lists the columns that have such rules, with counts as of now.
func (w *Writer) Kept() []Kept {
	var list []Kept
	for i := range w.cells {
		c := &w.cells[i]
		if slices.ContainsFunc(c.cases, func(one boundCell) bool { return one.keep }) {
			list = append(list, Kept{c.name, c.kept})
		}
	}
	return list
}

// Dropped is how many of [Writer.Rows] a condition on rows left behind.
func (w *Writer) Dropped() int64 { return w.dropped }

// verdict is what a condition said of the row at hand.
type verdict uint8

const (
	unasked verdict = iota
	holds
	doesNot
)

// bindConditions makes the writer's own evaluators.
func (w *Writer) bindConditions() error {
	w.verdicts = make([]verdict, len(w.plan.conditions))
	w.dropping = slices.Clone(w.plan.remember)
	for _, cond := range w.plan.conditions {
		e, err := cond.Bind(w.plan.Format, w.plan.Columns)
		if err != nil {
			return err
		}
		w.evals = append(w.evals, e)
	}
	return nil
}

// conditional drops the rows that stay behind, and does with the others what fn does.
func (w *Writer) conditional(fn func(*copyfmt.Row) error) func(*copyfmt.Row) error {
	return func(r *copyfmt.Row) error {
		clear(w.verdicts)
		copy(w.verdicts, w.forced)
		if w.plan.filter != nil {
			w.busy = nil
			ok, err := w.holds(r, 0)
			if err != nil {
				return fmt.Errorf("row %d: %w", w.Rows(), err)
			}
			if !ok {
				w.dropped++
				if err := w.remember(r); err != nil {
					return fmt.Errorf("row %d: %w", w.Rows(), err)
				}
				return nil
			}
		}
		return fn(r)
	}
}

// holds asks a condition, once a row.
func (w *Writer) holds(r *copyfmt.Row, i int) (bool, error) {
	if w.verdicts[i] == unasked {
		ok, err := w.evals[i].Holds(r)
		if err != nil {
			return false, err
		}
		if w.verdicts[i] = doesNot; ok {
			w.verdicts[i] = holds
		}
	}
	return w.verdicts[i] == holds, nil
}

// choose is the rule for a column in the row at hand, nil if the value stays.
func (w *Writer) choose(r *copyfmt.Row, c *boundCell) (*boundCell, error) {
	for i := range c.cases {
		one := &c.cases[i]
		if one.when != always {
			ok, err := w.holds(r, one.when)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
		}
		if one.keep {
			c.kept++
			return nil, nil
		}
		w.busy = one
		return one, nil
	}
	return nil, errNoRule // the last has no condition
}

// keeps reports whether a condition lets a field of the row at hand pass.
func (w *Writer) keeps(r *copyfmt.Row, at int) bool {
	if len(w.plan.conditions) == 0 {
		return false
	}
	for i := range w.cells {
		if w.cells[i].at != at {
			continue
		}
		for _, one := range w.cells[i].cases {
			ok := one.when == always
			if !ok {
				ok, _ = w.holds(r, one.when) // an error comes back when the cell is written
			}
			if ok {
				return one.keep
			}
		}
	}
	return false
}

var errNoRule = errors.New("no rule is for this row")

// rewritten reports whether the writer makes rows of its own, rather than pass
// the stream as it is.
func (p *TablePlan) rewritten() bool { return len(p.cells) > 0 || p.filter != nil }
