package notify

import (
	"fmt"
	"slices"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/report/notice"
	"refresher/internal/report/visible"
	"refresher/internal/verify"
)

// Of is what there is to tell of a run that ended; false if there is nothing, since it did not begin:
// another was going. recovered says that the run before was not done, or that staging was stale.
func Of(rep *report.Report, recovered bool) (n notice.Notice, ok bool) {
	n = notice.Notice{Run: rep.Run, Outcome: rep.Outcome, Stage: rep.Stage, Database: rep.Staging.Database,
		Started: rep.Started, Finished: rep.Finished, Promoted: rep.Promoted, Warnings: len(rep.Warnings),
		Tables: len(rep.Tables)}
	switch rep.Outcome {
	case fault.Done:
		n.Kind = notice.Done
		if recovered {
			n.Kind = notice.Recovered
		}
	case fault.Refused, fault.Failed, fault.Invalid, fault.Stopped, fault.Lost:
		n.Kind = notice.Kind(rep.Outcome)
	default:
		return n, false
	}
	if !rep.Finished.IsZero() {
		n.Seconds = rep.Finished.Sub(rep.Started).Seconds()
	}
	n.Rows, n.Bytes = rep.Totals()
	for _, v := range rep.Verification {
		for _, r := range v.Results {
			n.Findings += r.Survivors + r.Detected
		}
	}
	n.Because(rep.Error)
	if found := findings(rep); rep.Outcome == fault.Refused && len(found) > 0 {
		n.Details, n.More = nil, 0
		for _, f := range found {
			n.Add(f)
		}
	}
	n.ID = rep.Run + "-" + string(n.Kind)
	return n, true
}

// findings are those that refuse, counted by column and class. The report and the refusal show shapes of
// what was found, with initials of values, and these stay there.
func findings(rep *report.Report) (list []string) {
	type place struct {
		column, class, what string
	}
	counts := map[place]int{}
	for _, v := range rep.Verification {
		for _, r := range v.Results {
			for _, f := range r.Findings {
				if !f.Strong {
					continue
				}
				p := place{column: f.Table, class: string(f.Class), what: "personal by shape"}
				if f.Column != "" {
					p.column += "." + f.Column
				}
				if f.Kind == verify.Survivor {
					p.what = "of the source"
				}
				counts[p]++
			}
		}
	}
	for p, n := range counts {
		list = append(list, fmt.Sprintf("%s: %s %s (class %s)", p.column, visible.Plural(n, "value"), p.what, p.class))
	}
	slices.Sort(list)
	return list
}
