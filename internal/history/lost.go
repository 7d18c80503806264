package history

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
)

// runClass is the first key of the advisory lock that a run of the service holds from its
// beginning, before it has the staging database's; the second is the hash of its id.
const runClass = 8241033

// Waiting is the stage of a run that was asked for and has not begun.
const Waiting = "waiting"

// dead are the runs of a staging database ($1) that history calls running and that no
// session vouches for. A holder of the staging database's lock vouches for its own run. One
// that waits to begin may do so for an hour.
const dead = `database = $1 AND outcome = 'running'
	AND NOT (stage = 'waiting' AND started > now() - interval '1 hour')
	AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2
		AND classid = 8241033 AND objid::bigint = (hashtext(runs.id)::bigint & 4294967295))
	AND NOT EXISTS (SELECT FROM pg_locks p JOIN locks l ON l.database = $1 AND l.run = runs.id
		WHERE p.locktype = 'advisory' AND p.granted AND p.objsubid = 2
		AND p.classid = 8241032 AND p.objid::bigint = (hashtext($1)::bigint & 4294967295))`

const markLost = `UPDATE runs SET outcome = 'lost', finished = now(), error = 'the run ended without a word' WHERE ` + dead

// Vouch holds a session that shows that a run is going on, until release is called.
func (h *History) Vouch(ctx context.Context, run string) (release func(), err error) {
	conn, err := h.open(ctx, "refresher/serve", map[string]string{"tcp_keepalives_idle": "30", "tcp_keepalives_count": "3"})
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock_shared($1, hashtext($2))`, runClass, run); err != nil {
		client.Close(ctx, conn)
		return nil, client.Wrap(err, "showing that run %s goes on", run)
	}
	return func() { letGo(ctx, conn) }, nil
}

// letGo gives up a session's locks, which are free when it returns, and ends the session. Without the first,
// the server would free them some time after the connection was closed.
func letGo(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_, _ = conn.Exec(ctx, `SELECT pg_advisory_unlock_all()`)
	client.Close(ctx, conn)
}

// Dead returns the ids of runs that history calls running and that no session vouches for.
func (h *History) Dead(ctx context.Context) (ids []string, err error) {
	err = h.do(ctx, "looking for runs that were killed", func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, `SELECT id FROM runs WHERE `+dead, h.target)
		if err == nil {
			ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		return err
	})
	return ids, err
}

// MarkLost records those of the runs that are dead still as lost.
func (h *History) MarkLost(ctx context.Context, ids []string) error {
	return h.do(ctx, "marking runs that were killed", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, markLost+` AND id = ANY ($2)`, h.target, ids)
		return err
	})
}

// EndedJobs are those of the jobs whose newest run has ended, or is lost.
func (h *History) EndedJobs(ctx context.Context, jobs []int64) (ended []int64, err error) {
	const q = `
		SELECT job FROM (SELECT DISTINCT ON (job) job, outcome FROM runs WHERE database = $1 AND job = ANY ($2)
			ORDER BY job, started DESC, id DESC) newest WHERE outcome <> $3`
	err = h.do(ctx, "looking for jobs whose runs have ended", func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, q, h.target, jobs, fault.Running)
		if err == nil {
			ended, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		}
		return err
	})
	return ended, err
}
