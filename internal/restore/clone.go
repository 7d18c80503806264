package restore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/postgres/client"
)

// Instance tells a running server from every other, its physical copies included.
type Instance struct {
	Started  time.Time // of the postmaster
	Address  string    // with the port, as the server sees it; empty over a Unix socket
	Standby  bool
	Position int64  // in the log: replayed by a standby, else written; bytes
	Sender   string // address of the primary that a standby streams from; empty if not known
	Mark     string // comment on the history's database, which a standby has from its primary
}

// ReadInstance reads which server a session reached.
func ReadInstance(ctx context.Context, conn *pgx.Conn) (i Instance, err error) {
	const q = `
		SELECT pg_postmaster_start_time(), coalesce(host(inet_server_addr()) || ':' || inet_server_port(), ''),
			pg_is_in_recovery(),
			(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END - '0/0')::bigint,
			coalesce((SELECT sender_host || ':' || sender_port FROM pg_stat_wal_receiver), ''),
			coalesce((SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1), '')`
	err = conn.QueryRow(ctx, q, history.Database).Scan(&i.Started, &i.Address, &i.Standby, &i.Position, &i.Sender,
		&i.Mark)
	return i, client.Wrap(err, "identifying a server")
}

// Instance is the staging server that is running.
func (s *Server) Instance(ctx context.Context) (i Instance, err error) {
	err = s.do(ctx, func(conn *pgx.Conn) (err error) {
		i, err = ReadInstance(ctx, conn)
		return err
	})
	return i, err
}

// Apart refuses a staging server that is the source, or that the source streams from.
// Both have one system identifier, as a physical copy has its original's.
func Apart(source, staging Instance) error {
	switch {
	case source.Started.Equal(staging.Started):
		return fault.Refuse("staging", "the staging server is the source itself: both were started at %s",
			source.Started.UTC().Format(time.RFC3339Nano))
	case source.Sender != "" && source.Sender == staging.Address:
		return fault.Refuse("staging", "the staging server is production: the source replicates from it (%s)",
			staging.Address)
	}
	return nil
}

// markWait is how long a mark that was written on staging may take to the source, and
// markPoll how often it is looked for.
const (
	markWait = 10 * time.Second
	markPoll = 100 * time.Millisecond
)

// Absent refuses if a mark that was written on staging appears on the source, whose
// session this is. It waits until the source has replayed the log beyond the mark, or,
// as the logs of two servers have nothing to do with one another, for a time.
func Absent(ctx context.Context, conn *pgx.Conn, mark string, written Instance) error {
	limit := time.Now().Add(markWait)
	tick := time.NewTicker(markPoll)
	defer tick.Stop()
	for {
		now, err := ReadInstance(ctx, conn)
		switch {
		case err != nil:
			return err
		case now.Mark == mark:
			return fault.Refuse("staging",
				"the staging server is production: what was written there appeared on the source")
		case !now.Standby, now.Position >= written.Position, time.Now().After(limit):
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}
