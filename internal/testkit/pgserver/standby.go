package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// Standby makes a hot standby of the cluster by pg_basebackup. It streams
// through a physical replication slot of its own, with hot_standby_feedback on.
// Stopping the primary stops it too.
func (c *Cluster) Standby(ctx context.Context) (*Cluster, error) {
	s, err := prepare(c.opts)
	if err != nil {
		return nil, err
	}
	s.bin, s.major = c.bin, c.major
	c.mu.Lock()
	c.slots++
	slot := "standby_" + strconv.Itoa(c.slots)
	c.mu.Unlock()
	err = s.run(ctx, "pg_basebackup", "-D", s.data(), "-h", "127.0.0.1", "-p", strconv.Itoa(c.port), "-U", User,
		"--wal-method=stream", "--create-slot", "--slot="+slot, "--checkpoint=fast", "--no-sync", "--no-manifest")
	if err == nil {
		err = s.follow(c.port, slot)
	}
	if err == nil {
		err = s.start(ctx)
	}
	if err == nil {
		err = s.awaitStreaming(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making a standby: %w%s", err, s.home.logTail()), s.Stop())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.standbys = append(c.standbys, s)
	return s, nil
}

// follow makes the server a standby. pg_basebackup would do it, but one that is
// newer than the server writes connection options that the server doesn't know.
func (c *Cluster) follow(port int, slot string) error {
	auto := filepath.Join(c.data(), "postgresql.auto.conf")
	was, err := os.ReadFile(auto)
	if err != nil {
		return err
	}
	conf := fmt.Sprintf("%sprimary_conninfo = 'host=127.0.0.1 port=%d user=%s'\nprimary_slot_name = '%s'\n", was, port,
		User, slot)
	return errors.Join(c.home.write("data/postgresql.auto.conf", conf), c.home.write("data/standby.signal", ""))
}

func (c *Cluster) awaitStreaming(ctx context.Context) error {
	return c.poll(ctx, "streaming to begin", `SELECT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')`)
}

// WaitReplay returns when the standby has replayed all that was committed on
// the cluster before the call.
func (c *Cluster) WaitReplay(ctx context.Context, standby *Cluster) error {
	var lsn string
	err := c.do(ctx, func(conn *pgx.Conn) error {
		// The message's commit flushes everything before it, so that the flushed
		// position covers asynchronous commits too.
		flush := `SET LOCAL synchronous_commit = local; SELECT pg_logical_emit_message(true, 'pgtest', '')`
		if _, err := conn.PgConn().Exec(ctx, flush).ReadAll(); err != nil {
			return err
		}
		return conn.QueryRow(ctx, `SELECT pg_current_wal_flush_lsn()::text`).Scan(&lsn)
	})
	if err != nil {
		return fmt.Errorf("asking the primary for its position: %w", err)
	}
	return standby.poll(ctx, "the standby to replay "+lsn,
		`SELECT COALESCE(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false)`, lsn)
}

// poll runs a query until it is true, for a minute at most.
func (c *Cluster) poll(ctx context.Context, what, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := c.do(ctx, func(conn *pgx.Conn) error {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			var yes bool
			if err := conn.QueryRow(ctx, query, args...).Scan(&yes); err != nil || yes {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-tick.C:
			}
		}
	})
	if err != nil {
		return fmt.Errorf("waiting for %s: %w", what, err)
	}
	return nil
}

// do runs fn on a session of the maintenance database.
func (c *Cluster) do(ctx context.Context, fn func(*pgx.Conn) error) error {
	return c.spare.Do(ctx, func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, c.URL(User)) }, fn)
}
