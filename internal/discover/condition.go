package discover

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"refresher/internal/pii"
	"refresher/internal/scrub/transform"
)

// subject is what a condition is asked about: a column of a table, by their names.
type subject struct {
	name, in *name // of the column and of its table
	family   transform.Family
	table    *table  // nil: only the names are known
	column   *column // nil: only the names, or the table, are known
	hint     hint    // what the name says, where the values are asked
}

// condition is one of rules.txt, which says what each word of its language means.
type condition func(*subject) bool

var nextToken = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*([A-Za-z_]+(?:\.[a-z]+)?|[<>=]=?|[0-9.]+|[()])`)
})

// conditionParser reads one condition by recursive descent: or binds least, then and, then not.
type conditionParser struct {
	rules *ruleFile
	text  string
	next  string // the token that is read next, "" at the end
	err   error
}

func (r *ruleFile) condition(text string) (condition, error) {
	p := &conditionParser{rules: r, text: text}
	p.advance()
	c := p.or()
	if p.err == nil && p.next != "" {
		p.fail("%q stands where and, or or an end is expected", p.next)
	}
	return c, p.err
}

func (p *conditionParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.text, p.next = "", ""
}

func (p *conditionParser) advance() {
	m := nextToken().FindStringSubmatch(p.text)
	if m == nil {
		if strings.TrimSpace(p.text) != "" {
			p.fail("%q can't be read", p.text)
		}
		p.next = ""
		return
	}
	p.next, p.text = m[1], p.text[len(m[0]):]
}

// args are the words up to the closing parenthesis, behind the opening one.
func (p *conditionParser) args() []string {
	inside, rest, closed := strings.Cut(p.text, ")")
	if p.next != "(" || !closed {
		p.fail("words in parentheses are missing before %q", p.text)
		return nil
	}
	p.text = rest
	p.advance()
	words, err := p.rules.expand(strings.Fields(inside))
	if err != nil {
		p.fail("%w", err)
	}
	return words
}

func (p *conditionParser) or() condition {
	left := p.and()
	for p.next == "or" {
		p.advance()
		a, b := left, p.and()
		left = func(s *subject) bool { return a(s) || b(s) }
	}
	return left
}

func (p *conditionParser) and() condition {
	left := p.not()
	for p.next == "and" {
		p.advance()
		a, b := left, p.not()
		left = func(s *subject) bool { return a(s) && b(s) }
	}
	return left
}

func (p *conditionParser) not() condition {
	switch p.next {
	case "not":
		p.advance()
		c := p.not()
		return func(s *subject) bool { return !c(s) }
	case "(":
		p.advance()
		c := p.or()
		if p.next != ")" {
			p.fail("a parenthesis is not closed before %q", p.next)
		}
		p.advance()
		return c
	}
	return p.atom()
}

func (p *conditionParser) atom() condition {
	word := p.next
	p.advance()
	if of, predicate, ok := strings.Cut(word, "."); ok {
		return p.ofName(of, predicate)
	}
	if nameQuestions()[word] != nil || nameNumber(word) != nil {
		return p.ofName("", word)
	}
	if word == "columns" {
		if p.advance(); p.err != nil {
			return nil
		}
		c := p.or()
		if p.next != ")" {
			p.fail("columns( is not closed before %q", p.next)
		}
		p.advance()
		return p.compare(func(s *subject) float64 { return float64(s.table.count(c)) })
	}
	if f := columnQuestion(word); f != nil {
		args := p.args()
		return func(s *subject) bool { return s.column != nil && f(s.column, args) }
	}
	if word == "type" {
		families := p.rules.familiesOf(p.args())
		return func(s *subject) bool { return slices.Contains(families, s.family) }
	}
	if f := columnFlag(word); f != nil {
		return func(s *subject) bool { return s.column != nil && f(s.column) }
	}
	switch word {
	case "says":
		args := p.args()
		return func(s *subject) bool { return slices.Contains(args, string(s.hint.class)) }
	case "unnamed":
		return func(s *subject) bool { return s.hint.class == pii.None }
	case "clean":
		return func(s *subject) bool { return s.hint.clean }
	case "share", "could", "shown", "mostly":
		return p.compare(ofClass(word, p.args()))
	}
	if f := valueNumber(word); f != nil {
		return p.compare(onEvidence(f))
	}
	if c := p.rules.conditions[word]; c != nil {
		return c
	}
	if p.rules.isFact(word) {
		return func(s *subject) bool { return s.table.is(word) }
	}
	p.fail("%q is no word of a condition", word)
	return nil
}

// compare reads a comparison with a number; without one, more than 0 is enough.
func (p *conditionParser) compare(f func(*subject) float64) condition {
	op := p.next
	if !strings.ContainsAny(op, "<>=") || op == "" {
		return func(s *subject) bool { return f(s) > 0 }
	}
	p.advance()
	n, err := strconv.ParseFloat(p.next, 64)
	if err != nil {
		p.fail("%q is no number to compare with", p.next)
		return nil
	}
	p.advance()
	return func(s *subject) bool {
		switch x := f(s); op {
		case "<":
			return x < n
		case "<=":
			return x <= n
		case ">":
			return x > n
		case ">=":
			return x >= n
		default:
			return x == n
		}
	}
}

// ofName reads a question about a name: the column's, its table's (table.) or that of
// the table that it refers to (to.).
func (p *conditionParser) ofName(of, predicate string) condition {
	which := func(s *subject) *name { return s.name }
	switch of {
	case "":
	case "table":
		which = func(s *subject) *name { return s.in }
	case "to":
		which = func(s *subject) *name {
			if s.column == nil || !s.column.refers() {
				return &name{}
			}
			return s.column.to.table.name
		}
	default:
		p.fail("%q is neither table nor to", of)
		return nil
	}
	if f := nameNumber(predicate); f != nil {
		return p.compare(func(s *subject) float64 { return float64(f(which(s))) })
	}
	f := nameQuestions()[predicate]
	if f == nil {
		p.fail("%q is no question about a name", predicate)
		return nil
	}
	if predicate == "plural" {
		return func(s *subject) bool { return f(which(s), nil) }
	}
	args := p.args()
	switch predicate {
	case "of":
		args = append(args, p.rules.lists["whose"]...)
	case "word", "firstword", "secondword", "lastword", "nextlast", "sole", "all":
		p.rules.asked = append(p.rules.asked, args...)
	}
	for i := range args { // ? stands for a word without a known meaning
		args[i] = strings.TrimPrefix(args[i], "?")
	}
	return func(s *subject) bool { return f(which(s), args) }
}

// nameQuestions are the questions about a name.
var nameQuestions = sync.OnceValue(func() map[string]func(n *name, args []string) bool {
	return map[string]func(n *name, args []string) bool{
		"means":      func(n *name, args []string) bool { return n.has(args...) },
		"ends":       func(n *name, args []string) bool { return slices.Contains(args, n.last) },
		"only":       func(n *name, args []string) bool { return n.only(args...) },
		"of":         func(n *name, args []string) bool { return n.only(args...) },
		"word":       func(n *name, args []string) bool { return n.word(args...) },
		"sole":       func(n *name, args []string) bool { return len(n.parts) == 1 && n.word(args...) },
		"firstword":  func(n *name, args []string) bool { return slices.Contains(args, n.part(0)) },
		"secondword": func(n *name, args []string) bool { return slices.Contains(args, n.part(1)) },
		"lastword":   func(n *name, args []string) bool { return slices.Contains(args, n.part(len(n.parts)-1)) },
		"nextlast":   func(n *name, args []string) bool { return slices.Contains(args, n.part(len(n.parts)-2)) },
		"joined":     func(n *name, args []string) bool { return slices.Contains(args, strings.Join(n.parts, "")) },
		"plural":     func(n *name, _ []string) bool { return strings.HasSuffix(n.part(len(n.parts)-1), "s") },
		"head":       func(n *name, args []string) bool { return slices.Contains(args, headOf(n)) },
		"headfirst": func(n *name, args []string) bool { // agents immobiliers: Romance languages put it first
			return headOf(n) == "" && len(n.parts) > 1 && strings.HasSuffix(n.part(0), "s") &&
				strings.HasSuffix(n.part(len(n.parts)-1), "s") && slices.Contains(args, headOf(&name{parts: n.parts[:1]}))
		},
		"all": func(n *name, args []string) bool {
			return !slices.ContainsFunc(n.parts, func(w string) bool { return !slices.Contains(args, w) })
		},
		"among": func(n *name, args []string) bool {
			return slices.ContainsFunc(n.parts, func(w string) bool {
				return slices.Contains(args, w) || slices.Contains(args, singular(w))
			})
		},
		"firstends": func(n *name, args []string) bool {
			return slices.ContainsFunc(args, func(end string) bool { return strings.HasSuffix(n.part(0), end) })
		},
		"firstmeans": func(n *name, args []string) bool {
			m := meaningsOf()[n.part(0)]
			return m == nil && slices.Contains(args, "") ||
				slices.ContainsFunc(m, func(x string) bool { return slices.Contains(args, x) })
		},
	}
})

// nameNumber is one of what can be counted of a name.
func nameNumber(word string) func(n *name) int {
	return map[string]func(n *name) int{
		"words":       func(n *name) int { return len(n.parts) },
		"firstlength": func(n *name) int { return len(n.part(0)) },
	}[word]
}

// columnQuestion is one of the questions about a column that take words.
func columnQuestion(word string) func(c *column, args []string) bool {
	switch word {
	case "reads":
		return func(c *column, args []string) bool { return slices.Contains(args, string(c.surely())) }
	case "suggests":
		return func(c *column, args []string) bool { return slices.Contains(args, string(c.alone().class)) }
	case "after":
		return func(c *column, args []string) bool { return slices.Contains(args, c.before().last) }
	}
	return nil
}

// columnFlag is one of the questions about a column.
func columnFlag(word string) func(c *column) bool {
	switch word {
	case "key":
		return func(c *column) bool { return c.key != nil }
	case "refers":
		return func(c *column) bool { return c.to != nil }
	case "surrogate":
		return (*column).surrogate
	case "bool":
		return (*column).isBool
	case "sampled":
		return func(c *column) bool { return c.seen.known() }
	case "natural":
		return func(c *column) bool { return c.natural }
	case "leads":
		return (*column).leads
	case "homed":
		return func(c *column) bool { return c.table.homed }
	case "shared":
		return func(c *column) bool { return c.table.common[c.Name] >= shared }
	case "knows":
		return func(c *column) bool { return c.table.known(c.name) }
	}
	return nil
}

// onEvidence asks about the values of a column; the answer is 0 where none were seen.
func onEvidence(f func(e *evidence) float64) func(*subject) float64 {
	return func(s *subject) float64 {
		if s.column == nil || !s.column.seen.known() {
			return 0
		}
		return f(s.column.seen)
	}
}

// ofClass is a share of values that classes have to do with.
func ofClass(word string, args []string) func(*subject) float64 {
	a, b := pii.Class(slices.Concat(args, []string{""})[0]), pii.Class(slices.Concat(args, []string{"", ""})[1])
	return onEvidence(func(e *evidence) float64 {
		switch word {
		case "could":
			return e.could[a]
		case "shown":
			return e.share[a] - e.bare[a]
		case "mostly":
			if e.share[a] >= e.share[b] {
				return 1
			}
			return 0
		}
		return e.share[a]
	})
}

// valueNumber is one of the numbers about the values of a column.
func valueNumber(word string) func(e *evidence) float64 {
	return map[string]func(e *evidence) float64{
		"values":   func(e *evidence) float64 { return float64(e.values) },
		"distinct": func(e *evidence) float64 { return float64(e.distinct) },
		"unique":   func(e *evidence) float64 { return float64(e.distinct) / float64(e.values) },
		"longest":  func(e *evidence) float64 { return float64(e.short) },
		"shortest": func(e *evidence) float64 { return float64(e.least) },
		"yesno":    func(e *evidence) float64 { return e.yesNo },
		"uuids":    func(e *evidence) float64 { return e.uuids },
		"prose":    func(e *evidence) float64 { return e.prose },
		"digits":   func(e *evidence) float64 { return e.digits },
		"numeric":  func(e *evidence) float64 { return e.digits + e.share[pii.Phone] },
		"opaque":   func(e *evidence) float64 { return e.opaque },
		"accounts": func(e *evidence) float64 { return e.accounts },
		"pictures": func(e *evidence) float64 { return e.pictures },
		"digests":  func(e *evidence) float64 { return e.digests },
		"decimals": func(e *evidence) float64 { return e.decimals },
	}[word]
}
