// Package notice is what notifications say of a run: a record that holds no value of a row, and the
// templates that make a title and a text of it.
//
//	t, err := notice.Parse("", "notify[0].text", "{{.Pipeline}}: {{.Reason}}")
//	title, text, err := t.Render(n)
//
// A template that names a field which there isn't is refused by [Parse], which tries it with invented
// records of each kind.
package notice

import (
	"slices"
	"strings"
	"time"

	"refresher/internal/fault"
)

// Kind is what happened.
type Kind string

// The kinds. A run that is done after one that was not, or after staging was stale, is Recovered.
const (
	Done      Kind = "done"
	Recovered Kind = "recovered"
	Refused   Kind = "refused" // by a gate
	Failed    Kind = "failed"  // the environment
	Invalid   Kind = "invalid" // configuration or rules
	Stopped   Kind = "stopped" // by a signal, or a person
	Lost      Kind = "lost"    // killed: it left no report
	Stale     Kind = "stale"   // no run was done for too long
)

// All in a list stands for every kind.
const All Kind = "all"

// Kinds are those that there are, without All.
func Kinds() []Kind {
	return []Kind{Done, Recovered, Refused, Failed, Invalid, Stopped, Lost, Stale}
}

// In reports whether a list of kinds covers this one: by its name, or by All. Done covers Recovered,
// too, and Failed covers Invalid and Lost: each way in which a run comes to no result.
func (k Kind) In(list []Kind) bool {
	return slices.ContainsFunc(list, func(l Kind) bool {
		return l == k || l == All || l == Done && k == Recovered || l == Failed && (k == Invalid || k == Lost)
	})
}

// MaxDetails is how many details a notice has.
const MaxDetails = 8

// Notice is what happened, for templates and receivers. Names of tables and columns stand in it as
// they stand in the report, and no value of a row does.
type Notice struct {
	// ID is the same for each try, each target and each service that tells of the same event.
	ID       string `json:"id"`
	Kind     Kind   `json:"kind"`
	Pipeline string `json:"pipeline"`
	Database string `json:"database"` // the staging database
	// Run is the run's id; empty where there is none, as in Stale.
	Run     string        `json:"run,omitempty"`
	Outcome fault.Outcome `json:"outcome,omitempty"`
	Stage   string        `json:"stage,omitempty"` // where it ended, unless done
	Reason  string        `json:"reason,omitempty"`
	// Details are more of the reason, a line each: problems of rules, for example.
	Details []string `json:"details,omitempty"`
	More    int      `json:"more_details,omitempty"` // that the report has besides
	// By is who asked for the run: schedule, command line, or a person's name.
	By       string    `json:"by,omitempty"`
	Host     string    `json:"host,omitempty"` // where refresher runs
	Started  time.Time `json:"started,omitzero"`
	Finished time.Time `json:"finished,omitzero"`
	Seconds  float64   `json:"seconds"` // that the run took
	Tables   int       `json:"tables"`
	Rows     int64     `json:"rows"`     // copied
	Bytes    int64     `json:"bytes"`    // copied, as COPY carried them
	Findings int64     `json:"findings"` // of the verification: survivors and detector findings
	Warnings int       `json:"warnings"` // that the report has
	Promoted bool      `json:"promoted"` // staging was replaced
	// LastDone is when the last run before that was done ended; zero if none is known.
	LastDone time.Time `json:"last_done,omitzero"`
	// RetryAt is when the service tries the run again; zero if it doesn't.
	RetryAt time.Time `json:"retry_at,omitzero"`
	// Link is the page of the run; empty without serve.url.
	Link string `json:"link,omitempty"`
}

// What says in a few words what happened.
func (n Notice) What() string {
	switch n.Kind {
	case Done:
		return "the refresh is done"
	case Recovered:
		return "the refresh is done again"
	case Refused:
		return "the refresh was refused"
	case Invalid:
		return "the configuration or the rules are wrong"
	case Stopped:
		return "the refresh was stopped"
	case Lost:
		return "the refresh was killed"
	case Stale:
		return "the data are stale"
	}
	return "the refresh failed"
}

// Good reports whether a run was done.
func (n Notice) Good() bool { return n.Kind == Done || n.Kind == Recovered }

// Because puts an error's text into the reason and the details: its first line, and the problems after
// it. What stands below a problem, such as a line to paste, is left to the report.
func (n *Notice) Because(text string) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	n.Reason, n.Details, n.More = lines[0], nil, 0
	for _, l := range lines[1:] {
		if plain := strings.TrimPrefix(l, "  "); plain != "" && !strings.HasPrefix(plain, " ") {
			n.Add(plain)
		}
	}
}

// Add adds a detail; one too many is counted.
func (n *Notice) Add(detail string) {
	if len(n.Details) == MaxDetails {
		n.More++
		return
	}
	n.Details = append(n.Details, detail)
}

// samples are invented notices of each kind, with everything in them and with little.
func samples() (all []Notice) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	for _, kind := range Kinds() {
		n := Notice{ID: "20261122T030000Z-7f3a-" + string(kind), Kind: kind, Pipeline: "shop", Database: "shop_staging"}
		full := n
		full.Run, full.Outcome, full.Stage = "20261122T030000Z-7f3a", fault.Outcome(kind), "verify"
		full.By, full.Host, full.Link = "schedule", "refresher-0", "https://refresher.example/runs/"+full.Run
		full.Started, full.Finished, full.Seconds = at, at.Add(65*time.Minute), 3900
		full.Tables, full.Rows, full.Bytes, full.Findings, full.Warnings = 40, 12_345_678, 9_876_543_210, 3, 2
		full.Promoted, full.LastDone, full.RetryAt = full.Good(), at.AddDate(0, 0, -7), at.Add(2*time.Hour)
		full.Because("refused by detectors: 3 findings in 1 column\n  public.users.note: e-mail, 3 times")
		full.More = 1
		all = append(all, full, n)
	}
	return all
}
