package rules

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// shapeKeys are the keys of which a rule written as a mapping has exactly one.
var shapeKeys = []string{"transform", "json", "array", "composite", "hstore", "range", "xml"}

const ruleShape = "TRANSFORM or {transform: TRANSFORM, …}"

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
		l.fail(l.pos(n), "the rule of %s is one transform, not a list: write %s; a list of rules with conditions is for whole columns", where, ruleShape)
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
		last := i == len(list)-1
		switch {
		case c.When.Text == "" && !last:
			l.fail(c.Pos, "this rule of %s has no condition, so those after it are never used: move it to the end", where)
		case c.When.Text != "" && last:
			l.fail(c.Pos, "the last rule of %s has a condition: add one without (when:), for the rows in which no condition holds", where)
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

// condition reads an expression.
func (l *loader) condition(e entry) Condition {
	v, ok := l.scalar(e.value)
	if !ok || v.Kind != Bool {
		v.Text, _ = l.text(e.value, e.key)
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
	shape := ""
	before := len(l.problems)
	named := slices.ContainsFunc(entries, func(e entry) bool { return e.key == "transform" })
	for _, e := range entries {
		switch e.key {
		case "transform", "json", "array", "composite", "hstore", "range", "xml":
			if e.key == "range" && named { // a parameter of phone and ip
				r.Params = append(r.Params, Param{e.key, l.value(e.value), e.pos})
				continue
			}
			if shape != "" {
				l.fail(e.pos, "the rule of %s has both %s and %s: keep one", where, shape, e.key)
				continue
			}
			shape = e.key
			l.shape(r, e, where)
		case "when":
			r.When = l.condition(e)
		default:
			r.Params = append(r.Params, Param{e.key, l.value(e.value), e.pos})
		}
	}
	if shape == "" {
		hint := ""
		for _, p := range r.Params {
			if n := Nearest(p.Name, shapeKeys); n != "" {
				hint = DidYouMean(p.Name, shapeKeys)
				break
			}
		}
		l.fail(at, "the rule of %s names no transform%s: write one of %s", where, hint, oneOf(shapeKeys))
	}
	if len(l.problems) > before {
		return nil
	}
	return r
}

func (l *loader) shape(r *Rule, e entry, where string) {
	switch e.key {
	case "transform":
		v, ok := l.scalar(e.value)
		if !ok {
			if !l.fancy(e.value) {
				l.fail(v.Pos, "transform is a transform's name")
			}
			return
		}
		r.Kind = Scalar
		r.Transform, _ = l.transform(v, where)
	case "array":
		r.Kind = Array
		r.Elem = l.rule(e.value, e.pos, "the elements of "+where)
	case "range":
		r.Kind = Range
		r.Elem = l.rule(e.value, e.pos, "the bounds of "+where)
	case "json":
		r.Kind = JSON
		r.Parts = l.parts(e, where, "path", `{json: {PATH: TRANSFORM}}`)
	case "composite":
		r.Kind = Composite
		r.Parts = l.parts(e, where, "field", `{composite: {FIELD: TRANSFORM}}`)
	case "xml":
		r.Kind = XML
		r.Parts = l.parts(e, where, "path", `{xml: {PATH: TRANSFORM}}`)
	case "hstore":
		r.Kind = Hstore
		r.Parts = l.parts(e, where, "key", `{hstore: {KEY: TRANSFORM}}`)
	}
}

func (l *loader) parts(e entry, where, what, shape string) []Part {
	entries, _ := l.entries(e.value, e.key+" of "+where, shape)
	parts := make([]Part, 0, len(entries))
	for _, p := range entries {
		if rule := l.rule(p.value, p.pos, what+" "+p.key+" of "+where); rule != nil {
			parts = append(parts, Part{p.key, rule, p.pos})
		}
	}
	return parts
}
