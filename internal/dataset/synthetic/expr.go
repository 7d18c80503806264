package synthetic

import (
	"slices"
	"strings"

	"refresher/internal/postgres/sqltext"
)

// expr is an expression of a constraint, as the server prints it. An op of "?" is one that is not understood.
type expr struct {
	op   string // column, text, number, bool, null, list, a function's name, or an operator
	text string // of column, text and number
	args []*expr
}

// parseCheck reads the definition of a CHECK constraint, or an expression alone.
func parseCheck(sql string) *expr {
	p := &parser{tokens: sqltext.Tokens(sql)}
	if p.word("CHECK") {
		p.at++
	}
	e := p.or()
	for p.word("NO") || p.word("INHERIT") || p.word("NOT") || p.word("VALID") || p.word("ENFORCED") {
		p.at++
	}
	if p.at < len(p.tokens) {
		return unknown
	}
	return e
}

var unknown = &expr{op: "?"}

// parser descends through the operators by their precedence (PostgreSQL docs, Operator Precedence).
type parser struct {
	tokens []sqltext.Token
	at     int
}

func (p *parser) peek(ahead int) sqltext.Token {
	if p.at+ahead < len(p.tokens) {
		return p.tokens[p.at+ahead]
	}
	return sqltext.Token{Kind: sqltext.End}
}

func (p *parser) word(w string) bool {
	t := p.peek(0)
	return t.Kind == sqltext.Word && strings.EqualFold(t.Text, w)
}

func (p *parser) words(list ...string) bool {
	for i, w := range list {
		if t := p.peek(i); t.Kind != sqltext.Word || !strings.EqualFold(t.Text, w) {
			return false
		}
	}
	p.at += len(list)
	return true
}

func (p *parser) sign(s string) bool {
	for i, c := range s {
		if t := p.peek(i); t.Kind != sqltext.Sign || t.Text != string(c) {
			return false
		}
	}
	p.at += len(s)
	return true
}

func (p *parser) or() *expr {
	e := p.and()
	for p.words("OR") {
		e = &expr{op: "OR", args: []*expr{e, p.and()}}
	}
	return e
}

func (p *parser) and() *expr {
	e := p.not()
	for p.words("AND") {
		e = &expr{op: "AND", args: []*expr{e, p.not()}}
	}
	return e
}

func (p *parser) not() *expr {
	if p.words("NOT") {
		return &expr{op: "NOT", args: []*expr{p.not()}}
	}
	return p.is()
}

func (p *parser) is() *expr {
	e := p.comparison()
	for p.words("IS") {
		not := p.words("NOT")
		switch {
		case p.words("NULL"):
			e = &expr{op: "IS NULL", args: []*expr{e}}
		case p.words("TRUE"):
			e = &expr{op: "IS TRUE", args: []*expr{e}}
		case p.words("FALSE"):
			e = &expr{op: "IS TRUE", args: []*expr{{op: "NOT", args: []*expr{e}}}}
		case p.words("DISTINCT", "FROM"):
			e = &expr{op: "IS DISTINCT", args: []*expr{e, p.comparison()}}
		default:
			p.at++
			e = unknown
		}
		if not {
			e = &expr{op: "NOT", args: []*expr{e}}
		}
	}
	return e
}

// comparisons are the operators that compare, the longest first.
var comparisons = []string{"!~~*", "!~*", "!~~", "~~*", "<>", "<=", ">=", "!=", "!~", "~~", "~*", "<", ">", "=", "~"}

func (p *parser) comparison() *expr {
	e := p.sum()
	for {
		op := p.operator(comparisons)
		if op == "" {
			return e
		}
		if op == "!=" {
			op = "<>"
		}
		if p.words("ANY") {
			op += " ANY"
		} else if p.words("ALL") {
			op += " ALL"
		}
		e = &expr{op: op, args: []*expr{e, p.sum()}}
	}
}

func (p *parser) operator(list []string) string {
	for _, op := range list {
		if p.sign(op) {
			return op
		}
	}
	return ""
}

func (p *parser) sum() *expr {
	e := p.product()
	for {
		op := p.operator([]string{"||", "+", "-"})
		if op == "" {
			return e
		}
		e = &expr{op: op, args: []*expr{e, p.product()}}
	}
}

func (p *parser) product() *expr {
	e := p.cast()
	for {
		op := p.operator([]string{"*", "/", "%"})
		if op == "" {
			return e
		}
		e = &expr{op: op, args: []*expr{e, p.cast()}}
	}
}

// cast reads a value and the types it is cast to. A cast changes nothing of the values that are compared here, but
// those that round.
func (p *parser) cast() *expr {
	if p.sign("-") {
		e := p.cast()
		if e.op == "number" {
			return &expr{op: "number", text: "-" + e.text}
		}
		return &expr{op: "-", args: []*expr{{op: "number", text: "0"}, e}}
	}
	e := p.value()
	for p.sign("::") {
		typ := p.typeName()
		switch typ {
		case "integer", "bigint", "smallint", "date", "boolean", "interval", "json", "jsonb":
			if e.op != "text" && e.op != "number" && e.op != "list" && e.op != "null" {
				e = &expr{op: "cast " + typ, args: []*expr{e}}
			} else if typ == "interval" {
				e = unknown
			}
		case "text", "character varying", "bpchar", "citext":
			if e.op == "number" {
				e = &expr{op: "text", text: e.text}
			} else if e.op != "text" && e.op != "list" && e.op != "null" {
				e = &expr{op: "cast text", args: []*expr{e}}
			}
		case "numeric", "double precision", "real":
			if e.op == "text" {
				e = &expr{op: "number", text: e.text}
			}
		}
	}
	return e
}

// typeName reads the name of a type, without its modifier and brackets.
func (p *parser) typeName() string {
	var words []string
	for {
		t := p.peek(0)
		more := slices.Contains([]string{"varying", "precision", "without", "with", "time", "zone"}, strings.ToLower(t.Text))
		if t.Kind != sqltext.Word && t.Kind != sqltext.Name || len(words) > 0 && !more {
			break
		}
		words = append(words, t.Value())
		p.at++
		if p.sign(".") { // the schema
			words = nil
		}
		if p.sign("(") {
			for p.at < len(p.tokens) && !p.sign(")") {
				p.at++
			}
		}
	}
	for p.sign("[]") {
	}
	return strings.ToLower(strings.Join(words, " "))
}

// value reads what has no operator.
func (p *parser) value() *expr {
	t := p.peek(0)
	p.at++
	switch {
	case t.Kind == sqltext.String:
		return &expr{op: "text", text: t.Value()}
	case t.Kind == sqltext.Sign && t.Text == "(":
		e := p.or()
		if !p.sign(")") {
			return p.lost()
		}
		return e
	case t.Kind == sqltext.Name:
		return p.name(t.Value())
	case t.Kind != sqltext.Word:
		return p.lost()
	case t.Text[0] >= '0' && t.Text[0] <= '9':
		return p.number(t.Text)
	}
	switch strings.ToUpper(t.Text) {
	case "NULL":
		return &expr{op: "null"}
	case "TRUE", "FALSE":
		return &expr{op: "bool", text: strings.ToLower(t.Text)}
	case "ARRAY":
		if p.sign("[") {
			return &expr{op: "list", args: p.list("]")}
		}
		return p.lost()
	case "CASE", "SELECT", "EXTRACT", "ROW":
		return p.lost()
	}
	return p.name(t.Text)
}

// number reads the rest of a number: words have no point.
func (p *parser) number(text string) *expr {
	if p.sign(".") {
		text += "."
		if t := p.peek(0); t.Kind == sqltext.Word {
			text += t.Text
			p.at++
		}
	}
	return &expr{op: "number", text: text}
}

// name reads a column, or the call of a function.
func (p *parser) name(name string) *expr {
	for p.sign(".") {
		name = p.peek(0).Value()
		p.at++
	}
	if p.sign("(") {
		return &expr{op: strings.ToLower(name) + "()", args: p.list(")")}
	}
	if name == "VALUE" { // of a domain; a column of that name is quoted
		return &expr{op: "column"}
	}
	return &expr{op: "column", text: name}
}

func (p *parser) list(end string) (args []*expr) {
	for !p.sign(end) {
		if p.at >= len(p.tokens) {
			return append(args, unknown)
		}
		before := p.at
		args = append(args, p.or())
		if p.sign(","); p.at == before {
			p.at++
		}
	}
	return args
}

// lost gives up: what follows is not understood.
func (p *parser) lost() *expr {
	p.at = len(p.tokens)
	return unknown
}

// reads are the columns of an expression.
func (e *expr) reads() (names []string) {
	if e.op == "column" {
		return []string{e.text}
	}
	for _, a := range e.args {
		names = append(names, a.reads()...)
	}
	return names
}

// conjuncts are the conditions that must all hold.
func (e *expr) conjuncts() []*expr {
	if e.op == "AND" {
		return append(e.args[0].conjuncts(), e.args[1].conjuncts()...)
	}
	return []*expr{e}
}
