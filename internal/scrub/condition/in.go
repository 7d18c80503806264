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
	return fromBool(at(n), lift(a, func(v number) bool {
		return v.whole() && v.compare(from) >= 0 && v.compare(to) <= 0
	}))
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
	var compared []reader[int]
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
		return fromBool(at(n), lift(x.asText(), func(b []byte) bool { return texts[string(b)] }))
	}
	return fromBool(at(n), func(e *env) (bool, bool) {
		for _, compare := range compared {
			if c, ok := compare(e); !ok || c == 0 { // not ok: the left side is NULL
				return ok, ok
			}
		}
		return false, true
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
	matches := x.matcher(k, list)
	return fromBool(at(n), func(e *env) (bool, bool) {
		match, ok := matches(e)
		if !ok {
			return false, false
		}
		found := false
		null, ok := list.list(e, func(text []byte) bool {
			if fold {
				text = appendLower(nil, text)
			}
			found = match(text)
			return found
		})
		return found, found || ok && !null
	})
}

// matcher compares x with the canonical texts of elements.
func (x *expression) matcher(k kind, list *expression) reader[func(text []byte) bool] {
	switch k {
	case kindNumber:
		asFloat := isFloat(list.typ)
		return lift(x.asNumber(), func(v number) func([]byte) bool {
			return func(text []byte) bool {
				n, ok := parseNumber(text, asFloat)
				return ok && n.compare(v) == 0
			}
		})
	case kindBool:
		return lift(x.asBool(), func(v bool) func([]byte) bool {
			return func(text []byte) bool { return isTrue(text) == v }
		})
	case kindTime:
		codec := value.For(list.typ, copyfmt.Binary)
		return lift(x.moment, func(v int64) func([]byte) bool {
			return func(text []byte) bool {
				m, ok := parseMoment(codec, text)
				return ok && m == v
			}
		})
	}
	return lift(x.asText(), func(v []byte) func([]byte) bool {
		return func(text []byte) bool { return bytes.Equal(text, v) }
	})
}
