package refresh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"refresher/internal/history"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/refresh/workqueue"
	"refresher/internal/restore"
	"refresher/internal/scrub"
	"refresher/internal/snapshot"
)

// hand does the work of one epoch.
type hand struct {
	*member
	o        WorkerOptions
	offer    *history.Offer
	source   *snapshot.Source
	shadow   *restore.Database
	program  *scrub.Program
	plans    map[string]*scrub.TablePlan // by the table's name
	idle     chan *stream                // sessions for each chunk that is copied at once; nil: to be opened
	canaries canaries
	tested   *fingerprint.Store // takes what canaries would leave in the run's fingerprints
}

// stream is what one chunk after another goes through: a session on each side, and a store of
// fingerprints. What a chunk has told the run, the next one does not tell again; so a stream that broke is
// never used again.
type stream struct {
	reader *snapshot.Reader
	loader *restore.Loader
	store  *fingerprint.Store
}

func newHand(ctx context.Context, m *member, o WorkerOptions, offer *history.Offer, t *terms) (w *hand, err error) {
	w = &hand{member: m, o: o, offer: offer, plans: map[string]*scrub.TablePlan{}, idle: make(chan *stream, o.Streams)}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.source, err = snapshot.Attach(ctx, snapshot.Options{Config: o.Source, Run: offer.Run + "/" + m.id}, t.Source); err != nil {
		return nil, err
	}
	if w.program, err = scrub.Compile(o.Rules, w.source.Catalog(), o.Key.Bytes(), t.Files...); err != nil {
		return nil, err
	}
	for _, p := range w.program.Tables() {
		w.plans[p.Table.Name.String()] = p
	}
	w.shadow = restore.Attach(o.Staging, t.Shadow, t.Ledger, workerSession(offer.Run, m.id))
	for range o.Streams {
		w.idle <- nil
	}
	w.tested, err = fingerprint.NewStore(m.dir, o.Key.Derive("fingerprints"))
	return w, err
}

func (w *hand) close() {
	ctx := context.Background()
	for range len(w.idle) {
		(<-w.idle).close()
	}
	if w.tested != nil {
		_ = w.tested.Close()
	}
	if w.source != nil {
		w.source.Close(ctx)
	}
}

func (w *hand) open(ctx context.Context) (s *stream, err error) {
	s = &stream{}
	defer func() {
		if err != nil {
			s.close()
			s = nil
		}
	}()
	if s.store, err = fingerprint.NewKeptStore(w.dir, w.o.Key.Derive("fingerprints")); err != nil {
		return nil, err
	}
	if s.reader, err = w.source.Reader(ctx); err != nil {
		return nil, err
	}
	s.loader, err = w.shadow.Loader(ctx)
	return s, err
}

func (s *stream) close() {
	if s == nil {
		return
	}
	if s.reader != nil {
		s.reader.Close(context.Background())
	}
	if s.loader != nil {
		s.loader.Close(context.Background())
	}
	if s.store != nil {
		_ = s.store.Close() // its folder holds keyed hashes alone
	}
}

// copy copies a chunk.
func (w *hand) copy(ctx context.Context, c workqueue.Chunk) (err error) {
	if c.Epoch != w.offer.Epoch {
		return workqueue.ErrVoid
	}
	table := w.plans[c.Table.String()]
	if table == nil {
		return fmt.Errorf("the rules of this worker copy no table %s", c.Table)
	}
	s := <-w.idle
	defer func() {
		if err != nil {
			s.close()
			s = nil
		}
		w.idle <- s
	}()
	if s == nil {
		if s, err = w.open(ctx); err != nil {
			return err
		}
	}
	seed := canarySeed(w.o.Key, w.offer.Run)
	if err := w.rehearse(table, seed); err != nil {
		return withRemedies(w.source.Catalog(), w.o.Rules, fmt.Errorf("table %s: %w", c.Table, err))
	}
	w.change(func(now *history.Worker) { now.At = c.Table.String() })
	j := job{plan: table, entry: restore.Entry{Chunk: c.Number, Unlogged: c.Unlogged}, tally: new(tally), chunk: snapshot.Chunk{
		Table: table.Table, Index: c.Index, Of: c.Of, First: c.First, End: c.End, Bytes: c.Bytes, Join: table.Join}}
	began := time.Now()
	copier := &copier{filled: &filled{plan: &plan{source: w.source, program: w.program}}, watch: w, stall: w.o.Stall, seed: seed,
		answer: func(j job, rows int64, fp *fingerprint.Collector, out io.Writer) error {
			if err := fp.Close(); err != nil {
				return err
			}
			t := j.tally
			a := answer{w.id, t.source, t.scrubbed, rows, t.dropped, t.bytes, int64(time.Since(began)), t.kept}
			if err := json.NewEncoder(out).Encode(a); err != nil {
				return err
			}
			return s.store.Export(out)
		}}
	err = copier.copyChunk(ctx, s.reader, s.loader, s.store.Collector(), j)
	if restore.AlreadyBooked(err) {
		s.close() // what it has read was told to the run by another
		s, err = nil, nil
		return nil
	}
	if err == nil {
		w.change(func(now *history.Worker) { now.Chunks++ })
	} else {
		err = fmt.Errorf("table %s: %w", c.Table, err)
	}
	return err
}

// rehearse tests the program of this process with canaries, once a table, before a row of it is copied.
func (w *hand) rehearse(plan *scrub.TablePlan, seed func(string) []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := plan.Table.Name.String()
	if !plan.Masked() || w.canaries.had(name) {
		return nil
	}
	fp := w.tested.Collector()
	err := w.canaries.rehearse(w.program.NewWriter(plan, io.Discard, fp), fp, name, seed)
	return errors.Join(err, fp.Close())
}

// A hand is the Observer of its chunks.

func (w *hand) Stage(string)        {}
func (w *hand) Expect(int64, int64) {}
func (w *hand) Warn(text string)    { w.log.Warn(text) }

// Copied counts what goes into staging.
func (w *hand) Copied(_ string, rows, bytes int64) {
	w.change(func(now *history.Worker) { now.Rows += rows; now.Bytes += bytes })
}
