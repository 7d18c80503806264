package scrub

import (
	"fmt"
	"math"
	"strings"
	"unicode"

	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
)

// maxCollision is the greatest probability of a duplicate that a unique column
// may run.
const maxCollision = 1e-9

// notUnique says why a rule can't serve a key of a unique index, "" if it can.
// folds: the index takes texts for equal that differ in case. nulls: NULLs are
// equal, too.
func (c *compiler) notUnique(t *catalog.Table, ch *choice, folds, nulls bool) string {
	if ch.op.kind != opCases {
		return c.collides(t, ch, ch.op, folds, nulls)
	}
	for _, cs := range ch.op.cases {
		switch {
		case cs.op.kind == opKeep, cs.op.kind == opNull && !nulls:
			continue
		case cs.op.kind == opMask && cs.op.def.Unique && math.IsInf(cs.op.bits(), 1):
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
	if o.kind == opNull && !nulls {
		return ""
	}
	if o.kind == opTemplate && c.templateUnique(t, o) {
		return ""
	}
	if o.kind != opMask || !o.def.Unique {
		return fmt.Sprintf("%s can make two values equal: use %s", o.name(), strings.Join(c.uniqueNames(ch), " or "))
	}
	if folds && !o.foldSafe() {
		return fmt.Sprintf("%s can make values that differ in case only, which the index takes for equal: use an alphabet of letters of one case", o.name())
	}
	bits := o.bits()
	rows := c.rowsOf(t)
	if p := rows * rows / 2 * math.Exp2(-bits); p > maxCollision {
		return fmt.Sprintf("at %.0f rows %s's %.0f bits collide with a probability of %.0e, above %.0e: use more bits", rows, o.name(), bits, p, maxCollision)
	}
	return ""
}

// foldSafe reports whether values that are different stay so in lower case, as
// far as those they are made of do. Fakes are in lower case or hold digits only.
func (o *op) foldSafe() bool {
	m, ok := o.dom.masks.of(o.family).(*fpeMasker)
	if !ok {
		return true
	}
	seen := map[rune]bool{}
	for _, r := range m.alphabet.runes {
		r = unicode.ToLower(r)
		if seen[r] {
			return false
		}
		seen[r] = true
	}
	return true
}

// uniqueNames are the transforms that could serve in the choice's place.
func (c *compiler) uniqueNames(ch *choice) []string {
	var names []string
	for _, n := range c.names {
		if d := c.defs[n]; d.Unique && d.serves(familyOf(ch.column.Type)) && (n != "keep") {
			names = append(names, n)
		}
	}
	if !ch.column.NotNull {
		names = append(names, "null")
	}
	if len(names) == 0 {
		names = append(names, "keep, if it holds nothing personal")
	}
	return names
}

// bits is the size of the space that a unique transform draws from, as log2.
func (o *op) bits() float64 {
	switch {
	case o.def.bits != nil:
		return o.def.bits(o.dom, o.family)
	case o.family == FamilyUUID:
		return 106
	case o.family == FamilyBytea:
		return 192
	case o.dom.args["hash"].Kind == rules.Number:
		return 5 * float64(o.dom.args.number("hash"))
	}
	n := fake.MaxHash
	if limit := o.dom.narrowest(); limit > 0 {
		n = min(n, limit-fake.TokenLen(0))
	}
	return 5 * float64(n)
}
