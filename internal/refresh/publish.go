package refresh

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
	"refresher/internal/refresh/objectset"
	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/s3sink"
	"refresher/internal/verify"
	"refresher/internal/verify/target"
)

// readBack reads every object out of its bucket again: its bytes are compared with
// what was sent while its rows are searched for personal data.
func readBack(ctx context.Context, o *Options, rec *recorder, data *filled, clean *proof, sets []*staged) error {
	for _, s := range sets {
		if err := s.readBack(ctx, o, rec, data, clean); err != nil {
			return fmt.Errorf("bucket %s: %w", s.bucket.Name, err)
		}
	}
	return nil
}

func (s *staged) readBack(ctx context.Context, o *Options, rec *recorder, data *filled, clean *proof) error {
	began := time.Now()
	tables, err := data.described(ctx, o, rec, nil)
	if err != nil {
		return err
	}
	scan := &target.Scan{Verifier: clean.verifier, Tables: tables}
	if err := s.staging.Verify(ctx, scan.Look); err != nil {
		return err
	}
	s.pass, err = judge(o, rec, data, s.bucket.Name, began, scan.Results()...)
	return err
}

// promote makes the shadow the staging database, then each bucket's dataset the
// latest. The report goes into each bucket before that.
func promote(ctx context.Context, o *Options, rec *recorder, made *cleanup, mine *claim, data *filled, clean *proof,
	sets []*staged, objects *objectset.Staged) error {
	if err := leaveSet(ctx, o, rec, made, clean); err != nil {
		return err
	}
	for _, s := range sets {
		if err := leaveSetIn(ctx, o, rec, clean, s); err != nil {
			return fmt.Errorf("bucket %s: %w", s.bucket.Name, err)
		}
	}
	for _, s := range sets {
		if err := s.putReport(ctx, o, rec, sets); err != nil {
			return fmt.Errorf("bucket %s: %w", s.bucket.Name, err)
		}
		if err := s.lookBeside(ctx, o, rec, clean); err != nil {
			return fmt.Errorf("bucket %s: what describes the dataset: %w", s.bucket.Name, err)
		}
	}
	if err := bucketsUnchanged(ctx, sets); err != nil {
		return err
	}
	if objects != nil {
		if err := objects.Unchanged(ctx); err != nil {
			return err
		}
	}
	if err := mine.remember(ctx, o, data); err != nil {
		return err
	}
	notes, err := data.server.Promote(ctx, clean.pass, o.Run, data.shadow)
	for _, note := range notes {
		rec.warn("%s", note)
	}
	if err != nil {
		return err
	}
	rec.report.Promoted = true
	for _, s := range sets {
		if err := s.publish(ctx, o, rec, mine); err != nil {
			return fmt.Errorf("staging was replaced, but bucket %s still has its previous dataset: %w", s.bucket.Name,
				err)
		}
	}
	if err := publishLake(ctx, o, rec, objects); err != nil {
		return fmt.Errorf("staging was replaced, but not all objects beside it were: %w", err)
	}
	return retainSets(ctx, o)
}

// bucketsUnchanged looks at every latest.json once more before the swap: a bucket
// that another refresher published to would refuse this run's dataset after it.
func bucketsUnchanged(ctx context.Context, sets []*staged) error {
	for _, s := range sets {
		if err := s.bucket.Sink.Unchanged(ctx, s.before); err != nil {
			return err
		}
	}
	return nil
}

// putReport puts the signed report into a bucket, as it will be when that bucket
// is published: it is found only if that comes true.
func (s *staged) putReport(ctx context.Context, o *Options, rec *recorder, sets []*staged) error {
	final := *rec.report
	final.Outcome, final.Stage, final.Promoted, final.Finished = fault.Done, "", true, time.Now().UTC()
	final.Bucket, final.Datasets = s.bucket.Name, nil
	for _, other := range sets {
		d := other.report()
		d.Published = other == s
		final.Datasets = append(final.Datasets, d)
	}
	if err := rec.sign(o, &final); err != nil {
		return err
	}
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{report.JSONName, bytesOf(final.Signed.Document)},
		{report.JSONName + signature.Suffix, bytesOf(final.Signed.Signature)},
		{report.HTMLName, final.HTML},
	} {
		if _, err := s.staging.Put(ctx, file.name, file.write); err != nil {
			return err
		}
	}
	signer, err := o.signer()
	if err != nil {
		return err
	}
	attestation, err := final.Attest(signer, s.report().Objects)
	if err != nil {
		return err
	}
	_, err = s.staging.Put(ctx, report.AttestationName, bytesOf(attestation))
	return err
}

// lookBeside looks through what lies beside the dataset's rows: the report in its forms, the
// fingerprint set, and the manifest as it will be. A name in the manifest is one of the
// schema, in which a source value alone is a finding.
func (s *staged) lookBeside(ctx context.Context, o *Options, rec *recorder, clean *proof) error {
	scan := &target.Scan{Verifier: clean.verifier}
	if err := s.staging.Verify(ctx, scan.Look); err != nil {
		return err
	}
	if found := scan.Results(); len(found) > 0 {
		if _, err := verify.Judge(o.Run, s.bucket.Name, found...); err != nil {
			return err
		}
	}
	m := s.manifest(o, rec.report)
	m.Objects = s.staging.Objects()
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encoding the manifest: %w", err)
	}
	r := bytes.NewReader(text)
	found, err := clean.verifier.File(ctx, verify.Input{
		Name: s3sink.ManifestName, R: r, At: r, Size: r.Size(), Own: true,
	})
	if err != nil {
		return err
	}
	for _, f := range found {
		if f.Survivors > 0 {
			_, err := verify.Judge(o.Run, s.bucket.Name, f)
			return err
		}
	}
	return nil
}

func bytesOf(b []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(b); return err }
}

func (s *staged) publish(ctx context.Context, o *Options, rec *recorder, mine *claim) error {
	s.staging.Sign = o.signDocument
	_, err := s.staging.Publish(ctx, s.pass, s.manifest(o, rec.report))
	s.published = err == nil
	rec.report.Datasets = append(rec.report.Datasets, s.report())
	if err != nil {
		return err
	}
	if err := s.keepSample(ctx, o, mine); err != nil {
		rec.warn("bucket %s: what joins and leaves the sample can't be told next time: %v", s.bucket.Name, err)
	}
	_, err = s.bucket.Sink.Retain(ctx, s.bucket.Keep)
	return err
}

func (s *staged) manifest(o *Options, rep *report.Report) s3sink.Manifest {
	m := manifest(o, rep)
	m.Bucket, m.Content, m.Tables = s.bucket.Name, s.content(), s.tables
	m.ServerMajor = client.Major(rep.Staging.Version)
	return m
}

// manifest is what the manifests of all that a run publishes say.
func manifest(o *Options, rep *report.Report) s3sink.Manifest {
	summary, _ := json.Marshal(rep.Summary()) // of strings and numbers: cannot fail
	return s3sink.Manifest{
		Database: o.Staging.Database, SchemaSHA256: rep.SchemaHash, RulesetSHA256: rep.RulesetHash,
		KeyFingerprint: rep.KeyFingerprint, Report: summary,
	}
}
