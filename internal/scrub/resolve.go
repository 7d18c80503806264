package scrub

import (
	"errors"
	"fmt"
	"slices"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// op is a rule, checked against the type of what it is for.
type op struct {
	keys bool // of documents and hstores: names that are data stay
	transform.Place
	what   *transform.What // what its values are
	kind   transform.Kind
	def    *transform.Definition
	dom    *transform.Domain // of KindMask
	follow bool              // draws by the row's subject
	strict bool              // of a unique column: refuses what it can't keep apart
	gender string            // the column that says the gender of a name, "" if none does
	value  []byte            // of KindConstant: canonical text; in JSON a token
	elem   *op               // of KindArray and KindRange
	parts  []part            // of KindJSON, KindXML, KindComposite and KindHstore
	cases  []caseOf          // of KindCases
	other  string            // of KindJSON and KindHstore: what happens to what no path names
	redact bool              // of KindJSON: what is no JSON
	rest   *transform.What   // what is within a document or hstore that no path or key names

	names    bool                // of KindText: by dictionary
	template *transform.Template // of KindTemplate
	rule     *rules.Rule         // for positions
}

// part is the rule of one JSON path.
type part struct {
	path string
	pos  rules.Pos
	op   *op
}

func (o *op) class() pii.Class {
	switch o.kind {
	case transform.KindArray, transform.KindRange:
		return o.elem.class()
	case transform.KindCases:
		return o.usual().class()
	case transform.KindTemplate:
		return o.template.Class
	}
	return o.def.Class
}

func (o *op) name() string {
	switch o.kind {
	case transform.KindArray:
		return "array of " + o.elem.name()
	case transform.KindRange:
		return "range of " + o.elem.name()
	case transform.KindCases:
		return "by condition"
	}
	return o.def.Name
}

// needsKnown reports whether free text is in it.
func (o *op) needsKnown() bool {
	switch o.kind {
	case transform.KindText:
		return true
	case transform.KindArray, transform.KindRange:
		return o.elem.needsKnown()
	}
	for _, p := range o.parts {
		if p.op.needsKnown() {
			return true
		}
	}
	return slices.ContainsFunc(o.cases, func(cs caseOf) bool { return cs.op.needsKnown() })
}

// resolve checks every choice's rule.
func (c *compiler) resolve() {
	for _, t := range c.cat.Tables {
		for _, col := range t.Columns {
			ch := c.choices[column{t.Name, col.Name}]
			if ch == nil {
				continue
			}
			p := spot{transform.Place{Where: ch.String(), Type: col.Type, Mod: col.Mod, Family: transform.FamilyOf(col.Type), NotNull: c.notNull(t, col)}, col.Name, t, c.subjectOf(t)}
			ch.op = c.columnRule(ch.rule, p, t)
		}
	}
}

// rule resolves one rule, nil if it is wrong.
func (c *compiler) rule(r *rules.Rule, p spot) *op {
	if r.When.Text != "" {
		c.fail(r.When.Pos, "a condition (when:) stands in a rule of the whole column: move it there from %s", p.Where)
		return nil
	}
	return c.unconditional(r, p)
}

// unconditional resolves a rule without its condition.
func (c *compiler) unconditional(r *rules.Rule, p spot) *op {
	switch r.Kind {
	case rules.Array:
		return c.arrayRule(r, p)
	case rules.JSON:
		return c.jsonRule(r, p)
	case rules.Composite:
		return c.compositeRule(r, p)
	case rules.Hstore:
		return c.hstoreRule(r, p)
	case rules.Range:
		return c.rangeRule(r, p)
	case rules.XML:
		return c.xmlRule(r, p)
	case rules.Scalar:
		return c.scalarRule(r, p)
	}
	c.fail(r.Pos, "%s rules are not supported by this version: use keep, null or constant for %s", r.Kind, p.Where)
	return nil
}

func (c *compiler) scalarRule(r *rules.Rule, p spot) *op {
	for _, k := range []transform.Kind{transform.KindJSON, transform.KindXML} {
		if name := transform.OfShape(k).Name; r.Transform == name {
			c.fail(r.Pos, "%s needs its paths: write {%[1]s: {PATH: TRANSFORM}}", name)
			return nil
		}
	}
	def := transform.Named(r.Transform)
	if def == nil {
		c.fail(r.Pos, "there is no transform %q%s", r.Transform, fault.DidYouMean(r.Transform, transform.Names()))
		return nil
	}
	before := len(c.problems)
	a := def.Parse(r, c.fail)
	if !def.Serves(p.Family) {
		c.misfits(r.Pos, "%s", c.misfit(def, p))
	} else if def.Check != nil && len(c.problems) == before {
		if err := def.Check(a, p.Place); err != nil {
			c.fail(r.Pos, "%s %v", def.Name, err)
		}
	}
	if !c.encodes(def, a) {
		c.fail(r.Pos, "%s makes characters here that the database's encoding %s has not: use another transform",
			def.Name, c.cat.Encoding)
	}
	o := &op{kind: def.Kind, def: def, Place: p.Place, what: whatIs(def, r, p), rule: r, follow: c.follows(def, r, a, p)}
	o.gender = a.Text(transform.GenderParam.Name)
	delete(a, "subject") // no matter of the domain, as is the gender
	delete(a, transform.GenderParam.Name)
	if o.gender != "" {
		c.checkGender(r, p)
	}
	if a.Text(transform.SaltParam.Name) != "" {
		o.kind, o.template = transform.KindTemplate, c.salted(r, p)
	}
	delete(a, transform.SaltParam.Name)
	switch def.Kind {
	case transform.KindNull:
		if p.NotNull {
			c.fail(r.Pos, "%s is NOT NULL, so it can't become NULL: use constant or another transform", p.Where)
		}
	case transform.KindConstant:
		o.value = c.constant(r, a["value"], p)
	case transform.KindText:
		o.names = a.Flag("names")
	case transform.KindTemplate:
		if o.template = c.template(r, a, p); o.template != nil && o.template.Class != pii.None {
			o.what = &transform.What{Class: o.template.Class, Made: true}
		}
	}
	if len(c.problems) > before {
		return nil
	}
	if def.Build != nil {
		if o.dom = c.domain(def, a, p.Use(r.Pos)); o.dom == nil {
			return nil
		}
	}
	return o
}

// misfit says why a transform doesn't serve a place, and what would.
func (c *compiler) misfit(def *transform.Definition, p spot) string {
	families := make([]string, len(def.Families))
	for i, f := range def.Families {
		families[i] = string(f)
	}
	if p.Type == nil {
		return fmt.Sprintf("%s serves %s, which %s can't be", def.Name, transform.List(families), p.Where)
	}
	s := fmt.Sprintf("%s serves %s, and %s is %s", def.Name, transform.List(families), p.Where, p.Type.SQL)
	switch {
	case p.Family == transform.FamilyArray && def.Serves(transform.FamilyOf(p.Type.Underlying().Elem)):
		return s + fmt.Sprintf(": write {array: %s}", def.Name)
	case p.Family == transform.FamilyXML:
		return s + fmt.Sprintf(": write {xml: {PATH: %s}}", def.Name)
	case p.Family == transform.FamilyJSON:
		return s + fmt.Sprintf(": write {json: {PATH: %s}}", def.Name)
	case p.Type.Underlying().Kind == catalog.CompositeType:
		return s + fmt.Sprintf(": write {composite: {FIELD: %s, …}}", def.Name)
	case p.Type.Underlying().Name == "hstore":
		return s + fmt.Sprintf(": write {hstore: {KEY: %s}}", def.Name)
	}
	var fit []string
	for _, n := range transform.Names() {
		if d := transform.Named(n); d.Families != nil && d.Kind != transform.KindJSON && d.Serves(p.Family) {
			fit = append(fit, n)
		}
	}
	return s + ": use " + transform.List(append(fit, "keep", "null", "constant"))
}

func (c *compiler) constant(r *rules.Rule, v rules.Value, p spot) []byte {
	if r.Param("value") == nil {
		return nil // reported by parse
	}
	if p.Type == nil {
		token, err := transform.ConstantJSON(v)
		if err != nil {
			c.fail(v.Pos, "%s: %v", p.Where, err)
		}
		return token
	}
	text, err := transform.ConstantText(v, p.Family)
	if err == nil {
		err = transform.CheckConstant(text, p.Type, p.Mod)
	}
	if err != nil {
		c.fail(v.Pos, "%s: %v", p.Where, err)
	}
	return text
}

func (c *compiler) arrayRule(r *rules.Rule, p spot) *op {
	for _, given := range r.Params {
		c.fail(given.Pos, "array takes no parameter %q; parameters of the elements' transform stand in its own braces",
			given.Name)
	}
	if p.Family != transform.FamilyArray {
		if p.Type == nil {
			c.fail(r.Pos, "within JSON the elements of an array are a path: write PATH[*] for %s", p.Where)
		} else {
			c.misfits(r.Pos, "%s is %s, not an array: write the transform by itself", p.Where, p.Type.SQL)
		}
		return nil
	}
	elem := p.Type.Underlying().Elem
	mod := p.Mod
	for t := p.Type; t.Kind == catalog.DomainType; t = t.Base {
		mod = t.BaseMod
	}
	e := c.rule(r.Elem, p.within("an element", elem, mod))
	if e == nil {
		return nil
	}
	switch e.kind {
	case transform.KindKeep:
		e.rule = r
		return e
	case transform.KindNull:
		c.fail(r.Elem.Pos, "elements can't become NULL one by one: write null for the whole column %s", p.Where)
		return nil
	}
	if value.ArrayOf(p.Type, copyfmt.Text) == nil {
		c.fail(r.Pos, "elements of type %s can't be rewritten: use keep, null or constant for %s", elem.SQL, p.Where)
		return nil
	}
	return &op{kind: transform.KindArray, def: transform.OfShape(transform.KindArray), Place: p.Place, elem: e, rule: r}
}

func (c *compiler) jsonRule(r *rules.Rule, p spot) *op {
	def := transform.OfShape(transform.KindJSON)
	before := len(c.problems)
	a := def.Parse(r, c.fail)
	switch {
	case p.Type == nil && !a.Flag("embedded"):
		c.fail(r.Pos, "within JSON write the whole path, as in a.b, for %s; or embedded: true beside json, if its "+
			"strings hold documents", p.Where)
		return nil
	case p.Type != nil && a.Flag("embedded"):
		c.fail(r.Pos, "embedded is for strings within JSON, and %s is a column: leave it out", p.Where)
		return nil
	case !def.Serves(p.Family):
		c.misfits(r.Pos, "%s is %s, not JSON", p.Where, p.Type.SQL)
		return nil
	case p.Chars() > 0:
		c.fail(r.Pos, "%s has room for %d characters, and scrubbed JSON can be longer: use null or constant", p.Where,
			p.Chars())
		return nil
	}
	o := &op{kind: transform.KindJSON, def: def, Place: p.Place, what: notPersonal, rest: byShape(), rule: r, other: a.Text("other"),
		redact: a.Text("invalid") == "redact", keys: a.Text("keys") == "keep"}
	for _, given := range r.Parts {
		leaf := c.rule(given.Rule, p.within("path "+given.Name, nil, -1))
		if leaf != nil {
			o.parts = append(o.parts, part{given.Name, given.Pos, leaf})
		}
	}
	c.jsonPaths(o) // for its errors
	if len(c.problems) > before {
		return nil
	}
	return o
}

// domain returns the domain that a use draws from, nil if the rule doesn't fit
// with those of the domain's other places.
func (c *compiler) domain(def *transform.Definition, a transform.Args, u transform.Use) *transform.Domain {
	name := a.Text("domain")
	if name == "" {
		name = def.DefaultDomain(a)
	}
	if def.Plain { // nothing to share, so the room of one place is no other's limit
		name += " for " + u.Where
	}
	if other := transform.Named(name); other != nil && other != def {
		c.fail(u.Pos, "%q is the domain of the transform %s: give %s another one", name, name, def.Name)
		return nil
	}
	d := c.domains[name]
	switch {
	case d == nil:
		d = &transform.Domain{Name: name, Def: def, Args: a}
		c.domains[name] = d
		c.order = append(c.order, d)
	case d.Def != def:
		c.fail(u.Pos, "the domain %q is that of %s at %s: a domain belongs to one transform", name, d.Def.Name,
			d.Uses[0].Pos)
		return nil
	case !transform.SameArgs(a, d.Args):
		c.fail(u.Pos, "the domain %q has other parameters at %s: values of one domain map alike, so write the same "+
			"ones, or another domain", name, d.Uses[0].Pos)
		return nil
	}
	d.Uses = append(d.Uses, u)
	return d
}

// buildDomains makes the maskers, now that all places of a domain are known.
func (c *compiler) buildDomains() {
	for _, ch := range c.choices {
		if ch.op != nil && ch.op.needsKnown() {
			c.textDomains()
			break
		}
	}
	for _, d := range c.order {
		var err error
		if d.Masks, err = d.Def.Build(d); err != nil {
			pos := d.Uses[0].Pos
			var m *transform.Misfit
			if errors.As(err, &m) {
				pos = m.Pos
			}
			c.fail(pos, "%s %v", d.Def.Name, err)
		}
	}
}

// textDomains makes the domains that free text draws from, where no column does.
func (c *compiler) textDomains() {
	for _, class := range slices.Concat(transform.TextClasses, transform.NameClasses) {
		def := transform.Named(string(class))
		if c.domains[def.Name] == nil {
			d := &transform.Domain{Name: def.Name, Def: def, Args: def.Parse(&rules.Rule{}, c.fail)}
			c.domains[def.Name] = d
			c.order = append(c.order, d)
		}
	}
}
