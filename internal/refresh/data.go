package refresh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"refresher/internal/pii/fingerprint"
	"refresher/internal/restore"
	"refresher/internal/scrub"
	"refresher/internal/snapshot"
)

// counter sums what happened to one table; chunks of it run in parallel.
type counter struct {
	source, scrubbed, arrived atomic.Int64 // rows, as the source, the scrubber and the shadow count them
	dropped                   atomic.Int64 // of those scrubbed: left behind by a condition on rows
	suppressed                atomic.Int64 // of those that arrived: taken out again, as too few look like them
	bytes, nanos              atomic.Int64

	mu   sync.Mutex
	kept map[string]int64 // values that a condition let pass, by column
}

// tally is what one chunk came to, in the attempt that put it into the shadow: those
// that failed leave no count.
type tally struct {
	source, scrubbed, arrived, dropped, bytes, nanos int64

	kept []scrub.Kept
}

// add takes over what a chunk came to.
func (c *counter) add(t *tally) {
	c.source.Add(t.source)
	c.scrubbed.Add(t.scrubbed)
	c.arrived.Add(t.arrived)
	c.dropped.Add(t.dropped)
	c.bytes.Add(t.bytes)
	c.nanos.Add(t.nanos)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range t.kept {
		if c.kept == nil {
			c.kept = map[string]int64{}
		}
		c.kept[k.Column] += k.Rows
	}
}

// restoreSchema makes the shadow database and its pre-data: types, tables,
// functions, but no index, constraint or trigger. What an earlier attempt of the run
// made is made anew.
func (r *run) restoreSchema(ctx context.Context) error {
	return r.bounded(ctx, func(ctx context.Context) error {
		r.schema = filepath.Join(r.dir, "schema.dump")
		if err := r.source.DumpSchema(ctx, r.schema); err != nil {
			return err
		}
		if r.shadow != nil {
			if err := r.shadow.Drop(ctx); err != nil {
				return err
			}
		}
		var err error
		if r.shadow, err = r.server.Create(ctx, r.server.ShadowName(r.Options.Run), r.source.Catalog()); err != nil {
			return err
		}
		if r.report.LeftOut, err = r.shadow.PreData(ctx, r.schema); err != nil {
			return err
		}
		if err := r.makeOwn(ctx); err != nil {
			return err
		}
		err = r.shadow.OpenLedger(ctx)
		r.filling.open = err == nil
		return err
	})
}

// job is one chunk of one table on its way, or a stretch of large objects.
type job struct {
	plan    *scrub.TablePlan
	chunk   snapshot.Chunk
	entry   restore.Entry
	tally   *tally
	objects *objects // nil for a table's rows
}

// copyData streams every chunk from the source through the scrubber into the
// shadow, several at a time, the largest tables first so that no big one is left
// alone at the end. Called again, it copies what the shadow lacks.
func (r *run) copyData(ctx context.Context) error {
	f := &r.filling
	if r.store == nil {
		var err error
		if r.store, err = r.newStore(r.dir); err != nil {
			return err
		}
		f.jobs = r.plan()
		f.jobs = append(f.jobs, r.planObjects(len(f.jobs))...)
	}
	if !f.closed {
		err := r.copyAll(ctx, f.todo())
		r.canaries()
		if err != nil {
			return err
		}
		if r.sequences, err = r.source.Sequences(ctx); err != nil {
			return err
		}
		if err := r.closeLedger(ctx); err != nil {
			return err
		}
	}
	r.countObjects()
	for _, j := range f.jobs {
		if j.objects != nil {
			continue
		}
		r.counts[j.plan.Table.Name.String()].add(j.tally)
	}
	return r.sameCounts()
}

// todo are the chunks that are not in the shadow.
func (f *filling) todo() []job {
	var todo []job
	for _, j := range f.jobs {
		if !f.booked[j.entry] {
			todo = append(todo, j)
		}
	}
	return todo
}

// closeLedger ends the time in which chunks arrive. A server that crashed unnoticed
// since the last of them can have lost some.
func (r *run) closeLedger(ctx context.Context) error {
	f := &r.filling
	var want []restore.Entry
	for _, j := range f.jobs {
		want = append(want, j.entry)
	}
	missing, err := r.shadow.CloseLedger(ctx, want)
	if err == nil && len(missing) > 0 {
		return &lostChunks{len(missing)}
	}
	f.closed = err == nil
	return err
}

// lostChunks is what a crash of the staging server took back.
type lostChunks struct{ n int }

func (l *lostChunks) Error() string {
	return fmt.Sprintf("the staging server lost %d chunks that it had confirmed: it crashed; look in its log", l.n)
}

// copyAll copies chunks, several at a time.
func (r *run) copyAll(ctx context.Context, jobs []job) error {
	queue := make(chan job)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return feed(ctx, queue, jobs) })
	for range min(max(1, r.Workers), len(jobs)) {
		group.Go(func() error { return r.worker(ctx, queue) })
	}
	return group.Wait()
}

// feed hands out the jobs until all are taken or ctx ends.
func feed(ctx context.Context, queue chan<- job, jobs []job) error {
	defer close(queue)
	for _, j := range jobs {
		select {
		case queue <- j:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// plan cuts the tables into chunks, in the program's order: largest first.
func (r *run) plan() []job {
	var jobs []job
	var rows, bytes int64
	for _, p := range r.program.Tables() {
		r.counts[p.Table.Name.String()] = &counter{}
		rows += max(0, int64(p.Table.Rows))
		bytes += p.Table.Bytes
		for _, c := range r.source.Chunks(p.Table) {
			c.Join = p.Join
			jobs = append(jobs, job{plan: p, chunk: c, entry: restore.Entry{Chunk: int32(len(jobs)), Unlogged: p.Table.Persistence == 'u'}, tally: new(tally)})
		}
	}
	if len(r.objects) > 0 {
		bytes += r.report.LargeObjects.Bytes
	}
	r.watch.Expect(rows, bytes)
	return jobs
}

// worker owns one session on each side and takes chunks until none is left.
func (r *run) worker(ctx context.Context, queue <-chan job) (err error) {
	reader, err := r.source.Reader(ctx)
	if err != nil {
		return err
	}
	defer reader.Close(context.WithoutCancel(ctx))
	loader, err := r.shadow.Loader(ctx)
	if err != nil {
		return err
	}
	defer loader.Close(context.WithoutCancel(ctx))
	collector := r.store.Collector()
	defer func() { err = errors.Join(err, collector.Close()) }()
	for j := range queue {
		if j.objects != nil {
			if err := r.copyObjects(ctx, reader, loader, j); err != nil {
				return err
			}
			continue
		}
		if err := r.copyChunk(ctx, reader, loader, collector, j); err != nil {
			return fmt.Errorf("table %s: %w", j.plan.Table.Name, err)
		}
	}
	return nil
}

// copyChunk joins the three ends: the reader's blocking writes go through the
// scrubber into a pipe, from which the loader reads. Whichever side fails closes
// the pipe with its error, and the others end.
func (r *run) copyChunk(ctx context.Context, from *snapshot.Reader, to *restore.Loader, fp *fingerprint.Collector, j job) error {
	began := time.Now()
	var p pulse
	ctx, stop := p.watch(ctx, r.Retry.Stall)
	defer stop()
	pr, pw := io.Pipe()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		err := r.read(ctx, from, fp, j, &metered{w: pw, watch: r.watch, table: j.plan.Table.Name.String(), pulse: &p})
		pw.CloseWithError(err) // nil: the end of the rows, and only then the loader commits
		return err
	})
	var arrived int64
	group.Go(func() (err error) {
		arrived, err = to.CopyChunk(ctx, j.entry, j.plan.Table.Name, columnNames(j.plan), j.plan.Format, pr)
		if err != nil {
			pr.CloseWithError(err)
		}
		return err
	})
	err := group.Wait()
	if err == nil {
		j.tally.arrived, j.tally.nanos = arrived, int64(time.Since(began))
	}
	return err
}

// read sends a chunk through the scrubber and counts it. Until the loader's answer
// is here, what was sent is what arrived: the answer may be lost, the rows not.
func (r *run) read(ctx context.Context, from *snapshot.Reader, fp *fingerprint.Collector, j job, out *metered) error {
	w, err := r.writer(j, out, fp)
	if err != nil {
		return err
	}
	rows, err := from.CopyOut(ctx, j.chunk, j.plan.Columns, j.plan.Format, out.pulse.from(w))
	if err == nil {
		err = w.Close()
	}
	r.watch.Copied(out.table, rows, 0)
	if err == nil {
		*j.tally = tally{source: rows, scrubbed: w.Rows(), dropped: w.Dropped(), arrived: w.Rows() - w.Dropped(), bytes: out.bytes, kept: w.Kept()}
	}
	return err
}

func columnNames(p *scrub.TablePlan) []string {
	names := make([]string, len(p.Columns))
	for i, c := range p.Columns {
		names[i] = c.Name
	}
	return names
}

// metered counts bytes on their way into the shadow.
type metered struct {
	w     io.Writer
	watch Observer
	table string
	pulse *pulse
	bytes int64
}

func (m *metered) Write(b []byte) (int, error) {
	m.pulse.writing.Store(true)
	n, err := m.w.Write(b)
	m.pulse.writing.Store(false)
	m.pulse.beats.Add(1)
	m.bytes += int64(n)
	m.watch.Copied(m.table, 0, int64(n))
	return n, err
}

// postData builds indexes, constraints and triggers once the tables are full.
func (r *run) postData(ctx context.Context) error {
	r.source.Close(ctx) // the replica's snapshot is held no longer than it is read
	r.source = nil
	if err := r.fillOwn(ctx); err != nil {
		return err
	}
	if err := r.program.Explain(r.shadow.PostData(ctx, r.schema, r.Workers)); err != nil {
		return err
	}
	return r.finishOwn(ctx)
}

// analyze brings the shadow to where an application expects a database to be.
func (r *run) analyze(ctx context.Context) error {
	if err := r.shadow.SetSequences(ctx, r.sequences); err != nil {
		return err
	}
	if err := r.own.preserve.SetSequences(ctx, r.shadow); err != nil {
		return err
	}
	if err := r.shadow.RefreshMatViews(ctx, r.catalog.MatViews); err != nil {
		return err
	}
	return r.shadow.Analyze(ctx, r.Workers)
}
