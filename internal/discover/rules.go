package discover

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"refresher/internal/pii"
	"refresher/internal/scrub/transform"
)

//go:embed rules.txt
var rulesText string

var parsed struct {
	sync.Once
	rules *ruleFile
}

// columnRules is what rules.txt says.
func columnRules() *ruleFile {
	parsed.Do(func() {
		var err error
		if parsed.rules, err = parseRules(rulesText); err != nil {
			panic(err) // it is part of the program
		}
	})
	return parsed.rules
}

// ruleFile is rules.txt, read; its comments describe the language.
type ruleFile struct {
	lists      map[string][]string
	families   map[string][]transform.Family
	conditions map[string]condition
	facts      []fact
	stages     map[string][]rule
	sentences  map[pii.Class]string // classes as they stand in a sentence
	asked      []string             // words that conditions ask for
}

// fact is something that is found out about every table.
type fact struct {
	name  string
	holds condition
}

// rule gives a class to columns of some families that fit.
type rule struct {
	line     int // of rules.txt
	class    pii.Class
	score    float64            // from 0 to 1
	slope    float64            // added to it for the share of values that are of the class
	reason   string             // "" for the usual one
	families []transform.Family // nil: all
	need     need
	fits     condition
}

// need is what the table of a column must be like for a rule to count in full.
type need uint8

const (
	nothing need = iota
	person       // its rows are about persons
	author       // or made by one
	place        // an address, or persons
)

var needs = map[string]need{"person": person, "author": author, "place": place}

// clinic is the one fact that is found out about the whole database.
const clinic = "clinic"

func parseRules(text string) (*ruleFile, error) {
	r := &ruleFile{
		lists: map[string][]string{}, families: map[string][]transform.Family{}, conditions: map[string]condition{},
		stages: map[string][]rule{}, sentences: map[pii.Class]string{},
	}
	stage, entry, first := "", "", 0
	for i, line := range strings.Split(text+"\nend", "\n") {
		line, _, _ = strings.Cut(line, "#")
		if strings.HasPrefix(line, " ") {
			entry += " " + strings.TrimSpace(line)
			continue
		}
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if entry != "" {
			if err := r.add(&stage, entry, first); err != nil {
				return nil, fmt.Errorf("rules.txt:%d: %w", first, err)
			}
		}
		entry, first = line, i+1
	}
	return r, nil
}

// add reads one entry.
func (r *ruleFile) add(stage *string, entry string, line int) error {
	if s, ok := strings.CutPrefix(entry, "["); ok {
		*stage = strings.TrimSuffix(s, "]")
		return nil
	}
	head, body, ok := strings.Cut(entry, ":")
	head, reason, _ := strings.Cut(head, "\"")
	words := strings.Fields(head)
	if !ok || len(words) < 2 {
		return fmt.Errorf("an entry is KIND NAME: …, or CLASS SCORE FAMILIES: …")
	}
	var err error
	switch name := words[1]; words[0] {
	case "list":
		r.lists[name], err = r.expand(strings.Fields(body))
		return err
	case "families":
		for _, f := range strings.Fields(body) {
			r.families[name] = append(r.families[name], transform.Family(f))
		}
		return nil
	case "sentence":
		r.sentences[pii.Class(name)] = strings.TrimSpace(body)
		return nil
	case "let":
		r.conditions[name], err = r.condition(body)
		return err
	case "fact":
		holds, err := r.condition(body)
		r.facts = append(r.facts, fact{name, holds})
		return err
	}
	out := rule{line: line, class: pii.Class(words[0]), reason: strings.TrimSuffix(strings.TrimSpace(reason), "\"")}
	score, slope, _ := strings.Cut(words[1]+"+0", "+")
	out.slope, _ = strconv.ParseFloat(strings.TrimSuffix(slope, "+0"), 64)
	if out.score, err = strconv.ParseFloat(score, 64); err != nil || len(words) < 3 || len(words) > 4 {
		return fmt.Errorf("a rule is CLASS SCORE FAMILIES [NEED]: CONDITION")
	}
	if words[2] != "all" {
		out.families = r.familiesOf(strings.Split(words[2], "+"))
	}
	if len(words) == 4 {
		if out.need = needs[words[3]]; out.need == nothing {
			return fmt.Errorf("%q is not person, author or place", words[3])
		}
	}
	out.fits, err = r.condition(body)
	r.stages[*stage] = append(r.stages[*stage], out)
	return err
}

// expand puts lists in the place of their names.
func (r *ruleFile) expand(words []string) ([]string, error) {
	var out []string
	for _, w := range words {
		name, isList := strings.CutPrefix(w, "@")
		if !isList {
			out = append(out, w)
			continue
		}
		if r.lists[name] == nil {
			return nil, fmt.Errorf("there is no list %q", name)
		}
		out = append(out, r.lists[name]...)
	}
	return out, nil
}

// familiesOf are the families that names of sets, or of families, stand for.
func (r *ruleFile) familiesOf(names []string) []transform.Family {
	var out []transform.Family
	for _, n := range names {
		if set := r.families[strings.TrimPrefix(n, "@")]; set != nil {
			out = append(out, set...)
		} else {
			out = append(out, transform.Family(n))
		}
	}
	return out
}

func (r *ruleFile) isFact(name string) bool {
	return slices.Contains([]string{clinic, theirs, treated}, name) ||
		slices.ContainsFunc(r.facts, func(f fact) bool { return f.name == name })
}

// hint is what a name says of a column.
type hint struct {
	class pii.Class
	score float64 // from 0 to 1
	need  need
	clean bool // it says that the column is none, rather than nothing
}

// find is the first rule of a stage that fits, nil if none does.
func (r *ruleFile) find(stage string, s *subject) *rule {
	for i := range r.stages[stage] {
		rule := &r.stages[stage][i]
		if (rule.families == nil || slices.Contains(rule.families, s.family)) && rule.fits(s) {
			return rule
		}
	}
	return nil
}

// first is what the first rule of a stage says that fits; a hint without a class if none does.
func (r *ruleFile) first(stage string, s *subject) hint {
	rule := r.find(stage, s)
	if rule == nil {
		return hint{}
	}
	return hint{class: rule.class, score: rule.score, need: rule.need, clean: rule.class == pii.None}
}

// hintOf reads a column's name alone; family is its type's.
func hintOf(n *name, family transform.Family, table *name) hint {
	if h := columnRules().first("names", &subject{name: n, in: table, family: family}); h.class != "" {
		return h
	}
	return hint{class: pii.None}
}

// fits asks a condition of rules.txt about the column.
func (c *column) fits(condition string) bool { return columnRules().conditions[condition](c.subject()) }

func (c *column) subject() *subject {
	return &subject{name: c.name, in: c.table.name, family: c.family, table: c.table, column: c}
}

// is reports a fact about a table.
func (t *table) is(fact string) bool { return t != nil && t.facts[fact] }

// count is how many of a table's columns fit.
func (t *table) count(c condition) (n int) {
	if t == nil {
		return 0
	}
	for _, col := range t.columns {
		if c(col.subject()) {
			n++
		}
	}
	return n
}

// holds asks a condition of rules.txt about the table.
func (t *table) holds(c condition) bool {
	return c(&subject{name: &name{}, in: t.name, table: t})
}
