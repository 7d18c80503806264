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
	"refresher/internal/scrub/transform"
)

// template reads a rule's format and checks what can be without the other rules.
func (c *compiler) template(r *rules.Rule, a transform.Args, p spot) *transform.Template {
	given := r.Param("format")
	if given == nil {
		return nil // reported by parse
	}
	pos := given.Value.Pos
	if p.table == nil || p.Nested {
		c.fail(r.Pos, "template makes the value of a whole column, and %s is a part of one", p.Where)
		return nil
	}
	m := &transform.Template{Format: given.Value.Text}
	if !c.templateParts(m, p, pos) {
		return nil
	}
	m.Class = pii.Class(a.Text("class"))
	if m.Class == "" {
		if m.Class = pii.None; strings.Contains(m.Format, "@") {
			m.Class = pii.Email
		}
	}
	fixed := 0
	for i := range m.Parts {
		fixed += utf8.RuneCountInString(m.Parts[i].Literal)
	}
	m.Tail = m.FindTail()
	if limit := p.Chars(); limit > 0 && fixed > limit {
		c.fail(pos, "the format alone has %d characters, and %s has room for %d", fixed, p.Where, limit)
	}
	if m.Class == pii.Email {
		c.checkAddress(m, pos)
	}
	return m
}

// salted is the template of a password's hash with the salt of another column, nil if that is wrong.
func (c *compiler) salted(r *rules.Rule, p spot) *transform.Template {
	given := r.Param(transform.SaltParam.Name)
	if p.table == nil || p.Nested {
		c.fail(given.Pos, "a salt is another column of the row, and %s is a part of one", p.Where)
		return nil
	}
	salt := c.subjectColumn(p.table, given.Value.Text, given.Value.Pos)
	if salt == nil {
		return nil
	}
	return transform.Salted(salt)
}

func (c *compiler) templateParts(m *transform.Template, p spot, pos rules.Pos) bool {
	literal := ""
	rest := m.Format
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
			m.Parts = append(m.Parts, transform.TemplatePart{Literal: literal})
		}
		m.Parts = append(m.Parts, transform.TemplatePart{Column: col})
		literal, rest = "", after
	}
	if literal != "" {
		m.Parts = append(m.Parts, transform.TemplatePart{Literal: literal})
	}
	return true
}

// checkAddress wants a host of the reserved space, and literals that addresses have.
func (c *compiler) checkAddress(m *transform.Template, pos rules.Pos) {
	last := transform.TemplatePart{}
	if len(m.Parts) > 0 {
		last = m.Parts[len(m.Parts)-1]
	}
	before, host, ok := strings.Cut(last.Literal, "@")
	if !ok || !fake.Recognise(pii.Email, []byte("x@"+host)) {
		c.fail(pos, "the format makes addresses that could be real: let it end in @example.com, @example.org, "+
			"@example.net, or a host under .test, .example or .invalid")
		return
	}
	literals := before
	for _, part := range m.Parts[:len(m.Parts)-1] {
		literals += part.Literal
	}
	if strings.Trim(literals, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_+") != "" {
		c.fail(pos, "before the @ of the format only letters, digits and . - _ + may stand beside columns")
	}
	if len(before) == len(m.Format)-len(host)-1 && before == "" {
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
	if o.kind == transform.KindTemplate {
		list = append(list, o)
	}
	for _, cs := range o.cases {
		list = append(list, cs.op.templates()...)
	}
	return list
}

func (c *compiler) checkTemplate(t *catalog.Table, ch *choice, o *op) {
	pos := o.rule.Pos
	if format := o.rule.Param("format"); format != nil {
		pos = format.Value.Pos
	}
	for _, col := range o.template.Columns() {
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
	case transform.KindJSON, transform.KindXML, transform.KindArray, transform.KindComposite, transform.KindHstore,
		transform.KindRange:
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
		for _, col := range o.template.Columns() {
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
	last := len(m.Parts) - 1
	for last >= 0 && m.Parts[last].Column == nil {
		last--
	}
	if last < 0 || m.Class != pii.Email && m.Class != pii.None && m.Class != pii.Username {
		return false
	}
	if last > 0 {
		before := m.Parts[last-1].Literal
		if before == "" || !strings.ContainsAny(before[len(before)-1:], ".-_+:/#") {
			return false
		}
	}
	col := m.Parts[last].Column
	ch := c.choice(t, col.Name)
	if ch == nil || ch.op == nil || ch.op.kind != transform.KindKeep {
		return false
	}
	switch col.Type.Underlying().OID {
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID:
		if strings.HasSuffix(m.Parts[max(last-1, 0)].Literal, "-") {
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
			for _, col := range o.template.Columns() {
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
