package refresh

import (
	"io"
	"slices"
	"strings"
	"sync"

	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/scrub"
	"refresher/internal/verify/canary"
)

// aviary is what became of a run's canaries.
type aviary struct {
	mu         sync.Mutex
	tables     []canary.Table
	identities []scrub.Identity
}

// writer makes the writer of a chunk. That of a table's first chunk lets canaries
// through before any row: the very writer, and nothing of them goes on. Some of
// their identities are remembered as the source's are, so that everything that
// is verified is searched for them as well.
func (r *run) writer(j job, out io.Writer, fp *fingerprint.Collector) (*scrub.Writer, error) {
	w := r.program.NewWriter(j.plan, out, fp)
	if j.chunk.Index > 0 || !j.plan.Masked() || r.birds.flew(j.plan.Table.Name.String()) {
		return w, nil
	}
	table, identities, err := w.Rehearse(r.Key.Derive("canaries\x00" + r.Options.Run + "\x00" + j.plan.Table.Name.String()))
	if err != nil {
		return nil, err
	}
	for _, id := range identities {
		fp.Add(id.Class, []byte(id.Text))
	}
	r.birds.mu.Lock()
	defer r.birds.mu.Unlock()
	r.birds.tables = append(r.birds.tables, table)
	r.birds.identities = append(r.birds.identities, identities...)
	one := canary.Result{Tables: []canary.Table{table}}
	if problems := one.Problems(); len(problems) > 0 {
		return nil, &fault.Refusal{Gate: "canaries", Problems: problems,
			Reason: "values that must be masked would pass: values of nobody, made to test this, came out as they went in; no row of the table was copied"}
	}
	return w, nil
}

// flew reports whether a table had its canaries, in an attempt that failed later.
func (a *aviary) flew(table string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(a.tables, func(t canary.Table) bool { return t.Table == table })
}

// canaries sums up for the report what came of them so far.
func (r *run) canaries() {
	result := &canary.Result{Tables: []canary.Table{}, Followed: int64(len(r.birds.identities))}
	slices.SortFunc(r.birds.tables, func(a, b canary.Table) int { return strings.Compare(a.Table, b.Table) })
	for _, t := range r.birds.tables {
		result.Add(t)
	}
	r.report.Canaries = result
}

// missCanaries asks the matcher that looks for survivors whether it would find the
// identities that it was given.
func (r *run) missCanaries() {
	m := r.set.Matcher()
	for _, id := range r.birds.identities {
		found := m.Scan(nil, []byte("seen: "+id.Text+"."))
		if !slices.ContainsFunc(found, func(f fingerprint.Match) bool { return f.Class == id.Class }) {
			r.report.Canaries.Missed++
		}
	}
}

// followed counts the identities of canaries among the fingerprints of a class.
func (r *run) followed(class pii.Class) (n int64) {
	for _, id := range r.birds.identities {
		if id.Class == class {
			n++
		}
	}
	return n
}
