package restore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// suspendRowSecurity takes FORCE ROW LEVEL SECURITY off the tables of the
// database being built. It applies to a table's owner, who builds and verifies it
// here: rows could not be loaded, and those a policy hides not be verified. The
// policies themselves come with post-data and don't bind an owner without FORCE.
func (d *Database) suspendRowSecurity(ctx context.Context) error {
	return with(ctx, d.cfg, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relforcerowsecurity ORDER BY 1, 2`)
		if err != nil {
			return client.Wrap(err, "listing tables with FORCE ROW LEVEL SECURITY")
		}
		var n catalog.Name
		var found []catalog.Name
		if _, err := pgx.ForEachRow(rows, []any{&n.Schema, &n.Name}, func() error { found = append(found, n); return nil }); err != nil {
			return client.Wrap(err, "listing tables with FORCE ROW LEVEL SECURITY")
		}
		d.forced = append(d.forced, found...)
		return force(ctx, conn, "NO FORCE", found)
	})
}

// resumeRowSecurity puts FORCE back, before anybody but the owner may connect.
func (d *Database) resumeRowSecurity(ctx context.Context) error {
	if len(d.forced) == 0 {
		return nil
	}
	return with(ctx, d.cfg, func(conn *pgx.Conn) error { return force(ctx, conn, "FORCE", d.forced) })
}

func force(ctx context.Context, conn *pgx.Conn, how string, tables []catalog.Name) error {
	for _, n := range tables {
		if _, err := conn.Exec(ctx, "ALTER TABLE "+n.SQL()+" "+how+" ROW LEVEL SECURITY"); err != nil {
			return client.Wrap(err, "setting %s ROW LEVEL SECURITY on %s", how, n)
		}
	}
	return nil
}
