package pull

import (
	"context"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// look opens the database that is built, and reads its catalog.
func (p *pulling) look(ctx context.Context, why string, fn func(*pgx.Conn, *catalog.Catalog) error) error {
	conn, err := client.Open(ctx, p.db.Config(), client.Session{To: "the restored database " + why})
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	cat, err := catalog.Load(ctx, conn)
	if err != nil {
		return err
	}
	return fn(conn, cat)
}

// check counts the rows of the tables that the manifest names. Those whose rows were not asked
// for are empty.
func (p *pulling) check(ctx context.Context) error {
	rows, left := map[string]int64{}, map[string]bool{} // by the names that a manifest has
	err := p.look(ctx, "to count its rows", func(conn *pgx.Conn, cat *catalog.Catalog) error {
		counted, err := cat.CountRows(ctx, conn)
		for name, n := range counted {
			rows[name.String()], left[name.String()] = n, p.chosen != nil && !p.chosen[name]
		}
		return err
	})
	if err != nil {
		return err
	}
	refusal := fault.Refuse("read-back", "the restored tables do not hold what the manifest of run %s names",
		p.result.Run)
	for _, t := range p.dataset.Manifest.Tables {
		if left[t.Name] {
			t.Rows = 0
		}
		switch n, ok := rows[t.Name]; {
		case !ok:
			refusal.Add("%s: it is missing", t.Name)
		case n != t.Rows:
			refusal.Add("%s: %d rows instead of %d", t.Name, n, t.Rows)
		}
	}
	if len(refusal.Problems) > 0 {
		return refusal
	}
	return nil
}
