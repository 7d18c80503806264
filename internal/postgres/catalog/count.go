package catalog

import (
	"context"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// CountRows counts the rows of every table, those of partitions for their root. A
// partitioned table could have a foreign partition, so its own partitions are counted.
func (c *Catalog) CountRows(ctx context.Context, conn *pgx.Conn) (map[Name]int64, error) {
	rows := map[Name]int64{}
	for _, t := range c.Tables {
		name := t.Name
		if t.IsPartition {
			name = t.Root
		}
		var n int64
		if t.HoldsRows() {
			if err := conn.QueryRow(ctx, "SELECT count(*) FROM "+t.Only()).Scan(&n); err != nil {
				return nil, client.Wrap(err, "counting the rows of %s", t.Name)
			}
		}
		rows[name] += n
	}
	return rows, nil
}
