package restore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// swapTimeout is how long a swap is tried while sessions keep getting in the way.
const swapTimeout = 2 * time.Minute

// deniedTries is how often a swap is tried although there are sessions that this
// role may not end: they may be a monitor's, and brief.
const deniedTries = 3

// swap carries a plan of renames out in one transaction. mover is the database
// that becomes live; by its OID an unanswered COMMIT is told from a failed one.
func (s *Server) swap(ctx context.Context, what, mover string,
	plan func(exists map[string]bool) ([]rename, error)) error {
	var oid uint32
	err := s.do(ctx, func(conn *pgx.Conn) (err error) {
		oid, err = oidOf(ctx, conn, mover)
		return err
	})
	if err != nil {
		return err
	}
	deadline := time.Now().Add(swapTimeout)
	for try := 1; ; try++ {
		e := &evictor{denied: map[string]bool{}}
		err := s.attempt(ctx, what, e, plan)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errCommit) && s.became(ctx, oid):
			return nil
		case ctx.Err() != nil || time.Now().After(deadline) || !inTheWay(err):
			return e.explain(err)
		case len(e.denied) > 0 && try >= s.tries:
			return e.explain(err)
		}
	}
}

// inTheWay reports whether a rename failed because sessions use the database.
func inTheWay(err error) bool {
	switch client.Code(err) {
	case "55006", "55P03", "40P01":
		return true
	}
	return false
}

// errCommit marks a COMMIT whose outcome is unknown.
var errCommit = errors.New("the server didn't answer COMMIT")

// became reports whether the database of that OID is the live one.
func (s *Server) became(ctx context.Context, oid uint32) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var live uint32
	err := s.do(ctx, func(conn *pgx.Conn) (err error) {
		live, err = oidOf(ctx, conn, s.live)
		return err
	})
	return err == nil && oid != 0 && live == oid
}

// attempt tries the renames once. While the server waits for a database's
// sessions to end (five seconds each, with new ones kept out by its lock), the
// evictor, on a connection of its own, ends them.
func (s *Server) attempt(ctx context.Context, what string, e *evictor,
	plan func(map[string]bool) ([]rename, error)) error {
	return s.do(ctx, func(conn *pgx.Conn) error {
		return s.do(ctx, func(second *pgx.Conn) error {
			names, err := databaseNames(ctx, conn)
			if err != nil {
				return err
			}
			renames, err := plan(names)
			if err != nil {
				return err
			}
			tx, err := conn.Begin(ctx)
			if err != nil {
				return client.Wrap(err, "%s", what)
			}
			defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
			// The swap must be on disk before anything is dropped.
			if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '10s'; SET LOCAL synchronous_commit = on"); err != nil {
				return client.Wrap(err, "%s", what)
			}
			for _, r := range renames {
				stop := e.start(ctx, second, r.from)
				_, err := tx.Exec(ctx, r.sql())
				stop()
				if err != nil {
					return client.Wrap(err, "%s: renaming %q to %q", what, r.from, r.to)
				}
			}
			if err := tx.Commit(ctx); err != nil {
				if client.Code(err) != "" {
					return client.Wrap(err, "%s", what)
				}
				return fmt.Errorf("%s: %w: %w", what, errCommit, err)
			}
			return nil
		})
	})
}

// evictor ends the sessions of a database.
type evictor struct {
	denied map[string]bool // roles whose sessions this role may not end
}

// pollInterval is how often sessions are looked for.
const pollInterval = 20 * time.Millisecond

// start ends the database's sessions again and again until stop is called.
func (e *evictor) start(ctx context.Context, conn *pgx.Conn, database string) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(pollInterval)
		defer tick.Stop()
		for {
			// An error here shows as a rename that doesn't succeed.
			_ = e.evict(ctx, conn, database)
			select {
			case <-quit:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return func() { close(quit); <-done }
}

func (e *evictor) evict(ctx context.Context, conn *pgx.Conn, database string) error {
	// The type of other roles' sessions is hidden.
	const q = `
		SELECT pid, coalesce(usename::text, '') FROM pg_stat_activity
		WHERE datname = $1 AND pid <> pg_backend_pid()
		  AND coalesce(backend_type, 'client backend') IN ('client backend', 'walsender')`
	rows, err := conn.Query(ctx, q, database)
	if err != nil {
		return err
	}
	sessions := map[int32]string{}
	var pid int32
	var role string
	if _, err := pgx.ForEachRow(rows, []any{&pid, &role}, func() error { sessions[pid] = role; return nil }); err != nil {
		return err
	}
	for pid, role := range sessions {
		_, err := conn.Exec(ctx, `SELECT pg_terminate_backend($1)`, pid)
		if client.Code(err) == "42501" {
			e.denied[role] = true
		}
	}
	return nil
}

// explain adds who is in the way to a rename's error.
func (e *evictor) explain(err error) error {
	if len(e.denied) == 0 || !inTheWay(err) {
		return err
	}
	roles := slices.Sorted(maps.Keys(e.denied))
	return fmt.Errorf("%w; sessions of %s are in the way and this role may not end them: grant it "+
		"pg_signal_backend or "+
		"membership in these roles (a superuser's sessions only a superuser can end)",
		err, strings.Join(roles, ", "))
}
