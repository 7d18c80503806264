package refresh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sync/errgroup"

	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/snapshot"
	"refresher/internal/verify"
)

// Evidence is what verification of any target needs of the source: which columns
// there are and how each is decided, and the identifiers it holds as keyed
// fingerprints.
type Evidence struct {
	Catalog *catalog.Catalog
	Program *scrub.Program
	Set     *fingerprint.Set
	store   *fingerprint.Store
	dir     string
}

// Close removes the fingerprints.
func (e *Evidence) Close() error { return errors.Join(e.store.Close(), os.RemoveAll(e.dir)) }

// Collect reads the source as a run does, through the very scrubber, but keeps
// only fingerprints: nothing of a row goes anywhere.
func Collect(ctx context.Context, o Options, watch Observer) (_ *Evidence, err error) {
	r := &run{Options: o, watch: watch, counts: map[string]*counter{}}
	r.source, err = snapshot.Open(ctx, snapshot.Options{Config: o.Source, Run: o.Run, RequireReplica: o.RequireReplica})
	if err != nil {
		return nil, err
	}
	defer r.source.Close(context.WithoutCancel(ctx))
	cat := r.source.Catalog()
	if r.program, err = scrub.Compile(o.Rules, cat, o.Key.Bytes()); err != nil {
		return nil, err
	}
	if err := r.source.Lock(ctx, tablesRead(r.program)); err != nil {
		return nil, err
	}
	e := &Evidence{Catalog: cat, Program: r.program}
	if e.dir, err = os.MkdirTemp(o.TempDir, "refresher-verify-"); err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	if e.store, err = r.newStore(e.dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(e.dir))
	}
	r.store = e.store
	if err := r.collect(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if e.Set, err = e.store.Build(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (r *run) collect(ctx context.Context) error {
	queue := make(chan job)
	group, ctx := errgroup.WithContext(ctx)
	jobs := r.plan()
	group.Go(func() error { return feed(ctx, queue, jobs) })
	for range max(1, min(r.Workers, len(jobs))) {
		group.Go(func() (err error) {
			reader, err := r.source.Reader(ctx)
			if err != nil {
				return err
			}
			defer reader.Close(context.WithoutCancel(ctx))
			collector := r.store.Collector()
			defer func() { err = errors.Join(err, collector.Close()) }()
			for j := range queue {
				if !j.plan.Masked() {
					continue
				}
				w := r.program.NewWriter(j.plan, io.Discard, collector)
				rows, err := reader.CopyOut(ctx, j.chunk, j.plan.Columns, j.plan.Format, w)
				if err == nil {
					err = w.Close()
				}
				if err != nil {
					return fmt.Errorf("table %s: %w", j.plan.Table.Name, err)
				}
				r.watch.Copied(j.plan.Table.Name.String(), rows, 0)
			}
			return nil
		})
	}
	return group.Wait()
}

// Specs describes the columns for verification of a target that holds what a run made.
func (e *Evidence) Specs() []verify.Table { return specs(e.Catalog, e.Program, nil) }
