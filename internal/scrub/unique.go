package scrub

import (
	"fmt"
	"math"
	"strings"

	"refresher/internal/postgres/catalog"
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
			return fmt.Sprintf("%s keeps values apart from one another, but not from those that another rule of the list makes or keeps: use it for all rows", cs.op.name())
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
	if o.kind != transform.KindMask || !o.def.Unique {
		return fmt.Sprintf("%s can make two values equal: use %s", o.name(), strings.Join(uniqueNames(o.Family, ch.column.NotNull), " or "))
	}
	if folds && o.def.MergesCase != nil && o.def.MergesCase(o.dom) {
		return fmt.Sprintf("%s can make values that differ in case only, which the index takes for equal: use an alphabet of letters of one case", o.name())
	}
	bits := o.bits()
	rows := c.rowsOf(t)
	if p := rows * rows / 2 * math.Exp2(-bits); p > maxCollision {
		return fmt.Sprintf("at %.0f rows %s's %.0f bits collide with a probability of %.0e, above %.0e: use more bits", rows, o.name(), bits, p, maxCollision)
	}
	return ""
}

// uniqueNames are the transforms that could serve in a rule's place.
func uniqueNames(f transform.Family, notNull bool) []string {
	var names []string
	for _, n := range transform.Names() {
		if d := transform.Named(n); d.Unique && d.Kind != transform.KindKeep && d.Serves(f) {
			names = append(names, n)
		}
	}
	if !notNull {
		names = append(names, "null")
	}
	if len(names) == 0 {
		names = append(names, "keep, if it holds nothing personal")
	}
	return names
}

// bits is the size of the space that a unique transform draws from, as log2.
func (o *op) bits() float64 { return o.def.Bits(o.dom, o.Family) }
