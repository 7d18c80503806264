package history_test

import (
	"testing"
	"time"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/testkit/pgserver"
)

// earlier are the tables of the versions that knew no migrations, the oldest first.
var earlier = map[string]string{
	"without signatures": `CREATE TABLE runs (
		id text PRIMARY KEY, database text NOT NULL, host text NOT NULL, started timestamptz NOT NULL, finished timestamptz,
		outcome text NOT NULL, stage text NOT NULL DEFAULT '', error text NOT NULL DEFAULT '', report jsonb);
		CREATE INDEX runs_started ON runs (started DESC);
		CREATE TABLE locks (database text PRIMARY KEY, run text NOT NULL, host text NOT NULL, pid int NOT NULL, since timestamptz NOT NULL);`,
	"with slots": `CREATE TABLE runs (
		id text PRIMARY KEY, database text NOT NULL, host text NOT NULL, started timestamptz NOT NULL, finished timestamptz,
		outcome text NOT NULL, stage text NOT NULL DEFAULT '', error text NOT NULL DEFAULT '', report jsonb, signature text NOT NULL DEFAULT '');
		CREATE INDEX runs_started ON runs (started DESC);
		CREATE TABLE locks (database text PRIMARY KEY, run text NOT NULL, host text NOT NULL, pid int NOT NULL, since timestamptz NOT NULL);
		CREATE TABLE databases (oid oid PRIMARY KEY, name text NOT NULL, run text NOT NULL, since timestamptz NOT NULL DEFAULT now());
		CREATE TABLE slots (database text NOT NULL, slot text NOT NULL, host text NOT NULL, claimed timestamptz NOT NULL DEFAULT now(),
			PRIMARY KEY (database, slot));
		INSERT INTO slots VALUES ('shop', '2026-11-15T03:00:00', 'old');`,
}

// The history of an earlier version is taken over, with its runs and slots.
func TestAnEarlierHistoryIsTakenOver(t *testing.T) {
	for name, tables := range earlier {
		t.Run(name, func(t *testing.T) {
			c, cfg := server(t)
			own := pgserver.Conn(t, c.URL("postgres"))
			if _, err := own.Exec(t.Context(), "CREATE DATABASE refresher OWNER staging_role"); err != nil {
				t.Fatal(err)
			}
			pgserver.Exec(t, c.URL(history.Database), "ALTER SCHEMA public OWNER TO staging_role; SET ROLE staging_role; "+tables+`
				INSERT INTO runs (id, database, host, started, finished, outcome, report)
				VALUES ('r1', 'shop', 'old', now(), now(), 'done', '{"tables": [{"rows": 12}], "promoted": true}')`)
			h := open(t, cfg)
			got, err := h.Get(t.Context(), "r1")
			if err != nil || got.Outcome != fault.Done || got.Rows != 12 || !got.Promoted || got.Signature != "" {
				t.Errorf("%+v, %v", got, err)
			}
			if err := h.Start(t.Context(), history.Run{ID: "r2", Started: time.Now(), Pipeline: "shop", By: "schedule"}); err != nil {
				t.Error(err)
			}
			if mine, _, err := h.ClaimSlot(t.Context(), "2026-11-15T03:00:00", "new", 1); err != nil || mine != (name != "with slots") {
				t.Errorf("the slot of the version before: %v, %v", mine, err)
			}
			open(t, cfg) // and again, with nothing to do
		})
	}
}

// The tables that this version makes and those that it took over are the same.
func TestTheMigrationsHaveANameOfOurs(t *testing.T) {
	c, cfg := server(t)
	open(t, cfg)
	var tables []string
	err := pgserver.Conn(t, c.URL(history.Database)).QueryRow(t.Context(), `SELECT array_agg(tablename::text ORDER BY 1)
		FROM pg_tables WHERE schemaname = 'public'`).Scan(&tables)
	want := []string{"databases", "history_migrations", "locks", "offers", "runs", "samples", "slots", "workers"}
	if err != nil || len(tables) != len(want) {
		t.Errorf("%v, %v; want %v", tables, err, want)
	}
}
