package scrub

import (
	"slices"
	"strings"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
	"refresher/internal/scrub/rules"
)

func templateDef() Definition {
	return Definition{
		Name: "template", Kind: KindTemplate, Class: pii.None, Families: []Family{FamilyText},
		Doc: "Text built from what other columns of the row become, or keep. A NULL there is nothing here. " +
			"As an e-mail address it must end at a host that receives no mail, names are spelled in ASCII, and what doesn't fit is cut off the first parts. " +
			"For a unique column the last part must be a number or UUID that is kept and unique, set off by a sign.",
		Params: []Param{
			{Name: "format", Kind: rules.String, Required: true, Doc: "the text, with columns in braces: \"{first_name}.{id}@example.com\"; {{ and }} are braces"},
			{Name: "class", Kind: rules.String, Optional: true, Choices: templateClasses,
				Doc: "what is made, and so what was there; email where the format has an @, none elsewhere"},
		},
		Example: Example{Rule: `{transform: template, format: "someone@example.com"}`, Value: "Jane.Doe@mail.test"},
	}
}

var templateClasses = []string{string(pii.None), string(pii.Email), string(pii.FullName), string(pii.FirstName), string(pii.LastName),
	string(pii.Company), string(pii.Street), string(pii.Username)}

// template is a format, cut into its parts.
type template struct {
	format string
	class  pii.Class
	parts  []templatePart
	tail   int // the part from which on nothing may be cut off
}

// templatePart is a literal or a column.
type templatePart struct {
	literal string
	column  *catalog.Column
}

// maxLocal is the longest local part of an address, in bytes (RFC 5321 §4.5.3.1.1).
const maxLocal = 64

// template reads a rule's format and checks what can be without the other rules.
func (c *compiler) template(r *rules.Rule, a Args, p spot) *template {
	given := r.Param("format")
	if given == nil {
		return nil // reported by parse
	}
	pos := given.Value.Pos
	if p.table == nil || p.Nested {
		c.fail(r.Pos, "template makes the value of a whole column, and %s is a part of one", p.Where)
		return nil
	}
	m := &template{format: given.Value.Text}
	if !c.templateParts(m, p, pos) {
		return nil
	}
	m.class = pii.Class(a.text("class"))
	if m.class == "" {
		if m.class = pii.None; strings.Contains(m.format, "@") {
			m.class = pii.Email
		}
	}
	fixed := 0
	for i := range m.parts {
		fixed += utf8.RuneCountInString(m.parts[i].literal)
	}
	m.tail = m.findTail()
	if limit := p.Chars(); limit > 0 && fixed > limit {
		c.fail(pos, "the format alone has %d characters, and %s has room for %d", fixed, p.Where, limit)
	}
	if m.class == pii.Email {
		c.checkAddress(m, pos)
	}
	return m
}

// findTail is where the last column begins, with the sign that sets it off, if it
// could tell rows apart; else what follows it.
func (m *template) findTail() int {
	i := len(m.parts)
	for i > 0 && m.parts[i-1].column == nil {
		i--
	}
	if i == 0 {
		return 0
	}
	if f := FamilyOf(m.parts[i-1].column.Type); f != FamilyNumber && f != FamilyUUID {
		return i
	}
	if i--; i > 0 && m.parts[i-1].column == nil {
		i--
	}
	return i
}

func (c *compiler) templateParts(m *template, p spot, pos rules.Pos) bool {
	literal := ""
	rest := m.format
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			literal, rest = literal+rest[:1], rest[2:]
			continue
		case rest[0] == '}':
			c.fail(pos, "the format has a } without a {: write }} for a brace")
			return false
		case rest[0] != '{':
			literal, rest = literal+rest[:1], rest[1:]
			continue
		}
		name, after, ok := strings.Cut(rest[1:], "}")
		if !ok {
			c.fail(pos, "the format has a { without a }: write {{ for a brace")
			return false
		}
		col := c.subjectColumn(p.table, name, pos)
		if col == nil {
			return false
		}
		if literal != "" {
			m.parts = append(m.parts, templatePart{literal: literal})
		}
		m.parts = append(m.parts, templatePart{column: col})
		literal, rest = "", after
	}
	if literal != "" {
		m.parts = append(m.parts, templatePart{literal: literal})
	}
	return true
}

// checkAddress wants a host of the reserved space, and literals that addresses have.
func (c *compiler) checkAddress(m *template, pos rules.Pos) {
	last := templatePart{}
	if len(m.parts) > 0 {
		last = m.parts[len(m.parts)-1]
	}
	before, host, ok := strings.Cut(last.literal, "@")
	if !ok || !fake.Recognise(pii.Email, []byte("x@"+host)) {
		c.fail(pos, "the format makes addresses that could be somebody's: let it end in @example.com, @example.org, @example.net, or a host under .test, .example or .invalid")
		return
	}
	literals := before
	for _, part := range m.parts[:len(m.parts)-1] {
		literals += part.literal
	}
	if strings.Trim(literals, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_+") != "" {
		c.fail(pos, "before the @ of the format only letters, digits and . - _ + may stand beside columns")
	}
	if len(before) == len(m.format)-len(host)-1 && before == "" {
		c.fail(pos, "nothing stands before the @ of the format")
	}
}

// checkTemplates checks what templates are made of, and that none is made of itself.
func (c *compiler) checkTemplates() {
	for _, t := range c.cat.Tables {
		for _, col := range t.Columns {
			if ch := c.choices[column{t.Name, col.Name}]; ch != nil && ch.op != nil {
				for _, o := range ch.op.templates() {
					c.checkTemplate(t, ch, o)
				}
			}
		}
	}
}

// templates are the rules of that kind for a column.
func (o *op) templates() (list []*op) {
	if o.kind == KindTemplate {
		list = append(list, o)
	}
	for _, cs := range o.cases {
		list = append(list, cs.op.templates()...)
	}
	return list
}

func (c *compiler) checkTemplate(t *catalog.Table, ch *choice, o *op) {
	pos := o.rule.Param("format").Value.Pos
	for _, col := range o.template.columns() {
		from := c.choice(t, col.Name)
		switch {
		case from == nil || from.op == nil: // reported already
		case from.nulls():
			c.fail(pos, "column %q becomes NULL, so nothing can be made of it", col.Name)
		case from.op.needsKnown(), from.op.some((*op).compound):
			c.fail(pos, "column %q is %s, and a template is made of single values", col.Name, from.op.name())
		case value.For(col.Type, copyfmt.Text) == nil:
			c.fail(pos, "column %q is %s, which can't be read", col.Name, col.Type.SQL)
		}
	}
	if path := c.templateCycle(t, ch.column.Name, nil); path != nil {
		c.fail(pos, "the template is made of itself: %s", strings.Join(path, " → "))
	}
}

// compound reports a rule for what stands within a value.
func (o *op) compound() bool {
	switch o.kind {
	case KindJSON, KindXML, KindArray, KindComposite, KindHstore, KindRange:
		return true
	}
	return false
}

// templateCycle is a way from a column back to the first of the path, nil if
// there is none.
func (c *compiler) templateCycle(t *catalog.Table, name string, path []string) []string {
	if len(path) > 0 && name == path[0] {
		return append(path, name)
	}
	if slices.Contains(path, name) {
		return nil
	}
	ch := c.choice(t, name)
	if ch == nil || ch.op == nil {
		return nil
	}
	path = append(slices.Clip(path), name)
	for _, o := range ch.op.templates() {
		for _, col := range o.template.columns() {
			if cycle := c.templateCycle(t, col.Name, path); cycle != nil {
				return cycle
			}
		}
	}
	return nil
}

// unique reports whether a template makes different values in all rows: its last
// part is a column whose values are unique and stay, and can be told from what is
// before it.
func (c *compiler) templateUnique(t *catalog.Table, o *op) bool {
	m := o.template
	last := len(m.parts) - 1
	for last >= 0 && m.parts[last].column == nil {
		last--
	}
	if last < 0 || m.class != pii.Email && m.class != pii.None && m.class != pii.Username {
		return false
	}
	if last > 0 {
		before := m.parts[last-1].literal
		if before == "" || !strings.ContainsAny(before[len(before)-1:], ".-_+:/#") {
			return false
		}
	}
	col := m.parts[last].column
	ch := c.choice(t, col.Name)
	if ch == nil || ch.op == nil || ch.op.kind != KindKeep {
		return false
	}
	switch col.Type.Underlying().OID {
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID:
		if strings.HasSuffix(m.parts[max(last-1, 0)].literal, "-") {
			return false // of a negative number
		}
	case catalog.UUIDOID:
	default:
		return false
	}
	return slices.ContainsFunc(t.Unique, func(idx catalog.UniqueIndex) bool {
		return !idx.Expression && idx.Predicate == "" && slices.Equal(idx.Columns, []string{col.Name}) && (idx.Primary || col.NotNull)
	})
}

// columns are those that a template is made of.
func (m *template) columns() (cols []*catalog.Column) {
	for _, part := range m.parts {
		if part.column != nil {
			cols = append(cols, part.column)
		}
	}
	return cols
}

// planTemplates finds the order in which the cells of a table with templates are
// made: those that are made of others after them.
func (c *compiler) planTemplates(p *TablePlan) {
	var order []int
	any := false
	state := make([]bool, len(p.cells))
	var visit func(i int)
	visit = func(i int) {
		if state[i] {
			return
		}
		state[i] = true
		for _, o := range c.choice(p.Table, p.cells[i].name).op.templates() {
			any = true
			for _, col := range o.template.columns() {
				if j := slices.IndexFunc(p.cells, func(cp columnPlan) bool { return cp.name == col.Name }); j >= 0 {
					visit(j)
				}
			}
		}
		order = append(order, i)
	}
	for i := range p.cells {
		visit(i)
	}
	if !any {
		return
	}
	p.order, p.cellAt = order, make([]int, len(p.Columns))
	for at := range p.cellAt {
		p.cellAt[at] = slices.IndexFunc(p.cells, func(cp columnPlan) bool { return cp.at == at })
	}
}
