package refresh

import (
	"context"
	"fmt"
	"io"

	"refresher/internal/pii/fingerprint"
	"refresher/internal/s3sink/fingerprints"
)

// Prints is where a run leaves its fingerprint set: in a place of its own, or
// beside the report in a bucket's dataset.
type Prints struct {
	Place  *fingerprints.Place
	Keep   int    // sets in the place
	Bucket string // name; empty if there is a Place
}

// PrintsName is the set's name in a dataset.
const PrintsName = "fingerprints" + fingerprints.Suffix

// newStore makes the store of the source's fingerprints.
func (o *Options) newStore(dir string) (*fingerprint.Store, error) {
	make := fingerprint.NewStore
	if o.Prints != nil {
		make = fingerprint.NewKeptStore
	}
	store, err := make(dir, o.PrintsKey())
	if err == nil {
		store.Bound(o.FilterBytes)
	}
	return store, err
}

// PrintsKey is the key of fingerprints.
func (o *Options) PrintsKey() []byte { return o.Key.Derive("fingerprints") }

// writeSet writes the run's fingerprint set.
func (r *run) writeSet(w io.Writer) error {
	return r.set.Write(w, fingerprint.Header{Run: r.Options.Run, Made: r.report.Started, Refresher: r.Version, Key: r.Key.Fingerprint()})
}

// leaveSet puts the set into a place of its own. It is put before the swap, so that
// a run that can't leave it changes nothing.
func (r *run) leaveSet(ctx context.Context) error {
	if r.Prints == nil || r.Prints.Place == nil {
		return nil
	}
	kept, err := r.Prints.Place.Put(ctx, r.Options.Run, r.writeSet)
	if err != nil {
		return fmt.Errorf("leaving the fingerprint set: %w", err)
	}
	r.report.Prints = &kept
	return nil
}

// leaveSetIn puts the set beside the report in a bucket.
func (r *run) leaveSetIn(ctx context.Context, s *staged) error {
	if r.Prints == nil || r.Prints.Bucket != s.bucket.Name {
		return nil
	}
	o, err := s.staging.Put(ctx, PrintsName, r.writeSet)
	if err != nil {
		return err
	}
	r.report.Prints = &fingerprints.Kept{URL: s.staging.URL() + PrintsName, Size: o.Size, SHA256: o.SHA256}
	return nil
}

// withdrawSet removes the set of a run that failed after it was put.
func (r *run) withdrawSet(ctx context.Context) error {
	if r.report.Prints == nil || r.Prints.Place == nil || r.promoted {
		return nil
	}
	r.report.Prints = nil
	return r.Prints.Place.Remove(ctx, r.Options.Run)
}

// retainSets keeps the newest sets only.
func (r *run) retainSets(ctx context.Context) error {
	if r.Prints == nil || r.Prints.Place == nil {
		return nil
	}
	return r.Prints.Place.Retain(ctx, r.Prints.Keep)
}
