package restore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// StandIn gives a database without rows, which db is, the name of the previous one, which was
// dropped because it leaks. Whoever connects to that name finds the tables and privileges of
// the live database instead of an error. It is nothing to roll back to: see [Occupant].
func (s *Server) StandIn(ctx context.Context, db *Database, run string) error {
	if _, err := s.fit(ctx, db); err != nil {
		return err
	}
	if err := db.EndSessions(ctx); err != nil {
		return err
	}
	return s.do(ctx, func(conn *pgx.Conn) error {
		oid, err := oidOf(ctx, conn, db.name)
		if err == nil {
			err = s.comment(ctx, conn, db.name, s.markOf(emptiedKind+" "+run, oid))
		}
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, rename{db.name, PreviousName(s.live)}.sql())
		return client.Wrap(err, "naming the database that stands for the previous one")
	})
}
