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
//
// Migrations make the tables, and bring those of earlier versions up to date, in the
// schema public. The jobs of `refresher serve` have schemas of their own beside them.
package history

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Database is the name of the database that History makes and uses.
const Database = "refresher"

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
		return nil, fault.BadInput("the staging database can't be named %q: refresher keeps its history in a "+
			"database of "+
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
	return h, h.do(ctx, fmt.Sprintf("preparing database %q on the staging server", Database),
		func(conn *pgx.Conn) error {
			cfg.Password = conn.Config().Password // in the form that the server takes
			return h.migrate(ctx, conn)
		})
}

// maintenance are databases to be connected to while making another.
var maintenance = []string{"postgres", "template1"}

// open opens a session on the history's database.
func (h *History) open(ctx context.Context, name string, settings map[string]string) (*pgx.Conn, error) {
	return client.Open(ctx, h.cfg, h.described(name, settings))
}

// described is a session on the history's database, where names are those of public.
func (h *History) described(name string, settings map[string]string) client.Session {
	all := map[string]string{"search_path": "public"}
	maps.Copy(all, settings)
	return client.Session{To: fmt.Sprintf("database %q on the staging server", Database), Name: name, Settings: all}
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
		return true, fault.Refuse("staging",
			"database %q on the staging server, where refresher keeps its history, belongs "+
				"to role %s and not to %s, which could be tricked by it: use the role that made it, or look who "+
				"made it and "+
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

// Session is a session of the history's database, for libraries that connect by themselves:
// its configuration, and what it is. Names are those of the schema.
func (h *History) Session(name, schema string) (*pgx.ConnConfig, client.Session) {
	s := h.described(name, map[string]string{"search_path": schema})
	return s.Config(h.cfg), s
}

// Target is the staging database.
func (h *History) Target() string { return h.target }

// do runs fn on a session of the history.
func (h *History) do(ctx context.Context, what string, fn func(*pgx.Conn) error) error {
	open := func(ctx context.Context) (*pgx.Conn, error) { return h.open(ctx, "", nil) }
	return h.spare.Do(ctx, open, func(conn *pgx.Conn) error { return client.Wrap(fn(conn), "%s", what) })
}
