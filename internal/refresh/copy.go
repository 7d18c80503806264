package refresh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"

	"refresher/internal/fault"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"

	"refresher/internal/report/visible"
	"refresher/internal/restore"
	"refresher/internal/scrub"
	"refresher/internal/snapshot"
)

// tally is what one chunk came to, in the attempt that put it into the shadow: those
// that failed leave no count.
type tally struct {
	source, scrubbed, arrived int64 // rows, as the source, the scrubber and the shadow count them
	dropped                   int64 // of those scrubbed: left behind by a condition on rows
	bytes, nanos              int64

	kept []scrub.Kept // values that a condition let pass
}

// counter is what the chunks of one table came to.
type counter struct {
	tally
	suppressed int64            // of those that arrived: taken out again, as too few look like them
	kept       map[string]int64 // values that a condition let pass, by column
}

// counters has one counter a table, by the table's name.
type counters map[string]*counter

func (c *counter) add(t *tally) {
	c.source += t.source
	c.scrubbed += t.scrubbed
	c.arrived += t.arrived
	c.dropped += t.dropped
	c.bytes += t.bytes
	c.nanos += t.nanos
	for _, k := range t.kept {
		c.kept[k.Column] += k.Rows
	}
}

// job is one chunk of one table on its way, or a range of large objects.
type job struct {
	plan    *scrub.TablePlan
	chunk   snapshot.Chunk
	entry   restore.Entry
	tally   *tally
	objects *objects // nil for a table's rows
}

// tableJobs cuts the tables into chunks, in the program's order: largest first.
func (p *plan) tableJobs(watch Observer, more int64) []job {
	var jobs []job
	rows, bytes := int64(0), more
	for _, t := range p.program.Tables() {
		rows += max(0, int64(t.Table.Rows))
		bytes += t.Table.Bytes
		for _, c := range p.source.Chunks(t.Table) {
			c.Join = t.Join
			entry := restore.Entry{Chunk: int32(len(jobs)), Unlogged: t.Table.Persistence == 'u'}
			jobs = append(jobs, job{plan: t, chunk: c, entry: entry, tally: new(tally)})
		}
	}
	watch.Expect(rows, bytes)
	return jobs
}

// copyData streams every chunk from the source through the scrubber into the
// shadow, several at a time, the largest tables first so that no big one is left
// alone at the end. Called again, it copies what the shadow lacks.
func (f *filling) copyData(ctx context.Context) error {
	d, o := f.data, f.o
	if d.store == nil {
		var err error
		if d.store, err = o.newStore(f.mine.dir); err != nil {
			return err
		}
		objects := objectJobs(d.objects)
		more := int64(0)
		if len(objects) > 0 {
			more = f.rec.report.LargeObjects.Bytes
		}
		d.jobs = d.tableJobs(f.rec.watch, more)
		for _, j := range objects {
			j.entry.Chunk = int32(len(d.jobs))
			d.jobs = append(d.jobs, j)
		}
	}
	if !f.closed {
		c := &copier{filled: d, watch: f.rec.watch, stall: o.Retry.Stall, seed: canarySeed(o.Key, o.Run)}
		configuration, jobs := configurationFirst(f.missing())
		err := client.Each(ctx, 1, configuration, c.worker)
		if err == nil {
			err = f.dispatcher(c).dispatch(ctx, jobs)
		}
		f.rec.report.Canaries = d.canaries.result()
		if err != nil {
			return withRemedies(d.catalog, o.Rules, err)
		}
		if d.sequences, err = d.source.Sequences(ctx); err != nil {
			return err
		}
		if err := f.closeLedger(ctx); err != nil {
			return err
		}
	}
	return f.count()
}

// configurationFirst takes the chunks of extensions' configuration tables out, in the order
// in which they can be loaded.
func configurationFirst(jobs []job) (configuration, rest []job) {
	var tables []*catalog.Table
	for _, j := range jobs {
		if j.objects == nil && j.plan.Table.Extension != "" {
			tables = append(tables, j.plan.Table)
		} else {
			rest = append(rest, j)
		}
	}
	ordered, _ := catalog.Configuration(tables)
	for _, t := range ordered {
		for _, j := range jobs {
			if j.objects == nil && j.plan.Table == t {
				configuration = append(configuration, j)
			}
		}
	}
	return configuration, rest
}

// count sums up what arrived, and compares it with what the source sent.
func (f *filling) count() error {
	d := f.data
	d.counts = counters{}
	for _, t := range d.program.Tables() {
		d.counts[t.Table.Name.String()] = &counter{kept: map[string]int64{}}
	}
	for _, j := range d.jobs {
		if j.objects == nil {
			d.counts[j.plan.Table.Name.String()].add(j.tally)
		}
	}
	if len(d.objects) > 0 {
		sum := d.objectsSent()
		f.rec.report.LargeObjects.Count, f.rec.report.LargeObjects.Bytes = sum.Count, sum.Bytes
	}
	f.rec.measure(d.counts, d.program)
	return sameCounts(d.counts, d.program)
}

// sameCounts compares what the three ends of the stream counted: what a
// condition on rows left behind doesn't arrive, but counts. The shadow's own
// count(*) is verification's; this is the cheaper and earlier alarm.
func sameCounts(counts counters, p *scrub.Program) error {
	refusal := fault.Refuse("row counts", "rows were lost or doubled between the source and the shadow")
	for _, t := range p.Tables() {
		name := t.Table.Name.String()
		c := counts[name]
		if c.source != c.scrubbed || c.scrubbed-c.dropped != c.arrived {
			refusal.Add("%s: %s rows left the source, %s were scrubbed, %s left behind by a condition, %s arrived",
				name,
				visible.Count(c.source), visible.Count(c.scrubbed), visible.Count(c.dropped), visible.Count(c.arrived))
		}
	}
	if len(refusal.Problems) > 0 {
		return refusal
	}
	return nil
}

// missing are the chunks that are not in the shadow.
func (f *filling) missing() []job {
	var missing []job
	for _, j := range f.data.jobs {
		if !f.booked[j.entry] {
			missing = append(missing, j)
		}
	}
	return missing
}

// closeLedger ends the time in which chunks arrive. A server that crashed unnoticed
// since the last of them can have lost some.
func (f *filling) closeLedger(ctx context.Context) error {
	var want []restore.Entry
	for _, j := range f.data.jobs {
		want = append(want, j.entry)
	}
	missing, err := f.data.shadow.CloseLedger(ctx, want)
	if err == nil && len(missing) > 0 {
		return &lostChunks{len(missing)}
	}
	f.closed = err == nil
	return err
}

// lostChunks is what a crash of the staging server took back.
type lostChunks struct{ n int }

// Passes is for fault.Retry.
func (l *lostChunks) Passes() bool { return true }

func (l *lostChunks) Error() string {
	return fmt.Sprintf("the staging server lost %d chunks that it had confirmed: it crashed; look in its log", l.n)
}

// copier copies chunks into a shadow.
type copier struct {
	*filled
	watch Observer
	stall time.Duration             // longest silence of a stream
	seed  func(table string) []byte // of a table's canaries

	// answer makes the answer to a chunk whose rows have arrived, for another process that leads the run;
	// nil: this one does
	answer func(j job, rows int64, fp *fingerprint.Collector, w io.Writer) error
}

// worker owns one session on each side and takes chunks until none is left.
func (c *copier) worker(ctx context.Context, jobs iter.Seq[job]) (err error) {
	reader, err := c.source.Reader(ctx)
	if err != nil {
		return err
	}
	defer reader.Close(context.WithoutCancel(ctx))
	loader, err := c.shadow.Loader(ctx)
	if err != nil {
		return err
	}
	defer loader.Close(context.WithoutCancel(ctx))
	collector := c.store.Collector()
	defer func() { err = errors.Join(err, collector.Close()) }()
	for j := range jobs {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if j.objects != nil {
			if err := c.copyObjects(ctx, reader, loader, j); err != nil {
				return err
			}
			continue
		}
		if err := c.copyChunk(ctx, reader, loader, collector, j); err != nil {
			return fmt.Errorf("table %s: %w", j.plan.Table.Name, err)
		}
	}
	return nil
}

// copyChunk joins the three ends: the reader's blocking writes go through the
// scrubber into a pipe, from which the loader reads. Whichever side fails closes
// the pipe with its error, and the others end.
func (c *copier) copyChunk(ctx context.Context, from *snapshot.Reader, to *restore.Loader, fp *fingerprint.Collector,
	j job) error {
	began := time.Now()
	var a activity
	ctx, stop := a.watch(ctx, c.stall)
	defer stop()
	pr, pw := io.Pipe()
	group, ctx := errgroup.WithContext(ctx)
	var refused error // by a rule: the loader's error, which may come first, only follows from it
	group.Go(func() error {
		out := &metered{w: pw, watch: c.watch, table: j.plan.Table.Name.String(), activity: &a}
		err := c.read(ctx, from, fp, j, out)
		if fault.Decided(err) {
			refused = err
		}
		pw.CloseWithError(err) // nil: the end of the rows, and only then the loader commits
		return err
	})
	var arrived int64
	group.Go(func() (err error) {
		if c.answer == nil {
			arrived, err = to.CopyChunk(ctx, j.entry, j.plan.Table.Name, columnNames(j.plan), j.plan.Format, pr)
		} else {
			arrived, err = to.CopyAnswered(ctx, j.entry, j.plan.Table.Name, columnNames(j.plan), j.plan.Format, pr,
				func(rows int64, w io.Writer) error { return c.answer(j, rows, fp, w) })
		}
		if err != nil {
			pr.CloseWithError(err)
		}
		return err
	})
	err := group.Wait()
	if refused != nil {
		err = refused
	}
	if err == nil {
		j.tally.arrived, j.tally.nanos = arrived, int64(time.Since(began))
	}
	return err
}

// read sends a chunk through the scrubber and counts it. Until the loader's answer
// is here, what was sent is what arrived: the answer may be lost, the rows not.
func (c *copier) read(ctx context.Context, from *snapshot.Reader, fp *fingerprint.Collector, j job,
	out *metered) error {
	w := c.program.NewWriter(j.plan, out, fp)
	if j.chunk.Index == 0 && j.plan.Masked() && c.answer == nil {
		if err := c.canaries.rehearse(w, fp, j.plan.Table.Name.String(), c.seed); err != nil {
			return err
		}
	}
	rows, err := from.CopyOut(ctx, j.chunk, j.plan.Columns, j.plan.Format, out.activity.reading(w))
	if err == nil {
		err = w.Close()
	}
	c.watch.Copied(out.table, rows, 0)
	if err == nil {
		*j.tally = tally{
			source: rows, scrubbed: w.Rows(), dropped: w.Dropped(), arrived: w.Rows() - w.Dropped(),
			bytes: out.bytes, kept: w.Kept(),
		}
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
	w        io.Writer
	watch    Observer
	table    string
	activity *activity
	bytes    int64
}

func (m *metered) Write(b []byte) (int, error) {
	m.activity.writing.Store(true)
	n, err := m.w.Write(b)
	m.activity.writing.Store(false)
	m.activity.steps.Add(1)
	m.bytes += int64(n)
	m.watch.Copied(m.table, 0, int64(n))
	return n, err
}
