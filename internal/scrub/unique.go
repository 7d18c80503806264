package scrub

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"refresher/internal/catalog"
	"refresher/internal/fake"
	"refresher/internal/scrub/rules"
)

// maxCollision is the greatest probability of a duplicate that a unique column
// may run.
const maxCollision = 1e-9

// checkUnique refuses transforms that could make two values of a unique index
// equal.
func (c *compiler) checkUnique() {
	for _, t := range c.cat.Tables {
		if c.noRows(t) {
			continue
		}
		for _, idx := range t.Unique {
			if !c.keptUnique(t, idx) && !c.onRoot(t, idx) {
				c.checkIndex(t, idx)
			}
		}
	}
}

// onRoot reports whether an index of a partition is its root's, too, which is
// checked there.
func (c *compiler) onRoot(t *catalog.Table, idx catalog.UniqueIndex) bool {
	root := c.cat.Table(t.Root)
	return root != nil && root != t && t.IsPartition && slices.ContainsFunc(root.Unique, func(other catalog.UniqueIndex) bool {
		return slices.Equal(idx.Columns, other.Columns)
	})
}

// keptUnique reports whether the columns of an index that stay are unique by
// themselves, so that the others may become anything.
func (c *compiler) keptUnique(t *catalog.Table, idx catalog.UniqueIndex) bool {
	return slices.ContainsFunc(t.Unique, func(other catalog.UniqueIndex) bool {
		if other.Expression || other.Predicate != "" || len(other.Columns) == 0 {
			return false
		}
		for _, col := range other.Columns {
			ch := c.choice(t, col)
			if ch == nil || !ch.keeps() || !slices.Contains(idx.Columns, col) {
				return false
			}
		}
		return true
	})
}

func (c *compiler) checkIndex(t *catalog.Table, idx catalog.UniqueIndex) {
	for _, name := range idx.Columns {
		ch := c.choice(t, name)
		if ch == nil || ch.op == nil || ch.keeps() {
			continue
		}
		if ch.nulls() && !idx.Primary {
			return // NULLs are distinct
		}
		if why := c.notUnique(t, ch); why != "" {
			c.fail(ch.pos, "%s is in the unique index %s, and %s", ch, idx.Name, why)
		}
	}
}

// notUnique says why a choice can't serve a unique column, "" if it can.
func (c *compiler) notUnique(t *catalog.Table, ch *choice) string {
	if ch.op.kind == opTemplate && c.templateUnique(t, ch.op) {
		return ""
	}
	if ch.op.kind != opMask || !ch.op.def.Unique {
		return fmt.Sprintf("%s can make two values equal: use %s", ch.op.name(), strings.Join(c.uniqueNames(ch), " or "))
	}
	bits := ch.op.bits()
	rows := c.rowsOf(t)
	if p := rows * rows / 2 * math.Exp2(-bits); p > maxCollision {
		return fmt.Sprintf("at %.0f rows %s's %.0f bits collide with a probability of %.0e, above %.0e: use more bits", rows, ch.op.name(), bits, p, maxCollision)
	}
	return ""
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
