package report

import (
	"fmt"
	"refresher/internal/report/visible"
	"slices"

	"refresher/internal/fault"
)

// Gate is one thing that a run had to prove, and whether it did.
type Gate struct {
	Name   string
	State  string // ok, bad, warn for what needs a look, none for what was not reached or not asked for
	Detail string
	Anchor string // of the page
}

// Mark is the state as one character.
func (g Gate) Mark() string {
	switch g.State {
	case "ok":
		return "✓"
	case "bad":
		return "✗"
	case "warn":
		return "!"
	}
	return "–"
}

// Gates are what the run had to prove, in the order of a reader's interest.
func (r *Report) Gates() []Gate {
	sum := r.Summary()
	gates := []Gate{
		r.gate("Coverage", "verification",
			fmt.Sprintf("%d tables, %d columns, a rule each", len(r.Tables), sum.Columns), "coverage"),
		r.gate("Row counts", "verification", "each row arrived, once", "rows", "empty"),
		r.gate("Constraints", "verification", "all valid, as in the source", "constraints"),
		r.gate("Survivors", "survivors",
			fmt.Sprintf("%s of %s source identifiers", visible.Count(sum.Survivors), visible.Count(sum.Looked)),
			"survivors"),
		r.gate("Detectors", "verification",
			fmt.Sprintf("%s strong, %s weak findings", visible.Count(sum.Detected), visible.Count(r.weak())),
			"detectors"),
	}
	if g := &gates[4]; g.State == "ok" && r.weak() > 0 {
		g.State = "warn"
	}
	if objects := r.gate("Large objects", "verification", "those that left the source, looked through",
		"large objects"); objects.State != "none" {
		gates = append(gates, objects)
	}
	if len(r.Remains) > 0 {
		gates = append(gates, r.remainsGate())
	}
	return append(gates, r.canaryGate(), r.riskGate(), r.harborGate(), r.readBackGate(), r.signatureGate())
}

// gate sums up the checks of these names over everything that was verified.
func (r *Report) gate(name, anchor, detail string, checks ...string) Gate {
	g := Gate{Name: name, State: "none", Detail: "not reached", Anchor: anchor}
	for _, s := range r.Verification {
		for _, res := range s.Results {
			for _, c := range res.Checks {
				switch {
				case !slices.Contains(checks, c.Name):
				case !c.OK:
					return Gate{name, "bad", c.Detail, anchor}
				default:
					g.State, g.Detail = "ok", detail
				}
			}
		}
	}
	return g
}

func (r *Report) weak() int64 {
	var n int64
	for _, s := range r.Verification {
		for _, res := range s.Results {
			n += res.Weak
		}
	}
	return n
}

func (r *Report) canaryGate() Gate {
	c := r.Canaries
	switch {
	case c == nil:
		return Gate{"Canaries", "none", "not reached", "verification"}
	case c.Leaked > 0:
		return Gate{"Canaries", "bad", visible.Count(c.Leaked) + " came out", "canaries"}
	case c.Missed > 0:
		return Gate{"Canaries", "bad", visible.Count(c.Missed) + " would not be found", "canaries"}
	case c.Untested > 0:
		return Gate{
			"Canaries",
			"warn",
			fmt.Sprintf("none came out; %d of %d columns tested", c.Tested, c.Columns),
			"canaries",
		}
	}
	return Gate{"Canaries", "ok", fmt.Sprintf("none came out of %d columns", c.Columns), "canaries"}
}

func (r *Report) riskGate() Gate {
	g := Gate{"Risk", "none", "no quasi-identifiers declared", "risk"}
	if len(r.Risk) == 0 {
		return g
	}
	g.State, g.Detail = "ok", fmt.Sprintf("%d sets hold their k", len(r.Risk))
	if len(r.Risk) == 1 {
		g.Detail = fmt.Sprintf("k is %s, of %s asked for", visible.Count(r.Risk[0].K), visible.Count(r.Risk[0].MinK))
	}
	for _, x := range r.Risk {
		switch {
		case !x.Passed:
			return Gate{"Risk", "bad", fmt.Sprintf("k is %s, of %s asked for", visible.Count(x.K), visible.Count(x.MinK)), "risk"}
		case !x.OK:
			g.State, g.Detail = "warn", fmt.Sprintf("k is %s, of %s asked for: reported", visible.Count(x.K),
				visible.Count(x.MinK))
		}
	}
	return g
}

func (r *Report) harborGate() Gate {
	h := r.SafeHarbor
	switch {
	case h == nil || !h.Declared:
		return Gate{"Safe Harbor", "none", "not declared", "risk"}
	case len(h.Gaps) > 0:
		return Gate{"Safe Harbor", "warn", fmt.Sprintf("%d gaps", len(h.Gaps)), "harbor"}
	}
	return Gate{"Safe Harbor", "ok", "18 identifiers accounted for", "harbor"}
}

func (r *Report) readBackGate() Gate {
	g := Gate{"Bucket bytes", "none", "no bucket", "datasets"}
	if r.Outcome != fault.Done {
		g.Detail = "not reached"
	}
	for _, s := range r.Verification[min(1, len(r.Verification)):] {
		if !s.Passed {
			return Gate{"Bucket bytes", "bad", s.Name + " is refused", "verification"}
		}
		g.State, g.Detail = "ok", "read back and compared"
	}
	return g
}

func (r *Report) signatureGate() Gate {
	if r.Signed == nil || len(r.Signed.Signature) == 0 {
		return Gate{"Signature", "none", "not signed", "provenance"}
	}
	return Gate{"Signature", "ok", "report.json, Ed25519", "signature"}
}
