package discover

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
)

// Gone are rules for tables and columns that the catalog doesn't have, unless they say
// that it need not: a problem each, with the place of the rule.
func Gone(cat *catalog.Catalog, rs *rules.Ruleset) []fault.Problem {
	var out []fault.Problem
	for name, t := range rs.Tables {
		table := cat.Table(name)
		if table == nil {
			if !t.Optional {
				out = append(out, gone(t.Pos, name, "", fmt.Sprintf("there is no table %s", name)))
			}
			continue
		}
		for _, c := range t.Columns {
			if c.Wildcard || c.Rule.Optional || table.Column(c.Name) != nil {
				continue
			}
			var names []string
			for _, have := range table.Columns {
				names = append(names, have.Name)
			}
			out = append(out, gone(c.Pos, name, c.Name,
				fmt.Sprintf("there is no column %q in %s%s", c.Name, name, fault.DidYouMean(c.Name, names))))
		}
	}
	slices.SortFunc(out, func(a, b fault.Problem) int { return a.Line - b.Line })
	return out
}

func gone(pos rules.Pos, table catalog.Name, column, text string) fault.Problem {
	what := "its rules, or give them its new name"
	if column != "" {
		what = "its rule, or give it the new name"
	}
	return fault.Problem{File: pos.File, Line: pos.Line, Col: pos.Col, Table: table.String(), Column: column,
		Text: text + ": remove " + what}
}

// Propose gives each column of a refusal for want of a rule the line that check proposes
// for it. Other errors stay as they are.
func Propose(cat *catalog.Catalog, err error) error {
	var refusal *fault.Refusal
	without := func(p fault.Problem) bool { return p.Kind == fault.NoColumnRule }
	if !errors.As(err, &refusal) || !slices.ContainsFunc(refusal.Problems, without) {
		return err
	}
	draft, cause := Names(cat).Draft(nil)
	if cause != nil {
		return err
	}
	for i, p := range refusal.Problems {
		table, cause := catalog.ParseName(p.Table)
		if cause != nil || !without(p) {
			continue
		}
		if line := draft.Line(table, p.Column); line != "" {
			refusal.Problems[i].Fix = "if this fits, paste:   " + line
		}
	}
	return err
}

// current is a ruleset without its rules for what is gone.
func current(cat *catalog.Catalog, rs *rules.Ruleset) *rules.Ruleset {
	if rs == nil || len(Gone(cat, rs)) == 0 {
		return rs
	}
	out := *rs
	out.Tables = maps.Clone(rs.Tables)
	for name, t := range rs.Tables {
		table := cat.Table(name)
		if table == nil {
			if !t.Optional {
				delete(out.Tables, name)
			}
			continue
		}
		left := *t
		left.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c *rules.Column) bool {
			return !c.Wildcard && !c.Rule.Optional && table.Column(c.Name) == nil
		})
		out.Tables[name] = &left
	}
	return &out
}
