package scrub

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
	"refresher/internal/scrub/transform/calendar"
)

// textType is the type of what is text by nature: an hstore's values.
var textType = &catalog.Type{OID: catalog.TextOID, Schema: "pg_catalog", Name: "text", SQL: "text", Kind: catalog.BaseType, BinaryIO: true}

// compositeRule checks that every field of a composite type has a rule.
func (c *compiler) compositeRule(r *rules.Rule, p spot) *op {
	before := len(c.problems)
	transform.OfShape(transform.KindComposite).Parse(r, c.fail)
	if p.Type == nil || p.Type.Underlying().Kind != catalog.CompositeType {
		c.wrongShape(r, p, "a composite")
		return nil
	}
	t := p.Type.Underlying()
	o := &op{kind: transform.KindComposite, def: transform.OfShape(transform.KindComposite), Place: p.Place, rule: r}
	var names []string
	for _, f := range t.Fields {
		names = append(names, f.Name)
	}
	for _, given := range r.Parts {
		i := slices.Index(names, given.Name)
		if i < 0 {
			c.fail(given.Pos, "%s has no field %q%s; it has %s", t.SQL, given.Name,
				fault.DidYouMean(given.Name, names), transform.List(names))
			continue
		}
		f := t.Fields[i]
		q := p.within("field "+f.Name, f.Type, f.Mod)
		if fo := c.rule(given.Rule, q); fo != nil {
			o.parts = append(o.parts, part{f.Name, given.Pos, fo})
		}
	}
	for _, f := range t.Fields {
		if !slices.ContainsFunc(r.Parts, func(given rules.Part) bool { return given.Name == f.Name }) {
			c.fail(r.Pos, "field %s (%s) of %s has no rule: write one, or keep", f.Name, f.Type.SQL, p.Where)
		}
	}
	return c.compound(o, before)
}

// compound is o, or keep if all within it is kept; nil after a problem.
func (c *compiler) compound(o *op, before int) *op {
	if len(c.problems) > before {
		return nil
	}
	if o.kind == transform.KindComposite &&
		!slices.ContainsFunc(o.parts, func(p part) bool { return p.op.kind != transform.KindKeep }) {
		return &op{kind: transform.KindKeep, def: transform.Named("keep"), Place: o.Place, rule: o.rule}
	}
	return o
}

func (c *compiler) wrongShape(r *rules.Rule, p spot, what string) {
	if p.Type == nil {
		c.fail(r.Pos, "within JSON and XML there is no %s: use a transform for %s", r.Kind, p.Where)
		return
	}
	c.fail(r.Pos, "%s is %s, not %s", p.Where, p.Type.SQL, what)
}

// hstoreRule checks the rules of an hstore's keys.
func (c *compiler) hstoreRule(r *rules.Rule, p spot) *op {
	before := len(c.problems)
	a := transform.OfShape(transform.KindHstore).Parse(r, c.fail)
	if p.Type == nil || p.Type.Underlying().Kind != catalog.BaseType || p.Type.Underlying().Name != "hstore" {
		c.wrongShape(r, p, "an hstore")
		return nil
	}
	o := &op{kind: transform.KindHstore, def: transform.OfShape(transform.KindHstore), Place: p.Place, what: notPersonal, rest: byShape(),
		rule: r, other: a.Text("other"), keys: a.Text("keys") == "keep"}
	for _, given := range r.Parts {
		q := p.within("key "+given.Name, textType, -1)
		if ko := c.rule(given.Rule, q); ko != nil {
			o.parts = append(o.parts, part{given.Name, given.Pos, ko})
		}
	}
	return c.compound(o, before)
}

// rangeRule takes the one transform under which a range stays a range: one that
// moves both bounds by the same.
func (c *compiler) rangeRule(r *rules.Rule, p spot) *op {
	before := len(c.problems)
	transform.OfShape(transform.KindRange).Parse(r, c.fail)
	t := p.Type
	if t != nil {
		t = t.Underlying()
	}
	if t == nil || t.Kind != catalog.RangeType && t.Kind != catalog.MultirangeType {
		c.wrongShape(r, p, "a range")
		return nil
	}
	elem := t.Elem
	if t.Kind == catalog.MultirangeType {
		elem = elem.Elem
	}
	e := c.rule(r.Elem, p.within("the bounds", elem, -1))
	switch {
	case e == nil:
		return nil
	case e.kind == transform.KindKeep:
		e.rule = r
		return e
	case !e.def.Shift:
		c.fail(r.Elem.Pos, "%s moves the bounds of %s apart or together, and the lower must not come after the "+
			"upper: use date_shift, or keep, null or constant for the whole range", e.name(), p.Where)
	}
	return c.compound(&op{kind: transform.KindRange, def: transform.OfShape(transform.KindRange), Place: p.Place, elem: e, rule: r}, before)
}

// rewrite is what a rule does to canonical text, wherever it stands.
func (e emitter) rewrite(o *op) transform.Bind {
	switch o.kind {
	case transform.KindKeep:
		return func(*transform.Row) transform.Cell {
			return func(dst, text []byte) ([]byte, error) { return append(dst, text...), nil }
		}
	case transform.KindJSON:
		return e.jsonPlan(o).rewrite
	case transform.KindArray:
		elem := e.rewrite(o.elem)
		return func(r *transform.Row) transform.Cell {
			array, each := value.ArrayOf(o.Type, copyfmt.Text), elem(r)
			return func(dst, text []byte) ([]byte, error) { return array.Rewrite(dst, text, each) }
		}
	case transform.KindComposite:
		return e.composite(o)
	case transform.KindHstore:
		return e.hstore(o)
	case transform.KindRange:
		return e.bounds(o)
	}
	m, what := e.Masker(o), o.what
	return func(r *transform.Row) transform.Cell {
		return func(dst, text []byte) ([]byte, error) { return r.Mask(m, what, dst, text) }
	}
}

// rewriteCell applies a rule to a column by its canonical text.
func rewriteCell(mk transform.Bind, t *catalog.Type, f copyfmt.Format) transform.Bind {
	if wireIsText(t, f) {
		return func(r *transform.Row) transform.Cell { return mk(r) }
	}
	codec := value.For(t, f)
	return func(r *transform.Row) transform.Cell {
		do := mk(r)
		var text, out []byte
		return func(dst, wire []byte) (_ []byte, err error) {
			if text, err = codec.AppendText(text[:0], wire); err != nil {
				return dst, err
			}
			if out, err = do(out[:0], text); err != nil {
				return dst, err
			}
			return codec.AppendWire(dst, out)
		}
	}
}

func (e emitter) composite(o *op) transform.Bind {
	type field struct {
		mk     transform.Bind
		null   bool
		what   *transform.What
		padded bool // char(n): its spaces mean nothing
	}
	fields := make([]field, len(o.Type.Underlying().Fields))
	for i, f := range o.Type.Underlying().Fields {
		at := slices.IndexFunc(o.parts, func(p part) bool { return p.path == f.Name })
		fo := o.parts[at].op
		fields[i] = field{null: fo.kind == transform.KindNull, what: fo.what, padded: f.Type.Underlying().OID == catalog.BPCharOID}
		if !fields[i].null {
			fields[i].mk = e.rewrite(fo)
		}
	}
	return func(r *transform.Row) transform.Cell {
		do := make([]transform.Cell, len(fields))
		for i, f := range fields {
			if f.mk != nil {
				do[i] = f.mk(r)
			}
		}
		return func(dst, text []byte) ([]byte, error) {
			return value.Fields(dst, text, func(dst []byte, i int, field []byte) ([]byte, bool, error) {
				switch {
				case i >= len(fields):
					return dst, false, transform.ErrBadWire
				case fields[i].null:
					r.DroppedWithin(fields[i].what, field)
					return dst, true, nil
				case fields[i].padded:
					field = bytes.TrimRight(field, " ")
				}
				dst, err := do[i](dst, field)
				return dst, false, err
			})
		}
	}
}

func (e emitter) hstore(o *op) transform.Bind {
	type rule struct {
		mk   transform.Bind
		null bool
		what *transform.What
	}
	byKey := map[string]rule{}
	alias := "key"
	for _, p := range o.parts {
		k := rule{null: p.op.kind == transform.KindNull, what: p.op.what}
		if !k.null {
			k.mk = e.rewrite(p.op)
		}
		byKey[p.path] = k
		for strings.HasPrefix(p.path, alias) {
			alias += "_"
		}
	}
	return func(r *transform.Row) transform.Cell {
		do := map[string]transform.Cell{}
		for k, one := range byKey {
			if one.mk != nil {
				do[k] = one.mk(r)
			}
		}
		var masked, other []byte
		return func(dst, text []byte) ([]byte, error) {
			start, aliases := len(dst), 0
			err := value.Pairs(text, func(key, old []byte) (err error) {
				k, named := byKey[string(key)]
				name := string(key)
				if !named {
					if k, named = byKey["*"]; named {
						name = "*"
						if !o.keys {
							other = r.Alias(other[:0], alias, key)
							key = other
						}
					}
				}
				switch {
				case !named:
					r.Suspect(key)
					r.Dropped(o.rest, old)
					if o.other == "drop" {
						return nil
					}
					aliases++
					key = strconv.AppendInt([]byte(alias), int64(aliases), 10)
					if old != nil {
						old = []byte(fake.Redacted)
					}
				case k.null:
					r.Dropped(k.what, old)
					old = nil
				case old != nil:
					if masked, err = do[name](masked[:0], old); err != nil {
						return err
					}
					old = masked
				}
				dst = value.AppendPair(dst, start, key, old)
				return nil
			})
			return dst, err
		}
	}
}

// bounds moves the bounds of a range by as many days as its first one, so that
// it stays as long as it was.
func (e emitter) bounds(o *op) transform.Bind {
	m := e.Masker(o.elem).(*transform.DateShift)
	last := int64(calendar.MaxTimestampDay)
	elem := o.Type.Underlying().Elem
	if o.Type.Underlying().Kind == catalog.MultirangeType {
		elem = elem.Elem
	}
	if transform.FamilyOf(elem) == transform.FamilyDate {
		last = calendar.MaxDateDay
	}
	return func(r *transform.Row) transform.Cell {
		return func(dst, text []byte) ([]byte, error) {
			var by int64
			return value.Bounds(dst, text, func(dst, bound []byte, _ bool) ([]byte, error) {
				if transform.IsInfinite(bound) {
					return append(dst, bound...), nil
				}
				rest, bc := bytes.CutSuffix(bound, []byte(" BC"))
				day, n, ok := calendar.ParseDate(rest, bc)
				if !ok {
					return dst, transform.ErrNoDate
				}
				if by == 0 { // no shift is 0
					by = m.Shift(r, day)
				}
				if day+by < calendar.MinDay || day+by > last {
					return dst, errRangeEnd
				}
				dst, bc = calendar.AppendDate(dst, day+by)
				dst = append(dst, rest[n:]...)
				if bc {
					dst = append(dst, " BC"...)
				}
				return dst, nil
			})
		}
	}
}

var errRangeEnd = transform.Unfit("a shifted bound is out of the type's range")
