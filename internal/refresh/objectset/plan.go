// Package objectset scrubs objects that stand beside the database in a bucket, set by set:
// it lists them, takes over what has not changed since the last run, scrubs the rest into
// the targets' runs, and publishes them as datasets are published.
//
// A target's run holds
//
//	runs/<run>/objects/<key>   scrubbed copies, by their keys below the source's prefix, in which values are masked
//	runs/<run>/index.json      which version of which object each was made of (as keyed hashes), and by which rules
//	runs/<run>/manifest.json   as of any dataset
//
// An object whose version, size and key are those of the last published run is carried over:
// it is copied within the target, and not read from the source again. Rules, key, schema of the
// database and version of refresher must be the same.
package objectset

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"refresher/internal/dataset/lake"
	"refresher/internal/fault"
	"refresher/internal/s3sink"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify/target"
)

// Set is an entry of objects in the configuration.
type Set struct {
	Name   string
	Source *s3sink.Sink // that is only read
	Rules  *rules.Ruleset
	To     []Target
}

// Target is where scrubbed copies go.
type Target struct {
	Name    string // of the dataset, in reports
	URL     string
	Sink    *s3sink.Sink
	Percent float64 // of the rows, with By; 0: all
	By      string
	Keep    int
}

// Options are what a plan needs.
type Options struct {
	Made   []string // what else copies depend on: rules, key, schema, version
	Secret []byte   // of the hashes in the index
	// Genuine reports whether a manifest is signed by the key that signs this run's. What another has written
	// into a target is not taken over. nil: all are.
	Genuine func(manifest, signature []byte) bool
	Workers int
}

// Plan is what a run will do with its sets.
type Plan struct {
	sets []*set
	o    Options
}

// set is a set with what is known of it.
type set struct {
	Set
	plan    *lake.Plan
	ids     map[string]string // of each object's version, by its key
	carried map[string]bool   // by key
	before  []*before         // by target; nil: nothing is taken over
}

// before is what a target holds of the last run.
type before struct {
	run     *s3sink.Published
	entries map[string]lake.Entry // by source
}

// New plans sets: it lists all objects, reads the headers of those that changed, and holds
// them against the rules. Its error has the problems of all sets.
func New(ctx context.Context, sets []Set, o Options) (*Plan, error) {
	p := &Plan{o: o}
	var errs []error
	for _, s := range sets {
		one, err := newSet(ctx, s, o)
		if err != nil && !fault.Decided(err) {
			return nil, fmt.Errorf("objects %s: %w", s.Name, err)
		}
		errs = append(errs, err)
		p.sets = append(p.sets, one)
	}
	return p, errors.Join(errs...)
}

// Look tells what the objects of a set look like, by their headers and footers. Its error is
// that of [lake.NewPlan].
func Look(ctx context.Context, s Set, workers int) ([]scrub.File, error) {
	objects, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := lake.NewPlan(ctx, lake.Set{Name: s.Name, Rules: s.Rules, By: s.sampledBy()}, objects, workers)
	if err != nil {
		return nil, err
	}
	return plan.Files(), nil
}

// list lists the objects of a set.
func (s Set) list(ctx context.Context) (objects []lake.Object, err error) {
	err = s.Source.Entries(ctx, func(e s3sink.Entry) error {
		open := func(ctx context.Context) (lake.Content, error) { return s.Source.OpenEntry(ctx, e) }
		objects = append(objects, lake.Object{Key: e.Name, Size: e.Size, Open: open})
		return nil
	})
	if err == nil && len(objects) == 0 {
		err = fault.Refuse("objects", "there is no object under %s: a prefix that is empty by mistake would "+
			"empty %s", s.Source.URL(), s.Name)
	}
	return objects, err
}

// sampledBy are the columns by which targets are sampled; empty for the objects' subject.
func (s Set) sampledBy() (by []string) {
	for _, t := range s.To {
		if t.Percent > 0 && !slices.Contains(by, t.By) {
			by = append(by, t.By)
		}
	}
	return by
}

func newSet(ctx context.Context, s Set, o Options) (*set, error) {
	one := &set{Set: s, ids: map[string]string{}, carried: map[string]bool{}}
	objects, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	if err := one.identify(ctx, objects, o); err != nil {
		return nil, err
	}
	for _, t := range s.To {
		b, err := t.before(ctx, one.madeBy(t, o), o.Genuine)
		if err != nil {
			return nil, fmt.Errorf("bucket %s: %w", t.Name, err)
		}
		one.before = append(one.before, b)
	}
	var look []lake.Object
	for _, object := range objects {
		one.carried[object.Key] = !slices.ContainsFunc(one.before, func(b *before) bool {
			_, there := b.entries[one.ids[object.Key]]
			return !there
		})
		kind, _, _ := lake.KindOf(object.Key)
		// The types of Parquet's columns decide with others how a domain's fakes look.
		if !one.carried[object.Key] || kind == lake.Parquet {
			look = append(look, object)
		}
	}
	one.plan, err = lake.NewPlan(ctx, lake.Set{Name: s.Name, Rules: s.Rules, By: s.sampledBy()}, look, o.Workers)
	return one, err
}

// identify finds the version of each object.
func (s *set) identify(ctx context.Context, objects []lake.Object, o Options) error {
	versions := make([]string, len(objects))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(4 * max(o.Workers, 1))
	for i, object := range objects {
		group.Go(func() error {
			c, err := object.Open(gctx)
			if err != nil {
				return err
			}
			versions[i] = c.Version()
			return c.Close()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, object := range objects {
		h := hmac.New(sha256.New, o.Secret)
		fmt.Fprintf(h, "%q %q %d", object.Key, versions[i], object.Size)
		s.ids[object.Key] = hex.EncodeToString(h.Sum(nil)[:16])
	}
	return nil
}

// madeBy names all that a target's copies depend on beside their objects.
func (s *set) madeBy(t Target, o Options) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %s %v %q", o.Made, s.Rules.Hash(), t.Percent, t.By)
	return hex.EncodeToString(h.Sum(nil))
}

// before reads what a target holds; of what was made otherwise, or by others, or is gone, it has no
// entries. A manifest or an index that is not what it was says nothing, so that all is made anew.
func (t Target) before(ctx context.Context, made string, genuine func(manifest, sig []byte) bool) (*before, error) {
	run, err := t.Sink.Current(ctx)
	b := &before{run: run, entries: map[string]lake.Entry{}}
	if err != nil || run == nil {
		return b, undecided(err)
	}
	if genuine != nil {
		if manifest, sig, err := run.Signed(ctx); err != nil || !genuine(manifest, sig) {
			return b, err
		}
	}
	x, err := target.IndexOf(ctx, run)
	if err != nil || x.Made != made {
		return b, undecided(err)
	}
	there, err := run.Present(ctx)
	if err != nil {
		return b, err
	}
	for _, e := range x.Entries {
		if e.Object == "" || b.object(e.Object) != nil && there[e.Object] {
			b.entries[e.Source] = e
		}
	}
	return b, nil
}

// undecided is an error but for one that says what the last run's objects are not.
func undecided(err error) error {
	if fault.Decided(err) {
		return nil
	}
	return err
}

// object finds an object of the last run.
func (b *before) object(name string) *s3sink.Object {
	objects := b.run.Manifest.Objects
	i, ok := slices.BinarySearchFunc(objects, name, func(o s3sink.Object, name string) int {
		return strings.Compare(o.Name, name)
	})
	if !ok {
		return nil
	}
	return &objects[i]
}

// Files are what the objects look like, for [scrub.Compile].
func (p *Plan) Files() (files []scrub.File) {
	if p == nil {
		return nil
	}
	for _, s := range p.sets {
		files = append(files, s.plan.Files()...)
	}
	return files
}

// Targets are the targets of all sets.
func Targets(sets []Set) (all []Target) {
	for _, s := range sets {
		all = append(all, s.To...)
	}
	return all
}
