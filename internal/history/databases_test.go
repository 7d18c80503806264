package history_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/testkit/pgserver"
)

// A database of History's name that another role made is refused before anything in
// it is called, and what to do is said.
func TestAHistoryOfAnotherRoleIsRefused(t *testing.T) {
	c, cfg := server(t)
	pgserver.Exec(t, c.URL("postgres"), "DROP ROLE IF EXISTS intruder; CREATE ROLE intruder LOGIN CREATEDB")
	pgserver.Exec(t, strings.Replace(c.URL("postgres"), pgserver.User+"@", "intruder@", 1), "CREATE DATABASE refresher")
	t.Cleanup(func() {
		pgserver.Exec(t, c.URL("postgres"), "DROP DATABASE refresher")
		pgserver.Exec(t, c.URL("postgres"), "DROP ROLE intruder")
	})
	for role, as := range map[string]string{"the role that refreshes": "staging_role", "a superuser": pgserver.User} {
		cfg.User = as
		exists, err := history.Check(t.Context(), cfg)
		var refusal *fault.Refusal
		if !exists || !errors.As(err, &refusal) || !strings.Contains(err.Error(), "belongs to role intruder") ||
			!strings.Contains(err.Error(), `DROP DATABASE "refresher"`) {
			t.Errorf("%s: %v", role, err)
		}
		if _, err := history.Open(t.Context(), cfg); !errors.As(err, &refusal) {
			t.Errorf("%s opened it: %v", role, err)
		}
	}
}

// Settings that others made for the database or the role have no say in its sessions.
func TestTheSearchPathIsHistorysOwn(t *testing.T) {
	c, cfg := server(t)
	open(t, cfg)
	pgserver.Exec(t, c.URL("refresher"), `CREATE SCHEMA elsewhere AUTHORIZATION staging_role;
		ALTER DATABASE refresher SET search_path = elsewhere; ALTER DATABASE refresher SET default_transaction_read_only =
			on`)
	h := open(t, cfg)
	if err := h.Start(t.Context(), history.Run{ID: "r1", Started: time.Now()}); err != nil {
		t.Fatal(err)
	}
	var n int
	err := pgserver.Conn(t, c.URL("refresher")).QueryRow(t.Context(), "SELECT count(*) FROM public.runs").Scan(&n)
	if err != nil || n != 1 {
		t.Errorf("%d runs in public, %v", n, err)
	}
}

// A database is known by its OID, not by its name; where an older version noted runs
// alone, by a run that was done.
func TestDatabasesThatRunsMade(t *testing.T) {
	_, cfg := server(t)
	h := open(t, cfg)
	knows := func(oid uint32, want bool) {
		t.Helper()
		if got, err := h.Knows(t.Context(), oid); err != nil || got != want {
			t.Errorf("%d: %t, %v", oid, got, err)
		}
	}
	knows(1, false)
	if err := h.Finish(t.Context(), history.Run{ID: "r1", Started: time.Now(), Outcome: fault.Refused}); err != nil {
		t.Fatal(err)
	}
	knows(1, false)
	if err := h.Finish(t.Context(), history.Run{ID: "r2", Started: time.Now(), Outcome: fault.Done}); err != nil {
		t.Fatal(err)
	}
	knows(1, true)
	if err := h.Remember(t.Context(), "r3", 1, 0); err != nil { // 1 is template1's
		t.Fatal(err)
	}
	knows(1, true)
	knows(2, false)
	if err := h.Finish(t.Context(), history.Run{ID: "r3", Started: time.Now(), Outcome: fault.Done}); err != nil {
		t.Fatal(err)
	}
	// The run that replaces a database is not the one that made it.
	if err := h.Remember(t.Context(), "r4", 4, 1); err != nil {
		t.Fatal(err)
	}
	if run, err := h.MadeBy(t.Context(), 1); err != nil || run.ID != "r3" {
		t.Errorf("made by %q, %v", run.ID, err)
	}
	if _, err := h.MadeBy(t.Context(), 2); !errors.Is(err, history.ErrNotFound) {
		t.Error(err)
	}
}
