package history

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// ClaimSlot takes a slot of the schedule, named by what the clocks of its zone show, for
// the staging database. It is not mine if a service took it before; it is the first if
// none of this database was ever taken.
func (h *History) ClaimSlot(ctx context.Context, slot, host string) (mine, first bool, err error) {
	const q = `
		WITH old AS (DELETE FROM slots WHERE claimed < now() - interval '400 days'),
		     mine AS (INSERT INTO slots (database, slot, host) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING slot)
		SELECT EXISTS (SELECT FROM mine), NOT EXISTS (SELECT FROM slots WHERE database = $1)`
	err = h.do(ctx, "claiming a slot of the schedule", func(c *pgx.Conn) error {
		return c.QueryRow(ctx, q, h.target, slot, host).Scan(&mine, &first)
	})
	return mine, first, err
}
