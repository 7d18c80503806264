package refresh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"refresher/internal/discover"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
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
	rules   *rules.Ruleset
	dir     string
}

// Close removes the fingerprints.
func (e *Evidence) Close() error { return errors.Join(e.store.Close(), os.RemoveAll(e.dir)) }

// Explain says in results whose values survived, and the rules to write.
func (e *Evidence) Explain(results ...*verify.Result) error {
	return explain(e.Catalog, e.rules, e.store.Origins, results...)
}

// Collect reads the source as a run does, through the very scrubber, but keeps
// only fingerprints: nothing of a row goes anywhere.
func Collect(ctx context.Context, o Options, watch Observer) (_ *Evidence, err error) {
	source, err := snapshot.Open(ctx, snapshot.Options{Config: o.Source, Run: o.Run, RequireReplica: o.RequireReplica})
	if err != nil {
		return nil, err
	}
	defer source.Close(context.WithoutCancel(ctx))
	p := &plan{source: source, catalog: source.Catalog()}
	if p.program, err = scrub.Compile(o.Rules, p.catalog, o.Key.Bytes()); err != nil {
		return nil, discover.Propose(p.catalog, err)
	}
	if err := source.Lock(ctx, tablesRead(p.program)); err != nil {
		return nil, err
	}
	e := &Evidence{Catalog: p.catalog, Program: p.program, rules: o.Rules}
	if e.dir, err = os.MkdirTemp(o.TempDir, "refresher-verify-"); err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	if e.store, err = o.newStore(e.dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(e.dir))
	}
	err = client.Each(ctx, o.Workers, p.tableJobs(watch, 0), func(ctx context.Context, jobs iter.Seq[job]) error {
		return p.collect(ctx, e.store, watch, jobs)
	})
	if err == nil {
		e.Set, err = e.store.Build()
	}
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// collect is a worker that takes fingerprints of chunks until none is left.
func (p *plan) collect(ctx context.Context, store *fingerprint.Store, watch Observer, jobs iter.Seq[job]) (err error) {
	reader, err := p.source.Reader(ctx)
	if err != nil {
		return err
	}
	defer reader.Close(context.WithoutCancel(ctx))
	collector := store.Collector()
	defer func() { err = errors.Join(err, collector.Close()) }()
	for j := range jobs {
		if !j.plan.Masked() {
			continue
		}
		w := p.program.NewWriter(j.plan, io.Discard, collector)
		rows, err := reader.CopyOut(ctx, j.chunk, j.plan.Columns, j.plan.Format, w)
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", j.plan.Table.Name, err)
		}
		watch.Copied(j.plan.Table.Name.String(), rows, 0)
	}
	return nil
}

// Specs describes the columns for verification of a target that holds what a run made.
func (e *Evidence) Specs() []verify.Table { return specs(e.Catalog, e.Program, nil) }
