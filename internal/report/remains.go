package report

import "fmt"

// Judgement is what a run says of what it leaves reachable beside what it made.
type Judgement string

// The judgements.
const (
	Passed  Judgement = "passed"  // nothing that today's rules mask was found in it
	Leaks   Judgement = "leaks"   // it holds what today's rules mask
	Unknown Judgement = "unknown" // it could not be looked into
)

// Remain is what a run leaves reachable beside what it made: the database before it, a
// branch that was made of an earlier one, or an older run in a bucket.
type Remain struct {
	Name    string    `json:"name"`             // "database shop_previous", "run 20261121T030000Z-7f3a"
	Bucket  string    `json:"bucket,omitempty"` // that holds it; empty for a database
	OID     int64     `json:"oid,omitempty"`    // of a database
	Run     string    `json:"run,omitempty"`    // that made it; empty if none is known
	Verdict Judgement `json:"verdict"`
	Why     string    `json:"why"`               // of the verdict
	Dropped bool      `json:"dropped,omitempty"` // by this run, once staging and buckets are replaced
}

// String is what remains, in one line.
func (r Remain) String() string {
	where := ""
	if r.Bucket != "" {
		where = " in bucket " + r.Bucket
	}
	if r.Dropped {
		return fmt.Sprintf("%s%s: dropped, %s", r.Name, where, r.Why)
	}
	return fmt.Sprintf("%s%s: %s, %s", r.Name, where, r.Verdict, r.Why)
}

// remainsGate sums up what stays reachable.
func (r *Report) remainsGate() Gate {
	g := Gate{Name: "Earlier copies", State: "ok", Detail: "none is left", Anchor: "remains"}
	left := 0
	for _, x := range r.Remains {
		switch {
		case x.Dropped:
		case x.Verdict != Passed:
			g.State, g.Detail = "warn", x.String()
			return g
		default:
			left++
		}
	}
	if left > 0 {
		g.Detail = fmt.Sprintf("%d left, by these rules clean", left)
	}
	return g
}
