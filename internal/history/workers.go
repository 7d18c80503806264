package history

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// workerClass is the first key of the advisory lock that a worker holds; the second is its number.
const workerClass = 8241034

// Offer is what a run gives to workers.
type Offer struct {
	Epoch int64 // one more each time that a run on the staging database offers something
	Run   string
	Terms []byte // JSON: what a worker must have and know
}

// PutOffer offers terms to workers, in place of what was offered before, and returns the epoch.
func (h *History) PutOffer(ctx context.Context, run string, terms []byte) (epoch int64, err error) {
	const q = `INSERT INTO offers VALUES ($1, 1, $2, $3)
		ON CONFLICT (database) DO UPDATE SET epoch = offers.epoch + 1, run = excluded.run, terms = excluded.terms RETURNING epoch`
	err = h.do(ctx, "offering work to workers", func(c *pgx.Conn) error {
		return c.QueryRow(ctx, q, h.target, run, terms).Scan(&epoch)
	})
	return epoch, err
}

// Withdraw takes an offer back.
func (h *History) Withdraw(ctx context.Context, epoch int64) error {
	return h.do(ctx, "taking an offer to workers back", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, `UPDATE offers SET terms = NULL WHERE database = $1 AND epoch = $2`, h.target, epoch)
		return err
	})
}

// Offered is what is offered to workers now; nil if nothing is. The offer of a run that was killed, or has lost the
// lock on the staging database, is none.
func (h *History) Offered(ctx context.Context) (offer *Offer, err error) {
	const q = `SELECT epoch, run, terms FROM offers o WHERE database = $1 AND terms IS NOT NULL
		AND EXISTS (SELECT FROM pg_locks p JOIN locks l ON l.database = $1 AND l.run = o.run
			WHERE p.locktype = 'advisory' AND p.granted AND p.objsubid = 2
			AND p.classid = 8241032 AND p.objid::bigint = (hashtext($1)::bigint & 4294967295))`
	err = h.do(ctx, "looking for work", func(c *pgx.Conn) error {
		var o Offer
		err := c.QueryRow(ctx, q, h.target).Scan(&o.Epoch, &o.Run, &o.Terms)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		offer = &o
		return err
	})
	return offer, err
}

// Worker is a process that takes work of runs on the staging database.
type Worker struct {
	ID      string // one for each process
	Host    string
	PID     int
	Version string    // of refresher
	Streams int       // how many chunks it copies at once
	Joined  time.Time // when it came
	Run     string    // whose work it does, or did last; empty: none yet
	Chunks  int64     // of that run, that it copied
	Rows    int64     // likewise
	Bytes   int64     // likewise, as COPY carried them into staging
	At      string    // table that it copies, one of them; empty: none
	Problem string    // why it refused the run; empty: it did not
}

// Silence is after what time a worker that isn't heard of counts as lost.
const Silence = 20 * time.Second

// alive are the workers of a staging database ($1) that hold their lock and were seen within some seconds ($2).
const alive = `database = $1 AND seen > now() - make_interval(secs => $2) AND EXISTS (SELECT FROM pg_locks
	WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = 8241034 AND objid::bigint = number)`

// Workers are those that are there now: a process that was killed is not, and one that was not heard of for
// [Silence] is not either. They stand in the order in which they came.
func (h *History) Workers(ctx context.Context) ([]Worker, error) {
	return h.workers(ctx, alive, Silence.Seconds())
}

// Refused are the workers that refused a run and left, the last one first.
func (h *History) Refused(ctx context.Context, run string) ([]Worker, error) {
	return h.workers(ctx, `database = $1 AND problem <> '' AND run = $2`, run)
}

func (h *History) workers(ctx context.Context, which string, arg any) (list []Worker, err error) {
	q := `SELECT id, host, pid, version, streams, joined, run, chunks, rows, bytes, at, problem FROM workers WHERE ` + which +
		` ORDER BY number`
	err = h.do(ctx, "looking for workers", func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, q, h.target, arg)
		if err == nil {
			list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Worker])
		}
		return err
	})
	return list, err
}

// Presence is a worker's session, which shows that it is there.
type Presence struct {
	h    *History
	mu   sync.Mutex
	conn *pgx.Conn // nil: the session was lost
	now  Worker
}

// Join notes a worker and shows that it is there, until [Presence.Leave]. [Presence.Beat] must be called again and
// again.
func (h *History) Join(ctx context.Context, w Worker) (*Presence, error) {
	p := &Presence{h: h, now: w}
	return p, p.join(ctx)
}

func (p *Presence) join(ctx context.Context) error {
	conn, err := p.h.open(ctx, "refresher/worker", map[string]string{
		"statement_timeout": "10s", "tcp_keepalives_idle": "30", "tcp_keepalives_count": "3"})
	if err != nil {
		return err
	}
	const q = `
		WITH old AS (DELETE FROM workers WHERE seen < now() - interval '30 days'),
		     me AS (INSERT INTO workers (id, database, host, pid, version, streams) VALUES ($1, $2, $3, $4, $5, $6)
		            ON CONFLICT (id) DO UPDATE SET seen = now() RETURNING number)
		SELECT pg_advisory_lock($7, number) FROM me`
	w := p.now
	if _, err := conn.Exec(ctx, q, w.ID, p.h.target, w.Host, w.PID, w.Version, w.Streams, workerClass); err != nil {
		client.Close(ctx, conn)
		return client.Wrap(err, "showing that this worker is there")
	}
	p.conn = conn
	return nil
}

// Beat shows that the worker is there, and what it does. A session that was lost is opened again.
func (p *Presence) Beat(ctx context.Context, change func(*Worker)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if change != nil {
		change(&p.now)
	}
	if p.conn == nil || p.conn.IsClosed() {
		if err := p.join(ctx); err != nil {
			return err
		}
	}
	w := p.now
	_, err := p.conn.Exec(ctx, `UPDATE workers SET seen = now(), run = $2, chunks = $3, rows = $4, bytes = $5, at = $6, problem = $7
		WHERE id = $1`, w.ID, w.Run, w.Chunks, w.Rows, w.Bytes, w.At, w.Problem)
	return client.Wrap(err, "showing that this worker is there")
}

// Leave ends the session: the worker is gone. It works with a ctx that has ended.
func (p *Presence) Leave(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		letGo(ctx, p.conn)
	}
}
