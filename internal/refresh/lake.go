package refresh

import (
	"context"
	"time"

	"refresher/internal/dataset/lake"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/refresh/objectset"
	"refresher/internal/report"
	"refresher/internal/scrub"
	"refresher/internal/verify"
	"refresher/internal/verify/pass"
)

// places are all buckets that the run publishes to: those of the database, and those of
// objects beside it.
func (o *Options) places() []Bucket {
	all := append([]Bucket{}, o.Buckets...)
	for _, t := range objectset.Targets(o.Objects) {
		all = append(all, Bucket{Name: t.Name, URL: t.URL, Sink: t.Sink, Keep: t.Keep})
	}
	return all
}

// planLake looks at the objects beside the database, once a run: a run that starts over from
// a new snapshot of the database has looked already.
func (p *plan) planLake(ctx context.Context, o *Options, rec *recorder) (err error) {
	if o.lake != nil || len(o.Objects) == 0 {
		return nil
	}
	o.lake, err = objectset.New(ctx, o.Objects, objectset.Options{
		Made:   []string{o.Rules.Hash(), o.Key.Fingerprint(), rec.report.SchemaHash, o.Version},
		Secret: o.Key.Derive("objects"), Workers: o.Workers, Genuine: o.signed,
	})
	if err != nil {
		o.lake = nil
	}
	return err
}

// stageLake scrubs the objects into their targets. It comes before the fingerprints are
// complete: staging and datasets are searched for values of objects, too, and the other
// way round.
func stageLake(ctx context.Context, o *Options, rec *recorder, made *cleanup, data *filled) (*objectset.Staged, error) {
	e := &lake.Engine{
		Program: data.program, Store: data.store, Workers: max(o.Workers/2, 1),
		Rehearse: func(w *scrub.Writer, fp *fingerprint.Collector, table string) error {
			return data.canaries.rehearse(w, fp, table, canarySeed(o.Key, o.Run))
		},
	}
	staged, err := o.lake.Stage(ctx, o.Run, e, o.Key.Derive("sample"))
	if staged != nil {
		made.onFailure(staged.Discard)
		rec.report.ObjectSets, _ = staged.Report()
	}
	if cerr := e.Close(); err == nil {
		err = cerr
	}
	rec.report.Canaries = data.canaries.result()
	return staged, err
}

// verifyLake looks through the scrubbed objects as they are in their targets.
func verifyLake(ctx context.Context, o *Options, rec *recorder, data *filled, clean *proof,
	staged *objectset.Staged) error {
	if staged == nil {
		return nil
	}
	began := time.Now()
	return staged.Verify(ctx, clean.verifier, func(name string, results []*verify.Result) (pass.Pass, error) {
		return judge(o, rec, data, name, began, results...)
	})
}

// publishLake makes the scrubbed objects the targets' current ones.
func publishLake(ctx context.Context, o *Options, rec *recorder, staged *objectset.Staged) error {
	if staged == nil {
		return nil
	}
	err := staged.Publish(ctx, o.signDocument, manifest(o, rec.report))
	var datasets []report.Dataset
	rec.report.ObjectSets, datasets = staged.Report()
	rec.report.Datasets = append(rec.report.Datasets, datasets...)
	return err
}
