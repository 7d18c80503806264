package refresh

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/s3sink"
	"refresher/internal/verify"
)

// readBack reads every object out of its bucket again: first its bytes against
// what was sent, then its rows for personal data.
func (r *run) readBack(ctx context.Context) error {
	for _, s := range r.staged {
		if err := r.readBackBucket(ctx, s); err != nil {
			return fmt.Errorf("bucket %s: %w", s.bucket.Name, err)
		}
	}
	return nil
}

func (r *run) readBackBucket(ctx context.Context, s *staged) error {
	began := time.Now()
	if err := s.staging.Verify(ctx); err != nil {
		return err
	}
	var results []*verify.Result
	tables, err := Preserved(ctx, r.shadow.Config(), r.Options.Preserve, specs(r.catalog, r.program, nil))
	if err != nil {
		return err
	}
	for _, o := range s.staging.Objects() {
		result, err := VerifyObject(ctx, r.verifier, tables, s.staging.Run, o)
		if err != nil {
			return err
		}
		if result == nil {
			return fmt.Errorf("object %s is of no kind that can be verified", o.Name)
		}
		results = append(results, result)
	}
	s.pass, err = r.judge(s.bucket.Name, began, results...)
	return err
}

// promote makes the shadow the staging database, then each bucket's dataset the
// latest. The report goes into each bucket before that.
func (r *run) promote(ctx context.Context) error {
	if err := r.leaveSet(ctx); err != nil {
		return err
	}
	for _, s := range r.staged {
		if err := r.leaveSetIn(ctx, s); err != nil {
			return fmt.Errorf("bucket %s: %w", s.bucket.Name, err)
		}
	}
	for _, s := range r.staged {
		if err := r.putReport(ctx, s); err != nil {
			return fmt.Errorf("bucket %s: %w", s.bucket.Name, err)
		}
	}
	if err := r.bucketsUnchanged(ctx); err != nil {
		return err
	}
	notes, err := r.server.Promote(ctx, r.pass, r.Options.Run, r.shadow)
	for _, note := range notes {
		r.warn("%s", note)
	}
	if err != nil {
		return err
	}
	r.promoted, r.report.Promoted = true, true
	for _, s := range r.staged {
		if err := r.publish(ctx, s); err != nil {
			return fmt.Errorf("staging was replaced, but bucket %s still has its previous dataset: %w", s.bucket.Name, err)
		}
	}
	return r.retainSets(ctx)
}

// bucketsUnchanged looks at every latest.json once more before the swap: a bucket
// that somebody else published to would refuse this run's dataset after it.
func (r *run) bucketsUnchanged(ctx context.Context) error {
	for _, s := range r.staged {
		now, _, err := s.bucket.Sink.Latest(ctx)
		if err != nil {
			return fmt.Errorf("bucket %s: %w", s.bucket.Name, err)
		}
		if now != s.before {
			return fault.Refuse("publish", "somebody else changed latest.json in bucket %s during the run; one prefix must belong to one refresher", s.bucket.Name)
		}
	}
	return nil
}

// putReport puts the signed report into a bucket, as it will be when that bucket
// is published: nobody finds it unless that comes true.
func (r *run) putReport(ctx context.Context, s *staged) error {
	final := *r.report
	final.Outcome, final.Stage, final.Promoted, final.Finished = report.Done, "", true, time.Now().UTC()
	final.Bucket, final.Datasets = s.bucket.Name, nil
	for _, other := range r.staged {
		d := other.report()
		d.Published = other == s
		final.Datasets = append(final.Datasets, d)
	}
	if err := r.sign(&final); err != nil {
		return err
	}
	for _, o := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{report.JSONName, bytesOf(final.Signed.Document)},
		{report.JSONName + signature.Suffix, bytesOf(final.Signed.Signature)},
		{report.HTMLName, final.HTML},
	} {
		if _, err := s.staging.Put(ctx, o.name, o.write); err != nil {
			return err
		}
	}
	return nil
}

func bytesOf(b []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(b); return err }
}

func (r *run) publish(ctx context.Context, s *staged) error {
	_, err := s.staging.Publish(ctx, s.pass, r.manifest(s))
	s.published = err == nil
	r.report.Datasets = append(r.report.Datasets, s.report())
	if err != nil {
		return err
	}
	_, err = s.bucket.Sink.Retain(ctx, s.bucket.Keep)
	return err
}

func (r *run) manifest(s *staged) s3sink.Manifest {
	summary, _ := json.Marshal(r.report.Summary()) // of strings and numbers: cannot fail
	return s3sink.Manifest{
		Database: r.Staging.Database, Content: s.content(), SchemaSHA256: r.report.SchemaHash, RulesetSHA256: r.report.RulesetHash,
		KeyFingerprint: r.report.KeyFingerprint, Tables: s.tables, Report: summary,
	}
}
