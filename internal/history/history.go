// Package history keeps, in a small database named "refresher" on the staging
// server, which runs there were and the lock that lets only one go at a time.
//
//	h, err := history.Open(ctx, cfg)              // makes the database on the first run
//	lock, err := h.Lock(ctx, run)                 // refused if another run holds it
//	defer lock.Release()
//	ctx = lock.Context()                          // ends when the lock is lost
//	err = h.Start(ctx, history.Run{…})
//	err = h.Finish(context.Background(), history.Run{…})
//
// The lock is a session-level advisory lock, one for each staging database name:
// the server lets it go when the holder's session ends, however that happens, so
// a killed run blocks no other. In turn a holder whose session ends has lost the
// lock and must stop: its Lock's context ends.
//
// History opens a connection for each call, because a run outlasts many an
// idle connection; the lock alone keeps one.
package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Database is the name of the database that History makes and uses.
const Database = "refresher"

// Run is one run's record.
type Run struct {
	ID         string
	Database   string // the staging database; empty: the one History was opened with
	Host       string // where refresher ran
	Started    time.Time
	Finished   time.Time // zero while running
	Outcome    fault.Outcome
	Stage      string // the last stage entered
	Error      string // safe text: no values
	ReportJSON []byte // nil if there is none
	Signature  string // of the report, as the file beside it in a bucket; empty if there is none
}

// ErrNotFound means that there is no run of that id.
var ErrNotFound = errors.New("no such run")

// History is the runs and locks of one staging server.
type History struct {
	cfg    *pgx.ConnConfig
	target string // the staging database, which the lock is for
	spare  client.Spare
}

// Open connects to the staging server and makes database and tables if they are
// missing. cfg's own database is the staging database; it need not exist.
func Open(ctx context.Context, cfg *pgx.ConnConfig) (*History, error) {
	if cfg.Database == Database {
		return nil, fault.BadInput("the staging database can't be named %q: refresher keeps its history in a database of "+
			"that name", Database)
	}
	h := &History{cfg: cfg.Copy(), target: cfg.Database}
	exists, err := Check(ctx, cfg)
	if err == nil && !exists {
		err = h.create(ctx)
	}
	if err != nil {
		return nil, err
	}
	cfg = h.cfg
	cfg.Database = Database
	return h, h.do(ctx, fmt.Sprintf("preparing database %q on the staging server", Database), func(conn *pgx.Conn) error {
		_, err := conn.PgConn().Exec(ctx, schema).ReadAll()
		return err
	})
}

// maintenance are databases to be connected to while making another.
var maintenance = []string{"postgres", "template1"}

// open opens a session on the history's database, where names are those of public.
func (h *History) open(ctx context.Context, name string, settings map[string]string) (*pgx.Conn, error) {
	all := map[string]string{"search_path": "public"}
	maps.Copy(all, settings)
	to := fmt.Sprintf("database %q on the staging server", Database)
	return client.Open(ctx, h.cfg, client.Session{To: to, Name: name, Settings: all})
}

// connectBeside connects to a database of the staging server other than History's.
func connectBeside(ctx context.Context, like *pgx.ConnConfig) (conn *pgx.Conn, err error) {
	for _, name := range maintenance {
		cfg := like.Copy()
		cfg.Database = name
		if conn, err = client.Open(ctx, cfg, client.Session{To: "the staging server"}); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// Check reports whether the staging server has a history, and refuses a database of
// that name that belongs to another role: whoever owns it could run code as this one.
func Check(ctx context.Context, cfg *pgx.ConnConfig) (exists bool, err error) {
	conn, err := connectBeside(ctx, cfg)
	if err != nil {
		return false, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	const q = `SELECT pg_catalog.pg_get_userbyid(datdba)::pg_catalog.text, current_user::pg_catalog.text
		FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) $1::pg_catalog.text`
	var owner, role string
	err = conn.QueryRow(ctx, q, Database).Scan(&owner, &role)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, client.Wrap(err, "looking for database %q on the staging server", Database)
	case owner != role:
		return true, fault.Refuse("staging", "database %q on the staging server, where refresher keeps its history, belongs "+
			"to role %s and not to %s, which could be tricked by it: use the role that made it, or look who made it and "+
			"why, then run DROP DATABASE %s (the history is lost)", Database, owner, role, catalog.Quote(Database))
	}
	return true, nil
}

func (h *History) create(ctx context.Context) error {
	conn, err := connectBeside(ctx, h.cfg)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, "CREATE DATABASE "+catalog.Quote(Database)+" TEMPLATE template0 ENCODING 'UTF8'")
	switch client.Code(err) {
	case "42P04", "23505": // another run made it in this moment
		return nil
	}
	if err != nil {
		return client.Wrap(err, "creating database %q on the staging server", Database)
	}
	_, err = conn.Exec(ctx, "REVOKE ALL ON DATABASE "+catalog.Quote(Database)+" FROM PUBLIC")
	return client.Wrap(err, "creating database %q on the staging server", Database)
}

// schema makes the tables, and adds what those of an older version lack; the
// advisory lock makes concurrent first runs wait for each other.
const schema = `
SELECT pg_advisory_xact_lock(8241031);
CREATE TABLE IF NOT EXISTS runs (
	id text PRIMARY KEY, database text NOT NULL, host text NOT NULL, started timestamptz NOT NULL, finished timestamptz,
	outcome text NOT NULL, stage text NOT NULL DEFAULT '', error text NOT NULL DEFAULT '', report jsonb);
CREATE INDEX IF NOT EXISTS runs_started ON runs (started DESC);
CREATE TABLE IF NOT EXISTS locks (
	database text PRIMARY KEY, run text NOT NULL, host text NOT NULL, pid int NOT NULL, since timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS databases (
	oid oid PRIMARY KEY, name text NOT NULL, run text NOT NULL, since timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS slots (
	database text NOT NULL, slot text NOT NULL, host text NOT NULL, claimed timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (database, slot));
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'runs'::regclass AND attname = 'signature') THEN
		ALTER TABLE runs ADD COLUMN signature text NOT NULL DEFAULT '';
	END IF;
END $$;`

// do runs fn on a session of the history.
func (h *History) do(ctx context.Context, what string, fn func(*pgx.Conn) error) error {
	open := func(ctx context.Context) (*pgx.Conn, error) { return h.open(ctx, "", nil) }
	return h.spare.Do(ctx, open, func(conn *pgx.Conn) error { return client.Wrap(fn(conn), "%s", what) })
}

// Start records a run as running. ID, Database, Host, Started and Stage count.
func (h *History) Start(ctx context.Context, r Run) error {
	const q = `INSERT INTO runs (id, database, host, started, outcome, stage) VALUES ($1, $2, $3, $4, $5, $6)`
	return h.do(ctx, "recording the run's start", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, q, r.ID, cmp.Or(r.Database, h.target), r.Host, r.Started, fault.Running, r.Stage)
		return err
	})
}

// Finish records a run's end: Finished, Outcome, Stage, Error, report and signature. It also
// works for a run that was never started, so that a refusal leaves a trace.
func (h *History) Finish(ctx context.Context, r Run) error {
	const q = `
		INSERT INTO runs (id, database, host, started, finished, outcome, stage, error, report, signature)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (id) DO UPDATE SET finished = excluded.finished, outcome = excluded.outcome, stage = excluded.stage,
			error = excluded.error, report = excluded.report, signature = excluded.signature`
	return h.do(ctx, "recording the run's end", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, q, r.ID, cmp.Or(r.Database, h.target), r.Host, r.Started, r.Finished, r.Outcome, r.Stage,
			r.Error, r.ReportJSON, r.Signature)
		return err
	})
}

const columns = `id, database, host, started, coalesce(finished, 'epoch'), finished IS NULL, outcome, stage, error`

// maxList is how many runs List returns at most: some years of weekly runs.
const maxList = 500

// List returns the runs of this staging database, newest first, without their
// reports. Other databases of the server have a history of their own.
func (h *History) List(ctx context.Context) ([]Run, error) {
	var runs []Run
	err := h.do(ctx, "listing runs", func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, `SELECT `+columns+`, NULL::jsonb, '' FROM runs WHERE database = $2 ORDER BY started DESC,
			id DESC LIMIT $1`, maxList, h.target)
		if err != nil {
			return err
		}
		runs, err = pgx.CollectRows(rows, scan)
		return err
	})
	return runs, err
}

// Get returns one run with its report, or ErrNotFound.
func (h *History) Get(ctx context.Context, id string) (Run, error) {
	return h.one(ctx, fmt.Sprintf("reading run %s", id), `id = $1`, id)
}

// LastDone returns the newest run of this staging database that was done, other
// than the one of that id, with its report; or ErrNotFound.
func (h *History) LastDone(ctx context.Context, other string) (Run, error) {
	return h.one(ctx, "reading the last run that was done", `database = $1 AND outcome = $2 AND id <> $3 AND
		report IS NOT NULL ORDER BY started DESC, id DESC LIMIT 1`, h.target, fault.Done, other)
}

// one returns the run of a condition, with its report, or ErrNotFound.
func (h *History) one(ctx context.Context, what, where string, args ...any) (run Run, err error) {
	err = h.do(ctx, what, func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, `SELECT `+columns+`, report, signature FROM runs WHERE `+where, args...)
		if err != nil {
			return err
		}
		run, err = pgx.CollectExactlyOneRow(rows, scan)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		return err
	})
	return run, err
}

func scan(row pgx.CollectableRow) (Run, error) {
	var r Run
	var running bool
	err := row.Scan(&r.ID, &r.Database, &r.Host, &r.Started, &r.Finished, &running, &r.Outcome, &r.Stage, &r.Error,
		&r.ReportJSON, &r.Signature)
	if running {
		r.Finished = time.Time{}
	}
	return r, err
}
