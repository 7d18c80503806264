package refresh

import (
	"errors"

	"refresher/internal/discover"
	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify"
)

// maxProposals is how many columns of a refusal get a rule: each proposal compiles the
// rules some times.
const maxProposals = 50

// origins finds the columns of the source by the fingerprints of their values.
type origins func(prints []uint64) (map[uint64][]string, error)

// explain says in results what a person needs to mend what refuses: whose values
// survived, and the rule to write.
func explain(cat *catalog.Catalog, rs *rules.Ruleset, from origins, results ...*verify.Result) error {
	var remedy func(table, column string, classes []pii.Class) string
	proposed := 0
	for _, r := range results {
		if err := r.Trace(from); err != nil {
			return err
		}
		for i := range r.Leaks {
			l := &r.Leaks[i]
			if len(l.Allow) == 0 || proposed == maxProposals {
				continue // no rule decides on a definition or a file
			}
			if remedy == nil {
				remedy = discover.Remedies(cat, rs)
			}
			var classes []pii.Class
			for _, c := range l.Classes {
				classes = append(classes, c.Class)
			}
			l.Rule = remedy(l.Table, l.Column, classes)
			proposed++
		}
	}
	return nil
}

// withRemedies gives each column of a refusal by canaries another rule to write. Other
// errors stay as they are.
func withRemedies(cat *catalog.Catalog, rs *rules.Ruleset, err error) error {
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || refusal.Gate != "canaries" {
		return err
	}
	remedy := discover.Remedies(cat, rs)
	for i, p := range refusal.Problems {
		if p.Column == "" || p.Fix != "" || i >= maxProposals {
			continue
		}
		if line := remedy(p.Table, p.Column, nil); line != "" {
			refusal.Problems[i].Fix = "\npaste:   " + line
		}
	}
	return err
}
