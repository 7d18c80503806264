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
	"refresher/internal/scrub/transform"
)

// plans makes the plan of every table whose rows are copied.
func (c *compiler) plans() []*TablePlan {
	var plans []*TablePlan
	text := c.textMaskers()
	for _, t := range c.cat.Tables {
		switch {
		case !t.HoldsRows():
		case !c.noRows(t):
			plans = append(plans, c.plan(t, text))
		case c.remembers(t):
			plans = append(plans, c.onlyRemembered(t))
		}
	}
	slices.SortStableFunc(plans, func(a, b *TablePlan) int { return cmp.Compare(b.Table.Bytes, a.Table.Bytes) })
	return plans
}

func (c *compiler) textMaskers() map[pii.Class]transform.Masker {
	m := map[pii.Class]transform.Masker{}
	for _, class := range slices.Concat(transform.TextClasses, transform.NameClasses) {
		if d := c.domains[string(class)]; d != nil {
			m[class] = d.Masks.Of(transform.FamilyText)
		}
	}
	return m
}

func (c *compiler) plan(t *catalog.Table, text map[pii.Class]transform.Masker) *TablePlan {
	p := &TablePlan{Table: t, first: -1, last: -1, given: -1, surname: -1}
	for _, col := range t.Columns {
		if !col.Generated {
			p.Columns = append(p.Columns, col)
		}
	}
	p.Format = c.format(t, p.Columns)
	if p.filter = c.filter(t); p.filter != nil {
		p.use(p.filter)
		if c.remembers(t) {
			c.remember(p)
		}
	}
	c.planPerson(p)
	for i, col := range p.Columns {
		o := c.choice(t, col.Name).op
		if o.kind == transform.KindKeep {
			continue
		}
		e := emitter{c, col, p.Format, text, c.own(p)}
		cp := columnPlan{at: i, name: col.Name, transform: o.name(), null: o.kind == transform.KindNull, late: o.needsKnown(), op: o}
		if o.kind == transform.KindCases {
			p.planCases(e, &cp, o)
		} else {
			cp.make = e.cell(o)
		}
		p.cells = append(p.cells, cp)
		p.text = p.text || o.needsKnown()
		if o.Family == transform.FamilyText {
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
			case o.kind == transform.KindKeep || o.kind == transform.KindNull || o.kind == transform.KindCases:
			case o.kind == transform.KindArray && value.ArrayOf(col.Type, copyfmt.Binary) == nil,
				value.For(col.Type, copyfmt.Binary) == nil:
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
	text map[pii.Class]transform.Masker

	fields func(column string) transform.Field // of the row
}

func (e emitter) cell(o *op) transform.Bind {
	t := e.col.Type
	switch o.kind {
	case transform.KindNull:
		return dropCell(o.what, nil, t, e.f)
	case transform.KindConstant:
		wire, err := value.For(t, e.f).AppendWire(nil, o.value)
		if err != nil {
			e.c.fail(o.rule.Pos, "the value is no %s", t.SQL)
		}
		return dropCell(o.what, wire, t, e.f)
	case transform.KindArray:
		return arrayCell(e.rewrite(o.elem), t, e.f)
	case transform.KindTemplate:
		return transform.TemplateCell(o.template, o.what, o.Chars(), e.fields)
	case transform.KindJSON:
		return e.jsonPlan(o).cell(t, e.f)
	case transform.KindComposite, transform.KindHstore, transform.KindRange:
		return rewriteCell(e.rewrite(o), t, e.f)
	}
	return maskCell(e.Masker(o), o.what, t, e.f)
}

// masker replaces the canonical texts of a column or of an array's elements.
func (e emitter) Masker(o *op) transform.Masker {
	switch o.kind {
	case transform.KindConstant:
		return transform.Fixed{Text: o.value}
	case transform.KindText:
		return &transform.TextMasker{ByClass: e.text, Limit: o.Chars(), Names: o.names}
	case transform.KindXML:
		return e.xmlMasker(o)
	}
	m := o.dom.Masks.Of(o.Family)
	if o.follow {
		m = o.def.Follow(m)
	}
	if o.strict {
		m = o.def.Strict(m)
	}
	if g, ok := m.(transform.GenderMasker); ok && o.gender != "" {
		m = g.ByGender(e.fields(o.gender))
	}
	return m
}

func (e emitter) leaf(l *leafRule) {
	switch l.op.kind {
	case transform.KindNull:
		l.token = []byte("null")
	case transform.KindConstant:
		l.token = l.op.value
	case transform.KindJSON:
		l.inner = e.jsonPlan(l.op)
	default:
		l.text = e.Masker(l.op)
		if l.op.kind == transform.KindMask && l.op.def.Serves(transform.FamilyNumber) {
			l.number = l.op.dom.Masks.Of(transform.FamilyNumber)
			if m, ok := l.number.(transform.NumberMasker); ok && !m.MakesNumbers() {
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
		case transform.KindKeep:
			paths[p.path] = document.Rule{Action: document.Keep}
		default:
			paths[p.path] = document.Rule{Action: len(leaves), Prose: p.op.def.Prose,
				Whole: p.op.kind == transform.KindNull || p.op.kind == transform.KindConstant}
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
	d.Transform, d.Class, d.Keep, d.Wildcard = o.name(), o.class(), o.kind == transform.KindKeep, ch.wildcard
	d.Pattern = ch.pattern
	d.Origin = fmt.Sprintf("%s:%d", ch.pos.File, ch.pos.Line)
	if ch.from != nil {
		d.From = ch.from.String()
	}
	d.Detail = o.detail()
	switch o.kind {
	case transform.KindMask:
		if !o.def.Plain {
			d.Domain = o.dom.Name
		}
	case transform.KindArray:
		d.Transform = "array"
		if o.elem.dom != nil {
			d.Domain = o.elem.dom.Name
		}
	case transform.KindCases:
		d.Transform, d.KeepSome = o.usual().name(), o.keepsSome()
		if dom := o.usual().dom; dom != nil && !o.usual().def.Plain {
			d.Domain = dom.Name
		}
	}
	return d
}

// detail says what is within a rule, "" if nothing is.
func (o *op) detail() string {
	switch o.kind {
	case transform.KindArray:
		return o.elem.name()
	case transform.KindCases:
		return o.describe()
	case transform.KindTemplate:
		return o.template.Format
	}
	var parts []string
	for _, p := range o.parts {
		parts = append(parts, p.path+": "+p.op.name())
	}
	return strings.Join(parts, ", ")
}

// maskCell masks a column by a Masker of canonical text, without a conversion
// where the wire form is that text already.
func maskCell(m transform.Masker, what *transform.What, t *catalog.Type, f copyfmt.Format) transform.Bind {
	if fast, ok := m.(transform.WireMasker); ok {
		if mk := fast.Wire(t, f); mk != nil {
			return mk
		}
	}
	if wireIsText(t, f) {
		return func(r *transform.Row) transform.Cell {
			return func(dst, wire []byte) ([]byte, error) { return r.Mask(m, what, dst, wire) }
		}
	}
	codec := value.For(t, f)
	return func(r *transform.Row) transform.Cell {
		return func(dst, wire []byte) ([]byte, error) {
			var err error
			if r.Text, err = codec.AppendText(r.Text[:0], wire); err != nil {
				return dst, err
			}
			if r.Out, err = r.Mask(m, what, r.Out[:0], r.Text); err != nil {
				return dst, err
			}
			return codec.AppendWire(dst, r.Out)
		}
	}
}

// wireIsText reports whether a type's wire form is its canonical text.
func wireIsText(t *catalog.Type, f copyfmt.Format) bool {
	t = t.Underlying()
	if t.OID == catalog.BPCharOID {
		return false // padded
	}
	return f == copyfmt.Text || transform.FamilyOf(t) == transform.FamilyText
}

// dropCell writes one value in the place of every other, or nothing for NULL, and notes
// what was there.
func dropCell(what *transform.What, wire []byte, t *catalog.Type, f copyfmt.Format) transform.Bind {
	direct := wireIsText(t, f)
	codec := value.For(t, f)
	plain := transform.FamilyOf(t) == transform.FamilyText
	silent := what.Class == pii.None && !what.Shape || codec == nil && !direct
	return func(r *transform.Row) transform.Cell {
		return func(dst, old []byte) ([]byte, error) {
			if !silent {
				if !direct {
					var err error
					if r.Text, err = codec.AppendText(r.Text[:0], old); err != nil {
						return dst, err
					}
					old = r.Text
				}
				if plain || !what.Shape {
					r.Dropped(what, old)
				} else {
					r.DroppedWithin(what, old)
				}
			}
			return append(dst, wire...), nil
		}
	}
}

// arrayCell applies a rule to every element.
func arrayCell(mk transform.Bind, t *catalog.Type, f copyfmt.Format) transform.Bind {
	return func(r *transform.Row) transform.Cell {
		array, each := value.ArrayOf(t, f), mk(r)
		return func(dst, wire []byte) ([]byte, error) { return array.Rewrite(dst, wire, each) }
	}
}
