package scrub

import (
	"slices"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/condition"
	"refresher/internal/scrub/rules"
)

// Again compiles rules for rows that the same rules have scrubbed before, to scrub them a second time with another key.
// Rows that a condition left behind are gone already, so none is left behind now. A condition that reads a masked
// column can't be decided a second time: each is a problem of the *fault.Input that is returned.
func Again(rs *rules.Ruleset, cat *catalog.Catalog, key []byte) (*Program, error) {
	p, err := Compile(rs, cat, key)
	if err != nil {
		return nil, err
	}
	var in fault.Input
	for i, tp := range p.tables {
		again := *tp
		again.filter = nil
		p.tables[i] = &again
		for _, cond := range tp.conditions {
			if cond == tp.filter {
				continue
			}
			if name := tp.masked(cond); name != "" {
				in.Problems = append(in.Problems, fault.Problem{Table: tp.Table.Name.String(), Column: name,
					Text: "rekey: a condition in the rules of " + tp.Table.Name.String() + " reads " + name +
						", which is masked, so it can't be decided again on scrubbed rows"})
			}
		}
	}
	if len(in.Problems) > 0 {
		return nil, &in
	}
	return p, nil
}

// masked is a column that a condition reads and that the plan masks, "" if there is none.
func (p *TablePlan) masked(cond *condition.Condition) string {
	for _, col := range cond.Reads() {
		if slices.ContainsFunc(p.cells, func(c columnPlan) bool { return c.name == col.Name }) {
			return col.Name
		}
	}
	return ""
}

// Drawn are the indices in Columns of those whose values are all replaced by others, drawn by the key.
func (p *TablePlan) Drawn() []int {
	var at []int
	for i := range p.cells {
		if c := &p.cells[i]; !c.null && len(c.cases) == 0 && c.op != nil && c.op.dom != nil {
			at = append(at, c.at)
		}
	}
	return at
}
