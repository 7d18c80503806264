package shop

import (
	"cmp"
	"context"
	_ "embed" // the schema
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
)

// Tables is the SQL that makes types and tables.
//
//go:embed schema/tables.sql
var Tables string

// Keys is the SQL that is run after loading: keys, indexes, trigger and views.
//
//go:embed schema/keys.sql
var Keys string

// Options of a sample database.
type Options struct {
	Users    int                            // at least 1; 0 means 1000
	Seed     uint64                         // other seeds give other people
	Streams  int                            // tables loaded at a time; 0 means 2
	Progress func(table string, rows int64) // called when a table is loaded, by one goroutine at a time; may be nil
}

// Load makes schema and rows in an empty database.
func Load(ctx context.Context, url string, o Options) error {
	g, err := newGenerator(o)
	if err != nil {
		return err
	}
	if err := script(ctx, url, "making the sample's tables", Tables); err != nil {
		return err
	}
	if err := g.load(ctx, url, max(1, cmp.Or(o.Streams, 2)), o.Progress); err != nil {
		return err
	}
	// Sequences go on after the loaded keys, as if the rows had been inserted.
	if err := script(ctx, url, "making the sample's keys", Keys, sequences, "ANALYZE"); err != nil {
		return err
	}
	return nil
}

// Counts is the number of rows in each table, by its name as rules write it.
func Counts(o Options) (map[string]int64, error) {
	g, err := newGenerator(o)
	if err != nil {
		return nil, err
	}
	n := map[string]int64{}
	for _, t := range g.tables() {
		n[t.name] = t.rows
	}
	return n, nil
}

const sequences = `
SELECT setval(pg_get_serial_sequence('teams', 'id'), max(id)) FROM teams;
SELECT setval(pg_get_serial_sequence('employees', 'id'), max(id)) FROM employees;
SELECT setval(pg_get_serial_sequence('users', 'id'), max(id)) FROM users;
SELECT setval(pg_get_serial_sequence('api_keys', 'id'), max(id)) FROM api_keys;
SELECT setval(pg_get_serial_sequence('experiments', 'id'), max(id)) FROM experiments;
SELECT setval(pg_get_serial_sequence('variants', 'id'), max(id)) FROM variants;
SELECT setval(pg_get_serial_sequence('events', 'id'), max(id)) FROM events;
SELECT setval(pg_get_serial_sequence('payments', 'id'), max(id)) FROM payments;
SELECT setval(pg_get_serial_sequence('support_tickets', 'id'), max(id)) FROM support_tickets;
SELECT setval('invoice_number_seq', 104711)`

// script runs statements in a session of its own, each string in a transaction.
func script(ctx context.Context, url, what string, sql ...string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, s := range append([]string{"SET maintenance_work_mem = '256MB'"}, sql...) {
		if _, err := conn.PgConn().Exec(ctx, s).ReadAll(); err != nil {
			return client.Wrap(err, "%s", what)
		}
	}
	return nil
}

// load copies all tables, the biggest first, several at a time.
func (g *generator) load(ctx context.Context, url string, streams int, progress func(string, int64)) error {
	tables := g.tables()
	slices.SortStableFunc(tables, func(a, b table) int { return cmp.Compare(b.rows, a.rows) })
	work := make(chan table)
	loaded := make(chan struct{}, 1) // a lock that progress is called under
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(work)
		for _, t := range tables {
			select {
			case work <- t:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range min(streams, len(tables)) {
		group.Go(func() error {
			conn, err := pgx.Connect(ctx, url)
			if err != nil {
				return fmt.Errorf("loading the sample: %w", err)
			}
			defer conn.Close(context.WithoutCancel(ctx))
			for t := range work {
				if err := t.copy(ctx, conn); err != nil {
					return err
				}
				if progress != nil {
					loaded <- struct{}{}
					progress(t.name, t.rows)
					<-loaded
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// table is one table's rows.
type table struct {
	name    string // as rules write it
	columns string // as SQL
	rows    int64
	frozen  bool // COPY … FREEZE: no partitioned table can
	// row appends row i, from 1, in COPY's text format.
	row func(b []byte, i int64) []byte
}

func (t *table) copy(ctx context.Context, conn *pgx.Conn) error {
	// TRUNCATE in the same transaction is what FREEZE asks for; frozen rows need
	// no hint bits, which a standby couldn't keep.
	into, freeze := "COPY "+t.name+" ("+t.columns+") FROM STDIN", ""
	if t.frozen {
		freeze = " WITH (FREEZE)"
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return fmt.Errorf("loading sample table %s: %w", t.name, err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // does nothing after a commit
	if _, err := tx.Exec(ctx, "TRUNCATE "+t.name); err != nil {
		return client.Wrap(err, "loading sample table %s", t.name)
	}
	if _, err := conn.PgConn().CopyFrom(ctx, t.reader(), into+freeze); err != nil {
		return client.Wrap(err, "loading sample table %s", t.name)
	}
	if err := tx.Commit(ctx); err != nil {
		return client.Wrap(err, "loading sample table %s", t.name)
	}
	return nil
}

func (t *table) reader() io.Reader { return &reader{table: t, next: 1} }

// reader makes rows as they are read.
type reader struct {
	table *table
	next  int64
	buf   []byte
	rest  []byte // of buf, not yet read
}

// chunk is how much is made at a time, in bytes.
const chunk = 64 << 10

func (r *reader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		r.buf = r.buf[:0]
		for ; len(r.buf) < chunk && r.next <= r.table.rows; r.next++ {
			r.buf = append(r.table.row(r.buf, r.next), '\n')
		}
		if r.rest = r.buf; len(r.rest) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func newGenerator(o Options) (*generator, error) {
	if o.Users < 0 || o.Users > 1<<30 {
		return nil, fault.BadInput("a sample database has 1 to %d users, not %d", 1<<30, o.Users)
	}
	g := &generator{seed: o.Seed, users: int64(cmp.Or(o.Users, 1000)), locales: locales()}
	for i := range g.locales {
		for range g.locales[i].weight {
			g.byWeight = append(g.byWeight, &g.locales[i])
		}
	}
	g.days = calendar()
	g.employees = min(max(g.users/500, 12), 400)
	g.teams = min(max(g.employees/8, 3), int64(len(teamNames)))
	g.plan(int(min(max(g.users/2500, 12), 200)))
	return g, nil
}
