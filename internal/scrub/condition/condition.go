// Package condition evaluates the conditions of rules (when:) on the raw values
// of a row, before anything is masked.
//
//	is_staff
//	email endsWith "@acme.com" and created_at >= "2024-01-01"
//	status in ["active", "trial"] or deleted_at == nil
//	attributes.plan == "enterprise"            a key within a json or jsonb column
//	"admin" in roles                           an element of an array column
//	$env["odd name"] != nil                    a column whose name is no identifier
//
// The language is that of expr-lang (its parser reads it), cut down to what says
// the same of a row every week on every machine, and checked against the types
// of the table's columns: an unknown column, a comparison of a number with a
// text, a label that an enum doesn't have are errors of [Compile], with their
// place. There is
//
//	==  !=  <  <=  >  >=   and or not (&& || !)   ??   %
//	in [LIST]   in 1..9   in ARRAY_COLUMN
//	contains  startsWith  endsWith  matches "REGEXP" (RE2 syntax)
//	lower(text)  upper(text)  trim(text)  len(text or array)  date("2024-01-31")
//
// # Types
//
// Integers and numeric are compared exactly; real and double precision, and
// and what is compared with them, as double precision. Dates and timestamps are
// compared as moments in UTC with one another, with date("…") and with a text in
// quotes, and have the order that PostgreSQL gives them. Text has no order here,
// as that depends on collation. citext is compared in lower case. A value of any
// other type (uuid, inet, enum, …) is its canonical text, and a text in quotes
// that it is compared with must be a value of the type.
//
// # NULL
//
// It is as in SQL: an operator or function with a NULL operand is unknown, "not"
// of unknown is unknown, "or" holds if one side holds, "and" fails if one side
// fails, and a condition holds only if it is true. So with a NULL email neither
// `email endsWith "@acme.com"` nor `not (email endsWith "@acme.com")` holds. The
// tests `== nil` and `!= nil` are never unknown, and `email ?? ""` is a text in
// any case. A JSON value that is missing, null, or of another kind than what it
// is compared with is unknown, too.
//
// # Safety
//
// Evaluation calls nothing but the operators above, reads no clock, and its
// errors hold no value of the row.
package condition

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/postgres/value"
)

// MaxLen is the greatest length of a condition in bytes.
const MaxLen = 4096

// Error is what is wrong with a condition.
type Error struct {
	Char   int // where, in characters from the start
	Reason string
}

func (e *Error) Error() string { return e.Reason }

// Condition is a checked condition. It never changes and is safe for concurrent use.
type Condition struct {
	reads  []*catalog.Column // slot by slot
	spaces int
	holds  boolean
}

// Compile parses a condition and checks it against the columns that it may
// read. Its error is an *Error.
func Compile(text string, columns []*catalog.Column) (_ *Condition, err error) {
	if len(text) > MaxLen {
		return nil, &Error{0, fmt.Sprintf("the condition is longer than %d bytes", MaxLen)}
	}
	c := &checker{text: text, columns: columns}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *Error: // thrown by the checker
			err = p
		default:
			err = &Error{0, "the condition can't be understood"}
		}
	}()
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, syntax(text, err)
	}
	holds := c.condition(tree.Node)
	return &Condition{reads: c.reads, spaces: c.spaces, holds: holds}, nil
}

var nullTest = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\bis\s+(not\s+)?null\b`) })

// syntax words a parser's error for who knows SQL.
func syntax(text string, err error) *Error {
	var fe *file.Error
	if !errors.As(err, &fe) {
		return &Error{0, "the condition can't be understood"}
	}
	e := &Error{fe.From, fe.Message}
	switch {
	case nullTest().MatchString(text):
		e.Reason += ": write x == nil or x != nil"
	case strings.Contains(fe.Message, `Operator("=")`):
		e.Reason += ": write == to compare"
	case strings.Contains(fe.Message, `Identifier("`):
		e.Reason += ": the words are and, or, not, in, contains, startsWith, endsWith and matches"
	}
	return e
}

// Reads are the columns that the condition reads.
func (c *Condition) Reads() []*catalog.Column { return c.reads }

// Eval evaluates one condition on rows. It has scratch space: one goroutine
// uses it at a time.
type Eval struct {
	holds boolean
	env   env
}

// Bind returns an evaluator for the rows of a COPY stream with these columns,
// among which those that the condition reads are found by name.
func (c *Condition) Bind(f copyfmt.Format, columns []*catalog.Column) (*Eval, error) {
	e := &Eval{holds: c.holds, env: env{slots: make([]slot, len(c.reads)), scratch: make([][]byte, c.spaces)}}
	for i, want := range c.reads {
		s := &e.env.slots[i]
		s.at = -1
		for at, col := range columns {
			if col.Name == want.Name && s.at < 0 {
				*s = slot{at: at, column: col, format: f, codec: value.For(col.Type, f)}
			}
		}
		if s.at < 0 || s.codec == nil {
			return nil, fmt.Errorf("column %q can't be read in %s format", want.Name, f)
		}
		if s.column.Type.Underlying().Kind == catalog.ArrayType {
			s.array = value.ArrayOf(s.column.Type, f)
		}
		s.binary = value.For(s.column.Type, copyfmt.Binary)
	}
	return e, nil
}

var errUnreadable = errors.New(
	"a condition can't be evaluated: the server sent a value that is not of its column's type")

// Holds reports whether the condition is true for a row: neither false nor unknown.
func (e *Eval) Holds(r *copyfmt.Row) (bool, error) {
	e.env.row, e.env.bad = r, false
	holds, known := e.holds(&e.env)
	e.env.row = nil
	if e.env.bad {
		return false, errUnreadable
	}
	return holds && known, nil
}
