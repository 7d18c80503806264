package refresh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/config/secret"
	"refresher/internal/dataset/sample"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/restore"
	"refresher/internal/s3sink"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/snapshot"
	"refresher/internal/verify"
	"refresher/internal/verify/pass"
	"refresher/internal/verify/risk"
)

// Options are what one run needs.
type Options struct {
	Run            string // [NewID]
	Version        string // of refresher, for the report
	Source         *pgx.ConnConfig
	Staging        *pgx.ConnConfig
	RequireReplica bool
	Rules          *rules.Ruleset
	Key            secret.Key
	Signer         signature.Signer // of the report; zero: derived from Key
	Buckets        []Bucket
	Workers        int            // parallel streams
	Strict         bool           // weak detector findings refuse too
	KeepShadow     bool           // leave the shadow of a run that failed for inspection
	DryRun         bool           // stop after guard
	Prints         *Prints        // where the fingerprint set is left; nil: nowhere
	FilterBytes    int64          // memory for the filters of fingerprints; 0: no bound
	TempDir        string         // parent of the run's own folder; empty: the system's
	Template       string         // database to make the shadow from; empty: template0
	Preserve       []catalog.Name // tables whose rows come from the staging database that is replaced
	After          []string       // files of SQL that run in the shadow before it is verified
	Retry          Retry          // zero: DefaultRetry
	ChunkBytes     int64          // of a table that are one chunk; 0: snapshot.DefaultChunkBytes
}

// Bucket is one place where the run publishes.
type Bucket struct {
	Name    string
	URL     string
	Sink    *s3sink.Sink
	Sample  *sample.Options // nil: full content; the salt is the run's to add
	Formats []string
	Keep    int
}

// Observer hears of a run's progress. Its methods are called from several
// goroutines and must not block.
type Observer interface {
	Stage(name string)        // a stage begins
	Expect(rows, bytes int64) // estimate for the data stage
	Copied(table string, rows, bytes int64)
	Warn(text string)
}

// run is the state of one run; each stage fills what the next ones use.
type run struct {
	Options
	watch  Observer
	report *report.Report
	dir    string // the run's own folder: schema dump and keyed fingerprints

	source   *snapshot.Source
	server   *restore.Server
	history  *history.History
	lock     *history.Lock
	previous *report.Report // of the last run that was done; nil if there is none
	catalog  *catalog.Catalog
	program  *scrub.Program
	store    *fingerprint.Store
	schema   string // path of the schema dump
	shadow   *restore.Database
	samples  []*sampleDB
	staged   []*staged
	set      *fingerprint.Set
	verifier *verify.Verifier
	pass     pass.Pass   // for staging
	risk     []risk.Spec // with what was suppressed of them
	birds    aviary
	own      belongings
	objects  []snapshot.OIDRange // of large objects that are to arrive

	filling   filling
	sequences []catalog.SequenceValue
	counts    map[string]*counter // by table
	promoted  bool
}

// Run refreshes once. The report is never nil, and is complete as far as the run
// came. The error is a *fault.Input, a *fault.Refusal, or the environment's.
func Run(ctx context.Context, o Options, watch Observer) (*report.Report, error) {
	if o.Retry == (Retry{}) {
		o.Retry = DefaultRetry()
	}
	r := &run{Options: o, watch: watch, counts: map[string]*counter{}, report: &report.Report{
		Run: o.Run, Version: o.Version, Started: time.Now().UTC(), Outcome: report.Running,
		KeyFingerprint: o.Key.Fingerprint(), RulesetHash: o.Rules.Hash(),
	}}
	return r.report, r.finish(ctx, r.stages(ctx))
}

func (r *run) stages(ctx context.Context) error {
	if err := r.stage(ctx, "guard", r.guard); err != nil || r.DryRun {
		return err
	}
	if err := r.claim(ctx); err != nil {
		return err
	}
	if err := r.fill(ctx); err != nil {
		return err
	}
	ctx = r.lock.Context() // a run that lost its lock must stop
	for _, s := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"suppress", r.suppress},
		{"post-data", r.postData},
		{"analyze", r.analyze},
		{"after", r.after},
		{"verify", r.verifyShadow},
		{"datasets", r.stageDatasets},
		{"read-back", r.readBack},
		{"promote", r.promote},
	} {
		if s.name == "suppress" && !r.suppresses() || s.name == "after" && len(r.After) == 0 {
			continue
		}
		if err := r.stage(ctx, s.name, s.do); err != nil {
			if held := r.lock.Held(); held != nil {
				return &stageError{s.name, held} // says more than what its loss broke
			}
			return err
		}
	}
	return nil
}

// stage runs one stage, times it and names it in an error.
func (r *run) stage(ctx context.Context, name string, do func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.watch.Stage(name)
	r.report.Stage = name
	began := time.Now()
	err := do(ctx)
	r.timed(name, time.Since(began))
	if err != nil {
		return &stageError{name, err}
	}
	return nil
}

// timed notes how long a stage took, in all if it was done more than once.
func (r *run) timed(name string, took time.Duration) {
	i := slices.IndexFunc(r.report.Stages, func(s report.Stage) bool { return s.Name == name })
	if i < 0 {
		i = len(r.report.Stages)
		r.report.Stages = append(r.report.Stages, report.Stage{Name: name})
	}
	r.report.Stages[i].Seconds += took.Seconds()
	r.report.Stages[i].PeakRSS = peakRSS()
}

// stageError says in which stage a run failed. A refusal names its gate instead.
type stageError struct {
	stage string
	err   error
}

func (e *stageError) Error() string {
	if decided(e.err) {
		return e.err.Error()
	}
	return "in stage " + e.stage + ": " + e.err.Error()
}

func (e *stageError) Unwrap() error { return e.err }

// finish tidies up and records how the run ended. It works on a context of its
// own, since it must also run after an interruption.
func (r *run) finish(ctx context.Context, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	r.report.Outcome = outcome(err)
	if err == nil {
		r.report.Stage = ""
	} else {
		r.report.Error = strings.TrimPrefix(err.Error(), "in stage "+r.report.Stage+": ") // which is beside it
	}
	err = errors.Join(err, r.tidy(ctx, err != nil))
	r.report.Finished = time.Now().UTC()
	err = errors.Join(err, r.sign(r.report))
	if r.lock != nil {
		err = errors.Join(err, r.record(ctx))
		r.lock.Release()
	}
	return err
}

// tidy removes what the run made and nobody is to use.
func (r *run) tidy(ctx context.Context, failed bool) error {
	var errs []error
	if r.source != nil {
		r.source.Close(ctx)
	}
	for _, s := range r.samples {
		errs = append(errs, s.db.Drop(ctx))
	}
	if failed {
		for _, s := range r.staged {
			if !s.published {
				errs = append(errs, s.staging.Discard(ctx))
			}
		}
		errs = append(errs, r.withdrawSet(ctx))
		if r.shadow != nil && !r.promoted && !r.KeepShadow {
			errs = append(errs, r.shadow.Drop(ctx))
		}
	}
	if r.store != nil {
		errs = append(errs, r.store.Close())
	}
	if r.dir != "" {
		errs = append(errs, os.RemoveAll(r.dir))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("tidying up: %w", err)
	}
	return nil
}

func outcome(err error) report.Outcome {
	var refusal *fault.Refusal
	switch {
	case err == nil:
		return report.Done
	case errors.Is(err, context.Canceled):
		return report.Stopped
	case errors.As(err, &refusal):
		return report.Refused
	}
	return report.Failed
}

// specs describes the tables that verification must find, and nothing else.
// counts may be nil, if nobody knows how many rows there must be.
func specs(cat *catalog.Catalog, p *scrub.Program, counts map[string]*counter) []verify.Table {
	var out []verify.Table
	for _, d := range p.Decisions() {
		t := verify.Table{Name: d.Table, RowsNone: d.RowsNone, SourceRows: -1}
		if c := counts[d.Table.String()]; c != nil {
			t.SourceRows = c.source.Load() - c.dropped.Load() - c.suppressed.Load()
		}
		if table := cat.Table(d.Table); table != nil {
			t.NotValid = table.NotValid
		}
		for _, c := range d.Columns {
			t.Columns = append(t.Columns, verify.Column{Name: c.Name, Transform: c.Transform, Class: c.Class, Keep: c.Keep})
		}
		out = append(out, t)
	}
	return out
}
