package synthetic

import (
	"math"
	"regexp/syntax"
	"slices"
	"strings"
)

// domain is what constraints let a column's values be.
type domain struct {
	list       []string // nil: any
	least      int64    // ticks
	most       int64
	minLength  int
	maxLength  int // 0: no limit
	pattern    *syntax.Regexp
	folded     bool // lower case alone
	upper      bool // upper case alone
	impossible bool
}

// newDomain lets all be.
func newDomain() domain { return domain{least: math.MinInt64, most: math.MaxInt64} }

// narrow takes a condition on a column in, and reports whether values of the domain satisfy it by
// themselves.
func (d *domain) narrow(e *expr, c *column) bool {
	if e.op == "OR" { // column IS NULL OR …
		for i, a := range e.args {
			if a.op == "IS NULL" && a.args[0].op == "column" {
				return d.all(e.args[1-i], c)
			}
		}
		return false
	}
	if len(e.args) != 2 {
		return false
	}
	a, b, op := e.args[0], e.args[1], e.op
	if constant(a) && !constant(b) { // 0 < x
		a, b = b, a
		op = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}[op]
	}
	if !constant(b) {
		return d.same(op, a, b)
	}
	switch {
	case a.op == "column" || a.op == "cast text" && a.args[0].op == "column":
		return d.compared(op, b, c)
	case strings.HasSuffix(a.op, "length()") && a.args[0].op == "column" && b.op == "number":
		return d.lengthIs(op, b.text, c)
	case strings.HasSuffix(a.op, "length()") && a.args[0].op == "btrim()" && b.op == "number":
		return d.lengthIs(op, b.text, c)
	}
	return false
}

// all takes in the conditions that must all hold.
func (d *domain) all(e *expr, c *column) bool {
	all := true
	for _, part := range e.conjuncts() {
		all = d.narrow(part, c) && all
	}
	return all
}

func constant(e *expr) bool {
	switch e.op {
	case "text", "number", "bool":
		return true
	}
	return e.op == "list" && !slices.ContainsFunc(e.args, func(a *expr) bool { return !constant(a) })
}

// same is lower(x) = x and its like.
func (d *domain) same(op string, a, b *expr) bool {
	if a.op == "column" || a.op == "cast text" {
		a = b
	}
	if op != "=" || len(a.args) != 1 {
		return false
	}
	switch a.op {
	case "lower()":
		d.folded = true
	case "upper()":
		d.upper = true
	}
	return false // evaluated, too
}

func (d *domain) compared(op string, b *expr, c *column) bool {
	switch op {
	case "= ANY":
		var list []string
		if b.op == "text" {
			for _, e := range elements(b.text) {
				list = append(list, e.text)
			}
		}
		for _, e := range b.args {
			list = append(list, e.text)
		}
		d.only(list)
		return true
	case "=":
		d.only([]string{b.text})
		return true
	case "<", "<=", ">", ">=":
		return d.limit(op, b.text, c)
	case "~", "~~":
		pattern, _ := patternOf(op, b.text)
		re, err := syntax.Parse(pattern, syntax.Perl)
		if err == nil && d.pattern == nil {
			d.pattern = re.Simplify()
		}
	}
	return false
}

// only leaves the values that are in a list.
func (d *domain) only(list []string) {
	if d.list == nil {
		d.list = slices.Compact(list)
		return
	}
	d.list = slices.DeleteFunc(d.list, func(v string) bool { return !slices.Contains(list, v) })
	d.impossible = d.impossible || len(d.list) == 0
}

func (d *domain) limit(op, text string, c *column) bool {
	if !c.kind.ticked() {
		return false
	}
	n, exact, ok := c.measure.ticks(text)
	if !ok {
		return false
	}
	switch op {
	case ">":
		d.least = max(d.least, n+1)
	case ">=":
		if !exact {
			n++
		}
		d.least = max(d.least, n)
	case "<":
		if exact {
			n--
		}
		d.most = min(d.most, n)
	case "<=":
		d.most = min(d.most, n)
	}
	return true
}

func (d *domain) lengthIs(op, limit string, c *column) bool {
	n, exact, ok := measure{kind: whole}.ticks(limit)
	if !ok || !exact || c.kind != text {
		return false
	}
	at := int(min(n, math.MaxInt32))
	if op == "=" || op == ">=" || op == ">" {
		if op == ">" {
			at++
		}
		d.minLength = max(d.minLength, at)
		at = int(min(n, math.MaxInt32))
	}
	if op == "<" {
		at--
	}
	if (op == "=" || op == "<=" || op == "<") && (d.maxLength == 0 || at < d.maxLength) {
		d.maxLength = at
	}
	return false // evaluated, too: blanks and bytes count otherwise
}
