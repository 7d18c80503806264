package verify

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
)

// chunkPages is the size of a chunk that one session reads at a time: 64 MiB.
const chunkPages = 8192

// Database looks through every cell of a database in one snapshot, shared by
// all its sessions, and checks coverage, row counts, constraints and schema
// text. tables is what the rules decided for every table; without it (nil) what
// depends on rules is not checked.
func (v *Verifier) Database(ctx context.Context, cfg *pgx.ConnConfig, tables []Table) (*Result, error) {
	began := time.Now()
	conn, err := connect(ctx, cfg, "")
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	cat, err := catalog.Load(ctx, conn)
	if err != nil {
		return nil, err
	}
	db := &database{v: v, cfg: cfg, cat: cat, ledger: &ledger{}, counts: map[catalog.Name]int64{},
		specs: map[catalog.Name]*Table{}, ruled: tables != nil}
	for i := range tables {
		db.specs[tables[i].Name] = &tables[i]
	}
	var checks []Check
	if tables != nil {
		checks = append(checks, db.coverage())
	}
	constraints, err := db.constraints(ctx, conn)
	if err != nil {
		return nil, err
	}
	classes, atRisk, err := db.risk(ctx, conn)
	if err != nil {
		return nil, err
	}
	if err := db.rows(ctx, conn); err != nil {
		return nil, err
	}
	objects, err := db.largeObjects(ctx, conn)
	if err != nil {
		return nil, err
	}
	if err := db.rowKeys(ctx, conn); err != nil {
		return nil, err
	}
	schema, err := db.schemaText(ctx, conn)
	if err != nil {
		return nil, err
	}
	if tables != nil {
		checks = append(checks, db.rowCounts(), db.empty())
	}
	for _, c := range []Check{objects, schema} {
		if c.Name != "" {
			checks = append(checks, c)
		}
	}
	checks = append(checks, constraints, atRisk)
	if v.opts.Canaries != nil {
		checks = append(checks, db.canaries(v.opts.Canaries))
	}
	r := v.result("database "+cfg.Database, began, db.ledger, checks...)
	r.Risk, r.Canaries = classes, v.opts.Canaries
	return r, nil
}

// database is one verification of a database.
type database struct {
	v      *Verifier
	cfg    *pgx.ConnConfig
	cat    *catalog.Catalog
	specs  map[catalog.Name]*Table
	ledger *ledger
	counts map[catalog.Name]int64 // rows of each table itself; guarded by ledger.mu

	snapshot string // exported, which all sessions see
	ruled    bool   // the rules are known
}

// connect opens a read-only transaction, on an exported snapshot if one is named.
func connect(ctx context.Context, cfg *pgx.ConnConfig, snapshot string) (*pgx.Conn, error) {
	return client.InSnapshot(ctx, cfg, client.Session{To: fmt.Sprintf("database %q to verify it", cfg.Database)}, snapshot)
}

// job is one chunk of one relation.
type job struct {
	table   catalog.Name
	label   string
	from    string // relation or rows, as FROM takes it
	columns []column
	low     int64 // first block; -1: all of it
	high    int64 // behind the last block; -1: to the end
	pages   int64
}

// rows looks through the rows of every table and materialised view.
func (db *database) rows(ctx context.Context, conn *pgx.Conn) error {
	if err := conn.QueryRow(ctx, "SELECT pg_catalog.pg_export_snapshot()").Scan(&db.snapshot); err != nil {
		return client.Wrap(err, "exporting the snapshot that database %q is verified in", db.cfg.Database)
	}
	return client.Each(ctx, db.v.opts.Workers, db.jobs(), func(ctx context.Context, jobs iter.Seq[job]) error {
		conn, err := connect(ctx, db.cfg, db.snapshot)
		if err != nil {
			return err
		}
		defer client.Close(ctx, conn)
		s := db.v.scanner()
		for j := range jobs {
			if err := db.scan(ctx, conn, s, j); err != nil {
				return err
			}
		}
		return nil
	})
}

// jobs cuts the relations into chunks, the largest relations first.
func (db *database) jobs() []job {
	var jobs []job
	for _, t := range db.cat.Tables {
		if !t.HoldsRows() {
			continue
		}
		j := job{table: t.Name, label: t.Name.String(), from: t.Only(), columns: db.columns(t),
			pages: t.Pages}
		for low := int64(0); low == 0 || low < t.Pages; low += chunkPages {
			j.low, j.high = low, low+chunkPages
			if j.high >= t.Pages {
				j.high = -1
			}
			jobs = append(jobs, j)
		}
	}
	for _, m := range db.cat.MatViews {
		if !m.Populated {
			continue
		}
		// What a view computes, rules don't name: its rows are read as text. A bare t
		// would be a column of that name.
		c := column{expr: "pg_catalog.concat(t.*)", tally: db.ledger.column(m.Name.String(), "*",
			func(t *tally) { t.stats.Type = "materialized view" })}
		jobs = append(jobs, job{label: m.Name.String(), from: m.Name.SQL() + " AS t", columns: []column{c}, low: 0,
			high: -1})
	}
	slices.SortStableFunc(jobs, func(a, b job) int { return cmp.Compare(b.pages, a.pages) })
	return jobs
}

// sql is the COPY of a chunk: the ctid, then the columns that are looked through.
func (j *job) sql() string {
	var b strings.Builder
	b.WriteString("COPY (SELECT t.ctid")
	for _, c := range j.columns {
		b.WriteString(", " + c.expr)
	}
	b.WriteString(" FROM " + j.from)
	if j.low > 0 || j.high > 0 {
		fmt.Fprintf(&b, " WHERE t.ctid >= '(%d,0)'", j.low)
		if j.high > 0 {
			fmt.Fprintf(&b, " AND t.ctid < '(%d,0)'", j.high)
		}
	}
	b.WriteString(") TO STDOUT (FORMAT binary)")
	return b.String()
}

func (db *database) scan(ctx context.Context, conn *pgx.Conn, s *scanner, j job) error {
	found := make([]*tally, len(j.columns))
	for i, c := range j.columns {
		found[i] = c.tally.fresh()
	}
	var text []byte // of a cell that isn't on the wire
	parser := copyfmt.NewParser(copyfmt.Binary, len(j.columns)+1, func(fields [][]byte) error {
		if len(fields[0]) != 6 {
			return fmt.Errorf("the server sent a ctid of %d bytes", len(fields[0]))
		}
		at := place{block: binary.BigEndian.Uint32(fields[0]), offset: binary.BigEndian.Uint16(fields[0][4:])}
		for i, f := range fields[1:] {
			if f == nil {
				continue
			}
			switch c := j.columns[i]; {
			case c.digest && !s.matcher.IsDigest(f):
				found[i].stats.Cells++
				found[i].stats.Bytes += int64(len(f))
				continue
			case c.digest:
				f = fmt.Appendf(nil, "%x-%x-%x-%x-%x", f[:4], f[4:6], f[6:8], f[8:10], f[10:])
			case c.versioned && len(f) > 0:
				f = f[1:] // jsonb_send: a version number, then the text
			case c.wire != nil:
				var err error
				if text, err = c.wire.AppendText(text[:0], f); err != nil {
					return fmt.Errorf("column %s: %w", c.tally.stats.Column, err)
				}
				f = text
			}
			s.cell(found[i], at, f)
		}
		return s.err()
	})
	if _, err := conn.PgConn().CopyTo(ctx, parser, j.sql()); err != nil {
		return client.Wrap(err, "reading %s to verify it", j.label)
	}
	if err := parser.Close(); err != nil {
		return fmt.Errorf("reading %s to verify it: %w", j.label, err)
	}
	db.ledger.merge(parser.Rows(), found)
	db.ledger.mu.Lock()
	db.counts[j.table] += parser.Rows()
	db.ledger.mu.Unlock()
	return nil
}
