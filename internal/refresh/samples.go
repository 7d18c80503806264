package refresh

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"

	"github.com/jackc/pgx/v5"

	"refresher/internal/config/secret"
	"refresher/internal/dataset/sample"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/report"
	"refresher/internal/restore"
)

// sampleDB is a sample of the shadow as a database of its own, so that dumps,
// Parquet and the validation of every foreign key see nothing else.
type sampleDB struct {
	options sample.Options
	db      *restore.Database
	report  report.Sample
	members []sample.Members // of each root
	rekey   *secret.Key      // nil: fakes are those of staging
}

// checkSamples finds bad samples before a row is read.
func (p *plan) checkSamples(ctx context.Context, o *Options, rec *recorder) error {
	rec.report.SamplePlans = nil // of a snapshot before this one
	for _, b := range o.Buckets {
		if b.Sample == nil {
			continue
		}
		s, err := p.sampleOptions(o, *b.Sample)
		if err == nil {
			err = s.Check(p.catalog)
		}
		if err == nil && b.Rekey != nil {
			_, err = p.rekeyed(o, b)
		}
		if err == nil {
			err = p.source.Catalogs(ctx, func(conn *pgx.Conn) error {
				err := sample.CheckConditions(ctx, conn, s.Roots)
				if err == nil && o.DryRun {
					err = p.estimate(ctx, conn, rec, b.Name, s)
				}
				return err
			})
		}
		if err != nil {
			return ofBucket(b.Name, err)
		}
	}
	return nil
}

// ofBucket says of which bucket's options an error is.
func ofBucket(name string, err error) error {
	var in *fault.Input
	if !errors.As(err, &in) {
		return fmt.Errorf("bucket %s: %w", name, err)
	}
	for i := range in.Problems {
		in.Problems[i].Text = "bucket " + name + ": " + in.Problems[i].Text
	}
	return in
}

// estimate notes in the report of a dry run what a sample would hold.
func (p *plan) estimate(ctx context.Context, conn *pgx.Conn, rec *recorder, bucket string, o sample.Options) error {
	e, err := sample.EstimateSample(ctx, conn, p.catalog, o, p.empties())
	if err != nil {
		return err
	}
	plan := report.SamplePlan{Bucket: bucket, Rows: int64(e.Rows), Bytes: int64(e.Bytes), Fits: e.Lowered > 0}
	if e.Lowered > 0 && e.Lowered < 1 {
		plan.Shares = e.Lowered
	}
	for _, t := range e.Tables {
		plan.Tables = append(plan.Tables, report.SamplePlanTable{
			Table: t.Table.String(), Rows: int64(math.Round(t.Rows)), Bytes: int64(t.Bytes), By: t.By,
		})
	}
	rec.report.SamplePlans = append(rec.report.SamplePlans, plan)
	return nil
}

// sampleOptions adds to a sample what is the run's: listed keys become what staging has in their place.
func (p *plan) sampleOptions(o *Options, s sample.Options) (sample.Options, error) {
	s.Salt, s.References = o.Key.Derive("sample"), p.program.References()
	s.Roots = append([]sample.Root(nil), s.Roots...)
	for i, r := range s.Roots {
		if r.Keys == nil {
			continue
		}
		if t := p.catalog.Table(r.Table); t == nil || len(r.Keys[0]) != len(t.PrimaryKey) {
			continue // Check says what is wrong
		}
		keys, err := p.program.Keys(r.Table, r.Keys)
		if err != nil {
			return s, err
		}
		s.Roots[i].Keys = keys
	}
	return s, nil
}

// sampled builds the sample's database; buckets with equal options share it.
func (e *exporter) sampled(ctx context.Context, b Bucket) (*sampleDB, error) {
	for _, s := range e.samples {
		sameKey := s.rekey == b.Rekey || s.rekey != nil && b.Rekey != nil &&
			s.rekey.Fingerprint() == b.Rekey.Fingerprint()
		if sameKey && reflect.DeepEqual(s.options, *b.Sample) {
			return s, nil
		}
	}
	db, err := e.beside(ctx, "sample", len(e.samples)+1)
	if err != nil {
		return nil, err
	}
	s := &sampleDB{options: *b.Sample, db: db, rekey: b.Rekey}
	e.samples = append(e.samples, s)
	if err := e.pick(ctx, s, b); err != nil {
		return nil, err
	}
	// Post-data validates every foreign key: that proves the closure.
	if err := db.PostData(ctx, e.schema, e.o.Workers); err != nil {
		return nil, err
	}
	if err := db.SetSequences(ctx, e.sequences); err != nil {
		return nil, err
	}
	return s, db.RefreshMatViews(ctx, filledViews(e.o, e.plan))
}

// beside makes a database beside the shadow that has its schema, without what is made once rows are there.
func (e *exporter) beside(ctx context.Context, what string, number int) (*restore.Database, error) {
	name := restore.ScratchName(e.o.Staging.Database, what, fmt.Sprintf("%s_%d", e.o.Run, number))
	db, err := e.server.Create(ctx, name, e.catalog)
	if err != nil {
		return nil, err
	}
	e.made.always(db.Drop)
	db.Without(e.bound)
	_, err = db.PreData(ctx, e.schema)
	return db, err
}

// pick computes the sample on the shadow and streams it into its own database.
func (e *exporter) pick(ctx context.Context, s *sampleDB, b Bucket) error {
	o, err := e.sampleOptions(e.o, s.options)
	if err != nil {
		return err
	}
	picked, err := sample.Compute(ctx, e.shadow.Config(), e.catalog, o)
	if err != nil {
		return err
	}
	defer picked.Close(ctx)
	if err := s.describe(ctx, picked); err != nil {
		return err
	}
	loader, err := s.db.Loader(ctx)
	if err != nil {
		return err
	}
	defer loader.Close(context.WithoutCancel(ctx))
	if b.Rekey == nil {
		_, err = picked.Copy(ctx, loader)
		return err
	}
	return e.copyRekeyed(ctx, s, b, picked, loader)
}

// describe notes what was picked.
func (s *sampleDB) describe(ctx context.Context, picked *sample.Sample) error {
	s.report = report.Sample{MaxRows: s.options.Budget.Rows, MaxBytes: s.options.Budget.Bytes}
	if l := picked.Lowered(); l < 1 {
		s.report.Lowered = l
	}
	for i, t := range picked.Taken() {
		s.report.Roots = append(s.report.Roots, report.SampleRoot{
			Table: t.Table.String(), Takes: t.Root.String(), Percent: t.Percent, Rows: t.Rows, NotFound: t.NotFound,
		})
		m, err := picked.Members(ctx, i)
		if err != nil {
			return err
		}
		s.members = append(s.members, m)
	}
	counts, err := picked.Counts(ctx)
	if err != nil {
		return err
	}
	for _, c := range counts {
		if c.Rows == 0 {
			continue
		}
		t := report.SampleTable{Table: c.Table.String(), Rows: c.Rows, Bytes: c.Bytes, Roots: c.Roots, Down: c.Down,
			Own: c.Own, Whole: c.Whole, Up: c.Up}
		for _, e := range c.Edges {
			t.Edges = append(t.Edges, report.SampleEdge{Key: e.String(), Down: e.Down, Rows: e.Rows})
		}
		s.report.Tables = append(s.report.Tables, t)
	}
	return nil
}

// content is what a sample is called in lists.
func (s *sampleDB) content() string {
	if len(s.report.Roots) == 1 && s.report.Roots[0].Percent > 0 {
		return fmt.Sprintf("sample of %.3g %%", s.report.Roots[0].Percent)
	}
	return "sample"
}

// rootNames are what roots are called in the history: the table, and a number if it is not the first of the table.
func (s *sampleDB) rootNames() []string {
	seen := map[string]int{}
	var names []string
	for _, r := range s.report.Roots {
		name := r.Table
		if seen[r.Table]++; seen[r.Table] > 1 {
			name = fmt.Sprintf("%s %d", r.Table, seen[r.Table])
		}
		names = append(names, name)
	}
	return names
}

// sinceBefore is what the report says of the sample in this bucket, with what joined and left since that
// which the bucket holds.
func (s *staged) sinceBefore(ctx context.Context, e *exporter) (*report.Sample, error) {
	said := s.sample.report
	said.Roots = append([]report.SampleRoot(nil), said.Roots...)
	run, before, err := e.mine.history.Sample(ctx, s.bucket.Name)
	if err != nil {
		return nil, err
	}
	switch {
	case s.before.Run == "":
		said.Why = "the bucket had none before"
		return &said, nil
	case run != s.before.Run:
		said.Why = "the history doesn't know the sample that the bucket has"
		return &said, nil
	}
	said.Before = run
	known := map[string]history.SampleRoot{}
	for _, r := range before {
		known[r.Name] = r
	}
	for i, name := range s.sample.rootNames() {
		was, ok := known[name]
		if !ok {
			continue // a new root
		}
		var members sample.Members
		switch {
		case was.KeyFingerprint != e.o.Key.Fingerprint():
			said.Before, said.Why = "", "the masking key is another, and with it the choice"
			continue
		case members.UnmarshalBinary(was.Members) != nil:
			said.Before, said.Why = "", "what the history has of the sample before can't be read"
			continue
		}
		c := s.sample.members[i].Since(members)
		said.Roots[i].Change = (*report.SampleChange)(&c)
	}
	return &said, nil
}

// keepSample notes in the history what the bucket holds now.
func (s *staged) keepSample(ctx context.Context, o *Options, mine *claim) error {
	if s.sample == nil {
		return nil
	}
	var roots []history.SampleRoot
	for i, name := range s.sample.rootNames() {
		members, err := s.sample.members[i].MarshalBinary()
		if err != nil {
			return err
		}
		roots = append(roots, history.SampleRoot{Name: name, KeyFingerprint: o.Key.Fingerprint(), Members: members})
	}
	return mine.history.KeepSample(ctx, s.bucket.Name, o.Run, roots)
}
