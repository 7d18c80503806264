package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"refresher/internal/config"
	"refresher/internal/discover"
	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/report"
	"refresher/internal/scrub/rules"
)

// patchRun is the patch of the rules by what a run's verification found.
func (a *app) patchRun(ctx context.Context, id string, draft *discover.Draft, files []string,
	existing *rules.Ruleset) ([]byte, error) {
	if existing == nil {
		return nil, fault.BadInput("--from-run patches rules, and there are none yet: run discover without it")
	}
	rep, err := a.reportOf(ctx, id)
	if err != nil {
		return nil, err
	}
	leaks := leaksOf(rep)
	if len(leaks) == 0 {
		fmt.Fprintf(a.err, "run %s found no personal data in a column: its outcome is %s\n", rep.Run, rep.Outcome)
	}
	patch, reviews, err := draft.PatchRun(files, existing, rep.Run, leaks)
	if err != nil {
		return nil, err
	}
	for _, r := range reviews {
		fmt.Fprintf(a.err, "review: %s\n", r)
	}
	return patch, nil
}

// reportOf reads a run's report from the history.
func (a *app) reportOf(ctx context.Context, id string) (*report.Report, error) {
	c, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	return findReport(ctx, []*config.Config{c}, id)
}

// leaksOf are the columns in which a run found what refuses it.
func leaksOf(rep *report.Report) []discover.Leak {
	type place struct{ table, column string }
	classes := map[place]map[pii.Class]int{}
	counts := map[place]int64{}
	for _, v := range rep.Verification {
		for _, res := range v.Results {
			for _, f := range res.Findings {
				if !f.Strong || f.Column == "" {
					continue
				}
				at := place{f.Table, f.Column}
				if classes[at] == nil {
					classes[at] = map[pii.Class]int{}
				}
				classes[at][f.Class]++
			}
			for _, c := range res.Columns {
				at := place{c.Table, c.Column}
				counts[at] = max(counts[at], c.Survivors+c.Detected)
			}
		}
	}
	var leaks []discover.Leak
	for at, by := range classes {
		table, err := catalog.ParseName(at.table)
		if err != nil {
			continue // a file of a dataset: its column has the database's finding
		}
		leak := discover.Leak{Table: table, Column: at.column, Count: counts[at]}
		for class := range by {
			leak.Classes = append(leak.Classes, class)
		}
		slices.SortFunc(leak.Classes, func(a, b pii.Class) int { return cmp.Or(by[b]-by[a], cmp.Compare(a, b)) })
		leaks = append(leaks, leak)
	}
	discover.SortLeaks(leaks)
	return leaks
}
