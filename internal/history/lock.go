package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
)

// ErrLockLost is the cause with which a Lock's context ends when its session
// did: another run may be going.
var ErrLockLost = fault.Passing("the lock on the staging database was lost, because its session ended")

// lockClass is the first key of every advisory lock of refresher; the second is
// the hash of the staging database's name.
const lockClass = 8241032

// heartbeat is how often a held lock is looked at; the session's end is noticed
// at once if the server or the network says so.
const heartbeat = 10 * time.Second

// Lock is a held lock on one staging database.
type Lock struct {
	Database string
	Run      string

	conn   *pgx.Conn
	ctx    context.Context
	cancel context.CancelCauseFunc
	done   chan struct{}
}

// Lock takes the lock on the staging database for a run. If another run holds it,
// the error is a [fault.Refusal] that names that run. Runs of that database which
// history still calls running can't be, and are marked lost.
func (h *History) Lock(ctx context.Context, run string) (*Lock, error) {
	return h.lock(ctx, run, heartbeat)
}

// Regain takes a lock that was lost for the same run again: what the run made is
// its own still, because no other run had the lock meanwhile. If one had, the error
// is a [fault.Refusal].
func (h *History) Regain(ctx context.Context, lost *Lock) (*Lock, error) {
	lost.Release()
	conn, err := h.session(ctx, lost.Run)
	if err != nil {
		return nil, err
	}
	if err := regain(ctx, conn, h.target, lost.Run); err != nil {
		client.Close(ctx, conn)
		return nil, err
	}
	return newLock(ctx, conn, h.target, lost.Run, heartbeat), nil
}

func regain(ctx context.Context, conn *pgx.Conn, database, run string) error {
	if err := stillOurs(ctx, conn, database, run); err != nil {
		return err
	}
	// The lost session can live on in the server, which hears nothing of its client's end.
	const end = `
		SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = $1 AND usename = current_user AND pid <> pg_backend_pid()`
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var others int
		if err := conn.QueryRow(ctx, end, "refresher/"+run).Scan(&others); err != nil {
			return client.Wrap(err, "ending the session that lost the lock")
		}
		if others == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	return acquire(ctx, conn, database, run, true)
}

// stillOurs refuses if another run took the lock since.
func stillOurs(ctx context.Context, conn *pgx.Conn, database, run string) error {
	var holder string
	err := conn.QueryRow(ctx, `SELECT run FROM locks WHERE database = $1`, database).Scan(&holder)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return client.Wrap(err, "locking staging database %q again", database)
	}
	if holder != run {
		return fault.Refuse("lock", "while the lock on staging database %q was lost, run %s took it", database, holder)
	}
	return nil
}

func (h *History) session(ctx context.Context, run string) (*pgx.Conn, error) {
	return h.open(ctx, "refresher/"+run, map[string]string{
		"statement_timeout": "30s", "tcp_keepalives_idle": "30", "tcp_keepalives_count": "3",
	})
}

func (h *History) lock(ctx context.Context, run string, beat time.Duration) (*Lock, error) {
	conn, err := h.session(ctx, run)
	if err != nil {
		return nil, err
	}
	if err := acquire(ctx, conn, h.target, run, false); err != nil {
		client.Close(ctx, conn)
		return nil, err
	}
	return newLock(ctx, conn, h.target, run, beat), nil
}

func newLock(ctx context.Context, conn *pgx.Conn, database, run string, beat time.Duration) *Lock {
	l := &Lock{Database: database, Run: run, conn: conn, done: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancelCause(ctx)
	go l.watch(beat)
	return l
}

// acquire takes the lock; again, if the run had it before and no other run since.
func acquire(ctx context.Context, conn *pgx.Conn, database, run string, again bool) error {
	var ok bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, hashtext($2))`, lockClass,
		database).Scan(&ok); err != nil {
		return client.Wrap(err, "locking staging database %q", database)
	}
	if !ok {
		return heldBy(ctx, conn, database)
	}
	if err := held(ctx, conn, database); err != nil {
		return fmt.Errorf("locking staging database %q: %w; a connection pooler in transaction mode can't be used",
			database, err)
	}
	if again {
		if err := stillOurs(ctx, conn, database, run); err != nil {
			return err
		}
	}
	const claim = `
		INSERT INTO locks (database, run, host, pid, since) VALUES ($1, $2, $3, $4, now())
		ON CONFLICT (database) DO UPDATE SET run = excluded.run, host = excluded.host, pid = excluded.pid, since =
			excluded.since`
	if _, err := conn.Exec(ctx, claim, database, run, cmp.Or(Hostname(), "unknown host"), os.Getpid()); err != nil {
		return client.Wrap(err, "locking staging database %q", database)
	}
	_, err := conn.Exec(ctx, markLost, database)
	return client.Wrap(err, "marking runs that were killed")
}

func heldBy(ctx context.Context, conn *pgx.Conn, database string) error {
	var run, host string
	var pid int
	var since time.Time
	err := conn.QueryRow(ctx, `SELECT run, host, pid, since FROM locks WHERE database = $1`, database).Scan(&run, &host,
		&pid, &since)
	if err != nil {
		return busy("another run on staging database %q has just started", database)
	}
	return busy("run %s on %s (process %d) is refreshing staging database %q since %s",
		run, host, pid, database, since.UTC().Format(time.RFC3339))
}

// busy refuses a run because another is going.
func busy(format string, args ...any) *fault.Refusal {
	r := fault.Refuse("lock", format, args...)
	r.Busy = true
	return r
}

// held fails unless the session of conn holds the lock.
func held(ctx context.Context, conn *pgx.Conn, database string) error {
	const q = `
		SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted AND objsubid
			= 2
		               AND classid = $1::bigint::oid AND objid::bigint = (hashtext($2)::bigint & 4294967295))`
	var ok bool
	if err := conn.QueryRow(ctx, q, lockClass, database).Scan(&ok); err != nil {
		return client.Wrap(err, "looking at the lock")
	}
	if !ok {
		return errors.New("the session doesn't hold the lock it took")
	}
	return nil
}

// Context is derived from the one given to History.Lock. It ends when the lock
// is lost, with a cause that is ErrLockLost, or released.
func (l *Lock) Context() context.Context { return l.ctx }

// Held fails if the lock was lost or released.
func (l *Lock) Held() error {
	if l.ctx.Err() != nil {
		return context.Cause(l.ctx)
	}
	return nil
}

// watch owns the connection. Waiting for a notification, which never comes,
// notices the session's end at once; the heartbeat notices a silent peer.
func (l *Lock) watch(beat time.Duration) {
	defer close(l.done)
	defer letGo(context.Background(), l.conn)
	for {
		wait, stop := context.WithTimeout(l.ctx, beat)
		_, err := l.conn.WaitForNotification(wait)
		quiet := wait.Err() != nil
		stop()
		if l.ctx.Err() != nil {
			return
		}
		if err == nil {
			continue
		}
		if quiet {
			ping, stop := context.WithTimeout(l.ctx, heartbeat)
			err = held(ping, l.conn, l.Database)
			stop()
		}
		if err != nil {
			l.cancel(fmt.Errorf("%w: %w", ErrLockLost, client.Wrap(err, "watching the lock")))
			return
		}
	}
}

// Release ends the session and with it the lock. It may be called again.
func (l *Lock) Release() {
	l.cancel(context.Canceled)
	<-l.done
}
