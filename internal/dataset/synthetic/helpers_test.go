package synthetic_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/dataset/synthetic"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/testkit/pgserver"
)

func name(s string) catalog.Name { return catalog.Name{Schema: "public", Name: s} }

func session(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := client.Open(t.Context(), cfg, client.Session{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func catalogOf(t testing.TB, conn *pgx.Conn) *catalog.Catalog {
	t.Helper()
	cat, err := catalog.Load(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// columns says of each column by its name (or table.column) what it holds, and whether it is kept.
type columns map[string]pii.Class

func (c columns) policy(m synthetic.Method, people ...string) synthetic.Policy {
	class := func(t catalog.Name, column string) pii.Class {
		if cl, ok := c[t.Name+"."+column]; ok {
			return cl
		}
		return c[column]
	}
	return synthetic.Policy{Method: m, Class: class,
		Values: func(t catalog.Name, column string) bool { return class(t, column) == "" },
		People: func(t catalog.Name) bool { return slices.Contains(people, t.Name) }}
}

// loader loads by plain COPY, and keeps a hash of what came.
type loader struct {
	conn *pgx.Conn
	sums map[string]string
	rows map[string]int64
}

func (l loader) CopyIn(ctx context.Context, table catalog.Name, cols []string, f copyfmt.Format,
	r io.Reader) (int64, error) {
	list := ""
	if len(cols) > 0 {
		list = " (" + catalog.QuoteAll(cols) + ")"
	}
	sum := sha256.New()
	if l.conn == nil { // it is only looked at
		n, err := io.Copy(sum, r)
		l.sums[table.String()] = fmt.Sprintf("%x", sum.Sum(nil))
		return n, err
	}
	tag, err := l.conn.PgConn().CopyFrom(ctx, io.TeeReader(r, sum), "COPY "+table.SQL()+list+" FROM STDIN (FORMAT "+
		f.String()+")")
	l.sums[table.String()], l.rows[table.String()] = fmt.Sprintf("%x", sum.Sum(nil)), tag.RowsAffected()
	return tag.RowsAffected(), client.Wrap(err, "writing %s", table)
}

// world is a database with its schema in the two parts in which one is restored.
type world struct {
	tables, keys string
	conn         *pgx.Conn
	schema       func() (*catalog.Catalog, map[catalog.Name]string) // of a database that never had rows
}

func newWorld(t testing.TB, tables, rows, keys string) world {
	t.Helper()
	url := pgserver.DB(t)
	pgserver.Exec(t, url, tables+";"+rows+";"+keys)
	return worldOf(t, url, tables, keys)
}

// worldOf is the world of a database.
func worldOf(t testing.TB, url, tables, keys string) world {
	return world{tables, keys, session(t, url), sync.OnceValues(func() (*catalog.Catalog, map[catalog.Name]string) {
		empty := pgserver.DB(t)
		pgserver.Exec(t, empty, tables+";"+keys)
		conn := session(t, empty)
		bounds, err := synthetic.Bounds(t.Context(), conn)
		if err != nil {
			t.Fatal(err)
		}
		return catalogOf(t, conn), bounds
	})}
}

// sums are hashes of the rows that statistics give.
func (w world) sums(t testing.TB, stats *synthetic.Statistics, o synthetic.Options) map[string]string {
	t.Helper()
	l := loader{nil, map[string]string{}, map[string]int64{}}
	cat, bounds := w.schema()
	o.Method = stats.Method
	g, err := synthetic.New(cat, bounds, stats, o)
	if err == nil {
		_, err = g.Copy(t.Context(), l)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l.sums
}

// made is a synthetic database.
type made struct {
	conn *pgx.Conn
	loader
}

// synthesize makes a synthetic database of a world. What it is made from is the schema of another database, which
// never had rows, and statistics that were written and read again.
func (w world) synthesize(t testing.TB, p synthetic.Policy, o synthetic.Options) (*made, error) {
	t.Helper()
	measured, err := synthetic.Measure(t.Context(), w.conn, catalogOf(t, w.conn), p)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := measured.Write(&text); err != nil {
		t.Fatal(err)
	}
	stats, err := synthetic.Read(&text)
	if err != nil {
		t.Fatal(err)
	}
	return w.from(t, stats, o)
}

// from makes a synthetic database from statistics.
func (w world) from(t testing.TB, stats *synthetic.Statistics, o synthetic.Options) (*made, error) {
	t.Helper()
	cat, bounds := w.schema()
	o.Method = stats.Method
	target := pgserver.DB(t)
	pgserver.Exec(t, target, w.tables)
	m := &made{conn: session(t, target)}
	o, err := synthetic.Ask(t.Context(), m.conn, cat, bounds, stats, o)
	if err != nil {
		return nil, err
	}
	g, err := synthetic.New(cat, bounds, stats, o)
	if err != nil {
		return nil, err
	}
	m.loader = loader{m.conn, map[string]string{}, map[string]int64{}}
	if _, err := g.Copy(t.Context(), m.loader); err != nil {
		return nil, err
	}
	if w.keys != "" {
		pgserver.Exec(t, target, "SELECT 1;"+w.keys)
	}
	return m, nil
}

func (w world) must(t testing.TB, p synthetic.Policy, o synthetic.Options) *made {
	t.Helper()
	m, err := w.synthesize(t, p, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// column is a query's first column, as text.
func column(t testing.TB, conn *pgx.Conn, sql string) []string {
	t.Helper()
	if _, err := conn.Exec(t.Context(), "SET search_path = public"); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// one is a query's only value.
func one(t testing.TB, conn *pgx.Conn, sql string) string {
	t.Helper()
	return strings.Join(column(t, conn, sql), " ")
}
