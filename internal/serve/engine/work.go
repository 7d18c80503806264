package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"refresher/internal/history"
	"refresher/internal/history/jobs"
	"refresher/internal/postgres/client"
)

// work is what a runner has open on the staging server.
type work struct {
	history  *history.History
	pool     *pgxpool.Pool
	client   *river.Client[pgx.Tx]
	suspects map[int64]bool // jobs that looked abandoned at the last look
	dead     []string       // runs that looked dead then
	jobs     http.Handler   // River's pages; nil: there are none
	hideJobs func()
}

// The queues of a pipeline.
const (
	scheduled = "schedule"
	asked     = "asked"
)

const (
	// connections of a pipeline, of one service; River uses them for a moment each.
	connections = 4
	// attempts are how often a slot is tried while the environment fails.
	attempts = 5
	// kept is how long the rows of jobs that ended are kept.
	kept = 30 * 24 * time.Hour
)

// Schema is the name of River's schema for a staging database.
func Schema(database string) string { return jobs.Schema("jobs_", database) }

// open connects to the staging server, brings its tables up to date and starts to take jobs.
func (r *runner) open(ctx context.Context) (w *work, err error) {
	prepare, cancel := context.WithTimeout(ctx, preparing)
	defer cancel()
	h, err := r.History(prepare)
	if err != nil {
		return nil, err
	}
	schema := Schema(h.Target())
	w = &work{history: h, suspects: map[int64]bool{}}
	if w.pool, err = jobs.Pool(ctx, h, "refresher/serve", schema, connections); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.pool.Close()
		}
	}()
	if err := jobs.Migrate(prepare, w.pool, schema); err != nil {
		return nil, err
	}
	past := r.Plan.Last(r.now(), r.window())
	if err := h.Enrol(prepare, past.Wall, history.Hostname()); err != nil {
		return nil, err
	}
	if w.client, err = river.NewClient(riverpgxv5.New(w.pool), r.river(schema)); err != nil {
		return nil, fmt.Errorf("setting up the queue: %w", err)
	}
	// What ends the jobs is Stop: to River an end of this context would be their failure.
	if err := w.client.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, client.Wrap(err, "starting the queue")
	}
	return w, r.showJobs(w)
}

// river is the configuration of River's client.
func (r *runner) river(schema string) *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{runner: r})
	river.AddWorker(workers, &messenger{runner: r})
	times := &times{Pipeline: &r.Pipeline, now: r.now}
	return &river.Config{
		Schema: schema, Workers: workers, Logger: slog.New(&quiet{r.log.Handler(), r}),
		Queues: map[string]river.QueueConfig{scheduled: {MaxWorkers: 1}, asked: {MaxWorkers: 1},
			telling: {MaxWorkers: 4}},
		PeriodicJobs:                []*river.PeriodicJob{river.NewPeriodicJob(times, times.job, &river.PeriodicJobOpts{RunOnStart: true})},
		JobTimeout:                  -1,   // the deadline is the run's own
		PollOnly:                    true, // LISTEN would hold a session more, and pass no pooler
		RetryPolicy:                 backoff{r.pause},
		CompletedJobRetentionPeriod: kept, CancelledJobRetentionPeriod: kept, DiscardedJobRetentionPeriod: kept,
		ReindexerSchedule: river.NeverSchedule(), // the tables are small
	}
}

// backoff is when a job that failed is tried again: after 1, 4, 16 and 64 times the pause.
type backoff struct{ pause time.Duration }

func (b backoff) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(b.pause << (2 * max(0, min(job.Attempt-1, attempts))))
}

// close stops the jobs that go on, waits until they have cleaned up, and disconnects.
func (w *work) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopping)
	defer cancel()
	if w.hideJobs != nil {
		w.hideJobs()
	}
	_ = w.client.StopAndCancel(ctx) // its only error is that of ctx
	w.pool.Close()
}

// gone reports that the staging server lacks what was made there: it was set up anew.
func gone(err error) bool {
	switch client.Code(err) {
	case "3D000", "3F000", "42P01": // invalid_catalog_name, invalid_schema_name, undefined_table
		return true
	}
	return errors.Is(err, rivertype.ErrNotFound)
}

// quiet passes River's warnings on, but not while the staging server is known not to answer:
// River repeats them each second.
type quiet struct {
	slog.Handler
	runner *runner
}

func (q *quiet) Enabled(ctx context.Context, level slog.Level) bool {
	if level < slog.LevelWarn || !q.Handler.Enabled(ctx, level) {
		return false
	}
	q.runner.mu.Lock()
	defer q.runner.mu.Unlock()
	return q.runner.seen.problem == nil
}

func (q *quiet) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &quiet{q.Handler.WithAttrs(attrs), q.runner}
}
func (q *quiet) WithGroup(name string) slog.Handler {
	return &quiet{q.Handler.WithGroup(name), q.runner}
}
