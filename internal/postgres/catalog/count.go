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
		n, err := t.CountRows(ctx, conn)
		if err != nil {
			return nil, err
		}
		rows[name] += n
	}
	return rows, nil
}

// CountRows counts the rows of a table itself, without those of its partitions and children.
func (t *Table) CountRows(ctx context.Context, conn *pgx.Conn) (n int64, err error) {
	if !t.HoldsRows() {
		return 0, nil
	}
	err = conn.QueryRow(ctx, "SELECT pg_catalog.count(*) FROM "+t.Only()).Scan(&n)
	return n, client.Wrap(err, "counting the rows of %s", t.Name)
}
