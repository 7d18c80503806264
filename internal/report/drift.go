package report

import (
	"cmp"
	"fmt"
	"math"
	"refresher/internal/report/visible"
	"slices"
	"strings"
	"time"
)

// Drift is what changed since the last run that was done.
type Drift struct {
	Run         string        `json:"run"` // the one compared with
	Finished    time.Time     `json:"finished"`
	SHA256      string        `json:"sha256"`            // of that run's report: reports form a chain
	Version     *Change       `json:"version,omitempty"` // of refresher
	Key         *Change       `json:"key,omitempty"`     // masking key, by its fingerprint: every fake is another
	Signer      *Change       `json:"signer,omitempty"`  // key that signs reports
	Ruleset     *Change       `json:"ruleset,omitempty"` // by its hash
	Schema      *Change       `json:"schema,omitempty"`  // by its hash
	Source      *Change       `json:"source,omitempty"`  // system identifier of the server
	Tables      []TableDrift  `json:"tables"`
	Columns     []ColumnDrift `json:"columns"`
	Rules       []RuleDrift   `json:"rules"`
	Rows        []Figure      `json:"rows"`        // of tables that are in both and hold another number
	Identifiers []Figure      `json:"identifiers"` // fingerprinted, by class, where the number is another
	Findings    []Figure      `json:"findings"`    // totals over everything verified: weak, allowed; where they differ
	Stages      []Timing      `json:"stages"`      // all stages of both
}

// Change is a text that changed.
type Change struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// TableDrift is a table that came, went, or has another rule for its rows.
type TableDrift struct {
	Table  string `json:"table"`
	Change string `json:"change"` // added, removed, or rows: which of them staging gets
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	Masked bool   `json:"masked,omitempty"` // columns of it were kept, and its rows stay behind now
}

// ColumnDrift is a column that came, went or has another type.
type ColumnDrift struct {
	Table     string `json:"table"`
	Column    string `json:"column"`
	Change    string `json:"change"`              // added, removed, retyped
	From      string `json:"from,omitempty"`      // its type before
	To        string `json:"to,omitempty"`        // its type now
	Transform string `json:"transform,omitempty"` // what is done to an added one
}

// RuleDrift is a column of both runs that is treated otherwise.
type RuleDrift struct {
	Table    string `json:"table"`
	Column   string `json:"column"`
	From     string `json:"from"`
	To       string `json:"to"`
	Unmasked bool   `json:"unmasked,omitempty"` // it was masked and is kept now
	Masked   bool   `json:"masked,omitempty"`   // it was kept, in part at least, and is masked now
}

// Figure is a number that changed.
type Figure struct {
	Name string `json:"name"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
}

// Timing is how long a stage took in both runs; zero where there was none.
type Timing struct {
	Stage string  `json:"stage"`
	From  float64 `json:"from_seconds"`
	To    float64 `json:"to_seconds"`
}

// Compare says what changed from one run to a later one.
func Compare(before, now *Report) *Drift {
	d := &Drift{
		Run: before.Run, Finished: before.Finished,
		Version: change(before.Version, now.Version), Key: change(before.KeyFingerprint, now.KeyFingerprint),
		Signer: change(before.Signing.PublicKey,
			now.Signing.PublicKey), Ruleset: change(before.RulesetHash, now.RulesetHash),
		Schema: change(before.SchemaHash, now.SchemaHash), Source: change(before.Source.SystemID, now.Source.SystemID),
	}
	if before.Signed != nil {
		d.SHA256 = before.Signed.SHA256()
	}
	d.tables(before.Tables, now.Tables)
	d.Identifiers = figures(identifiers(before), identifiers(now))
	d.Findings = figures(findings(before), findings(now))
	was := map[string]float64{}
	for _, s := range before.Stages {
		was[s.Name] = s.Seconds
	}
	for _, s := range now.Stages {
		d.Stages = append(d.Stages, Timing{s.Name, was[s.Name], s.Seconds})
		delete(was, s.Name)
	}
	for _, s := range before.Stages {
		if seconds, gone := was[s.Name]; gone {
			d.Stages = append(d.Stages, Timing{s.Name, seconds, 0})
		}
	}
	return d
}

func change(from, to string) *Change {
	if from == to || from == "" || to == "" {
		return nil
	}
	return &Change{from, to}
}

func (d *Drift) tables(before, now []Table) {
	was := map[string]Table{}
	for _, t := range before {
		was[t.Name] = t
	}
	var rows [2]map[string]int64
	rows[0], rows[1] = map[string]int64{}, map[string]int64{}
	for _, t := range now {
		old, both := was[t.Name]
		delete(was, t.Name)
		if !both {
			d.Tables = append(d.Tables, TableDrift{Table: t.Name, Change: "added", To: t.rule()})
			continue
		}
		if old.rule() != t.rule() {
			kept := func(c Column) bool { return c.Keep || c.KeepSome }
			d.Tables = append(d.Tables, TableDrift{t.Name, "rows", old.rule(), t.rule(),
				t.Mode == "none" && slices.ContainsFunc(old.Columns, kept)})
		}
		rows[0][t.Name], rows[1][t.Name] = old.Rows, t.Rows
		d.columns(old, t)
	}
	for _, t := range before {
		if _, gone := was[t.Name]; gone {
			d.Tables = append(d.Tables, TableDrift{Table: t.Name, Change: "removed", From: t.rule()})
		}
	}
	d.Rows = figures(rows[0], rows[1])
}

// rule is which rows of a table staging gets.
func (t Table) rule() string {
	if t.When != "" {
		return "when " + t.When
	}
	return t.Mode
}

func (d *Drift) columns(before, now Table) {
	was := map[string]Column{}
	for _, c := range before.Columns {
		was[c.Name] = c
	}
	for _, c := range now.Columns {
		old, both := was[c.Name]
		delete(was, c.Name)
		if !both {
			d.Columns = append(d.Columns, ColumnDrift{now.Name, c.Name, "added", "", c.Type, c.rule()})
			continue
		}
		if old.Type != c.Type {
			d.Columns = append(d.Columns, ColumnDrift{now.Name, c.Name, "retyped", old.Type, c.Type, ""})
		}
		if old.rule() != c.rule() {
			d.Rules = append(d.Rules, RuleDrift{
				Table: now.Name, Column: c.Name, From: old.rule(), To: c.rule(),
				Unmasked: !old.Keep && (c.Keep || c.KeepSome && !old.KeepSome),
				Masked:   !c.Keep && (old.Keep || old.KeepSome && !c.KeepSome),
			})
		}
	}
	for _, c := range before.Columns {
		if _, gone := was[c.Name]; gone {
			d.Columns = append(d.Columns, ColumnDrift{now.Name, c.Name, "removed", c.Type, "", ""})
		}
	}
}

// Masked are the tables and columns that were kept, in part at least, and are masked now:
// what an earlier run left holds their values still.
func (d *Drift) Masked() (out []string) {
	for _, t := range d.Tables {
		if t.Masked {
			out = append(out, t.Table)
		}
	}
	for _, r := range d.Rules {
		if r.Masked {
			out = append(out, r.Table+"."+r.Column)
		}
	}
	return out
}

// rule is what is done to a column, in one line.
func (c Column) rule() string {
	s := c.Transform
	if c.Detail != "" {
		s += " (" + c.Detail + ")"
	}
	return s
}

func identifiers(r *Report) map[string]int64 {
	out := map[string]int64{}
	for _, i := range r.Identifiers {
		out[i.Class] = i.Added
	}
	return out
}

func findings(r *Report) map[string]int64 {
	out := map[string]int64{"weak": 0, "allowed": 0}
	for _, s := range r.Verification {
		for _, res := range s.Results {
			out["weak"] += res.Weak
			out["allowed"] += res.Excepted
		}
	}
	return out
}

// figures are the numbers that differ, by name.
func figures(from, to map[string]int64) []Figure {
	var out []Figure
	for name, n := range to {
		if from[name] != n {
			out = append(out, Figure{name, from[name], n})
		}
	}
	for name, n := range from {
		if _, both := to[name]; !both {
			out = append(out, Figure{name, n, 0})
		}
	}
	slices.SortFunc(out, func(a, b Figure) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Delta is the change in percent, with its sign.
func (f Figure) Delta() string { return delta(float64(f.From), float64(f.To)) }

// Delta is the change in percent, with its sign.
func (t Timing) Delta() string { return delta(t.From, t.To) }

func delta(from, to float64) string {
	switch {
	case from == 0 && to == 0:
		return "0 %"
	case from == 0:
		return "new"
	}
	if ratio := to / from; ratio >= 10 {
		return "× " + visible.Count(int64(ratio+0.5))
	}
	p := 100 * (to - from) / from
	if math.Abs(p) >= 10 || p == 0 {
		return fmt.Sprintf("%+.0f %%", p)
	}
	return fmt.Sprintf("%+.1f %%", p)
}

// Summary says in one line what changed of schema and rules.
func (d *Drift) Summary() string {
	var parts []string
	add := func(n int, one, many string) {
		if n == 1 {
			parts = append(parts, "1 "+one)
		} else if n > 1 {
			parts = append(parts, fmt.Sprintf("%d %s", n, many))
		}
	}
	for _, how := range []string{"added", "removed", "rows"} {
		n := 0
		for _, t := range d.Tables {
			if t.Change == how {
				n++
			}
		}
		if how == "rows" {
			how = "with another rule for rows"
		}
		add(n, "table "+how, "tables "+how)
	}
	for _, how := range []string{"added", "removed", "retyped"} {
		n := 0
		for _, c := range d.Columns {
			if c.Change == how {
				n++
			}
		}
		add(n, "column "+how, "columns "+how)
	}
	add(len(d.Rules), "rule changed", "rules changed")
	unmasked := 0
	for _, r := range d.Rules {
		if r.Unmasked {
			unmasked++
		}
	}
	add(unmasked, "column no longer masked", "columns no longer masked")
	if d.Key != nil {
		parts = append(parts, "another masking key")
	}
	if len(parts) == 0 {
		return "same tables, columns and rules"
	}
	return strings.Join(parts, ", ")
}
