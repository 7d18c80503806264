package scrub

import (
	"slices"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform"
)

// subject is whom the rows of a table are about.
type subject struct {
	rule     *rules.Subject
	table    *catalog.Table
	column   *catalog.Column
	fallback *catalog.Column // nil if there is none
	home     *subject        // the table of its domain where a person is one row; nil if there is none
}

func (s *subject) String() string { return s.table.Name.String() + "." + s.column.Name }

// subjectOf is the subject of a table's rows, nil if they have none.
func (c *compiler) subjectOf(t *catalog.Table) *subject { return c.subjects[t.Root] }

// matchSubjects checks the subjects that the rules name and finds the home of
// each domain.
func (c *compiler) matchSubjects() {
	c.subjects = map[catalog.Name]*subject{}
	for _, t := range c.cat.Tables {
		if r := c.rs.Tables[t.Name]; r != nil && r.Subject != nil {
			if s := c.matchSubject(t, r.Subject); s != nil {
				c.subjects[t.Name] = s
			}
		}
	}
	homes := map[string]*subject{}
	for _, t := range c.cat.Tables {
		s := c.subjects[t.Name]
		if s == nil || !c.couldBeHome(s) {
			continue
		}
		switch other := homes[s.rule.Domain]; {
		case other == nil, s.rule.Home && !other.rule.Home:
			homes[s.rule.Domain] = s
		case s.rule.Home == other.rule.Home:
			c.fail(s.rule.Pos, "both %s and %s could be where the persons of domain %q are at home: write home: true "+
				"in the subject of one", s, other, s.rule.Domain)
		}
	}
	for _, s := range c.subjects {
		s.home = homes[s.rule.Domain]
	}
}

func (c *compiler) matchSubject(t *catalog.Table, r *rules.Subject) *subject {
	if t.Root != t.Name {
		c.fail(r.Pos, "%s takes the rules of %s: name its subject there", t.Name, t.Root)
		return nil
	}
	s := &subject{rule: r, table: t}
	if s.column = c.subjectColumn(t, r.Column, r.Pos); s.column == nil {
		return nil
	}
	switch transform.FamilyOf(s.column.Type) {
	case transform.FamilyText, transform.FamilyNumber, transform.FamilyUUID:
	default:
		c.fail(r.Pos, "%s is %s, and a subject is text, a number or a UUID", s, s.column.Type.SQL)
		return nil
	}
	if r.Fallback != "" {
		if s.fallback = c.subjectColumn(t, r.Fallback, r.Pos); s.fallback == nil {
			return nil
		}
	}
	if r.Home && !c.couldBeHome(s) {
		c.fail(r.Pos, "%s is not the primary key of its table, so the persons of domain %q can't be at home there", s,
			r.Domain)
		return nil
	}
	return s
}

func (c *compiler) subjectColumn(t *catalog.Table, name string, pos rules.Pos) *catalog.Column {
	col := t.Column(name)
	switch {
	case col == nil:
		c.fail(pos, "there is no column %q in %s%s", name, t.Name, fault.DidYouMean(name, columnNames(t)))
		return nil
	case col.Generated:
		c.fail(pos, "column %q of %s is generated, so it is not read: name the column it is made of", name, t.Name)
		return nil
	}
	return col
}

// couldBeHome reports whether one row of a subject's table is one person: its
// column is the primary key, and no reference to another such table of its domain.
func (c *compiler) couldBeHome(s *subject) bool {
	if !slices.Equal(s.table.PrimaryKey, []string{s.column.Name}) {
		return false
	}
	if s.rule.Home {
		return true
	}
	for _, key := range s.table.ForeignKeys {
		if !slices.Equal(key.Columns, s.table.PrimaryKey) {
			continue
		}
		if to := c.cat.Table(key.RefTable); to != nil && to != s.table {
			if other := c.subjectOf(to); other != nil && other.rule.Domain == s.rule.Domain {
				return false
			}
		}
	}
	return true
}

// follows reports whether a rule draws by the subject of its table.
func (c *compiler) follows(def *transform.Definition, r *rules.Rule, a transform.Args, p spot) bool {
	if def.Follow == nil {
		return false
	}
	given := r.Param("subject")
	switch {
	case given == nil:
		return a.Flag("subject") && p.subject != nil && !p.Nested
	case a.Flag("subject") && p.subject == nil:
		c.fail(given.Pos, "%s is in a table without a subject: write subject: COLUMN beside its columns", p.Where)
	}
	return a.Flag("subject")
}

// checkGender checks the column that says the gender of a name.
func (c *compiler) checkGender(r *rules.Rule, p spot) {
	given := r.Param(transform.GenderParam.Name)
	if p.table == nil {
		return
	}
	col := c.subjectColumn(p.table, given.Value.Text, given.Value.Pos)
	if col == nil {
		return
	}
	if f := transform.FamilyOf(col.Type); f != transform.FamilyText && f != transform.FamilyNumber &&
		col.Type.Underlying().Kind != catalog.EnumType {
		c.fail(given.Value.Pos, "%s.%s is %s, which says no gender: it must be text, a number or an enum",
			p.table.Name, col.Name, col.Type.SQL)
	}
}

// gender is the name of the column that says the gender of a subject: that by
// which the names in its table, or in the home of its domain, are made.
func (c *compiler) gender(s *subject) (name string) {
	for _, col := range s.table.Columns {
		if ch := c.choice(s.table, col.Name); ch != nil && ch.op != nil {
			ch.op.some(func(o *op) bool {
				if o.follow && name == "" {
					name = o.gender
				}
				return false
			})
		}
	}
	return name
}

// agree checks that the names that follow a subject can agree with its address.
func (c *compiler) agree(s *subject) {
	address := c.address(s.home)
	if address == nil {
		return
	}
	at := c.choice(s.home.table, address.Name)
	if at.op.usual().dom.Args.Text("name") == "none" {
		return // it shows no name
	}
	if s.home == s && c.gender(s) != "" && at.op.usual().dom.Args.Text("name") == "full" {
		c.fail(at.pos, "%s maps by its value alone, so the given name in it can't be that of %s: write {transform: "+
			"email, name: surname}",
			at, c.gender(s))
	}
	for _, col := range s.table.Columns {
		ch := c.choice(s.table, col.Name)
		if ch == nil || ch.op == nil {
			continue
		}
		ch.op.some(func(o *op) bool {
			own, have := o.dom.Arg(transform.LocaleName), at.op.usual().dom.Arg(transform.LocaleName)
			if o.follow && own != "" && own != have {
				c.fail(o.rule.Pos, "%s of %s has locale %s, and the address %s, which must show the same name, has "+
					"%s: write one locale at both", o.name(), ch, own, at, have)
			}
			return false
		})
	}
}

// checkSubjects checks what depends on the rules of columns.
func (c *compiler) checkSubjects() {
	for _, t := range c.cat.Tables {
		s := c.subjects[t.Name]
		if s == nil {
			continue
		}
		if s.fallback != nil && c.addresser(t, s.fallback) == nil {
			c.fail(s.rule.Pos, "the fallback of a subject is a column of e-mail addresses, and the rule of %s.%s "+
				"is not email", t.Name, s.fallback.Name)
		}
		if c.addresser(t, s.column) != nil && s.home != s {
			s.home = nil // an address is its own subject: nothing is looked up by it
		}
		if s.home != nil {
			c.agree(s)
		}
		if s.home != nil && s.home != s && len(c.joined(s)) > 0 && !joinable(s.column.Type, s.home.column.Type) {
			c.fail(s.rule.Pos, "%s is %s and %s %s, which PostgreSQL can't join by an index: give one of them "+
				"another domain",
				s, s.column.Type.SQL, s.home, s.home.column.Type.SQL)
		}
	}
	for _, r := range c.references() {
		if to := c.choice(r.to, r.toCol); to != nil && to.op != nil && to.op.follow {
			c.fail(to.pos, "%s is what %s refers to (%s), so it must map by its value alone: write subject: false", to,
				r.from.Name, r.key.Name)
		}
	}
}

// joinable reports whether values of two types compare by an index of either.
func joinable(a, b *catalog.Type) bool {
	kind := func(t *catalog.Type) int {
		switch t.Underlying().OID {
		case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID:
			return 1
		case catalog.TextOID, catalog.VarcharOID:
			return 2
		case catalog.UUIDOID:
			return 3
		case catalog.NumericOID:
			return 4
		case catalog.BPCharOID:
			return 5
		}
		return 0
	}
	return kind(a) > 0 && kind(a) == kind(b)
}

// addresser is the Masker of a column of e-mail addresses that map by their
// value alone; nil if it is none.
func (c *compiler) addresser(t *catalog.Table, col *catalog.Column) transform.Addresser {
	ch := c.choice(t, col.Name)
	if ch == nil || ch.op == nil {
		return nil
	}
	o := ch.op.usual()
	if o.kind != transform.KindMask || o.def.Class != pii.Email || o.follow {
		return nil
	}
	m, _ := o.dom.Masks.Of(transform.FamilyText).(transform.Addresser)
	return m
}

// address is the column of a home's own e-mail addresses, nil if it has none.
func (c *compiler) address(home *subject) *catalog.Column {
	for _, col := range home.table.Columns {
		if !col.Generated && c.addresser(home.table, col) != nil {
			return col
		}
	}
	return nil
}

// knowable reports whether free text is searched for known values of a class.
func knowable(class pii.Class) bool {
	switch class {
	case pii.Phone, pii.CreditCard, pii.NationalID, pii.FullName, pii.Email, pii.Username, pii.FirstName, pii.LastName,
		pii.Company, pii.Street,
		pii.IP, pii.IBAN, pii.Token:
		return true
	}
	return false
}

// joined are the columns of its home that a subject's table needs: the address
// if its names follow the subject, and all identifiers if it has free text. Files need none.
func (c *compiler) joined(s *subject) []*catalog.Column {
	if _, file := c.files[s.table.Name]; file {
		return nil // no server joins them
	}
	names, text := false, false
	for _, col := range s.table.Columns {
		if ch := c.choice(s.table, col.Name); ch != nil && ch.op != nil {
			names = names || ch.op.some(func(o *op) bool { return o.follow && o.class() != pii.Date })
			text = text || ch.op.needsKnown()
		}
	}
	if !names && !text {
		return nil
	}
	address, genders := c.address(s.home), map[string]bool{}
	for _, col := range s.home.table.Columns {
		if ch := c.choice(s.home.table, col.Name); ch != nil && ch.op != nil {
			ch.op.some(func(o *op) bool { genders[o.gender] = true; return false })
		}
	}
	var cols []*catalog.Column
	for _, col := range s.home.table.Columns {
		ch := c.choice(s.home.table, col.Name)
		switch {
		case ch == nil || ch.op == nil:
		case text && ch.op.identifies(), col == address, genders[col.Name]:
			cols = append(cols, col)
		}
	}
	return cols
}

// identifies reports whether a rule makes values that free text is searched for.
func (o *op) identifies() bool {
	return o.some(func(o *op) bool { return o.kind == transform.KindMask && knowable(o.class()) })
}

// some reports whether a rule, or one within it, has a property.
func (o *op) some(has func(*op) bool) bool {
	if has(o) {
		return true
	}
	if o.elem != nil && o.elem.some(has) {
		return true
	}
	return slices.ContainsFunc(o.parts, func(p part) bool { return p.op.some(has) }) ||
		slices.ContainsFunc(o.cases, func(cs caseOf) bool { return cs.op.some(has) })
}
