package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// sequenceBatch is how many sequences one query reads.
const sequenceBatch = 200

// SequenceValues reads where sequences stand. They aren't transactional: the values are those of now.
func SequenceValues(ctx context.Context, conn *pgx.Conn, sequences []*Sequence) (out []SequenceValue, err error) {
	for batch := range slices.Chunk(sequences, sequenceBatch) {
		parts := make([]string, len(batch))
		for i, q := range batch {
			parts[i] = fmt.Sprintf("SELECT %d, last_value, is_called FROM %s", i, q.Name.SQL())
		}
		rows, err := conn.Query(ctx, strings.Join(parts, " UNION ALL "))
		if err != nil {
			return nil, client.Wrap(err, "reading sequences")
		}
		var i int
		var v SequenceValue
		_, err = pgx.ForEachRow(rows, []any{&i, &v.LastValue, &v.IsCalled}, func() error {
			v.Name = batch[i].Name
			out = append(out, v)
			return nil
		})
		if err != nil {
			return nil, client.Wrap(err, "reading sequences")
		}
	}
	return out, nil
}
