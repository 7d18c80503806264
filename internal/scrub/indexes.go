package scrub

import (
	"errors"
	"fmt"
	"slices"

	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/transform"
)

// checkIndexes refuses rules after which a unique index or an exclusion
// constraint could not be built.
func (c *compiler) checkIndexes() {
	for _, t := range c.cat.Tables {
		if c.noRows(t) {
			continue
		}
		for _, idx := range t.Unique {
			if c.onRoot(t, idx) || c.keptUnique(t, idx) {
				continue
			}
			c.checkPredicate(t, idx, "unique index")
			c.checkKeys(t, idx)
		}
		for _, idx := range t.Exclusions {
			c.checkPredicate(t, idx, "exclusion constraint")
			c.checkExclusion(t, idx)
		}
		for _, name := range t.PartitionBy {
			if ch := c.choice(t, name); ch != nil && ch.op != nil && ch.op.kind != transform.KindKeep {
				c.fail(ch.pos, "%s is part of the partition key of %s, and another value may belong to another "+
					"partition, or to none: keep it", ch, t.Name)
			}
		}
	}
}

// onRoot reports whether an index of a partition is its root's, too, which is
// checked there.
func (c *compiler) onRoot(t *catalog.Table, idx catalog.UniqueIndex) bool {
	root := c.cat.Table(t.Root)
	return root != nil && root != t && t.IsPartition &&
		slices.ContainsFunc(root.Unique, func(other catalog.UniqueIndex) bool {
			return slices.Equal(idx.Columns, other.Columns) && idx.Expression == other.Expression &&
				idx.Predicate == other.Predicate
		})
}

// keptUnique reports whether some of the columns of an index are unique by
// another one, and go on to be, so that the others may become anything.
func (c *compiler) keptUnique(t *catalog.Table, idx catalog.UniqueIndex) bool {
	if idx.NullsNotDistinct {
		return false
	}
	plain := keysOf(idx)
	return slices.ContainsFunc(t.Unique, func(other catalog.UniqueIndex) bool {
		if other.Expression || other.Predicate != "" || len(other.Columns) == 0 {
			return false
		}
		for _, key := range keysOf(other) {
			at := slices.IndexFunc(plain, func(k catalog.IndexKey) bool { return k.Column == key.Column })
			ch := c.choice(t, key.Column)
			if at < 0 || ch == nil || ch.op == nil || key.Folds != plain[at].Folds {
				return false
			}
			if ch.op.kind != transform.KindKeep &&
				(other.Name == idx.Name || c.notUnique(t, ch, c.folds(t, key), false) != "") {
				return false
			}
		}
		return true
	})
}

// keysOf are an index's keys; those of a catalog made by hand may be its columns alone.
func keysOf(idx catalog.UniqueIndex) []catalog.IndexKey {
	if idx.Keys != nil {
		return idx.Keys
	}
	var keys []catalog.IndexKey
	for _, name := range idx.Columns {
		keys = append(keys, catalog.IndexKey{Column: name, Expr: catalog.Quote(name), Reads: []string{name}})
	}
	return keys
}

// folds reports whether a key that is a column compares texts without regard to case.
func (c *compiler) folds(t *catalog.Table, key catalog.IndexKey) bool {
	col := t.Column(key.Column)
	return key.Folds || col != nil && col.Type.Underlying().Name == "citext"
}

// source is the column that a key is made of, and how; nil if what is different could
// become one in it.
func (c *compiler) source(t *catalog.Table, key catalog.IndexKey) (*catalog.Column, keySource) {
	col := t.Column(key.Column)
	if col != nil && !col.Generated {
		return col, keySource{fold: c.folds(t, key)}
	}
	expr, reads := key.Expr, key.Reads
	if col != nil {
		expr, reads = col.As, col.From
	}
	if len(reads) != 1 || t.Column(reads[0]) == nil {
		return nil, keySource{}
	}
	k, ok := distinctBy(expr, reads[0])
	if !ok {
		return nil, keySource{}
	}
	k.fold = k.fold || c.folds(t, key)
	return t.Column(reads[0]), k
}

// isNull reports whether a key is NULL in every row, since a column becomes NULL that it
// is made of.
func (c *compiler) isNull(t *catalog.Table, key catalog.IndexKey) bool {
	expr, reads := key.Expr, key.Reads
	col := t.Column(key.Column)
	if col != nil && col.Generated {
		expr, reads = col.As, col.From
	} else if col != nil {
		expr, reads = "", []string{col.Name}
	}
	return slices.ContainsFunc(reads, func(name string) bool {
		ch := c.choice(t, name)
		return ch != nil && ch.op != nil && ch.op.kind == transform.KindNull
	}) && isStrict(expr)
}

// reads are the columns that a key is made of, those of a generated column
// instead of it.
func (c *compiler) readsOf(t *catalog.Table, names []string) []string {
	var list []string
	for _, name := range names {
		if col := t.Column(name); col != nil && col.Generated {
			list = append(list, col.From...)
			continue
		}
		list = append(list, name)
	}
	return list
}

// masked is the first of these columns whose values don't all stay, nil if they do.
func (c *compiler) masked(t *catalog.Table, names []string) *choice {
	for _, name := range c.readsOf(t, names) {
		if ch := c.choice(t, name); ch != nil && ch.op != nil && ch.op.kind != transform.KindKeep {
			return ch
		}
	}
	return nil
}

func (c *compiler) checkKeys(t *catalog.Table, idx catalog.UniqueIndex) {
	distinct := !idx.Primary && !idx.NullsNotDistinct
	if distinct && slices.ContainsFunc(keysOf(idx), func(key catalog.IndexKey) bool { return c.isNull(t, key) }) {
		return // a row with a NULL in its key is like no other
	}
	for _, key := range keysOf(idx) {
		ch := c.masked(t, key.Reads)
		if key.Reads == nil {
			ch = c.masked(t, []string{key.Column})
		}
		if ch == nil {
			continue
		}
		col, from := c.source(t, key)
		if col == nil {
			c.fail(ch.pos, "%s is in the unique index %s by the expression %s, under which two fakes could be "+
				"equal: keep it%s",
				ch, idx.Name, c.exprOf(t, key), c.orNull(t, key, ch, distinct))
			continue
		}
		why := ""
		if from.path != "" {
			why = c.memberNotUnique(t, ch, from, !distinct)
		} else {
			why = c.notUnique(t, ch, from.fold, !distinct)
		}
		if why != "" {
			c.fail(ch.pos, "%s is in the unique index %s, and %s", ch, idx.Name, why)
			continue
		}
		if from.path == "" && ch.op.kind == transform.KindMask && ch.op.def.Strict != nil {
			ch.op.strict = true
		}
		c.mayFold(idx.Name, ch, from.fold)
	}
}

// orNull is advice to make a column NULL, where that would do.
func (c *compiler) orNull(t *catalog.Table, key catalog.IndexKey, ch *choice, distinct bool) string {
	expr := key.Expr
	if col := t.Column(key.Column); col != nil && col.Generated {
		expr = col.As
	}
	if distinct && !ch.column.NotNull && ch.op.kind != transform.KindNull && isStrict(expr) {
		return ", or make it null"
	}
	return ""
}

// memberNotUnique is notUnique for a key that is a member of the JSON documents in a column.
func (c *compiler) memberNotUnique(t *catalog.Table, ch *choice, from keySource, nulls bool) string {
	if ch.op.kind != transform.KindJSON {
		return fmt.Sprintf("%s can make two values of %s equal: write {json: {%s: TRANSFORM}} with a transform for "+
			"unique columns",
			ch.op.name(), from.path, from.path)
	}
	i := slices.IndexFunc(ch.op.parts, func(p part) bool { return p.path == from.path })
	if i < 0 {
		return fmt.Sprintf("no path names %s, so that it is redacted in every row: write a rule for it, such as "+
			"email or token", from.path)
	}
	leaf := ch.op.parts[i].op
	if leaf.kind == transform.KindKeep {
		return ""
	}
	if why := c.collides(t, ch, leaf, from.fold, nulls); why != "" {
		return from.path + ": " + why
	}
	return ""
}

func (c *compiler) exprOf(t *catalog.Table, key catalog.IndexKey) string {
	if col := t.Column(key.Column); col != nil && col.Generated {
		return catalog.WithoutLiterals(col.As)
	}
	return catalog.WithoutLiterals(key.Expr)
}

// checkPredicate refuses rules after which a partial index could cover other rows.
func (c *compiler) checkPredicate(t *catalog.Table, idx catalog.UniqueIndex, what string) {
	if !idx.NullsNotDistinct && c.nullKey(t, idx) {
		return // no two rows that it covers are equal
	}
	for _, name := range c.readsOf(t, idx.PredicateReads) {
		ch := c.masked(t, []string{name})
		if ch == nil || ch.op.kind == transform.KindMask && !mentions(withoutBlankTests(idx.Predicate, name), name) {
			continue
		}
		c.fail(ch.pos, "the %s %s covers the rows for which %s, and with %s masked others could be among "+
			"them: keep it", what, idx.Name, idx.Predicate, ch)
	}
	for _, name := range idx.PredicateNulls {
		if ch := c.choice(t, name); ch != nil && ch.op != nil &&
			ch.op.some(func(o *op) bool { return o.kind == transform.KindNull }) {
			c.fail(ch.pos, "the %s %s covers the rows for which %s, and with %s NULL others could be among them: use "+
				"another transform than null", what, idx.Name, idx.Predicate, ch)
		}
	}
}

// nullKey reports whether a key of an index is NULL in every row.
func (c *compiler) nullKey(t *catalog.Table, idx catalog.UniqueIndex) bool {
	return slices.ContainsFunc(idx.Keys, func(key catalog.IndexKey) bool {
		ch := c.choice(t, key.Column)
		return ch != nil && ch.op != nil && ch.op.kind == transform.KindNull
	})
}

func (c *compiler) checkExclusion(t *catalog.Table, idx catalog.UniqueIndex) {
	if c.nullKey(t, idx) {
		return // what is NULL excludes nothing
	}
	for _, key := range idx.Keys {
		if ch := c.masked(t, key.Reads); ch != nil {
			c.fail(ch.pos, "%s is in the exclusion constraint %s, which other values could break: keep it, or "+
				"make it null", ch, idx.Name)
		}
	}
}

// mayFold remembers what to say if a unique index can't be built although its
// column's fakes are as different as the domain's normal forms.
func (c *compiler) mayFold(index string, ch *choice, fold bool) {
	o := ch.op.usual()
	if fold || o.kind != transform.KindMask {
		return
	}
	if o.def.Distinct == nil {
		return
	}
	if why := o.def.Distinct(o.dom.Args); why != "" {
		c.hints = append(c.hints, indexHint{index, fmt.Sprintf("the rule of %s %s", ch, why)})
	}
}

// indexHint is what to say if an index can't be built.
type indexHint struct{ index, text string }

// Explain adds to a server's error that names a unique index why it may not have been
// built, if rules are the likely reason.
func (p *Program) Explain(err error) error {
	var server interface{ Names(object string) bool }
	if !errors.As(err, &server) {
		return err
	}
	for _, h := range p.hints {
		if server.Names(h.index) {
			return fmt.Errorf("%w\n%s", err, h.text)
		}
	}
	return err
}

// Warnings are what the rules allow and a reviewer should know of: CHECK
// constraints on columns that are masked.
func (p *Program) Warnings() []string { return p.warnings }

// checkConstraints warns of constraints that fakes could break, which would stop
// the run.
func (c *compiler) checkConstraints() {
	for _, t := range c.cat.Tables {
		if c.noRows(t) {
			continue
		}
		for _, check := range t.Checks {
			for _, name := range c.readsOf(t, check.Reads) {
				if ch := c.choice(t, name); ch != nil && ch.op != nil && ch.op.makes() {
					c.warn("%s is masked, and the constraint %s of %s looks at it; a fake that it refuses stops "+
						"the run: %s", ch, check.Name, t.Name, catalog.WithoutLiterals(check.Expr))
				}
			}
		}
		for _, col := range t.Columns {
			ch := c.choice(t, col.Name)
			if ch == nil || ch.op == nil || ch.table != t || !ch.op.makes() {
				continue
			}
			for typ := col.Type; typ.Kind == catalog.DomainType; typ = typ.Base {
				for _, check := range typ.Checks {
					c.warn("%s is masked, and the constraint %s of its type %s looks at it; a fake that it refuses "+
						"stops the run: %s", ch, check.Name, typ.SQL, catalog.WithoutLiterals(check.Expr))
				}
			}
		}
	}
}

func (c *compiler) warn(format string, args ...any) {
	if w := fmt.Sprintf(format, args...); !slices.Contains(c.warnings, w) {
		c.warnings = append(c.warnings, w)
	}
}

// makes reports whether a rule puts other values in a column, rather than NULL.
func (o *op) makes() bool {
	if o.kind == transform.KindCases {
		return slices.ContainsFunc(o.cases, func(cs caseOf) bool { return cs.op.makes() })
	}
	return o.kind != transform.KindKeep && o.kind != transform.KindNull
}
