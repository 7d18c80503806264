package layout

import (
	"context"
	"io"
	"iter"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Put stores one file. It calls write once with where the bytes go; an error of
// write means the file is incomplete, must not be kept, and is Put's error too.
type Put func(ctx context.Context, path string, write func(io.Writer) error) error

// Table is one table as it was written.
type Table struct {
	Name    catalog.Name
	Rows    int64
	Parts   []Part
	Columns []Column
}

// Part is one file of a table.
type Part struct {
	Path string // below the run's prefix, see [File]
	Rows int64
}

// Column is one column of a table's files.
type Column struct {
	Name    string
	Type    string // PostgreSQL's type
	Parquet string // what it became in Parquet, e.g. "DECIMAL(10,2)"; empty in other formats
	AsText  string // why it is text although others of its type are not; empty if it isn't
}

// Each has write called for every table of the database that has files, several at once in one
// snapshot of the database, and returns what it returned, sorted by the tables' names.
func Each(ctx context.Context, cfg *pgx.ConnConfig, cat *catalog.Catalog, workers int,
	write func(ctx context.Context, conn *pgx.Conn, j Job) (Table, error)) ([]Table, error) {
	owner, err := open(ctx, cfg, "")
	if err != nil {
		return nil, err
	}
	defer owner.Close(context.WithoutCancel(ctx))
	var snapshot string
	if err := owner.QueryRow(ctx, "SELECT pg_catalog.pg_export_snapshot()").Scan(&snapshot); err != nil {
		return nil, client.Wrap(err, "exporting the snapshot of database %q", cfg.Database)
	}
	jobs := plan(cat)
	out := make([]Table, len(jobs))
	err = client.Each(ctx, workers, bySize(jobs), func(ctx context.Context, indexes iter.Seq[int]) error {
		conn, err := open(ctx, cfg, snapshot)
		if err != nil {
			return err
		}
		defer client.Close(ctx, conn)
		for i := range indexes {
			if out[i], err = write(ctx, conn, jobs[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Any says of each condition whether it holds for any row of the table.
func (j Job) Any(ctx context.Context, conn *pgx.Conn, conditions []string) ([]bool, error) {
	found := make([]bool, len(conditions))
	if len(conditions) == 0 {
		return found, nil
	}
	tests, dst := make([]string, len(conditions)), make([]any, len(conditions))
	for i, c := range conditions {
		tests[i], dst[i] = "coalesce(pg_catalog.bool_or("+c+"), false)", &found[i]
	}
	sql := "SELECT " + strings.Join(tests, ", ") + " FROM " + j.From
	if err := conn.QueryRow(ctx, sql, pgx.QueryExecModeExec).Scan(dst...); err != nil {
		return nil, client.Wrap(err, "looking for values of %s that a dataset's types can't say", j.Table.Name)
	}
	return found, nil
}
