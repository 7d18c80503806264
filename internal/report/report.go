// Package report is the record of one run: what was read, which rule decided
// each column, what was verified, what was published, and how long it took.
//
// A [Report] is stored as signed JSON in the history and in each bucket
// ([Report.Sign]; docs/report.schema.json describes it), and rendered as one
// self-contained HTML page by [Report.HTML]. It never holds a value of a row: a
// finding carries a redacted shape such as "j***@g***.com".
package report

import (
	"fmt"
	"refresher/internal/report/visible"
	"time"

	"refresher/internal/fault"
	"refresher/internal/s3sink/fingerprints"
	"refresher/internal/verify"
	"refresher/internal/verify/canary"
	"refresher/internal/verify/risk"
)

// Format is the version of the document: it grows when a field changes its
// meaning or goes; fields that come leave it as it is.
const Format = 1

// Outcome is how a run ended.
type Outcome = fault.Outcome

// Report is the record of one run.
type Report struct {
	Format         int                `json:"format"` // version of this document: 1
	Run            string             `json:"run"`
	Version        string             `json:"version"` // of refresher
	Started        time.Time          `json:"started"`
	Finished       time.Time          `json:"finished"`
	Outcome        Outcome            `json:"outcome"`          // done, refused, failed, invalid, stopped, skipped, lost or running
	Promoted       bool               `json:"promoted"`         // staging was replaced
	Bucket         string             `json:"bucket,omitempty"` // in the copy that a bucket gets: which one. It stands as things are when that bucket is published
	Stage          string             `json:"stage,omitempty"`  // where it ended, unless clean
	Error          string             `json:"error,omitempty"`
	Source         Server             `json:"source"`
	Staging        Server             `json:"staging"`
	KeyFingerprint string             `json:"key_fingerprint"` // tells masking keys apart, says nothing of the key
	Signing        Signing            `json:"signing"`
	RulesetHash    string             `json:"ruleset_sha256"`
	SchemaHash     string             `json:"schema_sha256"` // of the source's tables, columns and types
	Snapshot       string             `json:"snapshot"`      // the source's exported snapshot
	Standing       Standing           `json:"standing"`
	Stages         []Stage            `json:"stages"`
	Tables         []Table            `json:"tables"`                 // coverage: every table and column, and the rule that decided it
	Identifiers    []Identifier       `json:"identifiers"`            // source values remembered as fingerprints
	Prints         *fingerprints.Kept `json:"fingerprints,omitempty"` // the keyed fingerprint set that the run left
	Verification   []Subject          `json:"verification"`
	Canaries       *canary.Result     `json:"canaries,omitempty"`
	Risk           []*risk.Result     `json:"risk"` // a declared set of quasi-identifiers each
	SafeHarbor     *risk.SafeHarbor   `json:"safe_harbor,omitempty"`
	Drift          *Drift             `json:"drift,omitempty"`       // absent in the first run
	ObjectSets     []ObjectSet        `json:"object_sets,omitempty"` // beside the database
	Datasets       []Dataset          `json:"datasets"`
	SamplePlans    []SamplePlan       `json:"sample_plans,omitempty"` // of a dry run: what samples would hold, estimated
	Remains        []Remain           `json:"remains,omitempty"`      // what stays reachable beside what the run made
	Patterns       []Pattern          `json:"patterns,omitempty"`     // of the rules, in their order
	Hooks          []Hook             `json:"hooks,omitempty"`        // what ran around the promote, in its order
	Warnings       []string           `json:"warnings"`
	LeftOut        []string           `json:"left_out"`                // schema objects that staging does not get
	LargeObjects   *LargeObjects      `json:"large_objects,omitempty"` // of the source; absent if there are none

	Signed *Signed `json:"-"` // what [Report.Sign] made, or the history kept
}

// Signing says who signs the report.
type Signing struct {
	Algorithm string `json:"algorithm"`  // Ed25519
	PublicKey string `json:"public_key"` // in base64
	Origin    string `json:"origin"`     // "derived" from the masking key, or "configured" as one of its own
}

// Server is one end of a run, without credentials.
type Server struct {
	Address  string `json:"address"` // host:port
	Database string `json:"database"`
	Version  int    `json:"server_version_num"`
	SystemID string `json:"system_identifier"`
	Replica  bool   `json:"in_recovery"`
	// Lag is how long ago a hot standby replayed its last transaction, in seconds. An idle primary shows it, too.
	Lag *float64 `json:"lag_seconds,omitempty"`
}

// Stage is one step of a run and how long it took.
type Stage struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
	PeakRSS int64   `json:"peak_rss_bytes"` // of the process since it started
}

// Table is what happened to one table.
type Table struct {
	Name    string   `json:"table"`
	Rows    int64    `json:"rows"`
	Bytes   int64    `json:"bytes"`     // as COPY carried them
	Seconds float64  `json:"seconds"`   // summed over parallel streams
	Mode    string   `json:"rows_mode"` // "all", "none" for structure only, "when" for those of a condition, "preserved" for staging's own, "hook" for a table that a hook made
	When    string   `json:"rows_when,omitempty"`
	Dropped int64    `json:"rows_left_behind,omitempty"` // by that condition
	Format  string   `json:"copy_format"`
	Columns []Column `json:"columns"`
	// NotValid are constraints that a hook made NOT VALID.
	NotValid []string `json:"not_valid,omitempty"`
}

// Masked counts the columns that a transform changes.
func (t Table) Masked() int {
	n := 0
	for _, c := range t.Columns {
		if !c.Keep {
			n++
		}
	}
	return n
}

// Column is the decision that a rule took for one column.
type Column struct {
	Name      string `json:"column"`
	Type      string `json:"type"`
	Transform string `json:"transform"`
	Class     string `json:"class"`
	Domain    string `json:"domain,omitempty"`
	Keep      bool   `json:"keep"`
	Wildcard  bool   `json:"wildcard,omitempty"`  // decided by "*": flagged
	Origin    string `json:"origin"`              // file:line of the rule
	Pattern   string `json:"pattern,omitempty"`   // the pattern or default that decided
	Detail    string `json:"detail,omitempty"`    // of json and array: what is inside
	From      string `json:"from,omitempty"`      // the referenced column whose rule it follows
	KeepSome  bool   `json:"keep_some,omitempty"` // some values arrive as they are, by a condition
	KeptRows  int64  `json:"kept_rows,omitempty"` // how many
}

// Hook is a step that ran around the promote.
type Hook struct {
	Name    string  `json:"hook"` // as the configuration calls it, such as hooks.after_promote[0]
	Kind    string  `json:"kind"`
	When    string  `json:"when"`
	Did     string  `json:"did,omitempty"` // in a few words, such as a number of keys
	Tries   int     `json:"tries"`
	Seconds float64 `json:"seconds"`
	Error   string  `json:"error,omitempty"` // empty: it succeeded
}

// When hooks run; the stages of a run are called so too.
const (
	BeforePromote = "before_promote"
	AfterPromote  = "after_promote"
)

// ByHook is the origin of a column that a hook before the promote made, and the mode of its table.
const (
	ByHook   = "hooks.before_promote"
	HookMode = "hook"
)

// Pattern is what a pattern or default of the rules has decided.
type Pattern struct {
	Pattern string   `json:"pattern"`
	Origin  string   `json:"origin"`            // file:line
	Tables  []string `json:"tables,omitempty"`  // that a pattern for tables fits
	Columns []string `json:"columns,omitempty"` // that it decided on
}

// LargeObjects is what became of the source's large objects.
type LargeObjects struct {
	Kept  bool  `json:"kept"` // the rules keep them; else they stay behind
	Count int64 `json:"count"`
	Bytes int64 `json:"bytes"` // of their content once they are copied, else on the source's disk
}

// String is what became of them in a few words.
func (o *LargeObjects) String() string {
	if o.Kept {
		return fmt.Sprintf("%s kept as they are, %s", visible.Count(o.Count), visible.Size(o.Bytes))
	}
	return fmt.Sprintf("%s stayed behind, %s on the source's disk", visible.Count(o.Count), visible.Size(o.Bytes))
}

// Identifier counts the source values of one class that were remembered.
type Identifier struct {
	Class     string `json:"class"`
	Added     int64  `json:"fingerprinted"`
	Fictional int64  `json:"already_fictional"` // in a reserved space: nobody's
	Short     int64  `json:"too_short"`         // too short or common to prove anything
}

// Subject is one thing that was verified: staging or a bucket.
type Subject struct {
	Name    string           `json:"subject"`
	Results []*verify.Result `json:"results"`
	Seconds float64          `json:"seconds"`
	Passed  bool             `json:"passed"`
}

// Dataset is what a run put under a bucket.
type Dataset struct {
	Bucket    string   `json:"bucket"`
	URL       string   `json:"url"`
	Content   string   `json:"content"`
	Rows      int64    `json:"rows"`
	Bytes     int64    `json:"bytes"`
	Objects   []Object `json:"objects"`
	Published bool     `json:"published"`
	Sample    *Sample  `json:"sample,omitempty"` // absent if the content is full
}

// Object is one object of a dataset.
type Object struct {
	Key    string `json:"key"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Seconds is the sum of the named stages.
func (r *Report) Seconds(stages ...string) float64 {
	sum := 0.0
	for _, s := range r.Stages {
		for _, name := range stages {
			if s.Name == name {
				sum += s.Seconds
			}
		}
	}
	return sum
}

// Totals sums rows and bytes over all tables.
func (r *Report) Totals() (rows, bytes int64) {
	for _, t := range r.Tables {
		rows += t.Rows
		bytes += t.Bytes
	}
	return rows, bytes
}

// Summary is what a dataset's manifest carries of the report.
type Summary struct {
	Outcome   Outcome `json:"outcome"`
	Rows      int64   `json:"rows"`
	Masked    int     `json:"columns_masked"`
	Columns   int     `json:"columns"`
	Looked    int64   `json:"identifiers_looked_for"`
	Survivors int64   `json:"survivors"`
	Detected  int64   `json:"detector_findings"`
}

// Summary sums the report up. A run that is summed up for a manifest is done,
// or nobody will find the manifest.
func (r *Report) Summary() Summary {
	s := Summary{Outcome: fault.Done}
	s.Rows, _ = r.Totals()
	for _, t := range r.Tables {
		s.Masked += t.Masked()
		s.Columns += len(t.Columns)
	}
	for _, i := range r.Identifiers {
		s.Looked += i.Added
	}
	for _, v := range r.Verification {
		for _, res := range v.Results {
			s.Survivors += res.Survivors
			s.Detected += res.Detected
		}
	}
	return s
}
