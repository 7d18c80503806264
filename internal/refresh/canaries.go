package refresh

import (
	"slices"
	"strings"
	"sync"

	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/scrub"
	"refresher/internal/verify/canary"
)

// canaries is what became of a run's canaries: invented values that go through the
// very writers of the rows before any row does.
type canaries struct {
	mu         sync.Mutex
	tables     []canary.Table
	identities []scrub.Identity
}

// canarySeed is the seed of a table's canaries in a run.
func canarySeed(key secret.Key, run string) func(table string) []byte {
	return func(table string) []byte { return key.Derive("canaries\x00" + run + "\x00" + table) }
}

// rehearse lets canaries through the writer of a table's first chunk; nothing of them
// goes on. Some of their identities are remembered as the source's are, so that
// everything that is verified is searched for them as well.
func (c *canaries) rehearse(w *scrub.Writer, fp *fingerprint.Collector, name string,
	seed func(table string) []byte) error {
	if c.had(name) {
		return nil
	}
	table, identities, err := w.Rehearse(seed(name))
	if err != nil {
		return err
	}
	for _, id := range identities {
		fp.Add(id.Class, []byte(id.Text))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tables = append(c.tables, table)
	c.identities = append(c.identities, identities...)
	one := canary.Result{Tables: []canary.Table{table}}
	if problems := one.Problems(); len(problems) > 0 {
		return &fault.Refusal{Gate: "canaries", Problems: problems, Reason: "values that must be masked would pass: " +
			"invented values, made to test this, came out as they went in; no row of the table was copied"}
	}
	return nil
}

// had reports whether a table had its canaries, in an attempt that failed later.
func (c *canaries) had(table string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.tables, func(t canary.Table) bool { return t.Table == table })
}

// result sums up for the report what came of them so far.
func (c *canaries) result() *canary.Result {
	result := &canary.Result{Tables: []canary.Table{}, Followed: int64(len(c.identities))}
	slices.SortFunc(c.tables, func(a, b canary.Table) int { return strings.Compare(a.Table, b.Table) })
	for _, t := range c.tables {
		result.Add(t)
	}
	return result
}

// missed counts into a result the identities that a matcher which looks for survivors
// would not find.
func (c *canaries) missed(m *fingerprint.Matcher, result *canary.Result) {
	for _, id := range c.identities {
		found := m.Scan(nil, []byte("seen: "+id.Text+"."))
		if slices.ContainsFunc(found, func(f fingerprint.Match) bool { return f.Class == id.Class }) {
			continue
		}
		result.Missed++
		for _, t := range result.Tables {
			for i := range t.Columns {
				if t.Table == id.Table && t.Columns[i].Column == id.Column {
					t.Columns[i].Missed++
				}
			}
		}
	}
}

// followed counts the identities of canaries among the fingerprints of a class.
func (c *canaries) followed(class pii.Class) (n int64) {
	for _, id := range c.identities {
		if id.Class == class {
			n++
		}
	}
	return n
}
