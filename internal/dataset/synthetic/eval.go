package synthetic

import (
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"
)

// datum is a value in an evaluation.
type datum struct {
	is   byte // null, unknown (what isn't understood), truth, number, word or many
	yes  bool
	num  *big.Rat
	text string
	list []datum
}

const (
	null = iota
	notKnown
	truth
	number
	word
	many
)

func truthOf(b bool) datum { return datum{is: truth, yes: b} }

func numberOf(n int64) datum { return datum{is: number, num: new(big.Rat).SetInt64(n)} }

// evaluator evaluates expressions of a row.
type evaluator struct {
	value    func(column string) datum
	patterns map[string]*regexp.Regexp // nil: none that is understood
}

// fails reports whether a check refuses a row: NULL passes, and what isn't understood is left to the server.
func (v *evaluator) fails(e *expr) bool {
	d := v.eval(e)
	return d.is == truth && !d.yes
}

func (v *evaluator) eval(e *expr) datum {
	switch e.op {
	case "?":
		return datum{is: notKnown}
	case "null":
		return datum{}
	case "column":
		return v.value(e.text)
	case "text":
		return datum{is: word, text: e.text}
	case "bool":
		return truthOf(e.text == "true")
	case "number":
		return asNumber(datum{is: word, text: e.text})
	case "list":
		d := datum{is: many}
		for _, a := range e.args {
			d.list = append(d.list, v.eval(a))
		}
		return d
	case "AND", "OR":
		return v.logic(e)
	}
	args := make([]datum, len(e.args))
	for i, a := range e.args {
		args[i] = v.eval(a)
		if args[i].is == notKnown {
			return args[i]
		}
	}
	return v.apply(e.op, args)
}

// logic is AND and OR of three values; what isn't understood counts as NULL.
func (v *evaluator) logic(e *expr) datum {
	decides := e.op == "OR"
	open := datum{is: truth, yes: !decides}
	for _, a := range e.args {
		switch d := v.eval(a); {
		case d.is == truth && d.yes == decides:
			return d
		case d.is != truth:
			open = d
		}
	}
	return open
}

func (v *evaluator) apply(op string, args []datum) datum {
	switch op {
	case "IS NULL":
		return truthOf(args[0].is == null)
	case "IS TRUE":
		return truthOf(args[0].is == truth && args[0].yes)
	case "IS DISTINCT":
		if args[0].is == null || args[1].is == null {
			return truthOf(args[0].is != args[1].is)
		}
		return v.apply("<>", args)
	case "coalesce()":
		for _, a := range args {
			if a.is != null {
				return a
			}
		}
		return datum{}
	case "num_nonnulls()", "num_nulls()":
		n := int64(0)
		for _, a := range args {
			if (a.is == null) == (op == "num_nulls()") {
				n++
			}
		}
		return numberOf(n)
	}
	for _, a := range args {
		if a.is == null {
			return datum{}
		}
	}
	if op == "NOT" {
		return datum{is: args[0].is, yes: !args[0].yes}
	}
	if name, ok := strings.CutSuffix(op, "()"); ok {
		return call(name, args)
	}
	if name, ok := strings.CutPrefix(op, "cast "); ok {
		return cast(name, args[0])
	}
	if len(args) != 2 {
		return datum{is: notKnown}
	}
	if name, ok := strings.CutSuffix(op, " ANY"); ok {
		return v.quantified(name, args[0], args[1], true)
	}
	if name, ok := strings.CutSuffix(op, " ALL"); ok {
		return v.quantified(name, args[0], args[1], false)
	}
	switch op {
	case "=", "<>", "<", "<=", ">", ">=":
		return compared(op, args[0], args[1])
	case "+", "-", "*", "/", "%":
		return arithmetic(op, args[0], args[1])
	case "||":
		return datum{is: word, text: textOf(args[0]) + textOf(args[1])}
	}
	return v.matched(op, args[0], args[1])
}

// quantified is ANY or ALL of a list.
func (v *evaluator) quantified(op string, a, list datum, any bool) datum {
	if list.is == word { // '{a,b}'::text[]
		list = datum{is: many, list: elements(list.text)}
	}
	if list.is != many {
		return datum{is: notKnown}
	}
	open := truthOf(!any)
	for _, b := range list.list {
		switch d := v.apply(op, []datum{a, b}); {
		case d.is == truth && d.yes == any:
			return d
		case d.is != truth:
			open = d
		}
	}
	return open
}

// elements are those of an array's text, if none is quoted.
func elements(text string) (list []datum) {
	text = strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}")
	if text == "" {
		return nil
	}
	for one := range strings.SplitSeq(text, ",") {
		list = append(list, datum{is: word, text: strings.Trim(one, `"`)})
	}
	return list
}

func asNumber(d datum) datum {
	if d.is == number {
		return d
	}
	if r, ok := new(big.Rat).SetString(d.text); ok && d.is == word {
		return datum{is: number, num: r}
	}
	return datum{is: notKnown}
}

func textOf(d datum) string {
	switch d.is {
	case number:
		if d.num.IsInt() {
			return d.num.Num().String()
		}
		return strings.TrimRight(d.num.FloatString(12), "0")
	case truth:
		return map[bool]string{true: "true", false: "false"}[d.yes]
	}
	return d.text
}

func compared(op string, a, b datum) datum {
	var order int
	switch {
	case a.is == truth && b.is == truth:
		if a.yes != b.yes {
			order = 1
			if !a.yes {
				order = -1
			}
		}
	case a.is == number || b.is == number:
		a, b = asNumber(a), asNumber(b)
		if a.is != number || b.is != number {
			return datum{is: notKnown}
		}
		order = a.num.Cmp(b.num)
	case a.is != word || b.is != word:
		return datum{is: notKnown}
	default:
		s, known := parseTime(a.text)
		t, both := parseTime(b.text)
		switch {
		case known && both:
			order = s.Compare(t)
		case op != "=" && op != "<>":
			return datum{is: notKnown} // a matter of collation
		default:
			order = strings.Compare(a.text, b.text)
		}
	}
	return truthOf(map[string]bool{
		"=": order == 0, "<>": order != 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0,
	}[op])
}

func arithmetic(op string, a, b datum) datum {
	a, b = asNumber(a), asNumber(b)
	if a.is != number || b.is != number {
		return datum{is: notKnown}
	}
	r := new(big.Rat)
	switch {
	case op == "+":
		r.Add(a.num, b.num)
	case op == "-":
		r.Sub(a.num, b.num)
	case op == "*":
		r.Mul(a.num, b.num)
	case op == "%" && a.num.IsInt() && b.num.IsInt() && b.num.Sign() != 0:
		r.SetInt(new(big.Int).Rem(a.num.Num(), b.num.Num()))
	default: // whether / rounds depends on the types
		return datum{is: notKnown}
	}
	return datum{is: number, num: r}
}

func cast(name string, d datum) datum {
	switch name {
	case "text":
		return datum{is: word, text: textOf(d)}
	case "integer", "bigint", "smallint":
		if d = asNumber(d); d.is == number && d.num.IsInt() {
			return d
		}
	case "date":
		if t, ok := parseTime(d.text); ok {
			return datum{is: word, text: t.Format("2006-01-02")}
		}
	case "jsonb", "json":
		return d
	}
	return datum{is: notKnown}
}

// call is a function of PostgreSQL.
func call(name string, args []datum) datum {
	if len(args) == 0 {
		return datum{is: notKnown}
	}
	text, one := textOf(args[0]), len(args) == 1
	switch {
	case name == "length" || name == "char_length" || name == "character_length":
		return numberOf(int64(utf8.RuneCountInString(text)))
	case name == "octet_length":
		return numberOf(int64(len(text)))
	case name == "lower":
		return datum{is: word, text: strings.ToLower(text)}
	case name == "upper":
		return datum{is: word, text: strings.ToUpper(text)}
	case name == "btrim" && one:
		return datum{is: word, text: strings.Trim(text, " ")}
	case name == "ltrim" && one:
		return datum{is: word, text: strings.TrimLeft(text, " ")}
	case name == "rtrim" && one:
		return datum{is: word, text: strings.TrimRight(text, " ")}
	case name == "cardinality" || name == "array_length":
		n := int64(len(elements(text)))
		if n == 0 && name == "array_length" {
			return datum{}
		}
		return numberOf(n)
	case (name == "jsonb_typeof" || name == "json_typeof") && strings.HasPrefix(text, "{"):
		return datum{is: word, text: "object"}
	case name == "starts_with" && len(args) == 2:
		return truthOf(strings.HasPrefix(text, args[1].text))
	case name == "abs" && asNumber(args[0]).is == number:
		return datum{is: number, num: new(big.Rat).Abs(asNumber(args[0]).num)}
	}
	return datum{is: notKnown}
}

// matched is a regular expression or LIKE.
func (v *evaluator) matched(op string, a, b datum) datum {
	pattern, not := patternOf(op, b.text)
	if pattern == "" || a.is != word || b.is != word {
		return datum{is: notKnown}
	}
	if v.patterns == nil {
		v.patterns = map[string]*regexp.Regexp{}
	}
	re, known := v.patterns[pattern]
	if !known {
		re, _ = regexp.Compile(pattern) // nil: one that only PostgreSQL understands
		v.patterns[pattern] = re
	}
	if re == nil {
		return datum{is: notKnown}
	}
	return truthOf(re.MatchString(a.text) != not)
}

// patternOf is a pattern as Go writes it, empty if the operator has none.
func patternOf(op, text string) (pattern string, not bool) {
	op, not = strings.CutPrefix(op, "!")
	switch op {
	case "~":
		return "(?s)" + text, not
	case "~*":
		return "(?is)" + text, not
	case "~~":
		return "(?s)" + like(text), not
	case "~~*":
		return "(?is)" + like(text), not
	}
	return "", not
}

// like is a pattern of LIKE as a regular expression.
func like(text string) string {
	var b strings.Builder
	b.WriteString("^")
	escaped := false
	for _, c := range text {
		switch {
		case escaped:
			b.WriteString(regexp.QuoteMeta(string(c)))
			escaped = false
		case c == '\\':
			escaped = true
		case c == '%':
			b.WriteString(".*")
		case c == '_':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return b.String() + "$"
}
