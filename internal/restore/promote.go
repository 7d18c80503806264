package restore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/verify/pass"
)

// Promote makes a run's shadow the live database. First the live database's
// owner, settings, privileges and those of its objects are carried over to the
// shadow; then one transaction renames live to previous and the shadow to live.
// What was previous before is dropped. A live database that is missing, as before
// the first run, is no error, and previous then stays what it is. A copy for branches is
// made and exchanged beside that: see KeepVerified.
//
// The notes name what could not be carried over or cleaned up. An error means
// that live and previous are what they were.
func (s *Server) Promote(ctx context.Context, verified pass.Pass, run string,
	shadow *Database) (notes []string, err error) {
	if !verified.For(run, pass.StagingDatabase) {
		return nil, fault.Refuse("verification", "run %s has no pass for staging", run)
	}
	if shadow == nil || shadow.name != s.ShadowName(run) {
		return nil, fmt.Errorf("promoting: this is not the shadow database of run %s", run)
	}
	return s.promote(ctx, run, shadow)
}

func (s *Server) promote(ctx context.Context, run string, shadow *Database) (notes []string, err error) {
	if notes, err = s.fit(ctx, shadow); err != nil {
		return notes, err
	}
	kept, note, err := s.copyVerified(ctx, shadow, run)
	if err != nil {
		return notes, err
	}
	if note != "" {
		notes = append(notes, note)
	}
	more, err := s.exchange(ctx, shadow.name, ScratchName(s.live, "old", run), true)
	if notes = append(notes, more...); err != nil {
		return notes, err // the next run drops the copy
	}
	// Staging is replaced: what fails from here on is no failure of the run.
	if note, err = s.exchangeVerified(ctx, kept); err != nil {
		note = err.Error()
	}
	if note != "" {
		notes = append(notes, note)
	}
	return notes, nil
}

// fit gives the shadow what it has to have before it is live.
func (s *Server) fit(ctx context.Context, shadow *Database) (notes []string, err error) {
	if err := shadow.resumeRowSecurity(ctx); err != nil {
		return nil, err
	}
	return s.inherit(ctx, shadow)
}

// exchange makes the shadow live and what was live previous; what was previous is
// called old for the moment until it is dropped. Without keep, that is what was live.
func (s *Server) exchange(ctx context.Context, shadow, old string, keep bool) (notes []string, err error) {
	var displaced bool
	err = s.swap(ctx, "promoting "+shadow, shadow, func(exists map[string]bool) ([]rename, error) {
		plan := promotion(s.live, shadow, old, exists)
		if !keep && exists[s.live] {
			plan = []rename{{s.live, old}, {shadow, s.live}}
		}
		displaced = plan[0].to == old
		return plan, nil
	})
	if err != nil {
		return notes, err
	}
	if displaced {
		drop := func(conn *pgx.Conn) error { return dropDatabase(ctx, conn, old) }
		if err := s.do(ctx, drop); err != nil {
			notes = append(notes, undroppable(old, err))
		}
	}
	return notes, nil
}

// promotion is the order of renames: the live database goes last but one, so that
// its clients wait the shortest.
func promotion(live, shadow, old string, exists map[string]bool) []rename {
	previous := PreviousName(live)
	var plan []rename
	if exists[live] {
		if exists[previous] {
			plan = append(plan, rename{previous, old})
		}
		plan = append(plan, rename{live, previous})
	}
	return append(plan, rename{shadow, live})
}

// Rollback makes the previous database live and the live one previous, in one
// transaction, so that a second Rollback undoes the first. Without a previous
// database it refuses.
func (s *Server) Rollback(ctx context.Context) error {
	previous := PreviousName(s.live)
	return s.swap(ctx, "rolling back "+s.live, previous, func(exists map[string]bool) ([]rename, error) {
		if !exists[previous] {
			return nil, fault.Refuse("rollback", "there is no database %q to go back to", previous)
		}
		if !exists[s.live] {
			return []rename{{previous, s.live}}, nil
		}
		aside := fit(s.live, "_swapping") // never visible: the transaction renames it again
		return []rename{{s.live, aside}, {previous, s.live}, {aside, previous}}, nil
	})
}

// DropPrevious drops the previous database, if it is the one of that OID. The note says
// what to do if the server does not drop it.
func (s *Server) DropPrevious(ctx context.Context, oid uint32) (note string, err error) {
	previous := PreviousName(s.live)
	return note, s.do(ctx, func(conn *pgx.Conn) error {
		is, err := oidOf(ctx, conn, previous)
		if err != nil || is != oid {
			return err
		}
		if err := dropDatabase(ctx, conn, previous); err != nil {
			note = undroppable(previous, err)
		}
		return nil
	})
}

// databaseNames are the names of all databases.
func databaseNames(ctx context.Context, conn *pgx.Conn) (map[string]bool, error) {
	rows, err := conn.Query(ctx, `SELECT datname::text FROM pg_database`)
	if err != nil {
		return nil, client.Wrap(err, "listing databases")
	}
	names := map[string]bool{}
	var n string
	_, err = pgx.ForEachRow(rows, []any{&n}, func() error { names[n] = true; return nil })
	return names, client.Wrap(err, "listing databases")
}

// oidOf is a database's OID, 0 if there is none of that name.
func oidOf(ctx context.Context, conn *pgx.Conn, name string) (oid uint32, err error) {
	const q = `SELECT coalesce((SELECT oid FROM pg_database WHERE datname = $1), 0::oid)`
	return oid, client.Wrap(conn.QueryRow(ctx, q, name).Scan(&oid), "looking for database %q", name)
}

// rename is one ALTER DATABASE … RENAME.
type rename struct{ from, to string }

func (r rename) sql() string {
	return "ALTER DATABASE " + catalog.Quote(r.from) + " RENAME TO " + catalog.Quote(r.to)
}
