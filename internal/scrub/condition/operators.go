package condition

import (
	"bytes"
	"cmp"

	"github.com/expr-lang/expr/ast"
)

// lift makes a function of one value an expression: NULL of NULL.
func lift[T, U any](a reader[T], f func(T) U) reader[U] {
	return func(e *env) (u U, ok bool) {
		v, ok := a(e)
		if ok {
			u = f(v)
		}
		return u, ok
	}
}

// lift2 makes a function of two values an expression: NULL if one of them is.
func lift2[T, U any](a, b reader[T], f func(T, T) U) reader[U] {
	return func(e *env) (u U, ok bool) {
		v, ok := a(e)
		if !ok {
			return u, false
		}
		w, ok := b(e)
		if ok {
			u = f(v, w)
		}
		return u, ok
	}
}

// either is a, or b where a is NULL.
func either[T any](a, b reader[T]) reader[T] {
	return func(e *env) (T, bool) {
		if v, ok := a(e); ok {
			return v, true
		}
		return b(e)
	}
}

// decided is and (by false) or or (by true): one side of that value decides,
// also where the other is unknown.
func decided(a, b boolean, by bool) boolean {
	return func(e *env) (bool, bool) {
		v, ok := a(e)
		if ok && v == by {
			return by, true
		}
		w, known := b(e)
		if known && w == by {
			return by, true
		}
		return !by, ok && known
	}
}

// mapped changes a text, in scratch space of its own.
func (c *checker) mapped(text textual, change func(dst, text []byte) []byte) textual {
	k := c.scratch()
	return func(e *env) ([]byte, bool) {
		b, ok := text(e)
		if ok {
			e.scratch[k] = change(e.scratch[k][:0], b)
			b = e.scratch[k]
		}
		return b, ok
	}
}

func (c *checker) binary(n *ast.BinaryNode) *expression {
	switch n.Operator {
	case "and", "&&":
		return fromBool(at(n), decided(c.condition(n.Left), c.condition(n.Right), false))
	case "or", "||":
		return fromBool(at(n), decided(c.condition(n.Left), c.condition(n.Right), true))
	case "==", "!=":
		return c.equal(n)
	case "<", "<=", ">", ">=":
		return c.order(n)
	case "in":
		return c.in(n)
	case "contains", "startsWith", "endsWith", "matches":
		return c.part(n)
	case "??":
		return c.coalesce(n)
	case "%":
		return c.remainder(n)
	}
	fail(at(n), "%s is not available in conditions", n.Operator)
	return nil
}

// pair checks both sides of an operator and makes a text in quotes what the
// other side is.
func (c *checker) pair(n *ast.BinaryNode) (x, y *expression) {
	x, y = c.check(n.Left), c.check(n.Right)
	return suit(x, y), suit(y, x)
}

// suit makes x, if it is a text in quotes, a value of y's type.
func suit(x, y *expression) *expression {
	switch {
	case x.literal == nil:
		return x
	case y.kind == kindTime:
		return momentOf(*x.literal, x.char, y.typ)
	case y.kind == kindText && y.fold:
		return literalText(x.char, string(appendLower(nil, []byte(*x.literal))))
	case y.kind == kindText && y.typ != nil:
		return canonical(x, y.typ)
	}
	return x
}

// common is the kind in which two sides are compared; false if they can't be.
func common(x, y *expression) (kind, bool) {
	switch {
	case x.kind == kindJSON && (y.kind == kindBool || y.kind == kindNumber || y.kind == kindText):
		return y.kind, true
	case y.kind == kindJSON && (x.kind == kindBool || x.kind == kindNumber || x.kind == kindText):
		return x.kind, true
	}
	switch x.kind {
	case kindBool, kindNumber, kindText, kindTime:
		return x.kind, x.kind == y.kind
	}
	return 0, false
}

// agreed is common, or a failure that names the operator.
func agreed(n *ast.BinaryNode, x, y *expression) kind {
	k, ok := common(x, y)
	if !ok {
		mismatch(n, n.Operator, x, y)
	}
	return k
}

func mismatch(n ast.Node, op string, x, y *expression) {
	switch {
	case x.document() || y.document():
		fail(at(n), "a whole document can't be compared: name a key within it, as in attributes.plan")
	case x.kind == kindList || y.kind == kindList:
		fail(at(n), "%s doesn't go with a list: use in", op)
	}
	fail(at(n), "%s doesn't go between %s and %s", op, x, y)
}

// document reports whether x is a whole json or jsonb column.
func (x *expression) document() bool {
	return x.kind == kindOther && x.column != nil && kindOf(x.column.Type) == kindJSON
}

// compares returns a three-way comparison.
func compares(k kind, x, y *expression) reader[int] {
	switch k {
	case kindBool:
		return lift2(x.asBool(), y.asBool(), func(a, b bool) int { return sign(a && !b, b && !a) })
	case kindNumber:
		return lift2(x.asNumber(), y.asNumber(), number.compare)
	case kindText:
		return lift2(x.asText(), y.asText(), bytes.Compare)
	}
	return lift2(x.moment, y.moment, cmp.Compare[int64])
}

func (c *checker) equal(n *ast.BinaryNode) *expression {
	x, y := c.pair(n)
	same := n.Operator == "=="
	switch {
	case x.kind == kindNull && y.kind == kindNull:
		fail(at(n), "nil is compared with itself")
	case x.kind == kindNull:
		return fromBool(at(n), func(e *env) (bool, bool) { return y.null(e) == same, true })
	case y.kind == kindNull:
		return fromBool(at(n), func(e *env) (bool, bool) { return x.null(e) == same, true })
	}
	k := agreed(n, x, y)
	if x.fold != y.fold && k == kindText {
		x, y = c.folded(x), c.folded(y)
	}
	return fromBool(at(n), lift(compares(k, x, y), func(c int) bool { return (c == 0) == same }))
}

// folded is a text in lower case, to be compared with a citext.
func (c *checker) folded(x *expression) *expression {
	if x.fold || x.literal != nil {
		return x
	}
	return &expression{kind: kindText, char: x.char, text: c.mapped(x.asText(), appendLower), null: x.null, fold: true}
}

func (c *checker) order(n *ast.BinaryNode) *expression {
	x, y := c.pair(n)
	k := agreed(n, x, y)
	if k != kindNumber && k != kindTime {
		fail(at(n), "%s orders numbers, dates and times; %s has no order here", n.Operator, k)
	}
	holds := map[string]func(c int) bool{
		"<": func(c int) bool { return c < 0 }, "<=": func(c int) bool { return c <= 0 },
		">": func(c int) bool { return c > 0 }, ">=": func(c int) bool { return c >= 0 },
	}[n.Operator]
	return fromBool(at(n), lift(compares(k, x, y), holds))
}

func (c *checker) part(n *ast.BinaryNode) *expression {
	x, y := c.check(n.Left), c.check(n.Right)
	a, b := x.asText(), y.asText()
	for _, side := range []*expression{x, y} {
		if side.asText() == nil || side.typ != nil && !words(side.typ) {
			fail(side.char, "%s looks at texts, and %s is none", n.Operator, side)
		}
	}
	if n.Operator == "matches" {
		return fromBool(at(n), lift(a, pattern(y).Match))
	}
	if x.fold || y.fold {
		a, b = c.mapped(a, appendLower), c.mapped(b, appendLower)
	}
	has := map[string]func(a, b []byte) bool{
		"contains": bytes.Contains, "startsWith": bytes.HasPrefix, "endsWith": bytes.HasSuffix,
	}[n.Operator]
	return fromBool(at(n), lift2(a, b, has))
}

func (c *checker) coalesce(n *ast.BinaryNode) *expression {
	x, y := c.pair(n)
	var z *expression
	switch k := agreed(n, x, y); k {
	case kindBool:
		z = fromBool(at(n), either(x.asBool(), y.asBool()))
	case kindNumber:
		z = fromNumber(at(n), either(x.asNumber(), y.asNumber()))
	case kindText:
		z = &expression{kind: k, char: at(n), fold: x.fold || y.fold}
		if z.fold {
			x, y = c.folded(x), c.folded(y)
		}
		z.text = either(x.asText(), y.asText())
		if x.typ != nil && !words(x.typ) {
			z.typ = x.typ
		}
	case kindTime:
		z = &expression{kind: k, char: at(n), moment: either(x.moment, y.moment)}
	}
	if z.null == nil {
		z.null = func(e *env) bool { return x.null(e) && y.null(e) }
	}
	return z
}

// remainder is % of integers, with the sign of the left side as in SQL.
func (c *checker) remainder(n *ast.BinaryNode) *expression {
	x, y := c.check(n.Left), c.check(n.Right)
	if y.whole == nil || *y.whole == 0 {
		fail(y.char, "%% takes a whole number other than 0 at its right")
	}
	a, by := x.asNumber(), *y.whole
	if a == nil || x.typ != nil && isFloat(x.typ) {
		fail(x.char, "%% takes a whole number at its left, and %s is none", x)
	}
	return fromNumber(at(n), func(e *env) (number, bool) {
		v, ok := a(e)
		switch {
		case !ok || v.form != integer:
			return number{}, false // a fraction or beyond 64 bits: unknown
		case by == -1:
			return number{}, true // the least integer has no quotient
		}
		return number{i: v.i % by}, true
	})
}
