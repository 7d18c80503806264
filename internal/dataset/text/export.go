package text

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/dataset/layout"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
)

// Options of an export. The zero value is ready to use.
type Options struct {
	Workers   int   // tables written at once; default 1
	PartRows  int64 // rows a file; default 1,000,000
	PartBytes int64 // bytes a file before they are packed, but for its last row; default 512 MiB
}

func (o Options) withDefaults() *Options {
	o.Workers = max(o.Workers, 1)
	if o.PartRows < 1 {
		o.PartRows = 1_000_000
	}
	if o.PartBytes < 1 {
		o.PartBytes = 512 << 20
	}
	return &o
}

// Export writes every table of the database in the format, [layout.CSV] or [layout.JSONL], and
// returns what it wrote, sorted by name. cat names the tables, columns and primary keys to read:
// the catalog of this database, or of one with the same schema. put is called from up to
// opts.Workers goroutines. Errors name the table and the row's ordinal.
func Export(ctx context.Context, cfg *pgx.ConnConfig, cat *catalog.Catalog, format layout.Format, opts Options,
	put layout.Put) ([]layout.Table, error) {
	o := opts.withDefaults()
	return layout.Each(ctx, cfg, cat, o.Workers,
		func(ctx context.Context, conn *pgx.Conn, j layout.Job) (layout.Table, error) {
			out := layout.Table{Name: j.Table.Name}
			var err error
			if out.Columns, err = columns(ctx, conn, j); err != nil {
				return out, err
			}
			p := &parts{ctx: ctx, opts: o, put: put, file: layout.File{Table: j.Table.Name, Format: format}}
			if format == layout.CSV {
				err = p.csv(ctx, conn, j)
			} else {
				err = p.jsonl(ctx, conn, j)
			}
			if err = p.close(err); err != nil {
				return out, client.Wrap(err, "writing the dataset of %s, after row %d", j.Table.Name, p.rows)
			}
			out.Rows, out.Parts = p.rows, p.written
			return out, nil
		})
}

// csv has the server write the rows as CSV. It sends each in a message of its own
// (postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY).
func (p *parts) csv(ctx context.Context, conn *pgx.Conn, j layout.Job) error {
	cols := make([]string, len(j.Table.Columns))
	names := make([]string, len(cols))
	for i, c := range j.Table.Columns {
		cols[i], names[i] = "t."+catalog.Quote(c.Name), quote(c.Name)
	}
	p.header = []byte(strings.Join(names, ",") + "\n")
	sql := "COPY (SELECT " + strings.Join(cols, ", ") + " FROM " + j.From + " ORDER BY " + layout.OrderBy(j.Table) +
		") TO STDOUT (FORMAT csv)"
	_, err := conn.PgConn().CopyTo(ctx, rowWriter(p.row), sql)
	return err
}

// rowWriter is told of one row with each Write.
type rowWriter func(row []byte) error

func (w rowWriter) Write(row []byte) (int, error) { return len(row), w(row) }

// quote writes a column's name as CSV: quoted, as it may be anything.
func quote(name string) string {
	if strings.ContainsAny(name, "\",\r\n") || name != strings.TrimSpace(name) {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}

// jsonl has the server write the rows as JSON, which comes in COPY's binary format: its text
// format would escape the backslashes.
func (p *parts) jsonl(ctx context.Context, conn *pgx.Conn, j layout.Job) error {
	casts, err := jsonCasts(ctx, conn)
	if err != nil {
		return err
	}
	cols := make([]string, len(j.Table.Columns))
	for i, c := range j.Table.Columns {
		cols[i] = jsonValue(c, casts) + " AS " + catalog.Quote(c.Name)
	}
	// A bare r would be a column of that name.
	sql := "COPY (SELECT pg_catalog.row_to_json(r.*) FROM (SELECT " + strings.Join(cols, ", ") + " FROM " + j.From +
		" ORDER BY " + layout.OrderBy(j.Table) + ") AS r) TO STDOUT (FORMAT binary)"
	parser := copyfmt.NewParser(copyfmt.Binary, 1, func(fields [][]byte) error {
		return p.row(oneLine(fields[0]))
	})
	p.tail = []byte{'\n'}
	if _, err = conn.PgConn().CopyTo(ctx, parser, sql); err == nil {
		err = parser.Close()
	}
	return err
}

// oneLine puts an object on one line, in place: within its strings a line break is escaped, and between its
// parts it is white space, which a value of type json keeps.
func oneLine(object []byte) []byte {
	for i, c := range object {
		if c == '\n' || c == '\r' {
			object[i] = ' '
		}
	}
	return object
}

// columns describes the columns, and says which hold a value that their type has in no other
// system: descriptors then call the column a text.
func columns(ctx context.Context, conn *pgx.Conn, j layout.Job) ([]layout.Column, error) {
	out := make([]layout.Column, len(j.Table.Columns))
	var doubtful []int
	var conditions []string
	for i, c := range j.Table.Columns {
		out[i] = layout.Column{Name: c.Name, Type: c.Type.SQL}
		if is := odd(c.Type.Underlying(), "t."+catalog.Quote(c.Name)); is != "" {
			doubtful, conditions = append(doubtful, i), append(conditions, is)
		}
	}
	found, err := j.Any(ctx, conn, conditions)
	if err != nil {
		return nil, err
	}
	for n, i := range doubtful {
		if found[n] {
			out[i].AsText = "it holds a value that PostgreSQL alone has: infinity, a year BC, an array with " +
				"other bounds"
		}
	}
	return out, nil
}

// odd is a condition, in SQL, for a value that a type has in PostgreSQL alone; empty if it has none.
func odd(t *catalog.Type, ref string) string {
	if t.Kind == catalog.ArrayType {
		return "pg_catalog.array_dims(" + ref + ") !~ " + plainBounds
	}
	switch t.OID {
	case catalog.Float4OID, catalog.Float8OID, catalog.NumericOID:
		return ref + " IN ('NaN', 'Infinity', '-Infinity')"
	case catalog.DateOID, catalog.TimestampOID, catalog.TimestamptzOID:
		return "NOT (" + ref + " BETWEEN '0001-01-01' AND '9999-12-31')"
	case catalog.TimeOID:
		return ref + " = '24:00'"
	}
	return ""
}
