// Package importer reads the masking rules of other tools and writes them as a
// ruleset of ours:
//
//   - PostgreSQL Anonymizer: SECURITY LABEL statements in a file of SQL, or the
//     labels of a live database
//   - greenmask: its configuration, dump.transformation
//   - pgstream: its rules, transformations.table_transformers
//   - Neosync: the mappings of a job, as YAML or JSON
//
// [Read] tells by a file's content which of them it is. Each masking function is
// looked up in mappings.txt, which a reader can check line by line. What has no
// counterpart stays in the ruleset as a comment "# review:" on its column, which
// then has no rule: check refuses it until a rule is written. Those tools copy what
// they don't name; here every column needs a rule, so a ruleset that was read is a
// beginning, and discover fills in the rest as a patch.
package importer

import (
	"cmp"
	"fmt"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// Tool is a program whose rules can be read.
type Tool string

// The tools.
const (
	Anon      Tool = "PostgreSQL Anonymizer"
	Greenmask Tool = "greenmask"
	Pgstream  Tool = "pgstream"
	Neosync   Tool = "Neosync"
)

// Rules are what one file said.
type Rules struct {
	Tool    Tool
	Source  string // the file's name, or "the database"
	Columns []Column
	Notes   []string // what concerns no column: one sentence each, with its line
}

// Column is what one masking function became.
type Column struct {
	Table  catalog.Name
	Name   string // empty: the rule is the table's
	Rule   string // YAML; empty if there is no counterpart
	Review string // what a person should look at; empty if nothing
	From   string // the tool's own words for it: a function's name
	Line   int    // of the file; 0 if there is none
}

// Translated counts the columns that have a rule.
func (r *Rules) Translated() int {
	n := 0
	for _, c := range r.Columns {
		if c.Rule != "" {
			n++
		}
	}
	return n
}

// Read reads a file. A file of none of the tools, or one that names no column, is
// a *fault.Input.
func Read(name string, text []byte) (*Rules, error) {
	text = []byte(strings.TrimPrefix(string(text), "\ufeff"))
	r := &Rules{Source: name}
	var err error
	if looksLikeLabels(text) {
		err = r.labels(name, string(text))
	} else {
		err = r.yaml(name, text)
	}
	if err != nil {
		return nil, err
	}
	if len(r.Columns) == 0 {
		return nil, fault.BadInput("%s holds no masking rule: expected SECURITY LABEL FOR anon, greenmask's "+
			"dump.transformation, pgstream's transformations.table_transformers, or Neosync's mappings", name)
	}
	return r, nil
}

// call is one use of a masking function.
type call struct {
	table  catalog.Name
	column string
	name   string
	args   []string          // positional, without quotes
	named  map[string]string // parameters by name
	lists  map[string][]string
	when   string // a condition; the rule is written without it, so that it masks more
	line   int
}

// add looks a call up and notes what it became.
func (r *Rules) add(key string, c call) {
	col := Column{Table: c.table, Name: c.column, From: c.name, Line: c.line}
	m, known := mappings()[key+" "+lookup(key, c)]
	switch {
	case !known:
		col.Review = fmt.Sprintf("%s of %s is not known here: choose a rule", c.name, r.Tool)
	case m.rule == "":
		col.Review = fmt.Sprintf("%s of %s has no counterpart: %s", c.name, r.Tool, m.review)
	default:
		rule, missing := m.fill(c)
		if missing != "" {
			col.Review = fmt.Sprintf("%s of %s lacks %s: choose a rule", c.name, r.Tool, missing)
			break
		}
		col.Rule, col.Review = rule, m.review
	}
	if c.when != "" {
		col.Review = strings.TrimPrefix(col.Review+"; it was under a condition, and is applied to all rows here", "; ")
	}
	r.Columns = append(r.Columns, col)
}

// lookup is the name that mappings.txt has for a call.
func lookup(key string, c call) string {
	name := c.name
	switch {
	case key == "anon":
		name = name[strings.LastIndexByte(name, '.')+1:]
		name = strings.TrimSuffix(strings.ToLower(name), "_locale")
		for _, prefix := range []string{"fake_", "dummy_", "pseudo_"} {
			name = strings.TrimPrefix(name, prefix)
		}
	case strings.EqualFold(name, "masking"):
		name += ":" + cmp.Or(c.named["type"], "default")
	}
	return name
}
