package refresh

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"refresher/internal/history"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/restore"
	"refresher/internal/scrub"
	"refresher/internal/snapshot"
)

// idTime is the head of a run's id.
const idTime = "20060102T150405Z"

// NewID names a run: its start in UTC and four random hex digits, so that ids
// sort by time and two hosts never share one.
func NewID(now time.Time) string {
	var b [2]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return now.UTC().Format(idTime) + "-" + hex.EncodeToString(b[:])
}

// guard finds everything that can be found wrong before anything is changed and
// before a row is read.
func (r *run) guard(ctx context.Context) error {
	return r.bounded(ctx, func(ctx context.Context) (err error) {
		if r.server, err = restore.Connect(ctx, r.Staging); err != nil {
			return err
		}
		if r.Template != "" {
			r.server.UseTemplate(r.Template)
		}
		r.afterTheLast(ctx)
		for {
			if err = r.openSource(ctx); err == nil {
				break
			}
			// A migration in this moment: the next look sees what it made.
			if ctx.Err() != nil || !errors.Is(err, snapshot.ErrSchemaChanged) && client.Code(err) != "40001" {
				return err
			}
			if err := r.countRestart(err); err != nil {
				return err
			}
		}
		if r.DryRun {
			return r.probe(ctx)
		}
		return nil
	})
}

// openSource takes a snapshot of the source and plans on it.
func (r *run) openSource(ctx context.Context) error {
	if r.source != nil {
		r.source.Close(ctx)
		r.source = nil
	}
	source, err := snapshot.Open(ctx, snapshot.Options{Config: r.Source, Run: r.Options.Run, RequireReplica: r.RequireReplica, ChunkBytes: r.ChunkBytes})
	if err != nil {
		return err
	}
	r.source = source
	cat := r.source.Catalog()
	r.describe()
	if err := restore.Guard(cat.SystemID, r.server.SystemID()); err != nil {
		return err
	}
	if err := r.server.NotOlder(cat); err != nil {
		return err
	}
	if r.program, err = scrub.Compile(r.Rules, cat, r.Key.Bytes()); err != nil {
		return err
	}
	r.risk, r.report.SafeHarbor = r.program.Risk(), r.program.SafeHarbor()
	if err := r.source.Lock(ctx, tablesRead(r.program)); err != nil {
		return err
	}
	r.report.Snapshot = r.source.SnapshotID()
	if err := r.guardObjects(ctx); err != nil {
		return err
	}
	if err := r.server.Preflight(ctx, cat); err != nil {
		return err
	}
	if err := r.guardOwn(ctx); err != nil {
		return err
	}
	for _, b := range r.Buckets {
		if err := r.checkSample(b, cat); err != nil {
			return err
		}
	}
	r.decisions()
	for _, w := range append(r.source.Warnings(), r.program.Warnings()...) {
		r.warn("%s", w)
	}
	return nil
}

// probe looks whether every bucket can be written to. A run does it when it has the
// lock: the next to get it sweeps probes away.
func (r *run) probe(ctx context.Context) error {
	for _, b := range r.Buckets {
		if err := b.Sink.Probe(ctx); err != nil {
			return fmt.Errorf("bucket %s: %w", b.Name, err)
		}
	}
	if r.Prints != nil && r.Prints.Place != nil {
		return r.Prints.Place.Probe(ctx)
	}
	return nil
}

// afterTheLast gives the run an id behind those that the buckets name as their
// latest, even if this machine's clock was put back: ids are compared, and a dataset
// must not look older than the one it replaces. An error here shows in the probe.
func (r *run) afterTheLast(ctx context.Context) {
	for _, b := range r.Buckets {
		last, _, err := b.Sink.Latest(ctx)
		if err != nil || last.Run < r.Options.Run {
			continue
		}
		at, err := time.Parse(idTime, last.Run[:len(idTime)])
		if err != nil {
			continue
		}
		was := r.Options.Run
		r.Options.Run = at.Add(time.Second).Format(idTime) + was[len(idTime):]
		r.report.Run = r.Options.Run
		r.warn("run %s is called %s, because the latest in bucket %s is %s: the clock of this machine, or of the one before, is wrong", was, r.Options.Run, b.Name, last.Run)
	}
}

// claim takes the right to be the only run, and clears away what runs that died
// left behind. From here on the run is in the history.
func (r *run) claim(ctx context.Context) error {
	var err error
	if r.history, err = history.Open(ctx, r.Staging); err != nil {
		return err
	}
	if r.lock, err = r.history.Lock(ctx, r.Options.Run); err != nil {
		return err
	}
	if r.previous, err = r.lastDone(ctx); err != nil {
		return err
	}
	host, _ := os.Hostname() // "" is as good an answer
	began := history.Run{ID: r.Options.Run, Database: r.Staging.Database, Host: host, Started: r.report.Started, Stage: r.report.Stage}
	if err := r.history.Start(ctx, began); err != nil {
		return err
	}
	if err := r.probe(ctx); err != nil {
		return err
	}
	if r.dir, err = r.server.WorkDir(r.TempDir, "refresher-", r.Options.Run+"-"); err != nil {
		return err
	}
	dropped, err := r.server.Sweep(ctx, r.lock)
	if err != nil {
		return err
	}
	for _, d := range dropped {
		r.warn("dropped the remains of a run that died: database %s", d)
	}
	for _, b := range r.Buckets {
		removed, err := b.Sink.Sweep(ctx)
		if err != nil {
			return fmt.Errorf("bucket %s: %w", b.Name, err)
		}
		for _, d := range removed {
			r.warn("removed the remains of a run that died: %s", d)
		}
	}
	return nil
}

// tablesRead are the tables whose rows leave the source.
func tablesRead(p *scrub.Program) []*catalog.Table {
	var tables []*catalog.Table
	for _, plan := range p.Tables() {
		tables = append(tables, plan.Table)
	}
	return tables
}

// checkSample finds a bad sample before a row is read.
func (r *run) checkSample(b Bucket, cat *catalog.Catalog) error {
	if b.Sample == nil {
		return nil
	}
	o := *b.Sample
	o.Salt = r.Key.Derive("sample")
	if err := o.Check(cat); err != nil {
		return fmt.Errorf("bucket %s: %w", b.Name, err)
	}
	return nil
}

func (r *run) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if slices.Contains(r.report.Warnings, text) {
		return // said before the run started over
	}
	r.report.Warnings = append(r.report.Warnings, text)
	r.watch.Warn(text)
}
