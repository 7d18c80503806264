package refresh

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh/workqueue"
	"refresher/internal/scrub/rules"
	"refresher/internal/snapshot"
)

// WorkerOptions are what a worker has of its own: nothing secret comes from the run.
type WorkerOptions struct {
	Version string // of refresher
	Source  *pgx.ConnConfig
	Staging *pgx.ConnConfig
	Rules   *rules.Ruleset
	Key     secret.Key
	Streams int           // how many chunks it copies at once
	TempDir string        // for keyed fingerprints; empty: the system's
	Stall   time.Duration // longest silence of a stream
}

// Pauses of a worker.
const (
	offerEvery = 500 * time.Millisecond // between two looks for work
	beatEvery  = 2 * time.Second        // between two signs of life
	afterFault = 5 * time.Second        // before it tries again
)

// Work copies chunks of runs that others lead, until ctx ends, which is no error. load reads the worker's
// configuration: once now, and anew for each run. A configuration that is wrong, or with which this worker can't work
// for the run that goes on (other rules, another key, version or source), is a *fault.Input; a staging server that
// can't be reached now is the environment's. Later, it is asked again and again.
func Work(ctx context.Context, load func(context.Context) (WorkerOptions, error), log *slog.Logger) error {
	o, err := load(ctx)
	if err != nil {
		return err
	}
	m := &member{load: load, log: log, id: newWorkerID()}
	said := ""
	for first := true; ctx.Err() == nil; first = false {
		err := m.join(ctx, o)
		switch {
		case ctx.Err() != nil:
			return nil
		case first && err != nil && !errors.Is(err, errNoHistory), fault.Decided(err):
			return err
		}
		if text := err.Error(); text != said {
			log.Warn("this worker waits", "why", err)
			said = text
		}
		pause(ctx, afterFault)
	}
	return nil
}

var errNoHistory = errors.New("no run has prepared the staging server yet")

func newWorkerID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// member is one worker among those of a staging database.
type member struct {
	load func(context.Context) (WorkerOptions, error)
	log  *slog.Logger
	id   string
	here *history.Presence
	dir  string // for keyed fingerprints

	mu  sync.Mutex
	now history.Worker
}

// join shows that the worker is there, and works on what is offered, until ctx ends or a fault.
func (m *member) join(ctx context.Context, o WorkerOptions) error {
	exists, err := history.Check(ctx, o.Staging)
	if err == nil && !exists {
		err = errNoHistory
	}
	if err != nil {
		return err
	}
	runs, err := history.Open(ctx, o.Staging)
	if err != nil {
		return err
	}
	m.now = history.Worker{ID: m.id, Host: history.Hostname(), PID: os.Getpid(), Version: o.Version, Streams: o.Streams}
	if m.here, err = runs.Join(ctx, m.now); err != nil {
		return err
	}
	defer m.here.Leave(ctx)
	target := sha256.Sum256(fmt.Append(nil, o.Staging.Host, ":", o.Staging.Port, "/", o.Staging.Database))
	private, err := newFolder(o.TempDir, fmt.Sprintf("refresher-worker-%x-", target[:6]))
	if err != nil {
		return err
	}
	defer func() { _ = private.remove() }()
	m.dir = private.path
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { m.beat(ctx); return nil })
	group.Go(func() error { return m.work(ctx, runs) })
	m.log.Info("this worker is ready", "worker", m.id, "staging", o.Staging.Database, "streams", o.Streams)
	return group.Wait()
}

// work works on what is offered, one epoch after the other, until ctx ends or a fault.
func (m *member) work(ctx context.Context, runs *history.History) error {
	for ; ; pause(ctx, offerEvery) {
		offer, err := runs.Offered(ctx)
		if err == nil && offer != nil {
			if err = m.run(ctx, runs, offer); errors.Is(err, snapshot.ErrLost) {
				m.log.Warn("the run's snapshot is gone: what was copied of it is void", "run", offer.Run)
				err = nil
			}
		}
		if ctx.Err() != nil || err != nil {
			return err
		}
	}
}

// beat shows now and then that the worker is there. What keeps it from that shows in its work, too.
func (m *member) beat(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		m.show(ctx, func(*history.Worker) {})
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// change changes what is shown of the worker with its next beat.
func (m *member) change(change func(*history.Worker)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.now)
}

// show changes it and beats.
func (m *member) show(ctx context.Context, change func(*history.Worker)) {
	m.change(change)
	m.mu.Lock()
	now := m.now
	m.mu.Unlock()
	if err := m.here.Beat(ctx, func(w *history.Worker) { *w = now }); err != nil && ctx.Err() == nil {
		m.log.Warn("the run does not hear of this worker", "error", err)
	}
}

// run copies chunks of one epoch of a run, until nothing is offered any more.
func (m *member) run(ctx context.Context, runs *history.History, offer *history.Offer) error {
	o, err := m.load(ctx)
	if err != nil {
		return err
	}
	var t terms
	if err := json.Unmarshal(offer.Terms, &t); err != nil {
		return fmt.Errorf("reading what run %s offers: %w", offer.Run, err)
	}
	refuse := func(err error) error {
		m.show(ctx, func(w *history.Worker) { w.Run, w.Problem = offer.Run, err.Error() })
		return err
	}
	if err := t.accepts(offer.Run, &o); err != nil {
		return refuse(err)
	}
	w, err := newHand(ctx, m, o, offer, &t)
	switch {
	case fault.Decided(err):
		return refuse(err)
	case err != nil:
		return err
	}
	defer w.close()
	queue, err := workqueue.Open(ctx, runs, false)
	if err != nil {
		return err
	}
	defer queue.Close()
	m.show(ctx, func(w *history.Worker) {
		w.Run, w.Chunks, w.Rows, w.Bytes, w.At, w.Problem = offer.Run, 0, 0, 0, "", ""
	})
	m.log.Info("copying chunks", "run", offer.Run, "snapshot", t.Source.Snapshot)
	current, stop := context.WithCancelCause(ctx)
	var watching errgroup.Group
	watching.Go(func() error { m.watch(current, runs, offer.Epoch, stop); return nil })
	err = queue.Work(current, m.id, o.Streams, w.copy, m.log)
	stop(nil)
	_ = watching.Wait() // it has no error
	m.show(context.WithoutCancel(ctx), func(w *history.Worker) { w.At = "" })
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log.Info("no more chunks", "run", offer.Run, "chunks", m.now.Chunks, "rows", m.now.Rows)
	return err
}

// watch stops the work of an epoch when nothing, or something else, is offered.
func (m *member) watch(ctx context.Context, runs *history.History, epoch int64, stop context.CancelCauseFunc) {
	for ; ctx.Err() == nil; pause(ctx, offerEvery) {
		offer, err := runs.Offered(ctx)
		if err != nil || offer == nil || offer.Epoch != epoch {
			stop(workqueue.ErrVoid)
		}
	}
}

// accepts refuses terms that a worker's own configuration does not meet, all at once and in one line.
func (t *terms) accepts(run string, o *WorkerOptions) error {
	var other []string
	for _, c := range []struct{ what, theirs, ours string }{
		{"version of refresher", t.Version, o.Version}, {"rules", t.Rules, o.Rules.Hash()},
		{"masking key", t.Key, o.Key.Fingerprint()},
	} {
		if c.theirs != c.ours {
			other = append(other, fmt.Sprintf("%s (run: %.16s, worker: %.16s)", c.what, c.theirs, c.ours))
		}
	}
	if len(other) == 0 {
		return nil
	}
	return fault.BadInput("this worker can't copy for run %s, because what it has is not the run's: %s", run,
		strings.Join(other, ", "))
}
