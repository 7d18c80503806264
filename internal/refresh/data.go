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

	"refresher/internal/fingerprint"
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

// add takes over what a writer counted.
func (c *counter) add(w *scrub.Writer) {
	c.scrubbed.Add(w.Rows())
	c.dropped.Add(w.Dropped())
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range w.Kept() {
		if c.kept == nil {
			c.kept = map[string]int64{}
		}
		c.kept[k.Column] += k.Rows
	}
}

// restoreSchema makes the shadow database and its pre-data: types, tables,
// functions, but no index, constraint or trigger.
func (r *run) restoreSchema(ctx context.Context) error {
	r.schema = filepath.Join(r.dir, "schema.dump")
	if err := r.source.DumpSchema(ctx, r.schema); err != nil {
		return err
	}
	var err error
	if r.shadow, err = r.server.Create(ctx, r.server.ShadowName(r.Options.Run), r.source.Catalog()); err != nil {
		return err
	}
	left, err := r.shadow.PreData(ctx, r.schema)
	r.report.LeftOut = append(r.report.LeftOut, left...)
	if err != nil {
		return err
	}
	return r.makeOwn(ctx)
}

// job is one chunk of one table on its way.
type job struct {
	plan  *scrub.TablePlan
	chunk snapshot.Chunk
}

// copyData streams every chunk from the source through the scrubber into the
// shadow, several at a time, the largest tables first so that no big one is left
// alone at the end.
func (r *run) copyData(ctx context.Context) error {
	var err error
	if r.store, err = r.newStore(r.dir); err != nil {
		return err
	}
	jobs := r.plan()
	queue := make(chan job)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return feed(ctx, queue, jobs) })
	for range max(1, min(r.Workers, len(jobs))) {
		group.Go(func() error { return r.worker(ctx, queue) })
	}
	err = group.Wait()
	r.canaries()
	if err != nil {
		return err
	}
	return r.sameCounts()
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
			jobs = append(jobs, job{p, c})
		}
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
	count := r.counts[j.plan.Table.Name.String()]
	pr, pw := io.Pipe()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		w, err := r.writer(j, &metered{pw, r.watch, j.plan.Table.Name.String(), count}, fp)
		if err != nil {
			pw.CloseWithError(err)
			return err
		}
		rows, err := from.CopyOut(ctx, j.chunk, j.plan.Columns, j.plan.Format, w)
		if err == nil {
			err = w.Close()
		}
		count.source.Add(rows)
		count.add(w)
		r.watch.Copied(j.plan.Table.Name.String(), rows, 0)
		pw.CloseWithError(err)
		return err
	})
	group.Go(func() error {
		rows, err := to.CopyIn(ctx, j.plan.Table.Name, columnNames(j.plan), j.plan.Format, pr)
		count.arrived.Add(rows)
		if err != nil {
			pr.CloseWithError(err)
		}
		return err
	})
	err := group.Wait()
	count.nanos.Add(int64(time.Since(began)))
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
	count *counter
}

func (m *metered) Write(b []byte) (int, error) {
	n, err := m.w.Write(b)
	m.count.bytes.Add(int64(n))
	m.watch.Copied(m.table, 0, int64(n))
	return n, err
}

// postData builds indexes, constraints and triggers once the tables are full.
func (r *run) postData(ctx context.Context) error {
	var err error
	if r.sequences, err = r.source.Sequences(ctx); err != nil {
		return err
	}
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
