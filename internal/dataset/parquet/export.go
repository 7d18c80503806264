package parquet

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

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

// Table is one table as it was written.
type Table struct {
	Name    catalog.Name
	Rows    int64
	Parts   []Part
	Columns []Column
}

// Part is one file of a table.
type Part struct {
	Path string // below the run's prefix, see [Path]
	Rows int64
}

// Column is one column of a table's files.
type Column struct {
	Name    string
	Type    string // PostgreSQL's type
	Parquet string // what it became, e.g. "DECIMAL(10,2)"
	AsText  string // why it is STRING although its type has a Parquet type; empty if it isn't
}

// Export writes every table of the database as Parquet and returns what it wrote,
// sorted by name. cat names the tables, columns and primary keys to read: the
// catalog of this database, or of one with the same schema. put is called from up
// to opts.Workers goroutines. Errors name table, column and row ordinal.
func Export(ctx context.Context, cfg *pgx.ConnConfig, cat *catalog.Catalog, opts Options, put Put) ([]Table, error) {
	o := opts.withDefaults()
	owner, err := open(ctx, cfg, "")
	if err != nil {
		return nil, err
	}
	defer owner.Close(context.WithoutCancel(ctx))
	var snapshot string
	if err := owner.QueryRow(ctx, "SELECT pg_catalog.pg_export_snapshot()").Scan(&snapshot); err != nil {
		return nil, client.Wrap(err, "exporting the snapshot of database %q", cfg.Database)
	}
	comp, err := newCodec(o.Workers)
	if err != nil {
		return nil, err
	}
	jobs := plan(cat)
	out := make([]Table, len(jobs))
	err = client.Each(ctx, o.Workers, bySize(jobs), func(ctx context.Context, indexes iter.Seq[int]) error {
		conn, err := open(ctx, cfg, snapshot)
		if err != nil {
			return err
		}
		defer client.Close(ctx, conn)
		for i := range indexes {
			if out[i], err = exportTable(ctx, conn, jobs[i], o, comp, put); err != nil {
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

// job is one table to write.
type job struct {
	table *catalog.Table
	from  string // FROM item, aliased t
	bytes int64
}

// plan lists the tables that have a folder of their own, by name.
func plan(cat *catalog.Catalog) []job {
	var jobs []job
	for _, t := range cat.Tables {
		if t.IsPartition || t.Kind == catalog.Foreign || len(t.Columns) == 0 {
			continue
		}
		j := job{table: t, from: t.Only(), bytes: t.Bytes}
		if t.Kind == catalog.Partitioned {
			j.from, j.bytes = fromPartitions(cat, t)
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// fromPartitions reads a partitioned table through its root, unless a partition is
// foreign: those rows live on another server and are left out, as anywhere.
func fromPartitions(cat *catalog.Catalog, root *catalog.Table) (from string, bytes int64) {
	var leaves []string
	foreign := false
	for _, t := range cat.Tables {
		if !t.IsPartition || t.Root != root.Name {
			continue
		}
		bytes += t.Bytes
		switch t.Kind {
		case catalog.Foreign:
			foreign = true
		case catalog.Ordinary:
			names := make([]string, len(root.Columns))
			for i, c := range root.Columns {
				names[i] = c.Name
			}
			leaves = append(leaves, "SELECT "+catalog.QuoteAll(names)+" FROM ONLY "+t.Name.SQL())
		}
	}
	if foreign && len(leaves) > 0 {
		return "(" + strings.Join(leaves, " UNION ALL ") + ") AS t", bytes
	}
	if foreign {
		return "ONLY " + root.Name.SQL() + " AS t", 0 // nothing of it is here
	}
	return root.Name.SQL() + " AS t", bytes
}

func bySize(jobs []job) []int {
	order := make([]int, len(jobs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(jobs[b].bytes, jobs[a].bytes) })
	return order
}

func exportTable(ctx context.Context, conn *pgx.Conn, j job, o *Options, comp *codec, put Put) (Table, error) {
	name := j.table.Name
	cols := make([]*column, len(j.table.Columns))
	for i, c := range j.table.Columns {
		cols[i] = newColumn(c)
	}
	if err := fit(ctx, conn, j, cols); err != nil {
		return Table{}, err
	}
	w := newTableWriter(ctx, name, cols, o, comp, put)
	parser := copyfmt.NewParser(copyfmt.Binary, len(cols), w.row)
	sql := "COPY (" + selectRows(j, cols) + ") TO STDOUT (FORMAT binary)"
	_, err := conn.PgConn().CopyTo(ctx, parser, sql)
	if err == nil {
		err = parser.Close()
	}
	if err = w.close(err); err != nil {
		return Table{}, client.Wrap(err, "writing the dataset of %s", name)
	}
	out := Table{Name: name, Rows: w.rows, Parts: w.parts}
	for _, c := range cols {
		out.Columns = append(out.Columns, Column{Name: c.name, Type: c.typ, Parquet: c.label(), AsText: c.asText})
	}
	return out, nil
}

// fit turns the columns that hold a value their Parquet type can't say into text.
func fit(ctx context.Context, conn *pgx.Conn, j job, cols []*column) error {
	var doubtful []*column
	var tests []string
	for _, c := range cols {
		if c.unfit != "" {
			doubtful = append(doubtful, c)
			tests = append(tests, "coalesce(pg_catalog.bool_or("+c.unfit+"), false)")
		}
	}
	if len(tests) == 0 {
		return nil
	}
	found := make([]bool, len(tests))
	dst := make([]any, len(tests))
	for i := range found {
		dst[i] = &found[i]
	}
	sql := "SELECT " + strings.Join(tests, ", ") + " FROM " + j.from
	if err := conn.QueryRow(ctx, sql, pgx.QueryExecModeExec).Scan(dst...); err != nil {
		return client.Wrap(err, "looking for values of %s that Parquet can't say", j.table.Name)
	}
	for i, c := range doubtful {
		if found[i] {
			c.useText(fmt.Sprintf("it holds a value that %s cannot say", c.label()))
		}
	}
	return nil
}

// selectRows reads a table in its one order.
func selectRows(j job, cols []*column) string {
	exprs := make([]string, len(cols))
	for i, c := range cols {
		exprs[i] = c.expr
	}
	return "SELECT " + strings.Join(exprs, ", ") + " FROM " + j.from + " ORDER BY " + orderBy(j.table)
}

// maxSortKeys is how many columns a table is sorted by, one by one: a target list ends
// at 1664 entries (MaxTupleAttributeNumber), and sort keys count.
const maxSortKeys = 800

func orderBy(t *catalog.Table) string {
	var keys []string
	for _, name := range t.PrimaryKey {
		key := "t." + catalog.Quote(name)
		if c := t.Column(name); c != nil && collatable(c.Type) {
			key += ` COLLATE pg_catalog."C"`
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 && len(t.Columns) > maxSortKeys {
		return `t::pg_catalog.text COLLATE pg_catalog."C"`
	}
	if len(keys) == 0 {
		for _, c := range t.Columns {
			keys = append(keys, "("+c.Type.AsText("t."+catalog.Quote(c.Name))+`) COLLATE pg_catalog."C"`)
		}
	}
	return strings.Join(keys, ", ")
}

func collatable(t *catalog.Type) bool {
	switch t.Underlying().OID {
	case catalog.TextOID, catalog.VarcharOID, catalog.BPCharOID:
		return true
	}
	return false
}
