package restore

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// batch is how many sequences or tables one statement names.
const batch = 500

// SetSequences sets every sequence to exactly where the source's stands.
func (d *Database) SetSequences(ctx context.Context, values []catalog.SequenceValue) error {
	const q = `SELECT setval(s::regclass, v, c) FROM unnest($1::text[], $2::bigint[], $3::bool[]) AS u(s, v, c)`
	return d.do(ctx, func(conn *pgx.Conn) error {
		for part := range slices.Chunk(values, batch) {
			names, last, called := make([]string, len(part)), make([]int64, len(part)), make([]bool, len(part))
			for i, v := range part {
				names[i], last[i], called[i] = v.Name.SQL(), v.LastValue, v.IsCalled
			}
			if _, err := conn.Exec(ctx, q, names, last, called); err != nil {
				return client.Wrap(err, "setting sequences")
			}
		}
		return nil
	})
}

// RefreshMatViews fills the materialised views that are filled on the source, in
// the given order, but those that can't be filled here. A view that reads another
// through a function, which no catalog tells, waits until that one is filled.
func (d *Database) RefreshMatViews(ctx context.Context, views []*catalog.MatView) error {
	return asApplication(ctx, d.cfg, func(conn *pgx.Conn) error {
		todo := slices.DeleteFunc(slices.Clone(views),
			func(v *catalog.MatView) bool { return !v.Populated || v.Blocked != "" })
		for len(todo) > 0 {
			var waiting []*catalog.MatView
			var last error
			for _, v := range todo {
				_, err := conn.Exec(ctx, "REFRESH MATERIALIZED VIEW "+v.Name.SQL())
				// not populated yet
				if err = client.Wrap(err, "refreshing materialised view %s", v.Name); client.Code(err) == "55000" {
					waiting, last = append(waiting, v), err
				} else if err != nil {
					return err
				}
			}
			if len(waiting) == len(todo) {
				return last
			}
			todo = waiting
		}
		return nil
	})
}

// analyzeList is what ANALYZE has to be told: a partitioned table's partitions
// are analysed with it. Large relations come first. A table that has a foreign
// partition or child can't be: that would reach for the foreign server.
const analyzeList = `
	WITH RECURSIVE far (oid) AS (
		SELECT oid FROM pg_class WHERE relkind = 'f'
		UNION SELECT i.inhparent FROM pg_inherits i JOIN far ON far.oid = i.inhrelid
	)
	SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND c.oid NOT IN (SELECT oid FROM far)
	  AND (NOT c.relispartition OR EXISTS (SELECT FROM pg_inherits i JOIN far ON far.oid = i.inhparent WHERE i.inhrelid
		= c.oid))
	  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
	ORDER BY CASE c.relkind WHEN 'p' THEN
			(SELECT sum(pg_relation_size(p.relid)) FROM pg_partition_tree(c.oid) p WHERE p.isleaf)
		ELSE pg_relation_size(c.oid) END DESC NULLS LAST, 1, 2`

// Analyze gathers the planner's statistics with several workers.
func (d *Database) Analyze(ctx context.Context, workers int) error {
	var names []string
	err := d.do(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, analyzeList)
		if err != nil {
			return client.Wrap(err, "listing the tables to analyse")
		}
		var n catalog.Name
		_, err = pgx.ForEachRow(rows, []any{&n.Schema, &n.Name}, func() error {
			names = append(names, n.SQL())
			return nil
		})
		return client.Wrap(err, "listing the tables to analyse")
	})
	if err != nil {
		return err
	}
	return client.Each(ctx, workers, analyzeParts(names), func(ctx context.Context, parts iter.Seq[[]string]) error {
		return d.do(ctx, func(conn *pgx.Conn) error {
			for part := range parts {
				if _, err := conn.Exec(ctx, "ANALYZE "+strings.Join(part, ", ")); err != nil {
					return client.Wrap(err, "analysing tables")
				}
			}
			return nil
		})
	})
}

// analyzeParts gives the first, largest tables a statement each and the rest,
// which is small, one for many.
func analyzeParts(names []string) [][]string {
	const alone, together = 100, 50
	var parts [][]string
	for i := range min(alone, len(names)) {
		parts = append(parts, names[i:i+1])
	}
	if len(names) > alone {
		parts = slices.AppendSeq(parts, slices.Chunk(names[alone:], together))
	}
	return parts
}
