package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/pii"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// shape is a way to write a rule as a mapping, by the key that it is told by.
type shape struct {
	key   string
	kind  Kind
	parts string // what the keys of its mapping are; "" if it holds one rule
	elem  string // what its one rule is for
}

// shapes are the shapes of which a rule written as a mapping has exactly one.
func shapes() []shape {
	return []shape{
		{"transform", Scalar, "", ""}, {"json", JSON, "path", ""}, {"array", Array, "", "the elements of "},
		{"composite", Composite, "field", ""}, {"hstore", Hstore, "key", ""}, {"range", Range, "", "the bounds of "},
		{"xml", XML, "path", ""},
	}
}

func shapeKeys() (list []string) {
	for _, s := range shapes() {
		list = append(list, s.key)
	}
	return list
}

const ruleShape = "TRANSFORM or {transform: TRANSFORM, …}"

// nested reads the rule of a part of a value.
func (l *loader) nested(n ast.Node, at Pos, where string) *Rule {
	r := l.rule(n, at, where)
	if r != nil && r.Optional {
		l.fail(r.Pos, "optional is for tables and columns, and %s is part of a value: leave it out", where)
	}
	return r
}

// rule reads the rule at n, nil after a problem. at is where its key stands,
// where names what it is for.
func (l *loader) rule(n ast.Node, at Pos, where string) *Rule {
	if v, ok := l.scalar(n); ok {
		if v.Kind == Null && v.Text == "" {
			v.Pos = at
		}
		name, ok := l.transform(v, where)
		if !ok {
			return nil
		}
		return &Rule{Kind: Scalar, Transform: name, Pos: v.Pos}
	}
	if _, ok := items(n); ok {
		l.fail(l.pos(n), "the rule of %s is one transform, not a list: write %s; "+
			"a list of rules with conditions is for whole columns", where, ruleShape)
		return nil
	}
	entries, ok := l.entries(n, "the rule of "+where, ruleShape)
	if !ok {
		return nil
	}
	return l.shaped(entries, l.pos(n), where)
}

// columnRule reads the rule of a column, which may be a list of rules with
// conditions.
func (l *loader) columnRule(n ast.Node, at Pos, where string) *Rule {
	list, ok := items(n)
	if !ok {
		return l.rule(n, at, where)
	}
	r := &Rule{Kind: Cases, Pos: l.pos(n)}
	before := len(l.problems)
	for i, it := range list {
		c := l.rule(it, l.pos(it), where)
		if c == nil {
			continue
		}
		r.Optional = r.Optional || c.Optional
		last := i == len(list)-1
		switch {
		case c.When.Text == "" && !last:
			l.fail(c.Pos, "this rule of %s has no condition, so those after it are never used: move it to the end",
				where)
		case c.When.Text != "" && last:
			l.fail(c.Pos, "the last rule of %s has a condition: "+
				"add one without (when:), for the rows in which no condition holds", where)
		}
		r.Cases = append(r.Cases, c)
	}
	if len(list) == 0 {
		l.fail(r.Pos, "%s has no rule: write keep, null or another transform", where)
	}
	switch {
	case len(l.problems) > before:
		return nil
	case len(r.Cases) == 1:
		return r.Cases[0]
	}
	return r
}

// expression reads a condition.
func (l *loader) expression(e entry) Condition {
	v, ok := l.scalar(e.value)
	if !ok || v.Kind != Bool {
		v.Text, _ = l.str(e.value, e.key)
	}
	c := Condition{Text: v.Text, Pos: v.Pos, inline: true}
	if n, ok := e.value.(*ast.StringNode); ok && n.Token != nil {
		switch n.Token.Type {
		case token.DoubleQuoteType:
			c.Pos.Col++
			c.inline = !strings.Contains(n.Token.Origin, `\`)
		case token.SingleQuoteType:
			c.Pos.Col++
			c.inline = !strings.Contains(n.Token.Origin, "''")
		}
		c.inline = c.inline && !strings.Contains(strings.TrimSpace(n.Token.Origin), "\n")
	} else {
		c.inline = ok && v.Kind == Bool
	}
	return c
}

// transform is the name that a scalar gives.
func (l *loader) transform(v Value, where string) (string, bool) {
	switch {
	case v.Kind == Null && v.Text == "":
		l.fail(v.Pos, "%s has no rule: write keep, null or another transform", where)
	case v.Kind == Null:
		return "null", true
	case v.Kind != String:
		l.fail(v.Pos, "the rule of %s is a transform's name, not %s", where, v.Kind)
	case strings.TrimSpace(v.Text) == "":
		l.fail(v.Pos, "%s has no rule: write keep, null or another transform", where)
	default:
		return v.Text, true
	}
	return "", false
}

// shaped reads a rule written as a mapping.
func (l *loader) shaped(entries []entry, at Pos, where string) *Rule {
	r := &Rule{Pos: at}
	given := ""
	before := len(l.problems)
	named, template := false, false
	for _, e := range entries {
		if e.key == "transform" {
			v, _ := l.scalar(e.value)
			named, template = true, v.Text == "template"
		}
	}
	for _, e := range entries {
		i := slices.IndexFunc(shapes(), func(s shape) bool { return s.key == e.key })
		switch {
		case e.key == "when":
			r.When = l.expression(e)
		case e.key == "class" && !template: // a parameter of template
			l.class(&r.Class, string(pii.None))(e)
		case e.key == "optional":
			l.flag(&r.Optional)(e)
		case i < 0, named && e.key == "range": // range is a parameter of phone and ip
			r.Params = append(r.Params, Param{e.key, l.parameter(e.value), e.pos})
		case given != "":
			l.fail(e.pos, "the rule of %s has both %s and %s: keep one", where, given, e.key)
		default:
			given = e.key
			l.shape(r, shapes()[i], e, where)
		}
	}
	if given == "" {
		hint := ""
		for _, p := range slices.Backward(r.Params) {
			hint = cmp.Or(fault.DidYouMean(p.Name, shapeKeys()), hint)
		}
		l.fail(at, "the rule of %s names no transform%s: write one of %s", where, hint, oneOf(shapeKeys()))
	}
	if len(l.problems) > before {
		return nil
	}
	return r
}

func (l *loader) shape(r *Rule, s shape, e entry, where string) {
	r.Kind = s.kind
	switch {
	case s.parts != "":
		form := fmt.Sprintf("{%s: {%s: TRANSFORM}}", e.key, strings.ToUpper(s.parts))
		entries, _ := l.entries(e.value, e.key+" of "+where, form)
		for _, p := range entries {
			if rule := l.nested(p.value, p.pos, s.parts+" "+p.key+" of "+where); rule != nil {
				r.Parts = append(r.Parts, Part{p.key, rule, p.pos})
			}
		}
	case s.elem != "":
		r.Elem = l.nested(e.value, e.pos, s.elem+where)
	default:
		v, ok := l.scalar(e.value)
		if ok {
			r.Transform, _ = l.transform(v, where)
		} else if !l.fancy(e.value) {
			l.fail(v.Pos, "transform is a transform's name")
		}
	}
}
