package restore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
)

// Preservation is what the shadow takes over from the live database: the rows of
// tables that are staging's own, and those tables themselves where the source
// has none of that name.
type Preservation struct {
	srv    *Server
	tables []*preserved
	oid    uint32 // of the live database that was looked at
}

// preserved is one such table as the live database has it.
type preserved struct {
	table     *catalog.Table
	own       bool // the source has no such table: it comes with its structure
	columns   []string
	sequences []ownedSequence
	rows      int64 // copied
}

// ownedSequence is a sequence that belongs to a column, and where it stands.
type ownedSequence struct {
	name   catalog.Name
	column string
	last   int64
	called bool
}

// Preserve compares the named tables of the live database with the source's. A
// table whose rows would not fit into the source's columns is a *[fault.Refusal]
// that says of each column why; so is one that neither database has. Without a
// live database, as before the first run, there is nothing to take over.
//
// The notes name tables of the live database that are not taken over.
func (s *Server) Preserve(ctx context.Context, names []catalog.Name,
	source *catalog.Catalog) (_ *Preservation, notes []string, err error) {
	p := &Preservation{srv: s}
	live, err := s.liveCatalog(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	if live == nil {
		if len(names) > 0 {
			notes = append(notes, fmt.Sprintf("there is no staging database yet from which to preserve %s",
				joinNames(names)))
		}
		return p, notes, nil
	}
	refusal := fault.Refuse("preserve", "tables to be preserved from staging don't fit into what production has now")
	for _, n := range names {
		t, problems := compare(n, live, source)
		refusal.Problems = append(refusal.Problems, fault.Problems(problems)...)
		if t != nil {
			t.sequences = ownedBy(live, n)
			p.tables = append(p.tables, t)
		}
	}
	if len(refusal.Problems) > 0 {
		return nil, nil, refusal
	}
	if lost := leftBehind(live, source, names); len(lost) > 0 {
		notes = append(notes, fmt.Sprintf("tables of staging that production hasn't don't come along, unless "+
			"staging.preserve names them; they stay in %s: %s",
			PreviousName(s.live), strings.Join(first(lost, 20), ", ")))
	}
	return p, notes, nil
}

// liveCatalog reads the live database's catalog; nil if there is no such database.
func (s *Server) liveCatalog(ctx context.Context, p *Preservation) (cat *catalog.Catalog, err error) {
	err = s.do(ctx, func(conn *pgx.Conn) (err error) {
		p.oid, err = oidOf(ctx, conn, s.live)
		return err
	})
	if err != nil || p.oid == 0 {
		return nil, err
	}
	err = with(ctx, s.liveConfig(), func(conn *pgx.Conn) (err error) {
		cat, err = catalog.Load(ctx, conn)
		return err
	})
	return cat, err
}

func (s *Server) liveConfig() *pgx.ConnConfig {
	cfg := s.cfg.Copy()
	cfg.Database = s.live
	return cfg
}

// compare says whether the live table's rows fit into the source's table of that name.
func compare(n catalog.Name, live, source *catalog.Catalog) (*preserved, []string) {
	from, to := live.Table(n), source.Table(n)
	switch {
	case from == nil && to == nil:
		return nil, []string{fmt.Sprintf("%s: neither staging nor production has such a table", n)}
	case from == nil:
		return nil, nil // new on the source: there are no rows of staging's yet
	case from.Kind == catalog.Foreign, from.IsPartition, to != nil && (to.Kind == catalog.Foreign || to.IsPartition):
		return nil, []string{fmt.Sprintf("%s: it is a foreign table or a partition (name the partitioned table)", n)}
	case to == nil && from.Kind == catalog.Partitioned:
		return nil, []string{fmt.Sprintf("%s: a partitioned table that production hasn't can't be preserved", n)}
	}
	p := &preserved{table: from, own: to == nil}
	var problems []string
	for _, c := range from.Columns {
		if c.Generated {
			continue
		}
		p.columns = append(p.columns, c.Name)
		if to == nil {
			continue
		}
		switch d := to.Column(c.Name); {
		case d == nil:
			problems = append(problems, fmt.Sprintf("%s: staging has a column %s, production hasn't: drop it in "+
				"staging, or "+
				"add it to production", n, catalog.Quote(c.Name)))
		case d.Generated:
			problems = append(problems, fmt.Sprintf("%s: column %s is computed in production and holds values of "+
				"its own in "+
				"staging", n, catalog.Quote(c.Name)))
		case !c.SameType(d):
			problems = append(problems, fmt.Sprintf("%s: column %s is %s in staging and %s in production: "+
				"change it in "+
				"staging", n, catalog.Quote(c.Name), described(c), described(d)))
		}
	}
	return p, problems
}

// described is a column's type for a message; that of an enum or composite may
// differ in what it consists of.
func described(c *catalog.Column) string {
	s := c.Type.SQL
	if c.Mod >= 0 {
		s += fmt.Sprintf(" (modifier %d)", c.Mod)
	}
	if len(c.Type.Labels) > 0 {
		s += fmt.Sprintf(" (%d labels)", len(c.Type.Labels))
	}
	return s
}

// ownedBy are the sequences that belong to a table's columns.
func ownedBy(cat *catalog.Catalog, n catalog.Name) []ownedSequence {
	var out []ownedSequence
	for _, c := range cat.Table(n).Columns {
		column := catalog.Name{Schema: "t", Name: c.Name}.String() // t.column, quoted as OwnedBy is
		for _, q := range cat.Sequences {
			if q.OwnedBy == n.String()+strings.TrimPrefix(column, "t") {
				out = append(out, ownedSequence{name: q.Name, column: c.Name})
			}
		}
	}
	return out
}

// leftBehind are tables of the live database that neither the source has nor
// staging.preserve names.
func leftBehind(live, source *catalog.Catalog, names []catalog.Name) []string {
	var out []string
	for _, t := range live.Tables {
		if !t.IsPartition && source.Table(t.Name) == nil && !slices.Contains(names, t.Name) && !slices.Contains(names,
			t.Root) {
			out = append(out, t.Name.String())
		}
	}
	return out
}

func first(s []string, n int) []string {
	if len(s) <= n {
		return s
	}
	return append(slices.Clone(s[:n]), fmt.Sprintf("and %d more", len(s)-n))
}

func joinNames(names []catalog.Name) string {
	s := make([]string, len(names))
	for i, n := range names {
		s[i] = n.String()
	}
	return strings.Join(s, ", ")
}

// own are the tables that the source hasn't.
func (p *Preservation) own() []*preserved {
	return slices.DeleteFunc(slices.Clone(p.tables), func(t *preserved) bool { return !t.own })
}

// Dump writes the structure of the tables that the source hasn't into a file, as
// the live database has them. It reports whether there are any.
func (p *Preservation) Dump(ctx context.Context, path string) (bool, error) {
	own := p.own()
	if len(own) == 0 {
		return false, nil
	}
	args := client.SchemaOnly(path)
	for _, t := range own {
		// quoted, a pattern is a name; sequences of its columns come with it
		args = append(args, "--table="+t.table.Name.SQL())
	}
	return true, client.Run(ctx, client.Command{
		Tool: client.Dump, MinMajor: client.Major(p.srv.version), Doing: "dumping the structure of staging's own tables",
		Server: p.srv.liveConfig(), Args: args,
	})
}

// MakeRoom makes the schemas that only staging's own tables live in, and fails if
// rows to be preserved would leave a column empty that must not be.
func (p *Preservation) MakeRoom(ctx context.Context, shadow *Database) error {
	if len(p.tables) == 0 {
		return nil
	}
	return shadow.do(ctx, func(conn *pgx.Conn) error {
		for _, t := range p.own() {
			if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+catalog.Quote(t.table.Name.Schema)); err != nil {
				return client.Wrap(err, "making the schema of %s", t.table.Name)
			}
		}
		const unfilled = `
			SELECT attname::text FROM pg_attribute
			WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attnotnull AND NOT atthasdef AND
				attidentity = ''
			  AND attname <> ALL ($2) ORDER BY attnum`
		refusal := fault.Refuse("preserve", "rows to be preserved from staging lack columns that production requires")
		for _, t := range p.tables {
			rows, err := conn.Query(ctx, unfilled, t.table.Name.SQL(), t.columns)
			if err != nil {
				return client.Wrap(err, "looking at the columns of %s", t.table.Name)
			}
			missing, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return client.Wrap(err, "looking at the columns of %s", t.table.Name)
			}
			for _, c := range missing {
				refusal.Add("%s: production has a column %s that must not be NULL and has no default, staging hasn't "+
					"it: add it "+
					"in staging", t.table.Name, catalog.Quote(c))
			}
		}
		if len(refusal.Problems) > 0 {
			return refusal
		}
		return nil
	})
}

// Copy copies the rows from the live database into the shadow, all tables in one
// snapshot. The shadow must have no constraint or trigger yet.
func (p *Preservation) Copy(ctx context.Context, shadow *Database) error {
	if len(p.tables) == 0 {
		return nil
	}
	return with(ctx, p.srv.liveConfig(), func(from *pgx.Conn) error {
		if err := p.sameDatabase(ctx, from); err != nil {
			return err
		}
		loader, err := shadow.Loader(ctx)
		if err != nil {
			return err
		}
		defer loader.Close(context.WithoutCancel(ctx))
		if _, err := from.Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil {
			return client.Wrap(err, "preparing to read staging's own tables")
		}
		for _, t := range p.tables {
			if err := t.copy(ctx, from, loader); err != nil {
				return err
			}
			if err := t.readSequences(ctx, from); err != nil {
				return err
			}
		}
		return nil
	})
}

// sameDatabase fails if the live database was replaced since it was looked at.
func (p *Preservation) sameDatabase(ctx context.Context, conn *pgx.Conn) error {
	oid, err := oidOf(ctx, conn, p.srv.live)
	if err == nil && oid != p.oid {
		err = errors.New("the staging database was replaced while its tables were to be preserved")
	}
	return err
}

func (t *preserved) copy(ctx context.Context, from *pgx.Conn, to *Loader) error {
	only := "ONLY "
	if t.table.Kind == catalog.Partitioned {
		only = ""
	}
	sql := fmt.Sprintf("COPY (SELECT %s FROM %s%s) TO STDOUT", catalog.QuoteAll(t.columns), only, t.table.Name.SQL())
	pr, pw := io.Pipe()
	group, ctx := errgroup.WithContext(ctx)
	var read int64
	group.Go(func() error {
		tag, err := from.PgConn().CopyTo(ctx, pw, sql)
		if err != nil {
			err = client.Wrap(err, "reading %s from staging to preserve it", t.table.Name)
		}
		read = tag.RowsAffected()
		pw.CloseWithError(err)
		return err
	})
	group.Go(func() (err error) {
		t.rows, err = to.CopyIn(ctx, t.table.Name, t.columns, copyfmt.Text, pr)
		if err != nil {
			pr.CloseWithError(err)
			return fmt.Errorf("preserving staging's rows: %w", err)
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if read != t.rows {
		return fmt.Errorf("preserving %s: %d rows left staging, %d arrived in the shadow", t.table.Name, read, t.rows)
	}
	return nil
}

func (t *preserved) readSequences(ctx context.Context, conn *pgx.Conn) error {
	for i := range t.sequences {
		q := &t.sequences[i]
		if err := conn.QueryRow(ctx, "SELECT last_value, is_called FROM "+q.name.SQL()).Scan(&q.last,
			&q.called); err != nil {
			return client.Wrap(err, "reading sequence %s of staging", q.name)
		}
	}
	return nil
}

// SetSequences sets the sequences of preserved tables to where staging's stand,
// whose rows the tables hold.
func (p *Preservation) SetSequences(ctx context.Context, shadow *Database) error {
	if len(p.tables) == 0 {
		return nil
	}
	return shadow.do(ctx, func(conn *pgx.Conn) error {
		const set = `SELECT setval(s::regclass, $3, $4) FROM pg_get_serial_sequence($1, $2) s WHERE s IS NOT NULL`
		for _, t := range p.tables {
			for _, q := range t.sequences {
				if _, err := conn.Exec(ctx, set, t.table.Name.SQL(), q.column, q.last, q.called); err != nil {
					return client.Wrap(err, "setting the sequence of %s, column %s", t.table.Name,
						catalog.Quote(q.column))
				}
			}
		}
		return nil
	})
}

// Own reports whether there are tables that the source hasn't.
func (p *Preservation) Own() bool { return len(p.own()) > 0 }

// Rows are the rows that were copied, by table.
func (p *Preservation) Rows() map[catalog.Name]int64 {
	out := map[catalog.Name]int64{}
	for _, t := range p.tables {
		out[t.table.Name] = t.rows
	}
	return out
}
