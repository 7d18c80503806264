package rules

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"refresher/internal/fault"
)

// maxFile bounds what the YAML parser is given; its recursion grows with nesting.
const maxFile = 1 << 20

// reader turns one file's syntax tree into entries and scalars and collects
// what is wrong with it.
type reader struct {
	file     string
	problems []fault.Problem
}

func (r *reader) fail(p Pos, format string, args ...any) {
	r.problems = append(r.problems, p.Problem(format, args...))
}

// start is where a file begins.
func (r *reader) start() Pos { return Pos{r.file, 1, 1} }

// parse returns the root of the file's one document, nil after a problem.
func (r *reader) parse(text []byte) (root ast.Node) {
	if len(text) > maxFile {
		r.fail(r.start(), "the file has more than %d bytes: split it", maxFile)
		return nil
	}
	defer func() {
		if recover() != nil {
			r.fail(r.start(), "the YAML parser gave up on this file")
			root = nil
		}
	}()
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err)
		return nil
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if root != nil {
			r.fail(r.pos(doc.Body), "a rules file holds one document: put the second one in a file of its own")
			return nil
		}
		root = doc.Body
	}
	if root == nil {
		r.fail(r.start(), `the file is empty: write "version: 1" and "tables:"`)
	}
	return root
}

func (r *reader) syntax(err error) {
	p, text := r.start(), "this is not YAML"
	var ye yaml.Error
	if errors.As(err, &ye) {
		text = "not valid YAML: " + ye.GetMessage()
		p = r.tokenPos(ye.GetToken())
	}
	r.fail(p, "%s", strings.ReplaceAll(text, "\n", " "))
}

func (r *reader) tokenPos(t *token.Token) Pos {
	if t == nil || t.Position == nil || t.Position.Line < 1 {
		return r.start()
	}
	return Pos{r.file, t.Position.Line, max(1, t.Position.Column)}
}

// pos is where a node's text begins.
func (r *reader) pos(n ast.Node) Pos {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return r.pos(n.Values[0])
		}
	case *ast.MappingValueNode:
		if n.Key != nil {
			return r.pos(n.Key)
		}
	}
	if n == nil {
		return r.start()
	}
	return r.tokenPos(n.GetToken())
}

// entry is one key of a mapping with its value.
type entry struct {
	key   string
	pos   Pos
	value ast.Node
}

// entries lists a mapping in the order of the file. Keys given twice and keys
// that are no plain scalars are problems, and left out. what names the mapping
// and shape shows how it is written, for the message if the node is none.
func (r *reader) entries(n ast.Node, what, shape string) ([]entry, bool) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		if !r.fancy(n) {
			r.fail(r.pos(n), "%s is a mapping: write %s", what, shape)
		}
		return nil, false
	}
	list := make([]entry, 0, len(values))
	first := map[string]Pos{}
	for _, v := range values {
		key, ok := r.key(v.Key)
		if !ok {
			continue
		}
		e := entry{key, r.pos(v.Key), v.Value}
		if at, twice := first[key]; twice {
			r.fail(e.pos, "%q is given twice in %s, first in line %d: remove one", key, what, at.Line)
			continue
		}
		first[key] = e.pos
		list = append(list, e)
	}
	return list, true
}

func (r *reader) key(n ast.MapKeyNode) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true // a name is taken literally, also when YAML sees a number in it
	case *ast.MergeKeyNode:
		r.fail(r.pos(n), "merge keys are not supported in rules: write the keys out")
		return "", false
	case nil:
		r.fail(r.start(), "a key is missing")
		return "", false
	}
	r.fail(r.pos(n), "a key must be a plain name")
	return "", false
}

// fancy reports YAML features that rules don't use, so that nothing a reviewer
// reads means something else.
func (r *reader) fancy(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AnchorNode:
		r.fail(r.pos(n), "anchors are not supported in rules: write the value out")
	case *ast.AliasNode:
		r.fail(r.pos(n), "aliases are not supported in rules: write the value out")
	case *ast.TagNode:
		r.fail(r.pos(n), "tags are not supported in rules: remove it")
	case *ast.DirectiveNode:
		r.fail(r.pos(n), "directives are not supported in rules: remove it")
	default:
		return false
	}
	return true
}

// scalar reads a scalar; ok is false for anything else, without a problem.
func (r *reader) scalar(n ast.Node) (v Value, ok bool) {
	v.Pos = r.pos(n)
	switch n := n.(type) {
	case *ast.StringNode:
		v.Kind, v.Text = String, n.Value
	case *ast.LiteralNode:
		v.Kind, v.Text = String, n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		v.Kind, v.Text = Number, n.GetToken().Value
	case *ast.BoolNode:
		v.Kind, v.Text = Bool, n.GetToken().Value
	case *ast.NullNode:
		v.Kind = Null
		if n.Token != nil && n.Token.Type != token.ImplicitNullType {
			v.Text = "null"
		}
	default:
		return v, false
	}
	return v, true
}

// items lists a sequence; ok is false for anything else, without a problem.
func items(n ast.Node) ([]ast.Node, bool) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		return nil, false
	}
	return s.Values, true
}

// value reads any YAML value.
func (r *reader) value(n ast.Node) Value {
	if v, ok := r.scalar(n); ok {
		return v
	}
	if list, ok := items(n); ok {
		v := Value{Kind: List, Pos: r.pos(n)}
		for _, it := range list {
			v.Items = append(v.Items, r.value(it))
		}
		return v
	}
	v := Value{Kind: Map, Pos: r.pos(n)}
	entries, _ := r.entries(n, "a value", "a scalar, a list or a mapping")
	for _, e := range entries {
		v.Parts = append(v.Parts, Param{e.key, r.value(e.value), e.pos})
	}
	return v
}

// str reads a string that must not be empty.
func (r *reader) str(n ast.Node, what string) (string, bool) {
	v, ok := r.scalar(n)
	switch {
	case !ok:
		if !r.fancy(n) {
			r.fail(v.Pos, "%s must be a string", what)
		}
	case v.Kind != String:
		r.fail(v.Pos, "%s must be a string, not %s: quote it", what, v.Kind)
	case strings.TrimSpace(v.Text) == "":
		r.fail(v.Pos, "%s is empty", what)
	default:
		return v.Text, true
	}
	return "", false
}

// oneOf lists choices for a message.
func oneOf(choices []string) string {
	switch n := len(choices); n {
	case 0:
		return "nothing"
	case 1:
		return choices[0]
	default:
		return fmt.Sprintf("%s or %s", strings.Join(choices[:n-1], ", "), choices[n-1])
	}
}
