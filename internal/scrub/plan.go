package scrub

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/document"
)

// plans makes the plan of every table whose rows are copied.
func (c *compiler) plans() []*TablePlan {
	var plans []*TablePlan
	text := c.textMaskers()
	for _, t := range c.cat.Tables {
		if t.HoldsRows() && !c.noRows(t) {
			plans = append(plans, c.plan(t, text))
		}
	}
	slices.SortStableFunc(plans, func(a, b *TablePlan) int { return cmp.Compare(b.Table.Bytes, a.Table.Bytes) })
	return plans
}

func (c *compiler) textMaskers() map[pii.Class]Masker {
	m := map[pii.Class]Masker{}
	for _, class := range slices.Concat(textClasses, nameClasses) {
		if d := c.domains[string(class)]; d != nil {
			m[class] = d.Masks.of(FamilyText)
		}
	}
	return m
}

func (c *compiler) plan(t *catalog.Table, text map[pii.Class]Masker) *TablePlan {
	p := &TablePlan{Table: t, first: -1, last: -1}
	for _, col := range t.Columns {
		if !col.Generated {
			p.Columns = append(p.Columns, col)
		}
	}
	p.Format = c.format(t, p.Columns)
	if p.filter = c.filter(t); p.filter != nil {
		p.use(p.filter)
	}
	c.planPerson(p)
	for i, col := range p.Columns {
		o := c.choice(t, col.Name).op
		if o.kind == KindKeep {
			continue
		}
		e := emitter{c, col, p.Format, text, c.own(p)}
		cp := columnPlan{at: i, name: col.Name, transform: o.name(), null: o.kind == KindNull, late: o.needsKnown(), op: o}
		if o.kind == KindCases {
			p.planCases(e, &cp, o)
		} else {
			cp.make = e.cell(o)
		}
		p.cells = append(p.cells, cp)
		p.text = p.text || o.needsKnown()
		if o.Family == FamilyText {
			switch o.class() {
			case pii.FirstName:
				p.first = i
			case pii.LastName:
				p.last = i
			}
		}
	}
	c.planJoined(p, text)
	c.planTemplates(p)
	if p.first < 0 || p.last < 0 {
		p.first, p.last = -1, -1
	}
	return p
}

// format is binary where every column allows it: the servers and the masked
// columns' codecs.
func (c *compiler) format(t *catalog.Table, columns []*catalog.Column) copyfmt.Format {
	for _, col := range columns {
		if !value.Binary(col.Type) {
			return copyfmt.Text
		}
		ops := []*op{c.choice(t, col.Name).op}
		for _, cs := range ops[0].cases {
			ops = append(ops, cs.op)
		}
		for _, o := range ops {
			switch {
			case o.kind == KindKeep || o.kind == KindNull || o.kind == KindCases:
			case o.kind == KindArray && value.ArrayOf(col.Type, copyfmt.Binary) == nil, value.For(col.Type, copyfmt.Binary) == nil:
				return copyfmt.Text
			}
		}
	}
	for _, col := range c.reads(t) {
		if value.For(col.Type, copyfmt.Binary) == nil {
			return copyfmt.Text
		}
	}
	return copyfmt.Binary
}

// emitter makes the cells of one column.
type emitter struct {
	c    *compiler
	col  *catalog.Column
	f    copyfmt.Format
	text map[pii.Class]Masker

	fields func(column string) field // of the row
}

func (e emitter) cell(o *op) makeCell {
	t := e.col.Type
	switch o.kind {
	case KindNull:
		return nullCell(watched(t))
	case KindConstant:
		wire, err := value.For(t, e.f).AppendWire(nil, o.value)
		if err != nil {
			e.c.fail(o.rule.Pos, "the value is no %s", t.SQL)
		}
		return constantCell(wire, watched(t))
	case KindArray:
		return arrayCell(e.rewrite(o.elem), t, e.f)
	case KindTemplate:
		return templateCell(o.template, o.Chars(), e.fields)
	case KindJSON:
		return e.jsonPlan(o).cell(t, e.f)
	case KindComposite, KindHstore, KindRange:
		return rewriteCell(e.rewrite(o), t, e.f)
	}
	return maskCell(e.Masker(o), o.class(), t, e.f)
}

// watched reports whether the wire form of a type shows text in which dropped
// identifiers can be seen.
func watched(t *catalog.Type) bool {
	t = t.Underlying()
	f := FamilyOf(t)
	return f == FamilyText || f == FamilyJSON || f == FamilyArray && FamilyOf(t.Elem) == FamilyText
}

// masker replaces the canonical texts of a column or of an array's elements.
func (e emitter) Masker(o *op) Masker {
	switch o.kind {
	case KindConstant:
		return fixed{o.value}
	case KindText:
		return &textMasker{byClass: e.text, limit: o.Chars(), names: o.names}
	case KindXML:
		return e.xmlMasker(o)
	}
	m := o.dom.Masks.of(o.Family)
	if o.follow {
		m = o.def.Follow(m)
	}
	if g, ok := m.(interface{ byGender(field) Masker }); ok && o.gender != "" {
		m = g.byGender(e.fields(o.gender))
	}
	return m
}

func (e emitter) leaf(l *leafRule) {
	switch l.op.kind {
	case KindNull:
		l.token = []byte("null")
	case KindConstant:
		l.token = l.op.value
	case KindJSON:
		l.inner = e.jsonPlan(l.op)
	default:
		l.text = e.Masker(l.op)
		if l.op.kind == KindMask && l.op.def.Serves(FamilyNumber) {
			l.number = l.op.dom.Masks.of(FamilyNumber)
			if m, ok := l.number.(interface{ makesNumbers() bool }); ok && !m.makesNumbers() {
				l.number = nil
			}
		}
	}
}

// jsonPaths compiles the paths of a JSON rule; their actions index the leaves.
func (c *compiler) jsonPaths(o *op) (*document.Paths, []leafRule) {
	paths := map[string]document.Rule{}
	var leaves []leafRule
	for _, p := range o.parts {
		switch p.op.kind {
		case KindKeep:
			paths[p.path] = document.Rule{Action: document.Keep}
		default:
			paths[p.path] = document.Rule{Action: len(leaves), Whole: p.op.kind == KindNull || p.op.kind == KindConstant}
			leaves = append(leaves, leafRule{op: p.op})
		}
	}
	compiled, err := document.Compile(paths)
	if err != nil {
		c.badPaths(o, err)
	}
	return compiled, leaves
}

// badPaths reports each path at its place.
func (c *compiler) badPaths(o *op, err error) {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, err := range all {
		pos := o.rule.Pos
		var pe *document.PathError
		if errors.As(err, &pe) {
			for _, p := range o.parts {
				if p.path == pe.Path {
					pos = p.pos
				}
			}
		}
		c.fail(pos, "%v", err)
	}
}

// decisions lists what the ruleset says of everything.
func (c *compiler) decisions() []Decision {
	var list []Decision
	for _, t := range c.cat.Tables {
		d := Decision{Table: t.Name, Root: t.Root, Kind: t.Kind, RowsNone: c.noRows(t)}
		if c.filtered(t) {
			d.RowsWhen = c.rs.Tables[t.Root].When.Text
		}
		if r := c.rs.Tables[t.Root]; r != nil {
			d.Origin = fmt.Sprintf("%s:%d", r.Pos.File, r.Pos.Line)
		}
		for _, col := range t.Columns {
			if !d.RowsNone {
				d.Columns = append(d.Columns, c.decision(t, col))
			}
		}
		list = append(list, d)
	}
	return list
}

func (c *compiler) decision(t *catalog.Table, col *catalog.Column) ColumnDecision {
	d := ColumnDecision{Name: col.Name, Type: columnType(col)}
	ch := c.choice(t, col.Name)
	if ch == nil {
		d.Transform, d.Class, d.Generated = "generated", pii.None, true
		return d
	}
	o := ch.op
	d.Transform, d.Class, d.Keep, d.Wildcard = o.name(), o.class(), o.kind == KindKeep, ch.wildcard
	d.Origin = fmt.Sprintf("%s:%d", ch.pos.File, ch.pos.Line)
	if ch.from != nil {
		d.From = ch.from.String()
	}
	d.Detail = o.detail()
	switch o.kind {
	case KindMask:
		if !o.def.Plain {
			d.Domain = o.dom.name
		}
	case KindArray:
		d.Transform = "array"
		if o.elem.dom != nil {
			d.Domain = o.elem.dom.name
		}
	case KindCases:
		d.Transform, d.KeepSome = o.usual().name(), o.keepsSome()
		if dom := o.usual().dom; dom != nil && !o.usual().def.Plain {
			d.Domain = dom.name
		}
	}
	return d
}

// detail says what is within a rule, "" if nothing is.
func (o *op) detail() string {
	switch o.kind {
	case KindArray:
		return o.elem.name()
	case KindCases:
		return o.describe()
	case KindTemplate:
		return o.template.format
	}
	var parts []string
	for _, p := range o.parts {
		parts = append(parts, p.path+": "+p.op.name())
	}
	return strings.Join(parts, ", ")
}
