// Package workqueue hands the chunks of a run to workers, which are other processes of refresher on any machine.
//
//	q, err := workqueue.Open(ctx, h, true)       // the run: makes the tables if they are missing
//	err = q.Put(ctx, chunks)                     // in place of all that were there
//	found, err := q.Look(ctx)                    // how many are left, and which failed
//	err = q.Rescue(ctx, lost)                    // what a lost worker had taken
//
//	q, err := workqueue.Open(ctx, h, false)      // a worker
//	err = q.Work(ctx, id, streams, do)           // until ctx ends
//
// River (riverqueue.com) is the queue, in a schema of the history's database for each staging database. It is not
// that of the service's runs: workers elect one among them who looks after the queue, and must not become the leader
// of a service's schedule.
//
// The queue says who is to copy a chunk next. Whether a chunk was copied is said by the ledger in the shadow
// database alone (package restore), so that a chunk which two workers take by mistake is there once.
package workqueue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/history/jobs"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Chunk is a job: a range of a table's blocks, to be read in a snapshot.
type Chunk struct {
	Epoch    int64        `json:"epoch"`    // of the offer that it belongs to: with another, it is void
	Run      string       `json:"run"`      // for people who look at the queue
	Snapshot string       `json:"snapshot"` // likewise
	Number   int32        `json:"number"`   // in the ledger
	Table    catalog.Name `json:"table"`
	Unlogged bool         `json:"unlogged,omitempty"`
	Index    int          `json:"index"` // as those of a snapshot.Chunk
	Of       int          `json:"of"`
	First    int64        `json:"first"`
	End      int64        `json:"end"`
	Bytes    int64        `json:"bytes"`
}

// Kind is River's name of the job.
func (Chunk) Kind() string { return "chunk" }

// ErrVoid is what a worker says of a chunk that belongs to no snapshot any more.
var ErrVoid = fault.Passing("the chunk belongs to a snapshot that is gone")

const (
	// attempts are how often a chunk is tried while workers meet faults that pass.
	attempts = 5
	// endless is River's own bound: a worker that dies is no fault of the chunk's.
	endless = 1000
	// connections of a process to the queue.
	connections = 4
	// poll is how often a worker without work asks for some.
	poll = 250 * time.Millisecond
	// stopping is how long a worker waits for chunks that it has broken off.
	stopping = 30 * time.Second
)

// Queue is the queue of a staging database.
type Queue struct {
	pool   *pgxpool.Pool
	schema string
	client *river.Client[pgx.Tx] // which puts chunks in, and looks at them
}

// Open connects to the queue. With prepare it makes the tables, or brings them up to date.
func Open(ctx context.Context, h *history.History, prepare bool) (_ *Queue, err error) {
	q := &Queue{schema: jobs.Schema("work_", h.Target())}
	if q.pool, err = jobs.Pool(ctx, h, "refresher/work", q.schema, connections); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			q.pool.Close()
		}
	}()
	if prepare {
		if err := jobs.Migrate(ctx, q.pool, q.schema); err != nil {
			return nil, err
		}
	}
	q.client, err = river.NewClient(riverpgxv5.New(q.pool), &river.Config{Schema: q.schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("setting up the queue: %w", err)
	}
	return q, nil
}

// Close disconnects.
func (q *Queue) Close() { q.pool.Close() }

// Put puts chunks into the queue, in this order, in place of all that were there.
func (q *Queue) Put(ctx context.Context, chunks []Chunk) error {
	if err := q.Clear(ctx); err != nil {
		return err
	}
	for batch := range slices.Chunk(chunks, 1000) {
		params := make([]river.InsertManyParams, len(batch))
		for i, c := range batch {
			params[i] = river.InsertManyParams{Args: c, InsertOpts: &river.InsertOpts{MaxAttempts: endless}}
		}
		if _, err := q.client.InsertManyFast(ctx, params); err != nil {
			return client.Wrap(err, "putting chunks into the queue")
		}
	}
	return nil
}

// Clear empties the queue but for chunks that workers are at: those end by themselves.
func (q *Queue) Clear(ctx context.Context) error {
	states := []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStateCancelled, rivertype.JobStateCompleted,
		rivertype.JobStateDiscarded, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateScheduled}
	for {
		gone, err := q.client.JobDeleteMany(ctx, river.NewJobDeleteManyParams().States(states...).First(10_000))
		if err != nil {
			return client.Wrap(err, "emptying the queue")
		}
		if len(gone.Jobs) < 10_000 {
			return nil
		}
	}
}

// Found is what a look at the queue of an epoch shows.
type Found struct {
	Left   int   // chunks that wait, are being copied, or will be tried again
	Failed error // of a chunk that will not be tried again, the first of them; nil: there is none
}

// Look looks at the chunks of an epoch.
func (q *Queue) Look(ctx context.Context, epoch int64) (Found, error) {
	var f Found
	const left = `SELECT count(*) FROM river_job WHERE state IN ('available', 'running', 'retryable', 'scheduled', 'pending')
		AND (args->>'epoch')::bigint = $1`
	if err := q.pool.QueryRow(ctx, left, epoch).Scan(&f.Left); err != nil {
		return f, client.Wrap(err, "looking at the queue")
	}
	failed, err := q.client.JobList(ctx, river.NewJobListParams().First(1).
		States(rivertype.JobStateCancelled, rivertype.JobStateDiscarded).
		Where("(args->>'epoch')::bigint = @epoch", river.NamedArgs{"epoch": epoch}))
	if err != nil {
		return f, client.Wrap(err, "looking at the queue")
	}
	for _, job := range failed.Jobs {
		f.Failed = failureOf(job)
	}
	return f, nil
}

// Rescue gives the chunks that lost workers had taken back to the queue. Those who are there are named.
func (q *Queue) Rescue(ctx context.Context, there []string) (lost []string, err error) {
	running, err := q.client.JobList(ctx, river.NewJobListParams().States(rivertype.JobStateRunning).First(10_000))
	if err != nil {
		return nil, client.Wrap(err, "looking at the queue")
	}
	var orphans []*rivertype.JobRow
	for _, job := range running.Jobs {
		by := job.AttemptedBy[len(job.AttemptedBy)-1]
		if slices.Contains(there, by) {
			continue
		}
		orphans = append(orphans, job)
		if !slices.Contains(lost, by) {
			lost = append(lost, by)
		}
	}
	return lost, jobs.Rescue(ctx, q.client, orphans, "the worker that copied it was lost", false)
}

// Work takes chunks, several at a time, until ctx ends; then those that it is at are broken off and go back to the
// queue. id names the worker. What do returns decides: nil is done, an error that passes is tried again by the next
// worker that has a stream free, any other is told to the run.
func (q *Queue) Work(ctx context.Context, id string, streams int, do func(context.Context, Chunk) error,
	log *slog.Logger) error {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{do: do, stop: ctx})
	c, err := river.NewClient(riverpgxv5.New(q.pool), &river.Config{
		ID: id, Schema: q.schema, Workers: workers, Logger: slog.New(&warnings{log.Handler()}),
		Queues:   map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: streams}},
		PollOnly: true, FetchPollInterval: poll, FetchCooldown: poll / 5,
		JobTimeout: -1, RetryPolicy: soon{}, ReindexerSchedule: river.NeverSchedule(),
	})
	if err != nil {
		return fmt.Errorf("setting up the queue: %w", err)
	}
	if err := c.Start(context.WithoutCancel(ctx)); err != nil {
		return client.Wrap(err, "starting to take chunks")
	}
	<-ctx.Done()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopping)
	defer cancel()
	return client.Wrap(c.StopAndCancel(end), "ending to take chunks")
}

// worker is River's.
type worker struct {
	river.WorkerDefaults[Chunk]
	do   func(context.Context, Chunk) error
	stop context.Context // which ends all chunks
}

func (w *worker) Work(ctx context.Context, job *river.Job[Chunk]) (err error) {
	defer func() {
		if recover() != nil { // what it says could be a value
			err = w.end(ctx, fmt.Errorf("a defect of refresher: copying %s panicked", job.Args.Table))
		}
	}()
	err = w.do(ctx, job.Args)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil || w.stop.Err() != nil:
		return river.JobSnooze(0) // another worker takes it at once
	case errors.Is(err, ErrVoid):
		return river.JobCancel(err)
	case fault.Retry(err) && len(job.Errors) < attempts-1:
		return err
	}
	return w.end(ctx, err)
}

// end tells the run of an error.
func (w *worker) end(ctx context.Context, err error) error {
	if rerr := river.RecordOutput(ctx, failed(err)); rerr != nil {
		return rerr
	}
	return river.JobCancel(err)
}

// soon is when a chunk is tried again: after 1, 2, 3, … seconds.
type soon struct{}

func (soon) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(time.Duration(job.Attempt) * time.Second)
}

// warnings passes River's warnings on.
type warnings struct{ slog.Handler }

func (w *warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}
func (w *warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &warnings{w.Handler.WithAttrs(attrs)}
}
func (w *warnings) WithGroup(name string) slog.Handler { return &warnings{w.Handler.WithGroup(name)} }
