// Package doctor looks at everything that a run will need, before one is started:
// secrets, programs, the source and what its role may read, rules, the staging
// server and what its role may do, buckets, clocks and disks.
//
// Each check is made by itself, so that one visit shows all that is missing. A
// check that finds something says what mends it: a statement to run, a line to
// write, a policy to paste. Nothing is changed anywhere but for a probe object in
// each bucket, which is removed again; no row is read.
package doctor

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/report/visible"
	"refresher/internal/restore"
	"refresher/internal/s3sink"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/snapshot"
)

// State is what a check came to.
type State string

// The states.
const (
	OK      State = "ok"
	Warn    State = "warn"    // a run goes through, with something to know
	Fail    State = "fail"    // a run would not go through
	Skipped State = "skipped" // could not be looked at, because another check failed
)

// Check is one thing that was looked at.
type Check struct {
	Area   string `json:"area"` // secrets, programs, source, rules, staging, bucket NAME, machine
	Name   string `json:"check"`
	State  State  `json:"state"`
	Detail string `json:"detail"`           // one sentence, without values
	Remedy string `json:"remedy,omitempty"` // statements, lines or a policy; may have several lines

	err error // what failed, for the exit code
}

// Bucket is where a dataset goes.
type Bucket struct {
	Name, URL string
	Sink      *s3sink.Sink
}

// Options are what a run would use.
type Options struct {
	Source, Staging *pgx.ConnConfig
	RequireReplica  bool
	Rules           *rules.Ruleset // nil: there are none yet
	RulesErr        error          // why they can't be read
	Buckets         []Bucket
	TempDir         string // empty: the system's
	Workers         int
	Template        string // from which staging databases are made
}

// Report is what all checks came to.
type Report struct {
	Checks []Check `json:"checks"`

	locale string // of the source's database; empty: not known
}

// Worst is the state of the report: Fail if a check failed, Warn if one warned.
func (r *Report) Worst() State {
	worst := OK
	for _, c := range r.Checks {
		switch {
		case c.State == Fail:
			return Fail
		case c.State == Warn:
			worst = Warn
		}
	}
	return worst
}

// Err is nil if nothing failed. Else its kind is that of the failures: input, if
// one is the user's, else a gate's refusal, else the environment.
func (r *Report) Err() error {
	var input *fault.Input
	var refusal *fault.Refusal
	failed := 0
	var all []error
	for _, c := range r.Checks {
		if c.State == Fail {
			failed++
			all = append(all, c.err)
		}
	}
	joined := errors.Join(all...)
	switch {
	case failed == 0:
		return nil
	case errors.As(joined, &input):
		return fault.BadInput(failedText, failed, len(r.Checks))
	case errors.As(joined, &refusal):
		return fault.Refuse("doctor", failedText, failed, len(r.Checks))
	}
	return &unready{failed, len(r.Checks)}
}

// Add notes a check that the caller made.
func (r *Report) Add(area, name string, err error, detail, remedy string) {
	c := Check{Area: area, Name: name, State: OK, Detail: detail}
	if err != nil {
		c.State, c.Detail, c.Remedy, c.err = Fail, err.Error(), remedy, err
	}
	r.Checks = append(r.Checks, c)
}

func (r *Report) ok(area, name, detail string) {
	r.Checks = append(r.Checks, Check{Area: area, Name: name, State: OK, Detail: detail})
}

func (r *Report) warn(area, name, detail, remedy string) {
	r.Checks = append(r.Checks, Check{Area: area, Name: name, State: Warn, Detail: detail, Remedy: remedy})
}

func (r *Report) skip(area, name, why string) {
	r.Checks = append(r.Checks, Check{Area: area, Name: name, State: Skipped, Detail: why})
}

// Look makes all checks. It stops early only if ctx ends.
func (r *Report) Look(ctx context.Context, o Options) {
	source := r.source(ctx, o)
	if source != nil {
		defer source.Close(ctx)
	}
	r.rules(o, source)
	if source != nil && o.Rules != nil {
		r.versions(ctx, o.Rules.MadeFor, source)
	}
	r.staging(ctx, o, source)
	for _, b := range o.Buckets {
		r.bucket(ctx, b)
	}
	r.machine(o)
}

// rules compiles the rules against the source's catalog.
func (r *Report) rules(o Options, source *snapshot.Source) {
	const area, name = "rules", "every column has a rule that serves it"
	switch {
	case o.RulesErr != nil:
		r.Add(area, "they can be read", o.RulesErr, "",
			"mend the lines that are named; `refresher check` says the same in a pull request")
		return
	case o.Rules == nil:
		r.Add(area, "there are some", fault.BadInput("no rules file is there yet"), "",
			"refresher discover --output rules/app.yaml")
		return
	case source == nil:
		r.skip(area, name, "the source could not be read")
		return
	}
	program, err := scrub.Compile(o.Rules, source.Catalog(), make([]byte, 32)) // nothing is drawn from the key
	if err != nil {
		r.Add(area, name, err, "", "refresher discover | patch -p0    # rules for what is missing")
		return
	}
	r.ok(area, name, columnsOf(source.Catalog()))
	for _, w := range program.Warnings() {
		r.warn(area, "what the compiler says", w, "")
	}
}

const failedText = "%d of %d checks failed: each says above what mends it"

// unready is the environment's failure.
type unready struct{ failed, of int }

func (u *unready) Error() string {
	return fmt.Sprintf(failedText, u.failed, u.of)
}

func columnsOf(cat *catalog.Catalog) string {
	columns := 0
	for _, t := range cat.Tables {
		columns += len(t.Columns)
	}
	return visible.Plural(columns, "column") + " in " + visible.Plural(len(cat.Tables), "table")
}

// staging looks at the staging server.
func (r *Report) staging(ctx context.Context, o Options, source *snapshot.Source) {
	const area = "staging"
	server, err := restore.Connect(ctx, o.Staging)
	if err != nil {
		r.Add(area, "it can be reached", err, "", reachRemedy("staging.url", err))
		return
	}
	if o.Template != "" {
		server.UseTemplate(o.Template)
	}
	r.ok(area, "it can be reached", "PostgreSQL "+visible.Server(server.Version()))
	if source == nil {
		r.skip(area, "it fits the source", "the source could not be read")
	} else {
		cat := source.Catalog()
		r.Add(area, "it is another cluster than production", restore.Guard(cat.SystemID, server.SystemID()),
			"their system identifiers differ", "point staging.url at a server of its own")
		r.Add(area, "it is not older than the source", server.NotOlder(cat), "",
			"upgrade the staging server to the source's major version")
		r.Add(area, "its role, programs and extensions", server.Preflight(ctx, cat),
			"CREATEDB, pg_restore and all extensions are there",
			"a superuser of the staging server runs the statements above")
	}
	r.stagingDetails(ctx, o, source)
}
