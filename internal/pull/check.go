package pull

import (
	"context"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// check counts the rows of the tables that the manifest names.
func (p *pulling) check(ctx context.Context) error {
	cfg := p.db.Config()
	conn, err := client.Open(ctx, cfg, client.Session{To: "the restored database to count its rows"})
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	cat, err := catalog.Load(ctx, conn)
	if err != nil {
		return err
	}
	counted, err := cat.CountRows(ctx, conn)
	if err != nil {
		return err
	}
	rows := map[string]int64{} // by the names that a manifest has
	for name, n := range counted {
		rows[name.String()] = n
	}
	refusal := fault.Refuse("read-back", "the restored tables do not hold what the manifest of run %s names", p.result.Run)
	for _, t := range p.dataset.Manifest.Tables {
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
