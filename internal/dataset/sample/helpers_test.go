package sample_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/dataset/sample"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/testkit/pgserver"
)

var salt = bytes.Repeat([]byte("salt"), 8)

func name(s string) catalog.Name { return catalog.Name{Schema: "public", Name: s} }

func names(list ...string) []catalog.Name {
	var out []catalog.Name
	for _, s := range list {
		out = append(out, name(s))
	}
	return out
}

// config is the configuration of a connection.
func config(t testing.TB, url string) *pgx.ConnConfig {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// catalogOf reads the catalog of the database at url.
func catalogOf(t testing.TB, url string) *catalog.Catalog {
	t.Helper()
	cat, err := catalog.Load(t.Context(), pgserver.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// compute picks a sample of the database at url.
func compute(t *testing.T, url string, opts sample.Options) (*sample.Sample, error) {
	t.Helper()
	return sample.Compute(t.Context(), config(t, url), catalogOf(t, url), opts)
}

// share are roots of which each gives a share.
func share(percent float64, tables ...string) []sample.Root {
	var out []sample.Root
	for _, t := range names(tables...) {
		out = append(out, sample.Root{Table: t, Percent: percent})
	}
	return out
}

// loader loads into a database by plain COPY.
type loader struct{ conn *pgx.Conn }

func (l loader) CopyIn(ctx context.Context, table catalog.Name, cols []string, f copyfmt.Format,
	r io.Reader) (int64, error) {
	list := ""
	if len(cols) > 0 {
		list = " (" + catalog.QuoteAll(cols) + ")"
	}
	tag, err := l.conn.PgConn().CopyFrom(ctx, r, "COPY "+table.SQL()+list+" FROM STDIN (FORMAT "+f.String()+")")
	return tag.RowsAffected(), err
}

// pick samples the database at url into a new one made by schema, and then adds
// the foreign keys there, which validates them.
func pick(t *testing.T, url, schema, keys string, opts sample.Options) (target string, counts map[string]sample.Count) {
	t.Helper()
	target = pgserver.DB(t)
	pgserver.Exec(t, target, schema)
	s, err := compute(t, url, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	list, err := s.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	counts = map[string]sample.Count{}
	var total int64
	for _, c := range list {
		counts[c.Table.Name] = c
		total += c.Rows
		if c.Rows != c.Roots+c.Down+c.Own+c.Whole+c.Up {
			t.Errorf("the reasons don't add up: %+v", c)
		}
	}
	n, err := s.Copy(t.Context(), loader{pgserver.Conn(t, target)})
	if err != nil {
		t.Fatal(err)
	}
	if n != total {
		t.Errorf("copied %d rows, counted %d", n, total)
	}
	pgserver.Exec(t, target, "SELECT 1;"+keys)
	return target, counts
}

func column(t *testing.T, url, sql string) []string {
	t.Helper()
	rows, err := pgserver.Conn(t, url).Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}
