package notify

import (
	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/report/notice"
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
	n.ID = rep.Run + "-" + string(n.Kind)
	return n, true
}
