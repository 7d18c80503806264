package refresh

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"time"

	"refresher/internal/history"
	"refresher/internal/restore"
	"refresher/internal/scrub"
	"refresher/internal/snapshot"
)

// NewID names a run: its start in UTC and four random hex digits, so that ids
// sort by time and two hosts never share one.
func NewID(now time.Time) string {
	var b [2]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}

// guard finds everything that can be found wrong before anything is changed and
// before a row is read.
func (r *run) guard(ctx context.Context) error {
	var err error
	if r.server, err = restore.Connect(ctx, r.Staging); err != nil {
		return err
	}
	r.source, err = snapshot.Open(ctx, snapshot.Options{Config: r.Source, Run: r.Options.Run, RequireReplica: r.RequireReplica, Workers: r.Workers})
	if err != nil {
		return err
	}
	cat := r.source.Catalog()
	r.describe()
	if err := restore.Guard(cat.SystemID, r.server.SystemID()); err != nil {
		return err
	}
	if r.program, err = scrub.Compile(r.Rules, cat, r.Key.Bytes()); err != nil {
		return err
	}
	if err := r.source.Lock(ctx, r.tablesRead()); err != nil {
		return err
	}
	for _, b := range r.Buckets {
		if err := b.Sink.Probe(ctx); err != nil {
			return fmt.Errorf("bucket %s: %w", b.Name, err)
		}
		if err := b.Sample.check(cat); err != nil {
			return err
		}
	}
	r.decisions()
	for _, w := range r.source.Warnings() {
		r.warn("%s", w)
	}
	return nil
}

// lock takes the right to be the only run, and clears away what runs that died
// left behind. From here on the run is in the history.
func (r *run) lock(ctx context.Context, cancel context.CancelCauseFunc) error {
	var err error
	if r.history, err = history.Open(ctx, r.Staging); err != nil {
		return err
	}
	lost, err := r.history.Lock(ctx, r.Options.Run)
	if err != nil {
		r.history = nil // not ours to write into
		return err
	}
	go func() {
		if err, ok := <-lost; ok && err != nil {
			cancel(fmt.Errorf("the run's lock on the staging server was lost: %w", err))
		}
	}()
	if err := r.history.Start(ctx, history.Run{ID: r.Options.Run, Started: r.report.Started}); err != nil {
		return err
	}
	if r.dir, err = os.MkdirTemp(r.TempDir, "refresher-"+r.Options.Run+"-"); err != nil {
		return fmt.Errorf("making the run's temporary folder: %w", err)
	}
	dropped, err := r.server.Sweep(ctx)
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

func (r *run) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.report.Warnings = append(r.report.Warnings, text)
	r.watch.Warn(text)
}

// shadowName is the database being built: <live>_shadow_<run>.
func (r *run) shadowName() string {
	return restore.ScratchName(r.Staging.Database, "shadow", strings.ToLower(r.Options.Run))
}
