package refresh

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/config/secret"
	"refresher/internal/dataset/sample"
	"refresher/internal/dataset/synthetic"
	"refresher/internal/postgres/catalog"
	"refresher/internal/refresh/hooks"
	"refresher/internal/refresh/objectset"
	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/s3sink"
	"refresher/internal/scrub/rules"
)

// Options are what one run needs.
type Options struct {
	Run            string // [NewID]
	Pipeline       string // for the history
	By             string // who asked for the run, for the history
	KeepDays       int    // runs that ended longer ago are forgotten; 0: none is
	Version        string // of refresher, for the report
	Source         *pgx.ConnConfig
	Staging        *pgx.ConnConfig
	RequireReplica bool
	Rules          *rules.Ruleset
	Key            secret.Key
	Signer         signature.Signer // of the report; zero: derived from Key
	Buckets        []Bucket
	Objects        []objectset.Set // objects beside the database
	Workers        int             // parallel streams
	ByWorkers      bool            // chunks of tables are copied by other processes, see [Work]
	Strict         bool            // weak detector findings refuse too
	KeepShadow     bool            // leave the shadow of a run that failed for inspection
	DryRun         bool            // stop after guard
	// system identifier that staging has from production, of which it is a copy; 0: it has its own
	CloneOfSource uint64
	Replace       bool             // a staging database that no run made, too
	PurgePrevious bool             // leave no previous database and no older run in a bucket
	Fingerprints  *FingerprintsOut // where the fingerprint set is left; nil: nowhere
	FilterBytes   int64            // memory for the filters of fingerprints; 0: no bound
	TempDir       string           // parent of the run's own folder; empty: the system's
	Template      string           // database to make the shadow from; empty: template0
	KeepVerified  bool             // leave a copy of what was verified, from which branches are made
	Preserve      []catalog.Name   // tables whose rows come from the staging database that is replaced
	BeforePromote []hooks.Before   // what runs in the shadow before it is verified
	AfterPromote  []hooks.After    // what is done once staging is replaced
	Retry         Retry            // zero: DefaultRetry
	ChunkBytes    int64            // of a table that are one chunk; 0: snapshot.DefaultChunkBytes

	lake *objectset.Plan // of Objects; nil until the guard has looked at them
}

// Bucket is one place where the run publishes.
type Bucket struct {
	Name   string
	URL    string
	Sink   *s3sink.Sink
	Sample *sample.Options // nil: full content; the salt is the run's to add
	// how rows are made up that stand for nobody; nil: they aren't
	Synthetic *synthetic.Options
	Rekey     *secret.Key // the sample is scrubbed a second time with it; nil: it is not
	Formats   []string
	Keep      int
}

// Observer hears of a run's progress. Its methods are called from several
// goroutines and must not block.
type Observer interface {
	Stage(name string)        // a stage begins
	Expect(rows, bytes int64) // estimate for the data stage
	Copied(table string, rows, bytes int64)
	Warn(text string)
}

// Run refreshes once. The report is never nil, and is complete as far as the run
// came. The error is a *fault.Input, a *fault.Refusal, or the environment's.
func Run(ctx context.Context, o Options, watch Observer) (*report.Report, error) {
	if o.Retry == (Retry{}) {
		o.Retry = DefaultRetry()
	}
	rec := newRecorder(&o, watch)
	made := &cleanup{}
	mine, err := stages(ctx, &o, rec, made)
	rec.ended(ctx, err)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute) // after an interruption, too
	defer cancel()
	err = errors.Join(err, made.undo(ctx, err != nil))
	return rec.report, errors.Join(err, rec.close(ctx, &o, mine))
}

// stages is the order of a run. The claim that it returns is nil if the run never
// came so far as to be recorded.
func stages(ctx context.Context, o *Options, rec *recorder, made *cleanup) (*claim, error) {
	p, err := stage(ctx, rec, "guard", func(ctx context.Context) (*plan, error) { return guard(ctx, o, rec, made) })
	if err != nil || o.DryRun {
		return nil, err
	}
	mine, err := takeClaim(ctx, o, rec, made, p.server)
	if err != nil {
		return mine, err
	}
	data, err := fill(ctx, o, rec, made, mine, p)
	if err != nil {
		return mine, err
	}
	err = mine.explain(rec, finish(mine.lock.Context(), o, rec, made, mine, data)) // without the lock it must stop
	afterPromote(mine.lock.Context(), o, rec)
	return mine, err
}

// finish is what is left to do when the rows are in the shadow.
func finish(ctx context.Context, o *Options, rec *recorder, made *cleanup, mine *claim, data *filled) error {
	if suppresses(data.risk) {
		err := rec.stage(ctx, "suppress", func(ctx context.Context) error { return suppress(ctx, data) })
		if err != nil {
			return err
		}
	}
	if err := rec.stage(ctx, "post-data",
		func(ctx context.Context) error { return postData(ctx, o, data) }); err != nil {
		return err
	}
	if err := rec.stage(ctx, "analyze", func(ctx context.Context) error { return analyze(ctx, o, data) }); err != nil {
		return err
	}
	if len(o.BeforePromote) > 0 {
		err := rec.stage(ctx, report.BeforePromote, func(ctx context.Context) error {
			return beforePromote(ctx, o, rec, data)
		})
		if err != nil {
			return err
		}
	}
	var objects *objectset.Staged
	if o.lake != nil {
		var err error
		objects, err = stage(ctx, rec, "objects", func(ctx context.Context) (*objectset.Staged, error) {
			return stageLake(ctx, o, rec, made, data)
		})
		if err != nil {
			return err
		}
	}
	clean, err := stage(ctx, rec, "verify", func(ctx context.Context) (*proof, error) {
		return verifyShadow(ctx, o, rec, data)
	})
	if err != nil {
		return err
	}
	sets, err := stage(ctx, rec, "datasets", func(ctx context.Context) ([]*staged, error) {
		return stageDatasets(ctx, o, rec, mine, made, data)
	})
	if err != nil {
		return err
	}
	err = rec.stage(ctx, "read-back", func(ctx context.Context) error {
		if err := readBack(ctx, o, rec, data, clean, sets); err != nil {
			return err
		}
		return verifyLake(ctx, o, rec, data, clean, objects)
	})
	if err != nil {
		return err
	}
	left, err := stage(ctx, rec, "previous", func(ctx context.Context) (*remains, error) {
		return judgeRemains(ctx, o, rec, mine, data, clean)
	})
	if err != nil {
		return err
	}
	err = rec.stage(ctx, "promote", func(ctx context.Context) error {
		return promote(ctx, o, rec, made, mine, data, clean, sets, objects)
	})
	if err != nil {
		return err
	}
	return left.drop(ctx)
}
