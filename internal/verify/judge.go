package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/verify/internal/proof"
	"refresher/internal/verify/pass"
)

// maxProblems is how many findings a refusal lists.
const maxProblems = 50

// Judge makes the pass for a run and its subject ([pass.StagingDatabase] or a
// bucket's name) if every check of every result holds, and otherwise a
// *[fault.Refusal] that lists what failed, without values. Results must come
// from a Verifier of the same run, and those of staging know what became of the
// run's canaries; anything else is an error, never a pass.
func Judge(run, subject string, results ...*Result) (pass.Pass, error) {
	if len(results) == 0 {
		return pass.Pass{}, errors.New("nothing was verified, so nothing can pass")
	}
	if subject == pass.StagingDatabase && !slices.ContainsFunc(results, func(r *Result) bool {
		return r != nil &&
			r.Canaries != nil
	}) {
		return pass.Pass{}, errors.New("no canary went through the program that scrubbed, so staging can't pass")
	}
	var failed []string
	var gate string
	var problems []string
	for _, r := range results {
		if r == nil || !r.done || len(r.Checks) == 0 {
			return pass.Pass{}, errors.New("a verification that did not come to its end can't pass")
		}
		if r.run != run {
			return pass.Pass{}, fmt.Errorf("%s was verified for run %q, not for %q", r.Subject, r.run, run)
		}
		for _, c := range r.Checks {
			if c.OK {
				continue
			}
			if gate == "" {
				gate = c.Name
			}
			failed = append(failed, fmt.Sprintf("%s of %s (%s)", c.Name, r.Subject, c.Detail))
			problems = append(problems, c.problems...)
		}
	}
	if gate == "" {
		return proof.New(run, subject), nil
	}
	refusal := fault.Refuse(gate, "%s failed verification: %s", subject, strings.Join(failed, "; "))
	if len(problems) > maxProblems {
		rest := len(problems) - maxProblems
		problems = append(problems[:maxProblems:maxProblems], fmt.Sprintf("and %d more", rest))
	}
	refusal.Problems = fault.Problems(problems)
	return pass.Pass{}, refusal
}
