// Package check holds a ruleset against a catalog and lists everything that a
// reviewer should know, each with its place in the rules: what they leave open,
// what they name that is gone, what can't work, and what they keep although it
// looks personal. No row is read.
//
//	missing-table, missing-column   no rule: a run would be refused; Paste is a proposal
//	gone-table, gone-column         a rule for what isn't there
//	type                            a transform that can't serve the column's type
//	conflict                        rules that can't work together, or with the database's keys and indexes
//	invalid-rule                    a rules file that can't be understood
//	changed-type                    another type than the schema that was given to compare with
//	suspicious-keep                 kept, although its name or type speaks of personal data
//	gate                            another gate that would refuse a run, such as gaps of Safe Harbor
//	review                          kept by a pattern, and newer than its last review
//	pattern                         a pattern that fits nothing
//	constraint                      a CHECK that a fake could break
//	hook                            a hook that can't do what it says
//	synthetic                       rows that can't be made up for a bucket with content: synthetic
//	version                         the versions of a product that the rules were written for, if its tables are there
package check

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/discover"
	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// Level says how much an issue weighs.
type Level string

// The levels: an error stops runs; a warning does under strict.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Note    Level = "note"
)

// Issue is one thing to know. Its JSON is a contract with scripts.
type Issue struct {
	ID      string `json:"id"`
	Level   Level  `json:"level"`
	Message string `json:"message"`
	Table   string `json:"table,omitempty"`
	Column  string `json:"column,omitempty"`
	File    string `json:"file,omitempty"` // where in the rules it belongs
	Line    int    `json:"line,omitempty"` // from 1
	Col     int    `json:"col,omitempty"`
	Paste   string `json:"paste,omitempty"` // a line for the rules
}

// Result is what a check found.
type Result struct {
	Database string  `json:"database"`
	Passed   bool    `json:"passed"`
	Tables   int     `json:"tables"`
	Columns  int     `json:"columns"`
	Masked   int     `json:"masked"`
	Kept     int     `json:"kept"`
	Wildcard int     `json:"wildcard"` // kept or masked by "*"
	Issues   []Issue `json:"issues"`   // by place

	Patterns  []Pattern  `json:"patterns,omitempty"`  // what patterns and defaults decided, in the order of the rules
	Decisions []Decision `json:"decisions,omitempty"` // of every column, if they were asked for
}

// Pattern is what a pattern or default of the rules has decided.
type Pattern struct {
	Pattern string   `json:"pattern"`
	File    string   `json:"file"`
	Line    int      `json:"line"`
	Tables  []string `json:"tables,omitempty"`  // that a pattern for tables fits
	Columns []string `json:"columns,omitempty"` // that it decided on

	text string
}

// Decision says which rule decides on a column.
type Decision struct {
	Table   string `json:"table"`
	Column  string `json:"column,omitempty"` // "": the table's rows
	Rule    string `json:"rule"`
	Origin  string `json:"origin"` // file:line
	Pattern string `json:"pattern,omitempty"`
}

// Input is what to check.
type Input struct {
	Rules  *rules.Ruleset  // what could be understood
	Files  []string        // its files
	Broken error           // what rules.Load said
	Hooks  []fault.Problem // what is wrong with hooks
	// Objects is what objects beside the database look like, and Gaps what was said of them: rules
	// that can't be read, and objects and columns without one.
	Objects []scrub.File
	Gaps    error
	Now     *catalog.Catalog
	Before  *catalog.Catalog // to compare types with; nil: nothing
	Made    []Made           // databases that are made up from this one
	Filled  bool             // Now counts no rows, so every table may have some
	Strict  bool             // warnings count, too
	Listed  bool             // the result lists what decides on every column
}

// checker collects issues.
type checker struct {
	Input
	expansion *rules.Expansion
	survey    *discover.Survey
	out       *Result
	said      map[fault.Problem]bool
	lines     map[string][]string // of the rules files
}

// Run checks. Its error is a fault of the environment; what is wrong is in the result.
func Run(in Input) (*Result, error) {
	c := checker{Input: in, survey: discover.Names(in.Now), out: &Result{Database: in.Now.Database,
		Issues: []Issue{}}, said: map[fault.Problem]bool{}, lines: map[string][]string{}}
	c.broken()
	for _, p := range in.Hooks {
		c.add(Issue{ID: "hook", Level: Error, Message: p.Text, File: p.File, Line: p.Line, Col: p.Col})
	}
	program, err := scrub.Compile(in.Rules, in.Now, make([]byte, 32), in.Objects...) // which draws nothing from the key
	err = errors.Join(err, in.Gaps)
	c.expansion = scrub.Expand(in.Rules, in.Now)
	c.Rules = c.expansion.Rules
	c.gone()
	if err := c.refused(err); err != nil {
		return nil, err
	}
	c.keeps(c.Rules.Tables, c.Now, c.survey)
	c.keepsOfObjects()
	c.types()
	c.patterns()
	c.versions()
	if err := c.synthetic(program); err != nil {
		return nil, err
	}
	if program != nil {
		c.count(program)
		for _, w := range program.Warnings() {
			if !slices.ContainsFunc(c.out.Issues, func(i Issue) bool {
				return i.ID == "pattern" &&
					strings.HasSuffix(w, i.Message)
			}) {
				c.add(Issue{ID: "constraint", Level: Note, Message: w})
			}
		}
	}
	slices.SortStableFunc(c.out.Issues, func(a, b Issue) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	c.out.Passed = !slices.ContainsFunc(c.out.Issues, func(i Issue) bool {
		return i.Level == Error || in.Strict &&
			i.Level == Warning
	})
	return c.out, nil
}

func (c *checker) add(i Issue) { c.out.Issues = append(c.out.Issues, i) }

// at is an issue at a place in the rules.
func (c *checker) at(pos rules.Pos, i Issue) {
	i.File, i.Line, i.Col = pos.File, pos.Line, pos.Col
	c.add(i)
}

// broken lists what is no ruleset at all.
func (c *checker) broken() {
	var input *fault.Input
	if !errors.As(c.Broken, &input) {
		return
	}
	for _, p := range input.Problems {
		c.add(Issue{ID: "invalid-rule", Level: Error, Message: p.Text, File: p.File, Line: p.Line, Col: p.Col})
	}
}

// gone lists rules for tables and columns that aren't there.
func (c *checker) gone() {
	for _, p := range discover.Gone(c.Now, c.Rules) {
		c.said[p.Place()] = true
		id := "gone-table"
		if p.Column != "" {
			id = "gone-column"
		}
		c.add(Issue{ID: id, Level: Error, Table: p.Table, Column: p.Column, File: p.File, Line: p.Line, Col: p.Col,
			Message: p.Text})
	}
}

// refused sorts what the compiler says.
func (c *checker) refused(err error) error {
	for _, e := range flatten(err) {
		var input *fault.Input
		var refusal *fault.Refusal
		switch {
		case errors.As(e, &input):
			for _, p := range input.Problems {
				if c.said[p.Place()] {
					continue
				}
				id := "conflict"
				if p.Kind == fault.WrongType {
					id = "type"
				}
				c.add(Issue{ID: id, Level: Error, Message: p.Text, File: p.File, Line: p.Line, Col: p.Col})
			}
		case errors.As(e, &refusal) && refusal.Gate == "coverage":
			if err := c.missing(refusal.Problems); err != nil {
				return err
			}
		case errors.As(e, &refusal) && refusal.Gate == "review": // see patterns
		case errors.As(e, &refusal):
			c.add(Issue{ID: "gate", Level: Error, Message: refusal.Error()})
		default:
			return e
		}
	}
	return nil
}

// flatten takes joined errors apart.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range many.Unwrap() {
			out = append(out, flatten(e)...)
		}
		return out
	}
	return []error{err}
}

// missing lists tables and columns without a rule, with one to paste.
func (c *checker) missing(gate []fault.Problem) error {
	draft, err := c.survey.Draft(nil)
	if err != nil {
		return err
	}
	without := map[fault.Problem]bool{}
	for _, p := range gate {
		if c.ofObjects(p) {
			c.gap(p)
			continue
		}
		without[fault.Problem{Kind: p.Kind, Table: p.Table, Column: p.Column}] = true
	}
	for _, t := range c.Now.Tables {
		if without[fault.Problem{Kind: fault.NoTableRule, Table: t.Name.String()}] {
			c.missingTable(t)
		}
		for _, col := range t.Columns {
			if !without[fault.Problem{Kind: fault.NoColumnRule, Table: t.Name.String(), Column: col.Name}] {
				continue
			}
			line := draft.Line(t.Name, col.Name)
			i := Issue{ID: "missing-column", Level: Error, Table: t.Name.String(), Column: col.Name, Paste: line,
				Message: fmt.Sprintf("%s.%s (%s) has no rule", t.Name, col.Name, col.Type.SQL)}
			if f, held := c.survey.Suspicious(t.Name, col.Name); held {
				i.Message += fmt.Sprintf("; %s (class %s)", f.Reason, f.Class)
			}
			c.at(c.home(t), i)
		}
	}
	return nil
}

func (c *checker) missingTable(t *catalog.Table) {
	c.at(c.home(t), Issue{ID: "missing-table", Level: Error, Table: t.Name.String(),
		Message: fmt.Sprintf("%s has no rules; if its rows aren't needed, rows: none will do", t.Name),
		Paste:   discover.Key(t.Name.String()) + ": {rows: none}"})
}

// home is where rules for a table belong: at the table, or at the end of the last file.
func (c *checker) home(t *catalog.Table) rules.Pos {
	for _, n := range []catalog.Name{t.Name, t.Root} {
		if r := c.Rules.Tables[n]; r != nil {
			return r.Pos
		}
	}
	if len(c.Files) == 0 {
		return rules.Pos{}
	}
	last := c.Files[len(c.Files)-1]
	return rules.Pos{File: last, Line: max(1, len(c.text(last))), Col: 1}
}

// text are the lines of a rules file.
func (c *checker) text(file string) []string {
	if lines, ok := c.lines[file]; ok {
		return lines
	}
	b, _ := rules.ReadFile(file) // it was read before, and says so if it can't be
	c.lines[file] = strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	return c.lines[file]
}

// types lists columns with a rule whose type is another than before.
func (c *checker) types() {
	if c.Before == nil {
		return
	}
	for name, t := range c.Rules.Tables {
		now, before := c.Now.Table(name), c.Before.Table(name)
		if now == nil || before == nil {
			continue
		}
		for _, col := range now.Columns {
			old := before.Column(col.Name)
			rule := t.Column(col.Name)
			if rule == nil {
				rule = t.Wildcard()
			}
			if old == nil || rule == nil || typeOf(old) == typeOf(col) {
				continue
			}
			c.at(rule.Pos, Issue{ID: "changed-type", Level: Warning, Table: name.String(), Column: col.Name,
				Message: fmt.Sprintf("%s.%s was %s and is %s: see whether its rule still fits", name, col.Name,
					typeOf(old),
					typeOf(col))})
		}
	}
}

func typeOf(c *catalog.Column) string {
	if n := c.MaxChars(); n > 0 {
		return fmt.Sprintf("%s(%d)", c.Type.SQL, n)
	}
	return c.Type.SQL
}

func (c *checker) count(p *scrub.Program) {
	for _, d := range p.Decisions() {
		c.out.Tables++
		if c.Listed {
			c.decided(d)
		}
		for _, col := range d.Columns {
			c.out.Columns++
			if col.Keep {
				c.out.Kept++
			} else {
				c.out.Masked++
			}
			if col.Wildcard {
				c.out.Wildcard++
			}
		}
	}
}
