package sample

import (
	"context"
	"strings"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Count is what was picked of one table, and why; a row counts once, by the first
// of the reasons in this order.
type Count struct {
	Table catalog.Name // a partitioned table counts as one
	Rows  int64        // the sum of the reasons
	Bytes int64        // as PostgreSQL stores the rows, without indexes
	Roots int64        // what a root takes
	Down  int64        // references a picked row
	Own   int64        // the key's hash, in a table far from any root
	Whole int64        // the table is taken whole
	Up    int64        // a picked row references it
	Edges []EdgeCount  // of Down and Up: by which keys
}

// Edge is a foreign key, or a reference that the rules declare.
type Edge struct {
	Table   catalog.Name // that references
	Columns []string
	To      catalog.Name
}

func (e Edge) String() string {
	return e.Table.String() + " (" + strings.Join(e.Columns, ", ") + ") → " + e.To.String()
}

// EdgeCount is how many rows a key has brought, which no other had brought before.
type EdgeCount struct {
	Edge
	Down bool // rows that reference; else rows that are referenced
	Rows int64
}

// Counts of the sample, one a table (also of those it holds nothing of), by name.
func (s *Sample) Counts(ctx context.Context) ([]Count, error) {
	out := make([]Count, 0, len(s.entities))
	for _, e := range s.entities {
		c, err := s.countsOf(ctx, e)
		if err != nil {
			return nil, client.Wrap(err, "counting the sample of %s", e.root.Name)
		}
		out = append(out, c)
	}
	return out, nil
}

func (s *Sample) countsOf(ctx context.Context, e *entity) (Count, error) {
	c := Count{Table: e.root.Name}
	rows, err := s.conn.Query(ctx, "SELECT why::text, edge, count(*), sum(bytes)::bigint FROM "+e.set+
		" GROUP BY why, edge ORDER BY count(*) DESC, why, edge")
	if err != nil {
		return c, err
	}
	defer rows.Close()
	for rows.Next() {
		var why string
		var edge, n, bytes int64
		if err := rows.Scan(&why, &edge, &n, &bytes); err != nil {
			return c, err
		}
		c.Rows, c.Bytes = c.Rows+n, c.Bytes+bytes
		switch why[0] {
		case byRoot:
			c.Roots += n
		case byDown:
			c.Down += n
		case byOwn:
			c.Own += n
		case byWhole:
			c.Whole += n
		case byUp:
			c.Up += n
		}
		if edge > 0 {
			c.Edges = append(c.Edges, EdgeCount{Edge: s.keys[edge-1].edge(), Down: why[0] == byDown, Rows: n})
		}
	}
	return c, rows.Err()
}
