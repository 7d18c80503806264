package scrub

import (
	"fmt"
	"slices"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/rules"
)

// op is a rule, checked against the type of what it is for.
type op struct {
	kind   opKind
	def    *Definition
	family Family
	chars  int           // limit of the column or element, 0 none
	dom    *domain       // of opMask
	follow bool          // draws by the row's subject
	gender string        // the column that says the gender of a name, "" if none does
	value  []byte        // of opConstant: canonical text; in JSON a token
	elem   *op           // of opArray and opRange
	parts  []part        // of opJSON, opXML, opComposite and opHstore
	cases  []caseOf      // of opCases
	typ    *catalog.Type // of opArray, opComposite, opHstore and opRange
	other  string        // of opJSON and opHstore: what happens to what no path names
	redact bool          // of opJSON: what is no JSON

	names    bool        // of opText: by dictionary
	template *template   // of opTemplate
	rule     *rules.Rule // for positions
}

type opKind uint8

const (
	opKeep opKind = iota
	opNull
	opConstant
	opMask
	opText
	opJSON
	opXML
	opArray
	opCases
	opComposite
	opHstore
	opRange
	opTemplate
)

// part is the rule of one JSON path.
type part struct {
	path string
	pos  rules.Pos
	op   *op
}

func (o *op) class() pii.Class {
	switch o.kind {
	case opArray, opRange:
		return o.elem.class()
	case opCases:
		return o.usual().class()
	case opTemplate:
		return o.template.class
	}
	return o.def.Class
}

func (o *op) name() string {
	switch o.kind {
	case opArray:
		return "array of " + o.elem.name()
	case opRange:
		return "range of " + o.elem.name()
	case opCases:
		return "by condition"
	}
	return o.def.Name
}

// needsKnown reports whether free text is in it.
func (o *op) needsKnown() bool {
	switch o.kind {
	case opText:
		return true
	case opArray, opRange:
		return o.elem.needsKnown()
	}
	for _, p := range o.parts {
		if p.op.needsKnown() {
			return true
		}
	}
	return slices.ContainsFunc(o.cases, func(cs caseOf) bool { return cs.op.needsKnown() })
}

// place is what a rule is for.
type place struct {
	where   string
	typ     *catalog.Type // nil within JSON
	mod     int32
	family  Family
	notNull bool
	table   *catalog.Table
	subject *subject // of the table, nil if it has none
	nested  bool     // within JSON or an array
}

func (p place) chars() int {
	if p.typ == nil {
		return 0
	}
	return maxChars(p.typ, p.mod)
}

func (p place) use(pos rules.Pos) use {
	u := use{where: p.where, pos: pos, family: p.family, chars: p.chars()}
	switch p.family {
	case FamilyFloat:
		if u.digits = 308; p.typ.Underlying().OID == catalog.Float4OID {
			u.digits = 38
		}
	case FamilyNumber:
		u.digits, u.whole = maxDigits(p.typ, p.mod), isWhole(p.typ)
	}
	return u
}

// resolve checks every choice's rule.
func (c *compiler) resolve() {
	for _, t := range c.cat.Tables {
		for _, col := range t.Columns {
			ch := c.choices[column{t.Name, col.Name}]
			if ch == nil {
				continue
			}
			p := place{where: ch.String(), typ: col.Type, mod: col.Mod, family: familyOf(col.Type), notNull: c.notNull(t, col), table: t, subject: c.subjectOf(t)}
			ch.op = c.columnRule(ch.rule, p, t)
		}
	}
}

// rule resolves one rule, nil if it is wrong.
func (c *compiler) rule(r *rules.Rule, p place) *op {
	if r.When.Text != "" {
		c.fail(r.When.Pos, "a condition (when:) stands in a rule of the whole column: move it there from %s", p.where)
		return nil
	}
	return c.unconditional(r, p)
}

// unconditional resolves a rule, whatever its condition is.
func (c *compiler) unconditional(r *rules.Rule, p place) *op {
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
	c.fail(r.Pos, "%s rules are not supported by this version: use keep, null or constant for %s", r.Kind, p.where)
	return nil
}

func (c *compiler) scalarRule(r *rules.Rule, p place) *op {
	def := c.defs[r.Transform]
	if r.Transform == "xml" {
		c.fail(r.Pos, "xml needs its paths: write {xml: {PATH: TRANSFORM}}")
		return nil
	}
	if def == nil {
		c.fail(r.Pos, "there is no transform %q%s", r.Transform, rules.DidYouMean(r.Transform, c.names))
		return nil
	}
	if def.Name == "json" {
		c.fail(r.Pos, "json needs its paths: write {json: {PATH: TRANSFORM}}")
		return nil
	}
	before := len(c.problems)
	a := def.parse(r, c.fail)
	if !def.serves(p.family) {
		c.fail(r.Pos, "%s", c.misfit(def, p))
	} else if def.check != nil && len(c.problems) == before {
		if err := def.check(a, p); err != nil {
			c.fail(r.Pos, "%s %v", def.Name, err)
		}
	}
	o := &op{kind: opMask, def: def, family: p.family, chars: p.chars(), rule: r, follow: c.follows(def, r, a, p)}
	o.gender = a.text(genderParam.Name)
	delete(a, "subject") // no matter of the domain, as is the gender
	delete(a, genderParam.Name)
	if o.gender != "" {
		c.checkGender(r, p)
	}
	switch def.Name {
	case "keep":
		o.kind = opKeep
	case "null":
		o.kind = opNull
		if p.notNull {
			c.fail(r.Pos, "%s is NOT NULL, so it can't become NULL: use constant or another transform", p.where)
		}
	case "constant":
		o.kind = opConstant
		o.value = c.constant(r, a["value"], p)
	case "text":
		o.kind = opText
		o.names = a.flag("names")
	case "template":
		o.kind = opTemplate
		o.template = c.template(r, a, p)
	}
	if len(c.problems) > before {
		return nil
	}
	if def.build != nil {
		if o.dom = c.domain(def, a, p.use(r.Pos)); o.dom == nil {
			return nil
		}
	}
	return o
}

// misfit says why a transform doesn't serve a place, and what would.
func (c *compiler) misfit(def *Definition, p place) string {
	families := make([]string, len(def.Families))
	for i, f := range def.Families {
		families[i] = string(f)
	}
	if p.typ == nil {
		return fmt.Sprintf("%s serves %s, which %s can't be", def.Name, list(families), p.where)
	}
	s := fmt.Sprintf("%s serves %s, and %s is %s", def.Name, list(families), p.where, p.typ.SQL)
	switch {
	case p.family == FamilyArray && def.serves(familyOf(p.typ.Underlying().Elem)):
		return s + fmt.Sprintf(": write {array: %s}", def.Name)
	case p.family == FamilyXML:
		return s + fmt.Sprintf(": write {xml: {PATH: %s}}", def.Name)
	case p.family == FamilyJSON:
		return s + fmt.Sprintf(": write {json: {PATH: %s}}", def.Name)
	case p.typ.Underlying().Kind == catalog.CompositeType:
		return s + fmt.Sprintf(": write {composite: {FIELD: %s, …}}", def.Name)
	case p.typ.Underlying().Name == "hstore":
		return s + fmt.Sprintf(": write {hstore: {KEY: %s}}", def.Name)
	}
	var fit []string
	for _, n := range c.names {
		if d := c.defs[n]; d.Families != nil && d.serves(p.family) && d.Name != "json" {
			fit = append(fit, n)
		}
	}
	return s + ": use " + list(append(fit, "keep", "null", "constant"))
}

func (c *compiler) constant(r *rules.Rule, v rules.Value, p place) []byte {
	if r.Param("value") == nil {
		return nil // reported by parse
	}
	if p.typ == nil {
		token, err := constantJSON(v)
		if err != nil {
			c.fail(v.Pos, "%s: %v", p.where, err)
		}
		return token
	}
	text, err := constantText(v, p.family)
	if err == nil {
		err = checkConstant(text, p.typ, p.mod)
	}
	if err != nil {
		c.fail(v.Pos, "%s: %v", p.where, err)
	}
	return text
}

func (c *compiler) arrayRule(r *rules.Rule, p place) *op {
	for _, given := range r.Params {
		c.fail(given.Pos, "array takes no parameter %q; parameters of the elements' transform stand in its own braces", given.Name)
	}
	if p.family != FamilyArray {
		if p.typ == nil {
			c.fail(r.Pos, "within JSON the elements of an array are a path: write PATH[*] for %s", p.where)
		} else {
			c.fail(r.Pos, "%s is %s, not an array: write the transform by itself", p.where, p.typ.SQL)
		}
		return nil
	}
	elem := p.typ.Underlying().Elem
	mod := p.mod
	for t := p.typ; t.Kind == catalog.DomainType; t = t.Base {
		mod = t.BaseMod
	}
	e := c.rule(r.Elem, place{where: "an element of " + p.where, typ: elem, mod: mod, family: familyOf(elem), table: p.table, subject: p.subject, nested: true})
	if e == nil {
		return nil
	}
	switch e.kind {
	case opKeep:
		e.rule = r
		return e
	case opNull:
		c.fail(r.Elem.Pos, "elements can't become NULL one by one: write null for the whole column %s", p.where)
		return nil
	}
	if value.ArrayOf(p.typ, copyfmt.Text) == nil {
		c.fail(r.Pos, "elements of type %s can't be rewritten: use keep, null or constant for %s", elem.SQL, p.where)
		return nil
	}
	return &op{kind: opArray, def: c.defs["keep"], family: p.family, typ: p.typ, elem: e, rule: r}
}

func (c *compiler) jsonRule(r *rules.Rule, p place) *op {
	def := c.defs["json"]
	before := len(c.problems)
	a := def.parse(r, c.fail)
	switch {
	case p.typ == nil && !a.flag("embedded"):
		c.fail(r.Pos, "within JSON write the whole path, as in a.b, for %s; or embedded: true beside json, if its strings hold documents", p.where)
		return nil
	case p.typ != nil && a.flag("embedded"):
		c.fail(r.Pos, "embedded is for strings within JSON, and %s is a column: leave it out", p.where)
		return nil
	case !def.serves(p.family):
		c.fail(r.Pos, "%s is %s, not JSON", p.where, p.typ.SQL)
		return nil
	case p.chars() > 0:
		c.fail(r.Pos, "%s has room for %d characters, and scrubbed JSON can be longer: use null or constant", p.where, p.chars())
		return nil
	}
	o := &op{kind: opJSON, def: def, family: p.family, rule: r, other: a.text("other"), redact: a.text("invalid") == "redact"}
	for _, given := range r.Parts {
		leaf := c.rule(given.Rule, place{where: fmt.Sprintf("path %s of %s", given.Name, p.where), family: FamilyText, table: p.table, subject: p.subject, nested: true})
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
func (c *compiler) domain(def *Definition, a args, u use) *domain {
	name := a.text("domain")
	if name == "" {
		name = def.defaultDomain(a)
	}
	if def.plain { // nothing to share, so the room of one place is no other's limit
		name += " for " + u.where
	}
	if other := c.defs[name]; other != nil && other != def {
		c.fail(u.pos, "%q is the domain of the transform %s: give %s another one", name, name, def.Name)
		return nil
	}
	d := c.domains[name]
	switch {
	case d == nil:
		d = &domain{name: name, def: def, args: a}
		c.domains[name] = d
		c.order = append(c.order, d)
	case d.def != def:
		c.fail(u.pos, "the domain %q is that of %s at %s: a domain belongs to one transform", name, d.def.Name, d.uses[0].pos)
		return nil
	case !sameArgs(a, d.args):
		c.fail(u.pos, "the domain %q has other parameters at %s: values of one domain map alike, so write the same ones, or another domain", name, d.uses[0].pos)
		return nil
	}
	d.uses = append(d.uses, u)
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
		if d.masks, err = d.def.build(d); err != nil {
			pos := d.uses[0].pos
			switch e := err.(type) {
			case *tooNarrow:
				pos = e.use.pos
			case *misplaced:
				pos = e.use.pos
			}
			c.fail(pos, "%s %v", d.def.Name, err)
		}
	}
}

// textDomains makes the domains that free text draws from, where no column does.
func (c *compiler) textDomains() {
	for _, class := range slices.Concat(textClasses, nameClasses) {
		def := c.defs[string(class)]
		if c.domains[def.Name] == nil {
			d := &domain{name: def.Name, def: def, args: def.parse(&rules.Rule{}, c.fail)}
			c.domains[def.Name] = d
			c.order = append(c.order, d)
		}
	}
}
