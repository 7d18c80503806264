package verify

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/verify/internal/proof"
	"refresher/internal/verify/pass"
)

// Judge makes the pass for a run and its subject ([pass.StagingDatabase] or a
// bucket's name) if every check of every result holds, and otherwise a
// *[fault.Refusal] that lists what failed, without values: personal data
// by the column in which it is. Results must come
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
	refusal := fault.Refuse("", "")
	told := map[string]bool{} // columns: each object of a dataset that holds one repeats it
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
			gate = cmp.Or(gate, c.Name)
			failed = append(failed, fmt.Sprintf("%s of %s (%s)", c.Name, r.Subject, c.Detail))
			refusal.Problems = append(refusal.Problems, c.problems...)
		}
		for i := range r.Leaks {
			if l := &r.Leaks[i]; !told[l.Place()] {
				told[l.Place()] = true
				refusal.Problems = append(refusal.Problems, l.problem())
			}
		}
	}
	if gate == "" {
		return proof.New(run, subject), nil
	}
	refusal.Gate = gate
	refusal.Reason = fmt.Sprintf("%s failed verification: %s", subject, strings.Join(failed, "; "))
	return pass.Pass{}, refusal
}
