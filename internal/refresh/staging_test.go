package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/testkit/pgserver"
)

// target is the staging server that the tests of this package share; it ends with the
// process.
var target = sync.OnceValues(func() (*pgserver.Cluster, error) {
	return pgserver.Start(context.Background(), pgserver.Options{})
})

var databases atomic.Int64

// stagingDatabase is the shared staging server, and a name for a database of the test's own.
func stagingDatabase(t *testing.T) (*pgserver.Cluster, string) {
	t.Helper()
	c, err := target()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("app_%d", databases.Add(1))
	t.Cleanup(func() {
		for _, n := range []string{name, name + "_previous"} {
			pgserver.Exec(t, c.URL(pgserver.User), "DROP DATABASE IF EXISTS "+n+" WITH (FORCE)")
		}
	})
	return c, name
}

const oneTable = "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 9)"
const keepOrders = "version: 1\ntables:\n  public.orders: {columns: {id: keep}}\n"

// again runs with a new id.
func again(t *testing.T, o refresh.Options) (*report.Report, error) {
	t.Helper()
	o.Run = refresh.NewID(time.Now())
	return refresh.Run(t.Context(), o, silent{})
}

func count(t *testing.T, url, table string) (n int) {
	t.Helper()
	conn := pgserver.Conn(t, url)
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A database that no run made is replaced only when that is said, and from then on runs
// go on by themselves: so source and staging exchanged by mistake cost nothing.
func TestOnlyWhatARunMadeIsReplaced(t *testing.T) {
	o := options(t, oneTable, keepOrders)
	c, name := o.cluster, o.Staging.Database
	pgserver.Exec(t, c.URL(pgserver.User), "CREATE DATABASE "+name)
	pgserver.Exec(t, c.URL(name), "CREATE TABLE precious AS SELECT generate_series(1, 1000) i")
	for _, dry := range []bool{true, false} {
		o.DryRun = dry
		rep, err := again(t, o.Options)
		var refusal *fault.Refusal
		if !errors.As(err, &refusal) || rep.Outcome != fault.Refused || !strings.Contains(err.Error(), "refresher run "+
			"--replace once") ||
			!strings.Contains(err.Error(), `"`+name+`"`) {
			t.Errorf("dry %t: %s, %v", dry, rep.Outcome, err)
		}
	}
	if n := count(t, c.URL(name), "precious"); n != 1000 {
		t.Fatalf("%d rows are left", n)
	}
	o.Replace = true
	if _, err := again(t, o.Options); err != nil {
		t.Fatal(err)
	}
	if n := count(t, c.URL(name+"_previous"), "precious"); n != 1000 {
		t.Errorf("%d rows are in what was replaced", n)
	}
	o.Replace = false
	if _, err := again(t, o.Options); err != nil {
		t.Errorf("the next run: %v", err)
	}
	// A database of that name that came from elsewhere since is no run's.
	pgserver.Exec(t, c.URL(pgserver.User), "DROP DATABASE "+name)
	pgserver.Exec(t, c.URL(pgserver.User), "CREATE DATABASE "+name)
	pgserver.Exec(t, c.URL(name), "CREATE TABLE mine (i int)")
	if _, err := again(t, o.Options); err == nil {
		t.Error("a database that was made since was replaced")
	}
}

// What would be dropped is looked at as well.
func TestAForeignPreviousDatabaseIsNotDropped(t *testing.T) {
	o := options(t, oneTable, keepOrders)
	if _, err := again(t, o.Options); err != nil {
		t.Fatal(err)
	}
	previous := o.Staging.Database + "_previous"
	pgserver.Exec(t, o.cluster.URL(pgserver.User), "CREATE DATABASE "+previous)
	pgserver.Exec(t, o.cluster.URL(previous), "CREATE TABLE mine (i int)")
	_, err := again(t, o.Options)
	if err == nil || !strings.Contains(err.Error(), `database "`+previous+`"`) || !strings.Contains(err.Error(),
		"rename or drop it") {
		t.Errorf("%v", err)
	}
}

// Every run leaves a trace, those that guard refuses too; and a run that finds another
// one going is skipped, which is no refusal.
func TestEveryRunIsInTheHistory(t *testing.T) {
	o := options(t, oneTable+"; CREATE TABLE new_one (i int)", keepOrders)
	rep, err := again(t, o.Options)
	if err == nil || rep.Outcome != fault.Refused {
		t.Fatalf("%s, %v", rep.Outcome, err)
	}
	runs, err := history.Open(t.Context(), o.Staging)
	if err != nil {
		t.Fatal(err)
	}
	found, err := runs.Get(t.Context(), rep.Run)
	if err != nil || found.Outcome != fault.Refused || found.Stage != "guard" || !strings.Contains(found.Error,
		"new_one") ||
		found.ReportJSON == nil || found.Finished.IsZero() {
		t.Errorf("%+v, %v", found, err)
	}
	lock, err := runs.Lock(t.Context(), "another")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	o = sameStaging(t, o, oneTable, keepOrders)
	rep, err = again(t, o.Options)
	if err == nil || rep.Outcome != fault.Skipped {
		t.Fatalf("%s, %v", rep.Outcome, err)
	}
	if found, err = runs.Get(t.Context(), rep.Run); err != nil || found.Outcome != fault.Skipped {
		t.Errorf("%+v, %v", found, err)
	}
}

// A staging server that may be production's gets no history.
func TestNoTraceOnProduction(t *testing.T) {
	o := options(t, oneTable, keepOrders)
	standby := pgserver.Shared(t)
	cfg, err := pgx.ParseConfig(standby.URL("app"))
	if err != nil {
		t.Fatal(err)
	}
	o.Staging = cfg
	if _, err := again(t, o.Options); err == nil {
		t.Fatal("production was refreshed")
	}
	if n := count(t, standby.URL(pgserver.User), "pg_database WHERE datname = 'refresher'"); n != 0 {
		t.Error("a history was made on production")
	}
}

// A materialised view whose query can leave the database is refused by name: filling it
// would bring rows that no rule has seen. With rows: none it arrives empty, as any does.
func TestMaterialisedViewsThatReachOut(t *testing.T) {
	const views = `
		CREATE FUNCTION looks() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN pg_read_file('PG_VERSION'); END $$;
		CREATE FUNCTION harmless() RETURNS text LANGUAGE sql AS $$ SELECT 'see https://example.com' $$;
		CREATE VIEW between AS SELECT looks() AS x;
		CREATE MATERIALIZED VIEW by_view AS SELECT * FROM between;
		CREATE MATERIALIZED VIEW by_text AS SELECT query_to_xml('SELECT 1', true, true, '')::text AS x;
		CREATE MATERIALIZED VIEW after_it AS SELECT count(*) FROM by_text;
		CREATE MATERIALIZED VIEW unwanted AS SELECT count(*) FROM orders;
		CREATE MATERIALIZED VIEW fine AS SELECT harmless() AS x, count(*) FROM orders`
	_, _, err := run(t, oneTable+";"+views, keepOrders)
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || refusal.Gate != "coverage" || len(refusal.Problems) != 2 {
		t.Fatalf("%v", err)
	}
	for i, want := range [][2]string{{"public.by_text", "pg_catalog.query_to_xml"}, {"public.by_view", "public.looks"}} {
		p := refusal.Problems[i]
		if p.Table != want[0] || p.Text != "materialised view "+want[0]+": it calls "+want[1]+
			", which can reach other servers, files or programs" || !strings.HasSuffix(p.Fix, want[0]+": {rows: none}") {
			t.Errorf("%+v", p)
		}
	}
	_, url, err := run(t, oneTable+";"+views, keepOrders+
		"  public.by_view: {rows: none}\n  public.by_text: {rows: none}\n  public.unwanted: {rows: none}\n")
	if err != nil {
		t.Fatal(err)
	}
	conn := pgserver.Conn(t, url)
	defer conn.Close(context.Background())
	var filled string
	const q = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'm' AND relispopulated"
	if err := conn.QueryRow(t.Context(), q).Scan(&filled); err != nil || filled != "fine" {
		t.Errorf("filled: %q, %v", filled, err)
	}
}
