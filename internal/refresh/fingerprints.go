package refresh

import (
	"context"
	"fmt"
	"io"

	"refresher/internal/pii/fingerprint"
	"refresher/internal/s3sink/fingerprints"
)

// FingerprintsOut is where a run leaves its fingerprint set: in a place of its own, or
// beside the report in a bucket's dataset.
type FingerprintsOut struct {
	Place  *fingerprints.Place
	Keep   int    // sets in the place
	Bucket string // name; empty if there is a Place
}

// FingerprintsName is the set's name in a dataset.
const FingerprintsName = "fingerprints" + fingerprints.Suffix

// newStore makes the store of the source's fingerprints.
func (o *Options) newStore(dir string) (*fingerprint.Store, error) {
	open := fingerprint.NewStore
	if o.Fingerprints != nil || o.ByWorkers {
		open = fingerprint.NewKeptStore // of hashes that mean the same in each process
	}
	store, err := open(dir, o.FingerprintKey())
	if err == nil {
		store.Bound(o.FilterBytes)
	}
	return store, err
}

// FingerprintKey is the key of fingerprints.
func (o *Options) FingerprintKey() []byte { return o.Key.Derive("fingerprints") }

// writer writes the run's fingerprint set.
func (c *proof) writer(o *Options, rec *recorder) func(io.Writer) error {
	return func(w io.Writer) error {
		return c.set.Write(w, fingerprint.Header{
			Run: o.Run, Made: rec.report.Started, Refresher: o.Version, Key: o.Key.Fingerprint(),
		})
	}
}

// leaveSet puts the set into a place of its own. It is put before the swap, so that
// a run that can't leave it changes nothing.
func leaveSet(ctx context.Context, o *Options, rec *recorder, made *cleanup, clean *proof) error {
	if o.Fingerprints == nil || o.Fingerprints.Place == nil {
		return nil
	}
	place := o.Fingerprints.Place
	kept, err := place.Put(ctx, o.Run, clean.writer(o, rec))
	if err != nil {
		return fmt.Errorf("leaving the fingerprint set: %w", err)
	}
	rec.report.Prints = &kept
	made.onFailure(func(ctx context.Context) error {
		if rec.report.Promoted {
			return nil
		}
		rec.report.Prints = nil
		return place.Remove(ctx, o.Run)
	})
	return nil
}

// leaveSetIn puts the set beside the report in a bucket.
func leaveSetIn(ctx context.Context, o *Options, rec *recorder, clean *proof, s *staged) error {
	if o.Fingerprints == nil || o.Fingerprints.Bucket != s.bucket.Name {
		return nil
	}
	object, err := s.staging.Put(ctx, FingerprintsName, clean.writer(o, rec))
	if err != nil {
		return err
	}
	rec.report.Prints = &fingerprints.Kept{
		URL: s.staging.URL() + FingerprintsName, Size: object.Size, SHA256: object.SHA256,
	}
	return nil
}

// retainSets keeps the newest sets only.
func retainSets(ctx context.Context, o *Options) error {
	if o.Fingerprints == nil || o.Fingerprints.Place == nil {
		return nil
	}
	return o.Fingerprints.Place.Retain(ctx, o.Fingerprints.Keep)
}
