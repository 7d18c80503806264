package history

import (
	"context"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

// Remember notes, by OID, the database that a run made and the one that it replaces,
// which may be 0. The latter stays noted as made by the run that made it.
func (h *History) Remember(ctx context.Context, run string, made, replaced uint32) error {
	const q = `
		WITH gone AS (DELETE FROM databases d WHERE NOT EXISTS (SELECT FROM pg_database p WHERE p.oid = d.oid)),
		kept AS (INSERT INTO databases (oid, name, run) SELECT $4::oid, $2, '' WHERE $4 <> 0::oid ON CONFLICT (oid) DO NOTHING)
		INSERT INTO databases (oid, name, run) VALUES ($1::oid, $2, $3)
		ON CONFLICT (oid) DO UPDATE SET name = excluded.name, run = excluded.run, since = now()`
	return h.do(ctx, "noting the databases of a run", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, q, made, h.target, run, replaced)
		return err
	})
}

// MadeBy is the run that made the database of that OID; ErrNotFound if none is known.
func (h *History) MadeBy(ctx context.Context, oid uint32) (Run, error) {
	return h.one(ctx, "reading which run made a database", `id = (SELECT run FROM databases WHERE oid = $1)`, oid)
}

// Mark writes a mark that a physical replica of the server shows, as the comment of the
// history's database.
func (h *History) Mark(ctx context.Context, mark string) error {
	return h.do(ctx, "marking the history's database", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, "COMMENT ON DATABASE "+catalog.Quote(Database)+" IS "+catalog.Literal(mark))
		return err
	})
}

// Knows reports whether a run made the database of that OID, or replaced it when told
// to. Versions of refresher that noted no databases left runs alone: then a run that
// was done on the staging database of this name is what there is to go by.
func (h *History) Knows(ctx context.Context, oid uint32) (known bool, err error) {
	const q = `
		SELECT EXISTS (SELECT FROM databases WHERE oid = $1)
			OR NOT EXISTS (SELECT FROM databases WHERE name = $2) AND EXISTS (SELECT FROM runs WHERE database = $2 AND outcome
				= $3)`
	err = h.do(ctx, "looking which databases runs made", func(c *pgx.Conn) error {
		return c.QueryRow(ctx, q, oid, h.target, fault.Done).Scan(&known)
	})
	return known, err
}
