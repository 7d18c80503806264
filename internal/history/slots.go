package history

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// ClaimSlot takes a slot of the schedule, named by what the clocks of its zone show, for a
// job that refreshes the staging database. It is not mine if it was taken for another job;
// it is mine again if this one had it before.
func (h *History) ClaimSlot(ctx context.Context, slot, host string, job int64) (mine, again bool, err error) {
	const q = `
		WITH old AS (DELETE FROM slots WHERE claimed < now() - interval '400 days'
				AND slot <> (SELECT max(slot) FROM slots newest WHERE newest.database = slots.database)),
		     mine AS (INSERT INTO slots (database, slot, host, job) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING slot)
		SELECT EXISTS (SELECT FROM mine), EXISTS (SELECT FROM slots WHERE database = $1 AND slot = $2 AND job = $4)`
	err = h.do(ctx, "claiming a slot of the schedule", func(c *pgx.Conn) error {
		return c.QueryRow(ctx, q, h.target, slot, host, job).Scan(&mine, &again)
	})
	return mine || again, again, err
}

// Enrol takes a slot of the past, if no slot was ever taken for the staging database: a
// schedule that is new has missed nothing. An empty slot is a name before all others.
func (h *History) Enrol(ctx context.Context, slot, host string) error {
	const q = `
		INSERT INTO slots (database, slot, host) SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT FROM slots WHERE database = $1)
		ON CONFLICT DO NOTHING`
	return h.do(ctx, "noting that the schedule begins", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, q, h.target, slot, host)
		return err
	})
}

// SkipSlot takes a slot so that no job runs it.
func (h *History) SkipSlot(ctx context.Context, slot, host string) error {
	const q = `INSERT INTO slots (database, slot, host) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
	return h.do(ctx, "leaving out a slot of the schedule", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, q, h.target, slot, host)
		return err
	})
}
