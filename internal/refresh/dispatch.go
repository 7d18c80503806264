package refresh

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/postgres/client"
	"refresher/internal/refresh/workqueue"
	"refresher/internal/restore"
	"refresher/internal/scrub"
	"refresher/internal/snapshot"
)

// dispatcher has chunks copied. When dispatch returns nil, each is booked in the shadow, its tally is set and
// the fingerprints of its values are in the store. After an error some of them may be booked.
type dispatcher interface {
	dispatch(ctx context.Context, jobs []job) error
}

func (f *filling) dispatcher(c *copier) dispatcher {
	if f.o.ByWorkers {
		return &elsewhere{f, c}
	}
	return &here{c, f.o.Workers}
}

// here copies in this process.
type here struct {
	*copier
	streams int
}

func (h *here) dispatch(ctx context.Context, jobs []job) error {
	return client.Each(ctx, h.streams, jobs, h.worker)
}

// elsewhere has workers copy tables: other processes of refresher, see [Work]. Large objects are copied here.
type elsewhere struct {
	*filling
	c *copier
}

// lookEvery is how often the run looks what workers have done.
const lookEvery = 200 * time.Millisecond

// terms are what a worker must have, and know, to copy chunks of a run.
type terms struct {
	Version string            `json:"version"` // of refresher
	Rules   string            `json:"rules"`   // hash of the ruleset
	Key     string            `json:"key"`     // fingerprint of the masking key
	Source  snapshot.Exported `json:"source"`
	Shadow  string            `json:"shadow"` // the database that is filled
	Ledger  string            `json:"ledger"` // its chunk ledger, which is another for each snapshot
	Files   []scrub.File      `json:"files"`  // what objects beside the database look like, with their rules
}

// workerSession names a worker's sessions in a run's databases.
func workerSession(run, worker string) string { return "refresher/" + run + "/" + worker }

func (e *elsewhere) dispatch(ctx context.Context, jobs []job) (err error) {
	var chunks, objects []job
	for _, j := range jobs {
		if j.objects == nil {
			chunks = append(chunks, j)
		} else {
			objects = append(objects, j)
		}
	}
	if err := e.rehearse(chunks); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return client.Each(ctx, e.o.Workers, objects, e.c.worker) })
	group.Go(func() error { return e.byWorkers(ctx, chunks) })
	return group.Wait()
}

// rehearse sends canaries through the writers of this process. Workers do so with theirs.
func (e *elsewhere) rehearse(chunks []job) error {
	fp := e.data.store.Collector()
	for _, j := range chunks {
		if j.chunk.Index > 0 || !j.plan.Masked() {
			continue
		}
		w := e.data.program.NewWriter(j.plan, io.Discard, fp)
		if err := e.data.canaries.rehearse(w, fp, j.plan.Table.Name.String(), e.c.seed); err != nil {
			return errors.Join(fmt.Errorf("table %s: %w", j.plan.Table.Name, err), fp.Close())
		}
	}
	return fp.Close()
}

// byWorkers offers the chunks and waits until they are booked.
func (e *elsewhere) byWorkers(ctx context.Context, jobs []job) error {
	if len(jobs) == 0 {
		return nil
	}
	runs := e.mine.history
	queue, err := workqueue.Open(ctx, runs, true)
	if err != nil {
		return err
	}
	defer queue.Close()
	offer := terms{Version: e.o.Version, Rules: e.o.Rules.Hash(), Key: e.o.Key.Fingerprint(), Shadow: e.data.shadow.Name(),
		Ledger: e.data.shadow.Ledger(), Files: e.o.lake.Files()}
	if offer.Source, err = e.data.source.Export(ctx); err != nil {
		return err
	}
	text, err := json.Marshal(offer)
	if err != nil {
		return fmt.Errorf("writing what workers must know: %w", err)
	}
	epoch, err := runs.PutOffer(ctx, e.o.Run, text)
	if err != nil {
		return err
	}
	defer func() { // workers stop when there is no offer, and what is left in the queue is void
		short, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = runs.Withdraw(short, epoch)
		_ = queue.Clear(short)
	}()
	chunks := make([]workqueue.Chunk, len(jobs))
	open := map[restore.Entry]job{}
	for i, j := range jobs {
		c := j.chunk
		open[j.entry] = j
		chunks[i] = workqueue.Chunk{Epoch: epoch, Run: e.o.Run, Snapshot: offer.Source.Snapshot, Number: j.entry.Chunk, Table: c.Table.Name,
			Unlogged: j.entry.Unlogged, Index: c.Index, Of: c.Of, First: c.First, End: c.End, Bytes: c.Bytes}
	}
	if err := queue.Put(ctx, chunks); err != nil {
		return err
	}
	return e.await(ctx, &crew{runs: runs, queue: queue, epoch: epoch, open: open})
}

// crew is what is known of the workers of an epoch.
type crew struct {
	runs  *history.History
	queue *workqueue.Queue
	epoch int64
	open  map[restore.Entry]job // chunks that are not booked

	moved time.Time // when something moved last
	state string    // of what moves
	told  bool      // that there are no workers
}

func (e *elsewhere) await(ctx context.Context, c *crew) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for c.moved = time.Now(); ; {
		found, err := c.queue.Look(ctx, c.epoch)
		if err != nil {
			return err
		}
		if err := e.collect(ctx, c); err != nil {
			return err
		}
		switch {
		case found.Failed != nil:
			return found.Failed
		case len(c.open) == 0:
			return e.data.source.Holding(ctx)
		case found.Left == 0: // all were copied before collect looked
			return &lostChunks{len(c.open)}
		}
		if err := e.data.source.Holding(ctx); err != nil {
			return err
		}
		if err := e.look(ctx, c); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// collect takes the answers to chunks that are booked.
func (e *elsewhere) collect(ctx context.Context, c *crew) error {
	booked, err := e.data.shadow.Answered(ctx)
	if err != nil {
		return err
	}
	for _, entry := range booked {
		j, ok := c.open[entry]
		if !ok {
			continue
		}
		var a answer
		err := e.data.shadow.Answer(ctx, entry, func(r io.Reader) (err error) {
			a, err = readAnswer(r, e.data.store.Import)
			return err
		})
		if err != nil {
			return err
		}
		*j.tally = a.tally()
		delete(c.open, entry)
		e.rec.watch.Copied(j.plan.Table.Name.String(), a.Source, a.Bytes)
	}
	return nil
}

// look gives chunks of lost workers to others, and ends the wait for workers that don't come.
func (e *elsewhere) look(ctx context.Context, c *crew) error {
	workers, err := c.runs.Workers(ctx)
	if err != nil {
		return err
	}
	var there []string
	state := fmt.Sprint(len(c.open))
	for _, w := range workers {
		there = append(there, w.ID)
		state += fmt.Sprintf(" %s %d", w.ID, w.Bytes)
	}
	lost, err := c.queue.Rescue(ctx, there)
	if err != nil {
		return err
	}
	for _, id := range lost {
		// A worker that is stopped but not dead would hold its chunk, and go on with it one day.
		if err := e.data.shadow.EndNamed(ctx, workerSession(e.o.Run, id)); err != nil {
			return err
		}
		e.rec.warn("worker %s was lost: others copy its chunks", id)
	}
	now := time.Now()
	if state != c.state {
		c.state, c.moved = state, now
	}
	quiet := now.Sub(c.moved)
	switch {
	case len(workers) == 0 && quiet > e.o.Retry.Patience:
		return e.nobody(ctx, c, quiet)
	case len(workers) == 0 && !c.told && quiet > lookEvery:
		c.told = true
		e.rec.warn("waits for workers: start refresher worker, on this machine or another")
	case quiet > 2*e.o.Retry.Stall+e.o.Retry.Patience:
		return &stalled{quiet.Round(time.Second), fmt.Sprintf("%d workers were there and copied nothing", len(workers))}
	}
	return nil
}

// nobody says why no worker copies.
func (e *elsewhere) nobody(ctx context.Context, c *crew, quiet time.Duration) error {
	text := fmt.Sprintf("no worker came for %s: start refresher worker with a configuration of the same source, "+
		"staging, rules and key, or take copy.dispatch: workers out of the configuration", quiet.Round(time.Second))
	refused, err := c.runs.Refused(ctx, e.o.Run)
	if err != nil {
		return err
	}
	var why []string
	for _, w := range refused {
		if line := w.Host + ": " + w.Problem; !slices.Contains(why, line) {
			why = append(why, line)
		}
	}
	if len(why) > 0 {
		return fault.BadInput("%s. Those that came refused: %s", text, strings.Join(why, "; "))
	}
	return errors.New(text)
}

// answer is what the run must know of a chunk that a worker copied, beside the fingerprints, which follow it.
type answer struct {
	Worker   string       `json:"worker"`
	Source   int64        `json:"source"`
	Scrubbed int64        `json:"scrubbed"`
	Arrived  int64        `json:"arrived"`
	Dropped  int64        `json:"dropped"`
	Bytes    int64        `json:"bytes"`
	Nanos    int64        `json:"nanos"`
	Kept     []scrub.Kept `json:"kept"`
}

func (a *answer) tally() tally {
	return tally{source: a.Source, scrubbed: a.Scrubbed, arrived: a.Arrived, dropped: a.Dropped, bytes: a.Bytes,
		nanos: a.Nanos, kept: a.Kept}
}

func readAnswer(r io.Reader, fingerprints func(io.Reader) error) (a answer, err error) {
	in := bufio.NewReader(r)
	line, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &a)
	}
	if err != nil {
		return a, fmt.Errorf("reading the answer to a chunk: %w", err)
	}
	return a, fingerprints(in)
}
