package snapshot_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/snapshot"
	"refresher/internal/testkit/pgserver"
)

// pair is a primary and its hot standby, one for the whole test binary: starting
// them is what costs.
type pair struct{ primary, standby *pgserver.Cluster }

var servers = sync.OnceValues(func() (pair, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// A standby that is quick to cancel, so that conflicts show at once.
	primary, err := pgserver.Start(ctx, pgserver.Options{Config: map[string]string{"max_standby_streaming_delay": "200ms"}})
	if err != nil {
		return pair{}, err
	}
	standby, err := primary.Standby(ctx)
	return pair{primary, standby}, err
})

// setup makes a database on the primary with the given schema, and returns it
// and the standby's configuration for it.
func setup(t *testing.T, sql string) (p pair, db string, source *pgx.ConnConfig) {
	t.Helper()
	p, err := servers()
	if err != nil {
		t.Fatal(err)
	}
	db = "snap_" + strings.ToLower(strings.NewReplacer("/", "_", "-", "_").Replace(t.Name()))
	pgserver.Exec(t, p.primary.URL("postgres"), "CREATE DATABASE "+db)
	t.Cleanup(func() { pgserver.Exec(t, p.primary.URL("postgres"), "DROP DATABASE "+db+" WITH (FORCE)") })
	if sql != "" {
		pgserver.Exec(t, p.primary.URL(db), sql)
	}
	p.catchUp(t)
	return p, db, config(t, p.standby.URL(db))
}

func (p pair) catchUp(t *testing.T) {
	t.Helper()
	if err := p.primary.WaitReplay(t.Context(), p.standby); err != nil {
		t.Fatal(err)
	}
}

func config(t *testing.T, url string) *pgx.ConnConfig {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func open(t *testing.T, o snapshot.Options) *snapshot.Source {
	t.Helper()
	if o.Run == "" {
		o.Run = "20261121T030000Z-7f3a"
	}
	src, err := snapshot.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close(context.Background()) })
	return src
}

func openLocked(t *testing.T, o snapshot.Options) *snapshot.Source {
	t.Helper()
	src := open(t, o)
	if err := src.Lock(t.Context(), readable(src)); err != nil {
		t.Fatal(err)
	}
	return src
}

func readable(src *snapshot.Source) (tables []*catalog.Table) {
	for _, t := range src.Catalog().Tables {
		if len(src.Chunks(t)) > 0 {
			tables = append(tables, t)
		}
	}
	return tables
}

func public(name string) catalog.Name { return catalog.Name{Schema: "public", Name: name} }

// copyAll reads all of a table as text, over all its chunks.
func copyAll(ctx context.Context, r *snapshot.Reader, src *snapshot.Source, table string) (string, int64, error) {
	t := src.Catalog().Table(public(table))
	var out bytes.Buffer
	var rows int64
	for _, c := range src.Chunks(t) {
		n, err := r.CopyOut(ctx, c, t.Columns, copyfmt.Text, &out)
		if err != nil {
			return "", rows, err
		}
		rows += n
	}
	return out.String(), rows, nil
}

func reader(t *testing.T, src *snapshot.Source) *snapshot.Reader {
	t.Helper()
	r, err := src.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(context.Background()) })
	return r
}
