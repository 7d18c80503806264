package synthetic

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// sequencesQuery are the sequences that number a column: those that it owns (identity, serial), and those that its
// default reads.
const sequencesQuery = `
SELECT DISTINCT sn.nspname::text, s.relname::text, n.nspname::text, c.relname::text, a.attname::text
FROM (
	SELECT objid AS seq, refobjid AS rel, refobjsubid AS num FROM pg_catalog.pg_depend
	WHERE classid = 'pg_catalog.pg_class'::regclass AND refclassid = 'pg_catalog.pg_class'::regclass
		AND refobjsubid > 0 AND deptype IN ('a', 'i')
	UNION
	SELECT d.refobjid, f.adrelid, f.adnum FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attrdef f ON f.oid = d.objid
	WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
) x
JOIN pg_catalog.pg_class s ON s.oid = x.seq AND s.relkind = 'S'
JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
JOIN pg_catalog.pg_class c ON c.oid = x.rel AND c.relkind IN ('r', 'p') AND NOT c.relispartition
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.num
	AND a.atttypid IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
ORDER BY 1, 2, 3, 4, 5`

// Sequences are where the sequences of a filled database have to stand: behind the largest number of the columns that
// they number. The others stay where the schema has them begin, since where they stand is no released statistic.
func Sequences(ctx context.Context, conn *pgx.Conn) (values []catalog.SequenceValue, err error) {
	rows, err := conn.Query(ctx, sequencesQuery)
	if err != nil {
		return nil, client.Wrap(err, "reading the sequences")
	}
	type numbered struct {
		sequence, table catalog.Name
		column          string
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n numbered, err error) {
		return n, row.Scan(&n.sequence.Schema, &n.sequence.Name, &n.table.Schema, &n.table.Name, &n.column)
	})
	if err != nil {
		return nil, client.Wrap(err, "reading the sequences")
	}
	for i := 0; i < len(list); {
		var of []string
		at := i
		for ; i < len(list) && list[i].sequence == list[at].sequence; i++ {
			of = append(of, "(SELECT max("+catalog.Quote(list[i].column)+") FROM "+list[i].table.SQL()+")")
		}
		var last *int64
		if err := conn.QueryRow(ctx, "SELECT greatest("+strings.Join(of, ", ")+")::bigint").Scan(&last); err != nil {
			return nil, client.Wrap(err, "reading what %s has to be behind of", list[at].sequence)
		}
		if last != nil && *last > 0 {
			values = append(values, catalog.SequenceValue{Name: list[at].sequence, LastValue: *last, IsCalled: true})
		}
	}
	return values, nil
}
