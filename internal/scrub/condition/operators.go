package condition

import (
	"bytes"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

func runes(b []byte) int64 { return int64(utf8.RuneCount(b)) }

// mapped changes a text, in scratch space of its own.
func (c *checker) mapped(text textual, change func(dst, text []byte) []byte) textual {
	k := c.scratch()
	return func(e *env) ([]byte, bool) {
		b, ok := text(e)
		if !ok {
			return nil, false
		}
		e.scratch[k] = change(e.scratch[k][:0], b)
		return e.scratch[k], true
	}
}

func trimmed(text textual) textual {
	return func(e *env) ([]byte, bool) {
		b, ok := text(e)
		return bytes.TrimSpace(b), ok
	}
}

func (c *checker) binary(n *ast.BinaryNode) *expression {
	switch n.Operator {
	case "and", "&&":
		a, b := c.condition(n.Left), c.condition(n.Right)
		return fromBool(at(n), func(e *env) tri {
			switch x := a(e); x {
			case no:
				return no
			case yes:
				return b(e)
			}
			if b(e) == no {
				return no
			}
			return unknown
		})
	case "or", "||":
		a, b := c.condition(n.Left), c.condition(n.Right)
		return fromBool(at(n), func(e *env) tri {
			switch x := a(e); x {
			case yes:
				return yes
			case no:
				return b(e)
			}
			if b(e) == yes {
				return yes
			}
			return unknown
		})
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
func (c *checker) pair(left, right ast.Node) (x, y *expression) {
	x, y = c.check(left), c.check(right)
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

func mismatch(n ast.Node, op string, x, y *expression) {
	switch {
	case x.kind == kindOther && x.column != nil && kindOf(x.column.Type) == kindJSON, y.kind == kindOther && y.column != nil && kindOf(y.column.Type) == kindJSON:
		fail(at(n), "a whole document can't be compared: name a key within it, as in attributes.plan")
	case x.kind == kindList || y.kind == kindList:
		fail(at(n), "%s doesn't go with a list: use in", op)
	}
	fail(at(n), "%s doesn't go between %s and %s", op, x, y)
}

// compares returns a three-way comparison; ok is false if a side is NULL.
func compares(k kind, x, y *expression) func(*env) (c int, ok bool) {
	switch k {
	case kindBool:
		a, b := x.boolean, y.boolean
		if x.kind == kindJSON {
			a = x.asBool()
		}
		if y.kind == kindJSON {
			b = y.asBool()
		}
		return func(e *env) (int, bool) {
			p, q := a(e), b(e)
			return int(p) - int(q), p != unknown && q != unknown
		}
	case kindNumber:
		a, b := x.asNumber(), y.asNumber()
		return func(e *env) (int, bool) {
			p, ok := a(e)
			if !ok {
				return 0, false
			}
			q, ok := b(e)
			if !ok {
				return 0, false
			}
			return p.compare(q), true
		}
	case kindText:
		a, b := x.asText(), y.asText()
		return func(e *env) (int, bool) {
			p, ok := a(e)
			if !ok {
				return 0, false
			}
			q, ok := b(e)
			if !ok {
				return 0, false
			}
			return bytes.Compare(p, q), true
		}
	}
	a, b := x.moment, y.moment
	return func(e *env) (int, bool) {
		p, ok := a(e)
		if !ok {
			return 0, false
		}
		q, ok := b(e)
		return sign(p > q, p < q), ok
	}
}

func (c *checker) equal(n *ast.BinaryNode) *expression {
	x, y := c.pair(n.Left, n.Right)
	same := n.Operator == "=="
	switch {
	case x.kind == kindNull && y.kind == kindNull:
		fail(at(n), "nil is compared with itself")
	case x.kind == kindNull:
		x, y = y, x
		fallthrough
	case y.kind == kindNull:
		return fromBool(at(n), func(e *env) tri { return truth(x.null(e) == same) })
	}
	k, ok := common(x, y)
	if !ok {
		mismatch(n, n.Operator, x, y)
	}
	if x.fold != y.fold && k == kindText {
		x, y = c.folded(x), c.folded(y)
	}
	compare := compares(k, x, y)
	return fromBool(at(n), func(e *env) tri {
		c, ok := compare(e)
		if !ok {
			return unknown
		}
		return truth((c == 0) == same)
	})
}

// folded is a text in lower case, to be compared with a citext.
func (c *checker) folded(x *expression) *expression {
	if x.fold || x.literal != nil {
		return x
	}
	return &expression{kind: kindText, char: x.char, text: c.mapped(x.asText(), appendLower), null: x.null, fold: true}
}

func (c *checker) order(n *ast.BinaryNode) *expression {
	x, y := c.pair(n.Left, n.Right)
	k, ok := common(x, y)
	switch {
	case !ok:
		mismatch(n, n.Operator, x, y)
	case k != kindNumber && k != kindTime:
		fail(at(n), "%s orders numbers, dates and times; %s has no order here", n.Operator, k)
	}
	compare, op := compares(k, x, y), n.Operator
	return fromBool(at(n), func(e *env) tri {
		c, ok := compare(e)
		if !ok {
			return unknown
		}
		switch op {
		case "<":
			return truth(c < 0)
		case "<=":
			return truth(c <= 0)
		case ">":
			return truth(c > 0)
		}
		return truth(c >= 0)
	})
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
		re := pattern(y)
		return fromBool(at(n), func(e *env) tri {
			text, ok := a(e)
			if !ok {
				return unknown
			}
			return truth(re.Match(text))
		})
	}
	if x.fold || y.fold {
		a, b = c.mapped(a, appendLower), c.mapped(b, appendLower)
	}
	has := map[string]func(a, b []byte) bool{"contains": bytes.Contains, "startsWith": bytes.HasPrefix, "endsWith": bytes.HasSuffix}[n.Operator]
	return fromBool(at(n), func(e *env) tri {
		p, ok := a(e)
		if !ok {
			return unknown
		}
		q, ok := b(e)
		if !ok {
			return unknown
		}
		return truth(has(p, q))
	})
}

func (c *checker) coalesce(n *ast.BinaryNode) *expression {
	x, y := c.pair(n.Left, n.Right)
	k, ok := common(x, y)
	if !ok {
		mismatch(n, n.Operator, x, y)
	}
	z := &expression{kind: k, char: at(n), fold: x.fold || y.fold, null: func(e *env) bool { return x.null(e) && y.null(e) }}
	switch k {
	case kindBool:
		a, b := x.boolean, y.boolean
		if x.kind == kindJSON {
			a = x.asBool()
		}
		if y.kind == kindJSON {
			b = y.asBool()
		}
		z.boolean = func(e *env) tri {
			if v := a(e); v != unknown {
				return v
			}
			return b(e)
		}
		z.null = func(e *env) bool { return z.boolean(e) == unknown }
	case kindNumber:
		a, b := x.asNumber(), y.asNumber()
		z.number = func(e *env) (number, bool) {
			if v, ok := a(e); ok {
				return v, true
			}
			return b(e)
		}
		z.null = func(e *env) bool { _, ok := z.number(e); return !ok }
	case kindText:
		if z.fold {
			x, y = c.folded(x), c.folded(y)
		}
		a, b := x.asText(), y.asText()
		z.text = func(e *env) ([]byte, bool) {
			if v, ok := a(e); ok {
				return v, true
			}
			return b(e)
		}
		z.null = func(e *env) bool { _, ok := z.text(e); return !ok }
		if x.typ != nil && !words(x.typ) {
			z.typ = x.typ
		}
	case kindTime:
		z.moment = func(e *env) (int64, bool) {
			if v, ok := x.moment(e); ok {
				return v, true
			}
			return y.moment(e)
		}
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
		if !ok || v.form != integer {
			return number{}, false // a fraction or beyond 64 bits: unknown
		}
		if by == -1 {
			return number{}, true
		}
		return number{i: v.i % by}, true
	})
}
