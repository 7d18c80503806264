package condition

import (
	"github.com/expr-lang/expr/ast"

	"refresher/internal/scrub/document"
)

// jsonic finds a value within a document; ok is false if there is none, or it is null.
type jsonic func(*env) (kind document.Kind, text []byte, ok bool)

// member reads $env["column"] or a path within a json or jsonb column.
func (c *checker) member(n *ast.MemberNode) *expression {
	if id, ok := n.Node.(*ast.IdentifierNode); ok && id.Value == "$env" {
		name, ok := n.Property.(*ast.StringNode)
		if !ok {
			fail(at(n), `$env takes a column's name in quotes, like $env["odd name"]`)
		}
		return c.columnNamed(name.Value, at(n.Property))
	}
	var path []document.Step
	var root ast.Node = n
	for {
		m, ok := root.(*ast.MemberNode)
		if !ok {
			break
		}
		if id, ok := m.Node.(*ast.IdentifierNode); ok && id.Value == "$env" {
			break
		}
		var step document.Step
		switch p := m.Property.(type) {
		case *ast.StringNode:
			step.Key = p.Value
		case *ast.IntegerNode:
			step.Index, step.IsIndex = p.Value, true
		default:
			fail(at(m), "a path within JSON is made of keys and numbers of elements")
		}
		if step.Index < 0 || m.Method {
			fail(at(m), "a path within JSON is made of keys and numbers of elements, from 0")
		}
		path = append([]document.Step{step}, path...)
		root = m.Node
	}
	x := c.check(root)
	if x.column == nil || kindOf(x.column.Type) != kindJSON {
		fail(at(n), "%s has no members: only json and jsonb columns do", x)
	}
	k, scratch := c.slot(x.column), c.scratch()
	j := func(e *env) (document.Kind, []byte, bool) {
		doc, ok := e.text(k)
		if !ok {
			return 0, nil, false
		}
		kind, raw, ok := document.Find(doc, path)
		if !ok || kind == document.Null {
			return 0, nil, false
		}
		if kind == document.String {
			e.scratch[scratch] = document.Unquote(e.scratch[scratch][:0], raw)
			raw = e.scratch[scratch]
		}
		return kind, raw, true
	}
	return &expression{kind: kindJSON, char: at(n), json: j, null: func(e *env) bool { _, _, ok := j(e); return !ok }}
}

// asBool is a truth value, or a JSON value as one: unknown if it is none; nil if
// x can be neither.
func (x *expression) asBool() boolean {
	if x.kind != kindJSON {
		return x.boolean
	}
	return func(e *env) (bool, bool) {
		kind, text, ok := x.json(e)
		ok = ok && kind == document.Bool
		return ok && text[0] == 't', ok
	}
}

// asText is a text, or a JSON value as text; nil if x can be neither.
func (x *expression) asText() textual {
	if x.kind != kindJSON {
		return x.text
	}
	return func(e *env) ([]byte, bool) {
		kind, text, ok := x.json(e)
		return text, ok && kind == document.String
	}
}

// asNumber is a number, or a JSON value as a number; nil if x can be neither.
func (x *expression) asNumber() numeric {
	if x.kind != kindJSON {
		return x.number
	}
	return func(e *env) (number, bool) {
		kind, text, ok := x.json(e)
		if !ok || kind != document.Number {
			return number{}, false
		}
		if n, ok := parseNumber(text, false); ok {
			return n, true
		}
		return parseNumber(text, true) // with an exponent
	}
}
