package scrub

import (
	"fmt"
	"math"
	"slices"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// maxCollision is the greatest probability of a duplicate that a unique column
// may run.
const maxCollision = 1e-9

// notUnique says why a rule can't serve a key of a unique index, "" if it can.
// folds: the index takes texts for equal that differ in case. nulls: NULLs are
// equal, too.
func (c *compiler) notUnique(t *catalog.Table, ch *choice, folds, nulls bool) string {
	if ch.op.kind != transform.KindCases {
		return c.collides(t, ch, ch.op, folds, nulls)
	}
	for _, cs := range ch.op.cases {
		switch {
		case cs.op.kind == transform.KindKeep, cs.op.kind == transform.KindNull && !nulls:
			continue
		case cs.op.kind == transform.KindMask && cs.op.def.Unique && math.IsInf(cs.op.bits(), 1):
			return fmt.Sprintf("%s keeps values apart from one another, but not from those that another rule of the "+
				"list makes or keeps: use it for all rows", cs.op.name())
		}
		if why := c.collides(t, ch, cs.op, folds, nulls); why != "" {
			return why
		}
	}
	return ""
}

// collides says why one rule could make two values equal, "" if it can't but by
// a chance that is small enough.
func (c *compiler) collides(t *catalog.Table, ch *choice, o *op, folds, nulls bool) string {
	if o.kind == transform.KindNull && !nulls {
		return ""
	}
	if o.kind == transform.KindTemplate && c.templateUnique(t, o) {
		return ""
	}
	if o.dom != nil && o.dom.Masks == nil {
		return "" // its domain could not be built, which is reported
	}
	if o.kind != transform.KindMask || !o.def.Unique || o.bits() == 0 {
		return fmt.Sprintf("%s can make two values equal: use %s", o.name(),
			transform.List(c.uniqueRules(t, ch, o, folds)))
	}
	if folds && o.def.MergesCase != nil && o.def.MergesCase(o.dom) {
		return fmt.Sprintf("%s can make values that differ in case only, which the index takes for equal: use an "+
			"alphabet of letters of one case", o.name())
	}
	bits := o.bits()
	if p := c.chance(t, bits); p > maxCollision {
		return fmt.Sprintf("at %.0f rows %s's %.0f bits collide with a probability of %.0e, above %.0e: use %s",
			c.rowsOf(t), o.name(), bits, p,
			maxCollision, transform.List(c.uniqueRules(t, ch, o, folds)))
	}
	return ""
}

// uniqueRules are rules that could stand in a rule's place in a unique column, as they
// are written.
func (c *compiler) uniqueRules(t *catalog.Table, ch *choice, o *op, folds bool) []string {
	class := o.class()
	if class == pii.None && o.what != nil {
		class = o.what.Class
	}
	var list []string
	for _, try := range transform.ForUnique(class, o.Family) {
		own := try.In(t.Name.Name + "_" + ch.column.Name)
		switch {
		case len(list) == maxAdvice:
		case c.keepsApart(t, try, o.Place, folds):
			list = append(list, try.String())
		case c.keepsApart(t, own, o.Place, folds): // the domain has a narrower column elsewhere
			list = append(list, own.String())
		}
	}
	if !ch.column.NotNull && o.Type != nil {
		list = append(list, "null")
	}
	if len(list) == 0 {
		list = append(list, "keep, if it holds nothing personal")
	}
	return list
}

// maxAdvice is how many rules are proposed at once.
const maxAdvice = 3

// keepsApart reports whether a rule has room in a place, beside the other places of its
// domain, and keeps the values of a table's unique column apart there.
func (c *compiler) keepsApart(t *catalog.Table, try transform.Candidate, p transform.Place, folds bool) bool {
	a := try.Args()
	d := &transform.Domain{Name: a.Text("domain"), Def: try.Def, Args: a, Uses: []transform.Use{p.Use(rules.Pos{})}}
	if d.Name == "" {
		d.Name = try.Def.DefaultDomain(a)
	}
	if other := c.domains[d.Name]; other != nil {
		elsewhere := slices.DeleteFunc(slices.Clone(other.Uses),
			func(u transform.Use) bool { return u.Where == p.Where })
		if len(elsewhere) > 0 && (other.Def != d.Def || !transform.SameArgs(a, other.Args)) {
			return false
		}
		d.Uses = append(d.Uses, elsewhere...)
	}
	if d.Def.Check != nil && d.Def.Check(a, p) != nil || !c.encodes(d.Def, a) || folds && d.Def.MergesCase != nil &&
		d.Def.MergesCase(d) {
		return false
	}
	if _, err := d.Def.Build(d); err != nil {
		return false
	}
	return c.chance(t, d.Def.Bits(d, p.Family)) <= maxCollision
}

// chance is the probability that two values of a table become one in a space of so many
// bits.
func (c *compiler) chance(t *catalog.Table, bits float64) float64 {
	rows := c.rowsOf(t)
	return rows * rows / 2 * math.Exp2(-bits)
}

// encodes reports whether the database's encoding has what a transform makes.
func (c *compiler) encodes(def *transform.Definition, a transform.Args) bool {
	return def.UTF8 == nil || !def.UTF8(a) || c.cat.Encoding == "" || c.cat.Encoding == "UTF8"
}

// bits is the size of the space that a unique transform draws from, as log2.
func (o *op) bits() float64 { return o.def.Bits(o.dom, o.Family) }
