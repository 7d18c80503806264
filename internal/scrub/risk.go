package scrub

import (
	"fmt"
	"slices"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
	"refresher/internal/verify/risk"
)

// Risk are the sets of quasi-identifiers that the rules declare. The slice is the
// caller's.
func (p *Program) Risk() []risk.Spec { return slices.Clone(p.risk) }

// SafeHarbor is the matrix of HIPAA's identifiers, by what transforms mask and
// rules declare.
func (p *Program) SafeHarbor() *risk.SafeHarbor { return p.harbor }

// checkRisk compiles the declared sets.
func (c *compiler) checkRisk() {
	for i := range c.rs.Risk {
		if s := c.riskSet(&c.rs.Risk[i]); s != nil {
			c.risk = append(c.risk, *s)
		}
	}
}

func (c *compiler) riskSet(r *rules.Risk) *risk.Spec {
	t := c.cat.Table(r.Table)
	switch {
	case t == nil:
		c.fail(r.Pos, "risk names table %s, which is not in database %s%s", r.Table, c.cat.Database,
			c.nearTable(r.Table))
		return nil
	case t.Root != t.Name:
		c.fail(r.Pos, "the rows of %s are those of %s too: declare the risk there", t.Name, t.Root)
		return nil
	case c.noRows(t):
		c.fail(r.Pos, "no row of %s is copied, so there is no risk to count: remove the entry", t.Name)
		return nil
	}
	before := len(c.problems)
	s := &risk.Spec{Table: t.Name, MinK: r.MinK, MinL: r.MinL, Below: risk.Below(r.Below), Person: r.Person.Name,
		Origin: fmt.Sprintf("%s:%d", r.Pos.File, r.Pos.Line)}
	if s.Below == risk.Hide {
		s.Suppress = risk.How(r.Suppress)
	}
	for _, ref := range r.QuasiIdentifiers {
		col, ok := c.riskColumn(t, ref)
		if ok && s.Suppress == risk.Values {
			if why := risk.Fixed(c.cat, t, ref.Name); why != "" {
				c.fail(ref.Pos, "%s.%s %s, so it can't become NULL where classes are suppressed: write suppress: "+
					"rows, or leave it out", t.Name, ref.Name, why)
			}
		}
		s.QuasiIdentifiers = append(s.QuasiIdentifiers, col)
	}
	for _, ref := range r.Sensitive {
		col, _ := c.riskColumn(t, ref)
		if slices.ContainsFunc(r.QuasiIdentifiers, func(q rules.ColumnRef) bool { return q.Name == ref.Name }) {
			c.fail(ref.Pos, "%s.%s is a quasi-identifier of the set, so every class holds one value of it: name it "+
				"in one of the two", t.Name, ref.Name)
		}
		s.Sensitive = append(s.Sensitive, col)
	}
	if r.Person.Name != "" {
		c.riskColumn(t, r.Person)
	}
	if slices.ContainsFunc(c.risk, func(o risk.Spec) bool { return o.String() == s.String() }) {
		c.fail(r.Pos, "the set %s is declared twice: remove one", s)
	}
	if len(c.problems) > before {
		return nil
	}
	return s
}

func (c *compiler) riskColumn(t *catalog.Table, ref rules.ColumnRef) (risk.Column, bool) {
	out := risk.Column{Name: ref.Name}
	col := t.Column(ref.Name)
	if col == nil {
		c.fail(ref.Pos, "there is no column %q in %s%s", ref.Name, t.Name, fault.DidYouMean(ref.Name, columnNames(t)))
		return out, false
	}
	if !groupable(col.Type) {
		c.fail(ref.Pos, "%s.%s is %s, whose values can't be compared: name another column", t.Name, ref.Name,
			col.Type.SQL)
		return out, false
	}
	if ch := c.choice(t, ref.Name); ch == nil || ch.op != nil { // else its rule is wrong, which is said elsewhere
		d := c.decision(t, col)
		out.Transform, out.Kept = d.Transform, d.Keep || d.KeepSome
	}
	return out, true
}

// groupable reports whether PostgreSQL can group by values of a type.
func groupable(t *catalog.Type) bool {
	t = t.Underlying()
	switch t.Kind {
	case catalog.ArrayType, catalog.RangeType, catalog.MultirangeType:
		return groupable(t.Elem)
	case catalog.CompositeType:
		return !slices.ContainsFunc(t.Fields, func(f catalog.Field) bool { return !groupable(f.Type) })
	case catalog.BaseType:
		if !t.Builtin() {
			return true // as the extension says: the server knows
		}
		return !slices.Contains([]string{"json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle", "txid_snapshot", "pg_snapshot"}, t.Name)
	}
	return true
}

// checkHarbor makes the matrix of HIPAA's identifiers.
func (c *compiler) checkHarbor() {
	h := &c.rs.HIPAA
	claims := c.declaredClaims(h)
	for _, t := range c.cat.Tables {
		if c.noRows(t) {
			continue
		}
		for _, col := range t.Columns {
			if ch := c.choice(t, col.Name); ch != nil && ch.op != nil && c.owner(t, col.Name) == t {
				claims = append(claims, c.claims(t, col.Name, "", ch.op)...)
			}
		}
	}
	absent := map[string]string{}
	for _, a := range h.Absent {
		absent[a.Identifier] = a.Why
		for _, cl := range claims {
			if slices.Contains(cl.Keys, a.Identifier) {
				c.fail(a.Pos, "%s is declared absent, and %s is one, by %s: remove one of the two", a.Identifier,
					&cl.HarborColumn, cl.by())
				break
			}
		}
	}
	var list []risk.Claim
	for _, cl := range claims {
		list = append(list, cl.Claim)
	}
	c.harbor = risk.Matrix(h.Given, list, absent)
	if h.Gaps == "fail" && len(c.harbor.Gaps) > 0 {
		c.gaps = &fault.Refusal{Gate: "safe harbor", Problems: fault.Problems(c.harbor.Gaps),
			Reason: "identifiers of 45 CFR 164.514(b)(2)(i) that are not removed, or of which nobody said where they are"}
	}
}

// claim is one with the rule that makes it.
type claim struct {
	risk.Claim
}

func (c *claim) by() string {
	if c.Declared {
		return "the columns under hipaa"
	}
	return "its transform " + c.Transform
}

// declaredClaims are those of the hipaa section.
func (c *compiler) declaredClaims(h *rules.HIPAA) (out []claim) {
	for _, d := range h.Columns {
		t := c.cat.Table(d.Table)
		switch {
		case t == nil:
			c.fail(d.Pos, "hipaa names table %s, which is not in database %s%s", d.Table, c.cat.Database,
				c.nearTable(d.Table))
			continue
		case t.Column(d.Column) == nil:
			c.fail(d.Pos, "there is no column %q in %s%s", d.Column, d.Table,
				fault.DidYouMean(d.Column, columnNames(t)))
			continue
		}
		cl := claim{risk.Claim{Keys: d.Identifiers, HarborColumn: risk.HarborColumn{Table: t.Name.String(), Column: d.Column, Declared: true}}}
		ch := c.choice(t, d.Column)
		switch {
		case c.noRows(t):
			cl.Transform, cl.Removed, cl.Note = "rows: none", true, "no row is copied"
		case ch == nil:
			cl.Transform, cl.Note = "generated", "computed from other columns"
		case ch.op != nil:
			cl.Transform = ch.op.name()
			cl.Class = string(ch.op.class())
			cl.Removed, cl.Note = ch.op.removes()
		}
		out = append(out, cl)
	}
	return out
}

// claims are those of the classes that a rule masks, here and within.
func (c *compiler) claims(t *catalog.Table, column, place string, o *op) (out []claim) {
	within := func(what string, o *op) {
		if place != "" {
			what = place + ", " + what
		}
		out = append(out, c.claims(t, column, what, o)...)
	}
	switch o.kind {
	case transform.KindArray, transform.KindRange:
		return c.claims(t, column, place, o.elem)
	case transform.KindCases:
		for i := range o.cases {
			if cs := &o.cases[i]; cs.op.kind != transform.KindKeep {
				within("where "+caseText(cs), cs.op)
			}
		}
		if o.keepsSome() {
			for i := range out {
				out[i].Removed, out[i].Note = false, "a condition lets values pass"
			}
		}
		return out
	}
	for _, p := range o.parts {
		within(p.path, p.op)
	}
	if len(o.parts) > 0 || o.kind == transform.KindKeep || o.kind == transform.KindNull ||
		o.kind == transform.KindConstant {
		return out
	}
	cl := claim{risk.Claim{HarborColumn: risk.HarborColumn{Table: t.Name.String(), Column: column, Place: place, Transform: o.name(), Class: string(o.class())}}}
	cl.Removed, cl.Note = o.removes()
	key := risk.Identifier(o.class())
	if key == "" && o.class() != pii.FreeText {
		return out
	}
	if key != "" {
		cl.Keys = []string{key}
	}
	return append(out, cl)
}

func caseText(cs *caseOf) string {
	if cs.text == "" {
		return "nothing else holds"
	}
	return cs.text
}

// removes reports whether a rule leaves nothing of a value, and otherwise what it
// leaves.
func (o *op) removes() (bool, string) {
	switch o.kind {
	case transform.KindKeep:
		return false, "kept"
	case transform.KindNull, transform.KindConstant:
		return true, ""
	case transform.KindArray, transform.KindRange:
		return o.elem.removes()
	case transform.KindText:
		return false, "prose: names of other people, and what has no shape, stay"
	case transform.KindCases:
		if o.keepsSome() {
			return false, "a condition lets values pass"
		}
		for _, cs := range o.cases {
			if ok, why := cs.op.removes(); !ok {
				return false, why
			}
		}
		return true, ""
	case transform.KindTemplate:
		return true, ""
	}
	for _, p := range o.parts {
		if ok, why := p.op.removes(); !ok && p.op.kind != transform.KindKeep {
			return false, p.path + ": " + why
		}
	}
	if o.def.Remains != nil {
		why := o.def.Remains(o.dom.Arguments())
		return why == "", why
	}
	return true, ""
}
