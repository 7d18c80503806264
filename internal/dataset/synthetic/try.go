package synthetic

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Schema is what is known of a database before a row of it is read.
type Schema struct {
	Catalog *catalog.Catalog
	Bounds  map[catalog.Name]string // of partitions, see [Bounds]
	Empty   map[catalog.Name]bool   // the table will have no rows
	Filled  bool                    // every other will have some, although the planner knows of none
	Policy  Policy
	// Session runs fn in a session on the database, where rows are counted before the planner's word refuses it;
	// nil: that is the last one.
	Session func(ctx context.Context, fn func(*pgx.Conn) error) error

	counted map[catalog.Name]int64 // as far as enoughRows
}

// Try finds, before a row is read, what can't be made of a database: it plans one with as many rows as the planner of
// the server believes in, and makes a few rows of each table. conn, if there is one, is to any database of a server
// that tries constraints for it, if they name PostgreSQL's own functions alone. An error is a *fault.Refusal, as one of
// [New] would be; no error is no promise.
func (o Options) Try(ctx context.Context, conn *pgx.Conn, s Schema) error {
	err := o.try(ctx, conn, s)
	var refusal *fault.Refusal
	if s.Session == nil || !errors.As(err, &refusal) {
		return err
	}
	if err := s.Session(ctx, func(conn *pgx.Conn) error { return s.count(ctx, conn) }); err != nil {
		return err
	}
	return o.try(ctx, conn, s)
}

// enoughRows is how many rows of a table are counted: of one that has more, the planner's count is taken.
const enoughRows = 10_000

// count counts the rows that the planner believes in: it goes by the last ANALYZE.
func (s *Schema) count(ctx context.Context, conn *pgx.Conn) error {
	s.counted = map[catalog.Name]int64{}
	for _, t := range made(s.Catalog) {
		if s.rows(t) == 0 {
			continue
		}
		var n int64
		m := measuring{table: t}
		q := fmt.Sprintf("SELECT count(*) FROM (SELECT FROM %s LIMIT %d) AS x", m.from(), enoughRows)
		err := conn.QueryRow(ctx, q).Scan(&n)
		if err != nil {
			return client.Wrap(err, "counting the rows of %s", t.Name)
		}
		s.counted[t.Name] = n
	}
	return nil
}

func (o Options) try(ctx context.Context, conn *pgx.Conn, s Schema) error {
	stats := s.assumed()
	if conn != nil {
		var err error
		now := func(t *table, q question) bool { return q.built && !t.released(s.Policy, t.columns[q.at].name) }
		if o, err = ask(ctx, conn, s.Catalog, s.Bounds, stats, o, now); err != nil {
			return err
		}
	}
	g, err := New(s.Catalog, s.Bounds, stats, o)
	if err != nil {
		return err
	}
	for _, t := range g.tables {
		if t.depends(s.Policy) {
			continue
		}
		for n := range min(t.rows, 20) {
			r := t.row(n)
			for at := range t.columns {
				if _, err := r.at(at); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// depends reports whether checks of the table can hold by what is not known yet: values that will be released, or which
// rows have no parent.
func (t *table) depends(p Policy) bool {
	return slices.ContainsFunc(t.checks, func(k *check) bool {
		return slices.ContainsFunc(k.expr.reads(), func(name string) bool {
			at := t.index(name)
			if at < 0 || t.unitOf[at].fk != nil {
				return at >= 0 && t.unitOf[at].how == never
			}
			return t.released(p, name)
		})
	})
}

// released reports whether a column will draw from values that are released.
func (t *table) released(p Policy, column string) bool {
	return t.options.Tables[t.cat.Name].Values[column] == nil && p.Values(t.cat.Name, column)
}

// assumed are statistics that the database could have. Of tables that may have too few rows to be counted it has none.
func (s Schema) assumed() *Statistics {
	out := &Statistics{Method: s.Policy.Method}
	for _, t := range made(s.Catalog) {
		table := Table{Name: t.Name.String(), Rows: s.rows(t)}
		for _, c := range t.Columns {
			column := Column{Name: c.Name, Class: s.Policy.Class(t.Name, c.Name), Filled: table.Rows}
			if !c.NotNull { // there may be any share of them
				column.Nulls, column.Filled = table.Rows/2, table.Rows/2
			}
			table.Columns = append(table.Columns, column)
		}
		for _, k := range ownKeys(t) {
			key := Key{Columns: k.Columns, Filled: table.Rows}
			if slices.ContainsFunc(k.Columns, func(c string) bool { return !t.Column(c).NotNull }) {
				key.Nulls, key.Filled = table.Rows, 0
				if to := s.Catalog.Table(k.RefTable); to != nil && s.rows(to) > 0 {
					key.Nulls, key.Filled = table.Rows/2, table.Rows/2
				}
			}
			table.Keys = append(table.Keys, key)
		}
		out.Tables = append(out.Tables, table)
	}
	return out
}

// rows are more than the planner believes in, so that nothing is refused because it believes in too few parents; and
// none where there may be too few to be counted. What was counted has so many.
func (s Schema) rows(t *catalog.Table) int64 {
	rows := t.Rows
	for _, leaf := range partitions(s.Catalog, t) {
		rows = max(rows, 0) + max(leaf.Rows, 0)
	}
	factor := 10.0
	if n, ok := s.counted[t.Name]; ok {
		factor = 1
		if n < enoughRows {
			rows = float64(n)
		}
	}
	switch {
	case s.Empty[t.Name]:
		return 0
	case s.Filled:
		return 10_000
	case rows < float64(2*max(s.Policy.K, LeastK)):
		return 0
	}
	return int64(factor * rows)
}
