package catalog

import (
	"context"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// Words are what a database says of one table to people.
type Words struct {
	Comment  string            // on the table
	Comments map[string]string // on its columns, by name
	Types    map[string]string // of its columns with their modifiers: "character varying(20)"
}

// Describe reads what the database says of its tables.
func Describe(ctx context.Context, conn *pgx.Conn) (map[Name]Words, error) {
	rows, err := conn.Query(ctx, `
		SELECT n.nspname, c.relname, coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), ''), a.attname,
			pg_catalog.format_type(a.atttypid, a.atttypmod), coalesce(pg_catalog.col_description(c.oid, a.attnum), '')
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'`)
	if err != nil {
		return nil, client.Wrap(err, "reading the comments of the database")
	}
	out := map[Name]Words{}
	var n Name
	var table, comment string
	var column, typ *string
	_, err = pgx.ForEachRow(rows, []any{&n.Schema, &n.Name, &table, &column, &typ, &comment}, func() error {
		w, ok := out[n]
		if !ok {
			w = Words{Comment: table, Comments: map[string]string{}, Types: map[string]string{}}
			out[n] = w
		}
		if column != nil {
			w.Comments[*column], w.Types[*column] = comment, *typ
		}
		return nil
	})
	return out, client.Wrap(err, "reading the comments of the database")
}
