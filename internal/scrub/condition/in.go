package condition

import (
	"bytes"

	"github.com/expr-lang/expr/ast"

	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
)

// in is membership in a list as written, in a range of integers or in an array column.
func (c *checker) in(n *ast.BinaryNode) *expression {
	switch right := n.Right.(type) {
	case *ast.ArrayNode:
		return c.inList(n, right)
	case *ast.BinaryNode:
		if right.Operator == ".." {
			return c.inRange(n, right)
		}
	}
	y := c.check(n.Right)
	if y.kind != kindList {
		fail(at(n), "in takes a list, as in [1, 2], or an array column at its right, and %s is none", y)
	}
	return c.inColumn(n, y)
}

func (c *checker) inRange(n, bounds *ast.BinaryNode) *expression {
	x, low, high := c.check(n.Left), c.check(bounds.Left), c.check(bounds.Right)
	if low.whole == nil || high.whole == nil {
		fail(at(bounds), "a range is of whole numbers, like 1..9")
	}
	a := x.asNumber()
	if a == nil {
		fail(x.char, "in a range of numbers there is no %s", x)
	}
	from, to := number{i: *low.whole}, number{i: *high.whole}
	return fromBool(at(n), func(e *env) tri {
		v, ok := a(e)
		if !ok {
			return unknown
		}
		return truth(v.whole() && v.compare(from) >= 0 && v.compare(to) <= 0)
	})
}

// inList compares with each element; the list holds no NULL.
func (c *checker) inList(n *ast.BinaryNode, list *ast.ArrayNode) *expression {
	if len(list.Nodes) == 0 {
		fail(at(list), "the list is empty")
	}
	x := c.check(n.Left)
	if x.literal != nil || x.kind == kindNull {
		fail(x.char, "at the left of in there must be a column or a value within one")
	}
	var kinds kind
	texts := map[string]bool{}
	var compared []func(*env) (int, bool)
	for _, item := range list.Nodes {
		y := c.check(item)
		if y.kind == kindNull || y.column != nil {
			fail(y.char, "a list holds values as written: compare with nil or a column by == and or")
		}
		y = suit(y, x)
		k, ok := common(x, y)
		if !ok {
			mismatch(item, "in", x, y)
		}
		if kinds != 0 && kinds != k {
			fail(y.char, "a list holds values of one kind")
		}
		kinds = k
		switch {
		case k == kindText && y.literal == nil:
			fail(y.char, "a list holds values as written")
		case k == kindText:
			texts[*y.literal] = true
			continue
		}
		compared = append(compared, compares(k, x, y))
	}
	if kinds == kindText {
		text := x.asText()
		return fromBool(at(n), func(e *env) tri {
			b, ok := text(e)
			if !ok {
				return unknown
			}
			return truth(texts[string(b)])
		})
	}
	return fromBool(at(n), func(e *env) tri {
		for _, compare := range compared {
			c, ok := compare(e)
			if !ok {
				return unknown // the left side is NULL
			}
			if c == 0 {
				return yes
			}
		}
		return no
	})
}

// inColumn is = ANY (array): unknown if it isn't found and the array holds a NULL.
func (c *checker) inColumn(n *ast.BinaryNode, list *expression) *expression {
	x := c.check(n.Left)
	element := &expression{kind: list.elem, typ: list.typ}
	x = suit(x, element)
	k, ok := common(x, element)
	if !ok || x.kind == kindJSON && k != kindText {
		fail(at(n), "%s can't be an element of %s", x, list)
	}
	fold := list.typ.Underlying().Name == "citext"
	if x.literal != nil && fold {
		x = literalText(x.char, string(appendLower(nil, []byte(*x.literal))))
	}
	return fromBool(at(n), func(e *env) tri {
		match := x.matcher(e, k, list)
		if match == nil {
			return unknown
		}
		found := false
		null, ok := list.list(e, func(text []byte) bool {
			if fold {
				text = appendLower(nil, text)
			}
			found = match(text)
			return found
		})
		switch {
		case found:
			return yes
		case null || !ok:
			return unknown
		}
		return no
	})
}

// matcher compares x with the canonical texts of elements; nil if x is NULL.
func (x *expression) matcher(e *env, k kind, list *expression) func(text []byte) bool {
	switch k {
	case kindNumber:
		v, ok := x.asNumber()(e)
		if !ok {
			return nil
		}
		asFloat := isFloat(list.typ)
		return func(text []byte) bool {
			n, ok := parseNumber(text, asFloat)
			return ok && n.compare(v) == 0
		}
	case kindBool:
		v := x.boolean(e)
		if v == unknown {
			return nil
		}
		return func(text []byte) bool { return truth(len(text) == 1 && text[0] == 't') == v }
	case kindTime:
		v, ok := x.moment(e)
		if !ok {
			return nil
		}
		codec := value.For(list.typ, copyfmt.Binary)
		return func(text []byte) bool {
			m, ok := parseMoment(codec, text)
			return ok && m == v
		}
	}
	v, ok := x.asText()(e)
	if !ok {
		return nil
	}
	return func(text []byte) bool { return bytes.Equal(text, v) }
}
