package sample

import (
	"context"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Count is what was picked of one table, and why; a row counts once, by the first
// of the reasons in this order.
type Count struct {
	Table catalog.Name // a partitioned table counts as one
	Rows  int64        // the sum of the reasons
	Roots int64        // the key's hash, in a root table
	Down  int64        // references a picked row
	Own   int64        // the key's hash, in a table far from any root
	Whole int64        // the table is taken whole
	Up    int64        // a picked row references it
}

// Counts of the sample, one a table (also of those it holds nothing of), by name.
func (s *Sample) Counts(ctx context.Context) ([]Count, error) {
	out := make([]Count, 0, len(s.entities))
	for _, e := range s.entities {
		c := Count{Table: e.root.Name}
		err := s.conn.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE why = 'r'), count(*) FILTER (WHERE why = 'd'),
			count(*) FILTER (WHERE why = 'o'), count(*) FILTER (WHERE why = 'w'), count(*) FILTER (WHERE why = 'u') FROM
				`+e.set).
			Scan(&c.Rows, &c.Roots, &c.Down, &c.Own, &c.Whole, &c.Up)
		if err != nil {
			return nil, client.Wrap(err, "counting the sample of %s", e.root.Name)
		}
		out = append(out, c)
	}
	return out, nil
}
