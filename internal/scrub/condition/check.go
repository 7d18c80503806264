package condition

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
)

// kind is what an expression is, seen from a condition.
type kind uint8

const (
	kindNull kind = iota // nil as written
	kindBool
	kindNumber
	kindText
	kindTime
	kindList
	kindJSON // a value within a document: of a kind that shows row by row
	kindOther
)

func (k kind) String() string {
	return [...]string{"nil", "a truth value", "a number", "a text", "a date or time", "a list", "a JSON value",
		"a value without operators"}[k]
}

// expression is a checked expression.
type expression struct {
	kind kind
	elem kind // of a list
	char int

	boolean boolean
	number  numeric
	text    textual
	moment  moment
	list    listed
	json    jsonic
	null    func(*env) bool // whether it is NULL

	column  *catalog.Column // of a plain column
	typ     *catalog.Type   // of a column or of an array's elements
	literal *string         // of a text as written
	whole   *int64          // of an integer as written
	fold    bool            // citext: compared in lower case
}

// checker turns a syntax tree into closures. It throws an *Error.
type checker struct {
	text    string
	columns []*catalog.Column
	reads   []*catalog.Column
	spaces  int // scratch spaces that the expressions use
}

// scratch reserves a scratch space for one expression.
func (c *checker) scratch() int { c.spaces++; return c.spaces - 1 }

func fail(char int, format string, args ...any) {
	panic(&Error{char, fmt.Sprintf(format, args...)})
}

func at(n ast.Node) int { return n.Location().From }

// condition checks what must be a truth value.
func (c *checker) condition(n ast.Node) boolean {
	x := c.check(n)
	holds := x.asBool()
	if holds == nil {
		fail(x.char, "%s is no condition: compare it with something", x)
	}
	return holds
}

// String names an expression in a message.
func (x *expression) String() string {
	if x.column != nil {
		return fmt.Sprintf("column %q, which is %s,", x.column.Name, x.column.Type.SQL)
	}
	return x.kind.String()
}

func (c *checker) check(n ast.Node) *expression {
	switch n := n.(type) {
	case *ast.NilNode:
		return &expression{kind: kindNull, char: at(n)}
	case *ast.BoolNode:
		return notNull(&expression{kind: kindBool, char: at(n), boolean: constant(n.Value)})
	case *ast.IntegerNode:
		return literalInt(at(n), int64(n.Value))
	case *ast.FloatNode:
		return literalDecimal(at(n), c.decimal(n))
	case *ast.StringNode:
		return literalText(at(n), n.Value)
	case *ast.IdentifierNode:
		return c.columnNamed(n.Value, at(n))
	case *ast.MemberNode:
		return c.member(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.BuiltinNode:
		return c.function(n)
	case *ast.CallNode:
		if f, ok := n.Callee.(*ast.IdentifierNode); ok {
			fail(at(n), "there is no function %q in conditions%s", f.Value, fault.DidYouMean(f.Value, functions()))
		}
	case *ast.ArrayNode:
		fail(at(n), "a list can only stand after in")
	case *ast.ConditionalNode:
		fail(at(n), "? and if are not available in conditions: use and, or and not")
	}
	where := 0
	if n != nil {
		where = at(n)
	}
	fail(where, "this is not available in conditions")
	return nil
}

func constant[T any](v T) reader[T] { return func(*env) (T, bool) { return v, true } }

func notNull(x *expression) *expression {
	x.null = func(*env) bool { return false }
	return x
}

func literalInt(char int, v int64) *expression {
	return notNull(&expression{kind: kindNumber, char: char, whole: &v, number: constant(number{i: v})})
}

func literalDecimal(char int, text string) *expression {
	d, ok := parseNumber([]byte(text), false)
	if !ok {
		fail(char, "this number can't be compared with")
	}
	return notNull(&expression{kind: kindNumber, char: char, number: constant(d)})
}

// decimal is a number as written, of which the syntax tree keeps a float only.
func (c *checker) decimal(n *ast.FloatNode) string {
	source := []rune(c.text)[at(n):]
	end := 0
	for end < len(source) && (source[end] >= '0' && source[end] <= '9' || source[end] == '.') {
		end++
	}
	text := string(source[:end])
	if end < len(source) && (source[end]|0x20 == 'e' || source[end] == '_') || !isDecimal([]byte(text)) {
		return strconv.FormatFloat(n.Value, 'f', -1, 64)
	}
	return text
}

func literalText(char int, s string) *expression {
	return notNull(&expression{kind: kindText, char: char, literal: &s, text: constant([]byte(s))})
}

// columnNamed reads a column.
func (c *checker) columnNamed(name string, char int) *expression {
	var names []string
	for _, col := range c.columns {
		if names = append(names, col.Name); col.Name == name {
			return c.column(col, char)
		}
	}
	fail(char, "there is no column %q%s", name, fault.DidYouMean(name, names))
	return nil
}

func (c *checker) slot(col *catalog.Column) int {
	k := slices.Index(c.reads, col)
	if k < 0 {
		k, c.reads = len(c.reads), append(c.reads, col)
	}
	return k
}

func (c *checker) column(col *catalog.Column, char int) *expression {
	if col.Generated {
		fail(char, "column %q is generated and so never read: use the columns that it is made of", col.Name)
	}
	k := c.slot(col)
	x := &expression{kind: kindOf(col.Type), char: char, column: col, typ: col.Type,
		null: func(e *env) bool { return e.raw(k) == nil }}
	switch x.kind {
	case kindBool:
		x.boolean = func(e *env) (bool, bool) { return e.boolean(k) }
	case kindNumber:
		x.number = func(e *env) (number, bool) { return e.number(k) }
	case kindTime:
		x.moment = func(e *env) (int64, bool) { return e.moment(k) }
	case kindJSON:
		x.kind = kindOther // only its members can be compared
	case kindList:
		x.typ = col.Type.Underlying().Elem
		x.elem = kindOf(x.typ)
		x.list = func(e *env, each func([]byte) bool) (null, ok bool) { return e.list(k, each) }
	case kindText:
		x.text = func(e *env) ([]byte, bool) { return e.text(k) }
		if x.fold = col.Type.Underlying().Name == "citext"; x.fold {
			plain := x.text
			x.text = c.mapped(plain, appendLower)
		}
	}
	return x
}

// kindOf is the kind of a column's values.
func kindOf(t *catalog.Type) kind {
	t = t.Underlying()
	switch t.OID {
	case catalog.BoolOID:
		return kindBool
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID, catalog.NumericOID,
		catalog.Float4OID, catalog.Float8OID, catalog.OIDOID:
		return kindNumber
	case catalog.DateOID, catalog.TimestampOID, catalog.TimestamptzOID:
		return kindTime
	case catalog.JSONOID, catalog.JSONBOID:
		return kindJSON
	}
	if t.Kind == catalog.ArrayType && t.Elem != nil {
		switch kindOf(t.Elem) {
		case kindText, kindNumber, kindBool, kindTime:
			return kindList
		}
		return kindOther
	}
	switch t.Kind {
	case catalog.BaseType, catalog.EnumType:
		return kindText
	}
	return kindOther
}

// words reports whether a type holds text, which has parts; the canonical text
// of other types is a name for the value.
func words(t *catalog.Type) bool {
	t = t.Underlying()
	switch t.OID {
	case catalog.TextOID, catalog.VarcharOID, catalog.BPCharOID, catalog.NameOID, catalog.XMLOID:
		return true
	}
	return t.Name == "citext"
}

func (c *checker) unary(n *ast.UnaryNode) *expression {
	switch n.Operator {
	case "not", "!":
		x := c.check(n.Node)
		inner := x.asBool()
		if inner == nil {
			fail(at(n), "not stands before a condition, and %s is none: put what it denies in parentheses", x)
		}
		return fromBool(at(n), lift(inner, func(v bool) bool { return !v }))
	case "-", "+":
		minus := n.Operator == "-"
		switch v := n.Node.(type) {
		case *ast.IntegerNode:
			if minus {
				return literalInt(at(n), -int64(v.Value))
			}
			return literalInt(at(n), int64(v.Value))
		case *ast.FloatNode:
			if minus {
				return literalDecimal(at(n), "-"+c.decimal(v))
			}
			return c.check(v)
		}
		fail(at(n), "%s stands before a number only", n.Operator)
	}
	fail(at(n), "%s is not available in conditions", n.Operator)
	return nil
}

func isNull[T any](f reader[T]) func(*env) bool {
	return func(e *env) bool { _, ok := f(e); return !ok }
}

func fromBool(char int, f boolean) *expression {
	return &expression{kind: kindBool, char: char, boolean: f, null: isNull(f)}
}

func fromNumber(char int, f numeric) *expression {
	return &expression{kind: kindNumber, char: char, number: f, null: isNull(f)}
}

func functions() []string { return []string{"lower", "upper", "trim", "len", "date"} }

func (c *checker) function(n *ast.BuiltinNode) *expression {
	if !slices.Contains(functions(), n.Name) {
		fail(at(n), "the function %s is not available in conditions; there are %s",
			n.Name, strings.Join(functions(), ", "))
	}
	if len(n.Arguments) != 1 {
		fail(at(n), "%s takes one argument", n.Name)
	}
	x := c.check(n.Arguments[0])
	if n.Name == "date" {
		if x.literal == nil {
			fail(x.char, "date takes a text in quotes, like date(\"2024-01-31\")")
		}
		return momentOf(*x.literal, at(n), nil)
	}
	if n.Name == "len" && x.kind == kindList {
		return fromNumber(at(n), func(e *env) (number, bool) {
			count := int64(0)
			null, ok := x.list(e, func([]byte) bool { count++; return false })
			if null {
				return number{}, false // elements that are NULL are not handed over
			}
			return number{i: count}, ok
		})
	}
	text := x.asText()
	if text == nil || x.typ != nil && !words(x.typ) {
		fail(x.char, "%s takes a text, and %s is none", n.Name, x)
	}
	y := &expression{kind: kindText, char: at(n), null: x.null}
	switch n.Name {
	case "lower":
		y.text = c.mapped(text, appendLower)
	case "upper":
		y.text = c.mapped(text, appendUpper)
	case "trim":
		y.text = lift(text, bytes.TrimSpace)
	case "len":
		return fromNumber(at(n), lift(text, func(b []byte) number { return number{i: int64(utf8.RuneCount(b))} }))
	}
	return y
}

// momentOf is a date or timestamp as written; of a type, if one is given.
func momentOf(text string, char int, t *catalog.Type) *expression {
	for _, oid := range []uint32{catalog.DateOID, catalog.TimestamptzOID, catalog.TimestampOID} {
		codec := value.For(&catalog.Type{OID: oid, Kind: catalog.BaseType}, copyfmt.Binary)
		if m, ok := parseMoment(codec, []byte(text)); ok {
			return notNull(&expression{kind: kindTime, char: char, moment: constant(m)})
		}
	}
	what := "date or time"
	if t != nil {
		what = t.SQL
	}
	fail(char, "%q is no %s: write YYYY-MM-DD or YYYY-MM-DD HH:MM:SS+00", text, what)
	return nil
}

// canonical is a text in quotes as PostgreSQL writes a value of the type.
func canonical(x *expression, t *catalog.Type) *expression {
	if x.literal == nil || words(t) {
		return x
	}
	u := t.Underlying()
	if u.Kind == catalog.EnumType {
		if slices.Contains(u.Labels, *x.literal) {
			return x
		}
		fail(x.char, "%q is no label of %s%s; there is %s",
			*x.literal, u.SQL, fault.DidYouMean(*x.literal, u.Labels), strings.Join(u.Labels, ", "))
	}
	codec := value.For(t, copyfmt.Binary)
	if codec == nil {
		return x
	}
	wire, err := codec.AppendWire(nil, []byte(*x.literal))
	if err == nil {
		var text []byte
		if text, err = codec.AppendText(nil, wire); err == nil {
			return literalText(x.char, string(text))
		}
	}
	fail(x.char, "%q is no %s", *x.literal, t.SQL)
	return nil
}

// pattern is the regular expression at the right of matches.
func pattern(x *expression) *regexp.Regexp {
	if x.literal == nil {
		fail(x.char, "matches takes a regular expression in quotes")
	}
	re, err := regexp.Compile(*x.literal)
	if err != nil {
		fail(x.char, "this is no regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return re
}
