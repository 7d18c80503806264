package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/verify/canary"
	"refresher/internal/verify/risk"
)

// risk counts the classes of the declared quasi-identifiers.
func (db *database) risk(ctx context.Context, conn *pgx.Conn) ([]*risk.Result, Check, error) {
	specs := db.v.opts.Risk
	if len(specs) == 0 {
		return []*risk.Result{}, check("risk", "no quasi-identifiers are declared", nil), nil
	}
	results, err := risk.Measure(ctx, conn, specs)
	if err != nil {
		return nil, Check{}, err
	}
	var problems []string
	below := 0
	for _, r := range results {
		if !r.OK {
			below++
		}
		if !r.Passed {
			problems = append(problems, r.Problems()...)
		}
	}
	return results, check("risk", fmt.Sprintf("%d sets of quasi-identifiers, %d with classes below their thresholds",
		len(results), below), problems), nil
}

// canaries judges what became of the run's canaries, and that every masked column
// of every table was thought of: a self-test that was left out proves nothing.
func (db *database) canaries(r *canary.Result) Check {
	problems := r.Problems()
	type place struct{ table, column string }
	seen := map[place]bool{}
	for _, t := range r.Tables {
		for _, c := range t.Columns {
			seen[place{t.Table, c.Column}] = true
		}
	}
	for _, t := range db.cat.Tables {
		spec := db.specs[t.Name]
		if spec == nil || spec.RowsNone || !t.HoldsRows() {
			continue
		}
		for _, c := range spec.Columns {
			if col := t.Column(c.Name); !c.Keep && col != nil && !col.Generated &&
				!seen[place{t.Name.String(), c.Name}] {
				problems = append(problems, fault.Problem{Table: t.Name.String(), Column: c.Name,
					Text: fmt.Sprintf("%s.%s: masked, and no canary went through", t.Name, c.Name)})
			}
		}
	}
	slices.SortFunc(problems, func(a, b fault.Problem) int { return strings.Compare(a.Text, b.Text) })
	return Check{Name: "canaries", OK: len(problems) == 0, Detail: r.Detail(), problems: problems}
}
