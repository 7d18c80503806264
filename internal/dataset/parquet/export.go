package parquet

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/dataset/layout"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
)

// Options of an export. The zero value is ready to use.
type Options struct {
	Workers       int                       // tables written at once; default 1
	PartRows      int64                     // rows a file; default 1,000,000
	RowGroupBytes int64                     // bytes (wire form) buffered before a row group ends; default 16 MiB
	Progress      func(catalog.Name, int64) // told of rows written; called from several goroutines
}

func (o Options) withDefaults() *Options {
	if o.Workers < 1 {
		o.Workers = 1
	}
	if o.PartRows < 1 {
		o.PartRows = 1_000_000
	}
	if o.RowGroupBytes < 1 {
		o.RowGroupBytes = 16 << 20
	}
	return &o
}

// Export writes every table of the database as Parquet and returns what it wrote,
// sorted by name. cat names the tables, columns and primary keys to read: the
// catalog of this database, or of one with the same schema. put is called from up
// to opts.Workers goroutines. Errors name table, column and row ordinal.
func Export(ctx context.Context, cfg *pgx.ConnConfig, cat *catalog.Catalog, opts Options,
	put layout.Put) ([]layout.Table, error) {
	o := opts.withDefaults()
	comp, err := newCodec(o.Workers)
	if err != nil {
		return nil, err
	}
	return layout.Each(ctx, cfg, cat, o.Workers,
		func(ctx context.Context, conn *pgx.Conn, j layout.Job) (layout.Table, error) {
			return exportTable(ctx, conn, j, o, comp, put)
		})
}

func exportTable(ctx context.Context, conn *pgx.Conn, j layout.Job, o *Options, comp *codec,
	put layout.Put) (layout.Table, error) {
	name := j.Table.Name
	cols := make([]*column, len(j.Table.Columns))
	for i, c := range j.Table.Columns {
		cols[i] = newColumn(c)
	}
	if err := fit(ctx, conn, j, cols); err != nil {
		return layout.Table{}, err
	}
	w := newTableWriter(ctx, name, cols, o, comp, put)
	parser := copyfmt.NewParser(copyfmt.Binary, len(cols), w.row)
	sql := "COPY (" + selectRows(j, cols) + ") TO STDOUT (FORMAT binary)"
	_, err := conn.PgConn().CopyTo(ctx, parser, sql)
	if err == nil {
		err = parser.Close()
	}
	if err = w.close(err); err != nil {
		return layout.Table{}, client.Wrap(err, "writing the dataset of %s", name)
	}
	out := layout.Table{Name: name, Rows: w.rows, Parts: w.parts}
	for _, c := range cols {
		out.Columns = append(out.Columns, layout.Column{Name: c.name, Type: c.typ, Parquet: c.label(), AsText: c.asText})
	}
	return out, nil
}

// fit turns the columns that hold a value their Parquet type can't say into text.
func fit(ctx context.Context, conn *pgx.Conn, j layout.Job, cols []*column) error {
	var doubtful []*column
	var conditions []string
	for _, c := range cols {
		if c.unfit != "" {
			doubtful, conditions = append(doubtful, c), append(conditions, c.unfit)
		}
	}
	found, err := j.Any(ctx, conn, conditions)
	if err != nil {
		return err
	}
	for i, c := range doubtful {
		if found[i] {
			c.useText(fmt.Sprintf("it holds a value that %s cannot say", c.label()))
		}
	}
	return nil
}

// selectRows reads a table in its one order.
func selectRows(j layout.Job, cols []*column) string {
	exprs := make([]string, len(cols))
	for i, c := range cols {
		exprs[i] = c.expr
	}
	return "SELECT " + strings.Join(exprs, ", ") + " FROM " + j.From + " ORDER BY " + layout.OrderBy(j.Table)
}
