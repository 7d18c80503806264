package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
)

// Run is one run's record.
type Run struct {
	ID         string
	Database   string // the staging database; empty: the one History was opened with
	Pipeline   string
	Host       string // where refresher ran
	By         string // who asked for it
	Job        int64  // of the service; 0: none
	Started    time.Time
	Finished   time.Time // zero while running
	Outcome    fault.Outcome
	Stage      string // the last stage entered
	Error      string // safe text: no values
	ReportJSON []byte // nil if there is none, and in lists
	Signature  string // of the report, as the file beside it in a bucket; empty if there is none

	// Of the report, zero without one. Finish takes them from ReportJSON.
	Rows, Bytes int64 // copied
	Findings    int64 // survivors and detections
	Promoted    bool
	Reported    bool // there is a report

	// BackTo is the run whose database a rollback brought back; empty if it is not known.
	BackTo string
}

// Hostname is the Host of runs of this machine; "" if it can't be told.
func Hostname() string {
	host, _ := os.Hostname()
	return host
}

// ErrNotFound means that there is no run of that id.
var ErrNotFound = errors.New("no such run")

// Filter chooses runs of a list. The zero value is the newest MaxList.
type Filter struct {
	Pipeline string        // empty: any
	Outcome  fault.Outcome // empty: any
	Before   string        // id of a run: only those that started before it; ids begin with their time
	Limit    int           // 0: MaxList, which is also the most
}

// MaxList is how many runs List returns at most.
const MaxList = 500

// Start records a run as running. All but what is of its end counts. A run that was recorded
// before keeps who asked for it, and its job.
func (h *History) Start(ctx context.Context, r Run) error {
	const q = `
		INSERT INTO runs (id, database, pipeline, host, started_by, job, started, outcome, stage)
		VALUES ($1, $2, $3, $4, $5, nullif($6, 0), $7, $8, $9)
		ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome, stage = excluded.stage, finished = NULL,
			host = excluded.host, job = coalesce(runs.job, excluded.job)`
	return h.do(ctx, "recording the run's start", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, q, r.ID, cmp.Or(r.Database, h.target), r.Pipeline, r.Host, r.By, r.Job, r.Started,
			fault.Running, r.Stage)
		return err
	})
}

// Stage records the stage that a run has entered.
func (h *History) Stage(ctx context.Context, id, stage string) error {
	return h.do(ctx, "recording the run's stage", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, `UPDATE runs SET stage = $2 WHERE id = $1 AND outcome = $3`, id, stage, fault.Running)
		return err
	})
}

// Finish records a run's end: Finished, Outcome, Stage, Error, report and signature. It also
// works for a run that was never started, so that a refusal leaves a trace.
func (h *History) Finish(ctx context.Context, r Run) error {
	const q = `
		INSERT INTO runs (id, database, pipeline, host, started_by, job, started, finished, outcome, stage, error,
			report, signature, back_to)
		VALUES ($1, $2, $3, $4, $5, nullif($6, 0), $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (id) DO UPDATE SET finished = excluded.finished, outcome = excluded.outcome, stage = excluded.stage,
			error = excluded.error, report = excluded.report, signature = excluded.signature`
	return h.do(ctx, "recording the run's end", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, q, r.ID, cmp.Or(r.Database, h.target), r.Pipeline, r.Host, r.By, r.Job, r.Started,
			r.Finished,
			r.Outcome, r.Stage, r.Error, r.ReportJSON, r.Signature, r.BackTo)
		return err
	})
}

// Prune forgets runs of this staging database that ended more than so many days ago, and
// their reports. It keeps the newest that was done, and those that made a database which is there.
func (h *History) Prune(ctx context.Context, days int) error {
	const q = `
		DELETE FROM runs r WHERE r.database = $1 AND r.finished < now() - make_interval(days => $2)
			AND NOT EXISTS (SELECT FROM databases d WHERE d.run = r.id)
			AND r.id <> coalesce((SELECT id FROM runs WHERE database = $1 AND outcome = $3 ORDER BY started DESC, id DESC LIMIT 1), '')`
	return h.do(ctx, "forgetting old runs", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, q, h.target, days, fault.Done)
		return err
	})
}

const columns = `id, database, pipeline, host, started_by, coalesce(job, 0), started, coalesce(finished, 'epoch'),
	finished IS NULL, outcome, stage, error, rows, bytes, findings, promoted, report IS NOT NULL, back_to`

// List returns runs of this staging database, newest first, without their reports. Other
// databases of the server have a history of their own.
func (h *History) List(ctx context.Context, f Filter) ([]Run, error) {
	const where = ` WHERE database = $1 AND ($2 = '' OR pipeline = $2) AND ($3 = '' OR outcome = $3)
		AND ($4 = '' OR CASE WHEN EXISTS (SELECT FROM runs WHERE id = $4)
			THEN (started, id) < (SELECT started, id FROM runs WHERE id = $4) ELSE id < $4 END)
		ORDER BY started DESC, id DESC LIMIT $5`
	limit := cmp.Or(min(max(f.Limit, 0), MaxList), MaxList)
	var runs []Run
	err := h.do(ctx, "listing runs", func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, `SELECT `+columns+`, NULL::jsonb, '' FROM runs`+where, h.target, f.Pipeline,
			string(f.Outcome), f.Before, limit)
		if err != nil {
			return err
		}
		runs, err = pgx.CollectRows(rows, scan)
		return err
	})
	return runs, err
}

// Get returns one run with its report, or ErrNotFound.
func (h *History) Get(ctx context.Context, id string) (Run, error) {
	return h.one(ctx, fmt.Sprintf("reading run %s", id), `id = $1`, id)
}

// LastDone returns the newest run of this staging database that was done, other
// than the one of that id, with its report; or ErrNotFound.
func (h *History) LastDone(ctx context.Context, other string) (Run, error) {
	return h.one(ctx, "reading the last run that was done", `database = $1 AND outcome = $2 AND id <> $3 AND
		report IS NOT NULL ORDER BY started DESC, id DESC LIMIT 1`, h.target, fault.Done, other)
}

// Latest are, as far as there are such, the newest run of this staging database that ended (a rollback is none),
// the newest that was done, and those that go on, without their reports and newest first.
func (h *History) Latest(ctx context.Context) (runs []Run, err error) {
	const newest = `(SELECT id FROM runs WHERE database = $1 AND outcome %s ORDER BY started DESC, id DESC LIMIT 1)`
	q := `SELECT ` + columns + `, NULL::jsonb, '' FROM runs WHERE database = $1 AND (outcome = 'running' OR id IN (` +
		fmt.Sprintf(newest, "NOT IN ('running', 'rolled_back')") + ", " + fmt.Sprintf(newest, "= 'done'") +
		`)) ORDER BY started DESC, id DESC`
	err = h.do(ctx, "reading the latest runs", func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, q, h.target)
		if err == nil {
			runs, err = pgx.CollectRows(rows, scan)
		}
		return err
	})
	return runs, err
}

// Past is what there was before a run.
type Past struct {
	Bad  bool // the newest run before it that came to a result was not done
	Done Run  // the newest run before it that was done; zero if there is none
}

// Before looks at what there was before the run of that id; an empty one is the next. Runs that were
// stopped or left out say nothing.
func (h *History) Before(ctx context.Context, id string) (p Past, err error) {
	done, err := h.List(ctx, Filter{Outcome: fault.Done, Before: id, Limit: 1})
	if err != nil {
		return p, err
	}
	if len(done) > 0 {
		p.Done = done[0]
	}
	for _, outcome := range []fault.Outcome{fault.Refused, fault.Failed, fault.Invalid, fault.Lost} {
		bad, err := h.List(ctx, Filter{Outcome: outcome, Before: id, Limit: 1})
		if err != nil {
			return p, err
		}
		p.Bad = p.Bad || len(bad) > 0 && bad[0].Started.After(p.Done.Started)
	}
	return p, nil
}

// Ran reports whether a run of this staging database that came to its end was going on at a moment.
func (h *History) Ran(ctx context.Context, at time.Time) (ran bool, err error) {
	const q = `SELECT EXISTS (SELECT FROM runs WHERE database = $1 AND started <= $2 AND finished > $2 AND outcome IN ('done', 'refused'))`
	err = h.do(ctx, "looking whether a run was going on", func(c *pgx.Conn) error {
		return c.QueryRow(ctx, q, h.target, at).Scan(&ran)
	})
	return ran, err
}

// OfJob returns the newest run of a job of the service, or ErrNotFound.
func (h *History) OfJob(ctx context.Context, job int64) (Run, error) {
	return h.one(ctx, "reading the run of a job", `database = $1 AND job = $2 ORDER BY started DESC, id DESC LIMIT 1`,
		h.target, job)
}

// one returns the run of a condition, with its report, or ErrNotFound.
func (h *History) one(ctx context.Context, what, where string, args ...any) (run Run, err error) {
	err = h.do(ctx, what, func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, `SELECT `+columns+`, report, signature FROM runs WHERE `+where, args...)
		if err != nil {
			return err
		}
		run, err = pgx.CollectExactlyOneRow(rows, scan)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		return err
	})
	return run, err
}

func scan(row pgx.CollectableRow) (Run, error) {
	var r Run
	var running bool
	err := row.Scan(&r.ID, &r.Database, &r.Pipeline, &r.Host, &r.By, &r.Job, &r.Started, &r.Finished, &running,
		&r.Outcome,
		&r.Stage, &r.Error, &r.Rows, &r.Bytes, &r.Findings, &r.Promoted, &r.Reported, &r.BackTo,
		&r.ReportJSON, &r.Signature)
	if running {
		r.Finished = time.Time{}
	}
	return r, err
}
