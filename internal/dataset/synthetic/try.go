package synthetic

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
)

// Schema is what is known of a database before a row of it is read.
type Schema struct {
	Catalog *catalog.Catalog
	Bounds  map[catalog.Name]string // of partitions, see [Bounds]
	Empty   map[catalog.Name]bool   // the table will have no rows
	Filled  bool                    // every other will have some, whatever the planner believes
	Policy  Policy
}

// Try finds, before a row is read, what can't be made of a database: it plans one with as many rows as the planner of
// the server believes in, and makes a few rows of each table. conn, if there is one, is to any database of a server
// that tries constraints for it, if they name PostgreSQL's own functions alone. An error is a *fault.Refusal, as [New]'s
// would be; no error is no promise.
func (o Options) Try(ctx context.Context, conn *pgx.Conn, s Schema) error {
	stats := s.assumed()
	if conn != nil {
		var err error
		if o, err = ask(ctx, conn, s.Catalog, s.Bounds, stats, o, true); err != nil {
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

// depends reports whether checks of the table can hold by values that will be released, and are not known yet.
func (t *table) depends(p Policy) bool {
	return slices.ContainsFunc(t.columns, func(c *column) bool {
		u := t.unitOf[t.index(c.name)]
		return u.group != nil && u.fk == nil && t.options.Tables[t.cat.Name].Values[c.name] == nil && p.Values(t.cat.Name, c.name)
	})
}

// assumed are statistics that the database could have. Of tables that may have too few rows to be counted it has none.
func (s Schema) assumed() *Statistics {
	out := &Statistics{Method: s.Policy.Method}
	for _, t := range made(s.Catalog) {
		rows := t.Rows
		if s.Filled {
			rows = 1000
		}
		for _, leaf := range partitions(s.Catalog, t) {
			rows = max(rows, 0) + max(leaf.Rows, 0)
		}
		if rows < float64(2*max(s.Policy.K, LeastK)) || s.Empty[t.Name] {
			rows = 0
		}
		// More than believed: nothing is refused because the planner believes in too few parents.
		table := Table{Name: t.Name.String(), Rows: int64(10 * rows)}
		for _, c := range t.Columns {
			table.Columns = append(table.Columns,
				Column{Name: c.Name, Class: s.Policy.Class(t.Name, c.Name), Filled: table.Rows})
		}
		for _, k := range ownKeys(t) {
			key := Key{Columns: k.Columns, Nulls: table.Rows}
			if !slices.ContainsFunc(k.Columns, func(c string) bool { return !t.Column(c).NotNull }) {
				key.Nulls, key.Filled = 0, table.Rows
			}
			table.Keys = append(table.Keys, key)
		}
		out.Tables = append(out.Tables, table)
	}
	return out
}
