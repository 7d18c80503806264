package pull

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"refresher/internal/catalog"
	"refresher/internal/fault"
	"refresher/internal/pgerr"
)

// check counts the rows of the tables that the manifest names.
func (p *pulling) check(ctx context.Context) error {
	cfg := p.db.Config()
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return pgerr.Wrap(err, "connecting to count the restored rows")
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := count(ctx, conn)
	if err != nil {
		return err
	}
	refusal := fault.Refuse("read-back", "the restored tables do not hold what the manifest of run %s names", p.result.Run)
	for _, t := range p.dataset.Manifest.Tables {
		switch n, ok := rows[t.Name]; {
		case !ok:
			refusal.Problems = append(refusal.Problems, t.Name+": it is missing")
		case n != t.Rows:
			refusal.Problems = append(refusal.Problems, fmt.Sprintf("%s: %d rows instead of %d", t.Name, n, t.Rows))
		}
	}
	if len(refusal.Problems) > 0 {
		return refusal
	}
	return nil
}

// count counts the rows of every table, those of partitions for their root.
func count(ctx context.Context, conn *pgx.Conn) (map[string]int64, error) {
	cat, err := catalog.Load(ctx, conn)
	if err != nil {
		return nil, err
	}
	rows := map[string]int64{}
	for _, t := range cat.Tables {
		name := t.Name
		if t.IsPartition {
			name = t.Root
		}
		var n int64
		if t.HoldsRows() {
			if err := conn.QueryRow(ctx, "SELECT count(*) FROM ONLY "+t.Name.SQL()).Scan(&n); err != nil {
				return nil, pgerr.Wrap(err, "counting the rows of %s", t.Name)
			}
		}
		rows[name.String()] += n
	}
	return rows, nil
}
