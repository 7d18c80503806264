package restore

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
)

// A chunk that another process copies has an answer: what the process that leads the run must
// know of it. It lies in the ledger and comes in the transaction that copies the rows, so that
// there is an answer to each chunk that is booked, and to no other.

// answerPiece is how many bytes of an answer are in a row.
const answerPiece = 1 << 20

// Ledger names the schema of the ledger, for [Attach]; empty if it is not open.
func (d *Database) Ledger() string { return d.ledger }

// Attach is the database of a run that another process leads, to load chunks into: the name of
// its ledger came from there. A ledger of that name that is gone is an error of the first chunk:
// the run has begun anew, or has ended. name is that of the sessions in pg_stat_activity.
func Attach(staging *pgx.ConnConfig, database, ledger, name string) *Database {
	cfg := staging.Copy()
	cfg.Database = database
	cfg.RuntimeParams["application_name"] = name
	return &Database{name: database, cfg: cfg, ledger: ledger}
}

// CopyAnswered is [Loader.CopyChunk] with an answer, which is written once the rows have
// arrived, whose number it gets, and read by [Database.Answer].
func (l *Loader) CopyAnswered(ctx context.Context, e Entry, table catalog.Name, cols []string, f copyfmt.Format,
	r io.Reader, answer func(rows int64, w io.Writer) error) (rows int64, err error) {
	sql := fmt.Sprintf("BEGIN; INSERT INTO %s.%s VALUES (%d); DELETE FROM %[1]s.answers WHERE chunk = %[3]d; %[4]s",
		l.db.ledger, e.book(), e.Chunk, copySQL(table, cols, f))
	rows, err = l.copyIn(ctx, table, sql, r)
	if err == nil {
		w := &answerWriter{ctx: ctx, l: l, chunk: e.Chunk}
		if err = answer(rows, w); err == nil {
			err = w.flush()
		}
	}
	if err == nil {
		_, err = l.conn.Exec(ctx, "COMMIT")
		err = client.Wrap(err, "writing %s", table)
	}
	if err == nil {
		return rows, nil
	}
	_, _ = l.conn.Exec(ctx, "ROLLBACK") // else another attempt would wait for this one until the session ends
	switch {
	case booked(err):
		err = fmt.Errorf("writing %s: %w", table, ErrBooked)
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	return 0, err
}

// AlreadyBooked reports an error that comes of ErrBooked: who writes into the pipe that
// [Loader.CopyAnswered] reads from may hear of the entry first, in the server's words.
func AlreadyBooked(err error) bool { return errors.Is(err, ErrBooked) || booked(err) }

// answerWriter writes an answer, piece by piece.
type answerWriter struct {
	ctx   context.Context
	l     *Loader
	chunk int32
	part  int
	buf   []byte
}

func (w *answerWriter) Write(data []byte) (int, error) {
	w.buf = append(w.buf, data...)
	if len(w.buf) < answerPiece {
		return len(data), nil
	}
	return len(data), w.flush()
}

func (w *answerWriter) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	_, err := w.l.conn.Exec(w.ctx, "INSERT INTO "+w.l.db.ledger+".answers VALUES ($1, $2, $3)", w.chunk, w.part, w.buf)
	w.part++
	w.buf = w.buf[:0]
	return client.Wrap(err, "answering for a chunk")
}

// Answered lists the chunks that are in the database with an answer.
func (d *Database) Answered(ctx context.Context) (chunks []Entry, err error) {
	err = d.do(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, fmt.Sprintf(`
			SELECT chunk, false FROM %[1]s.logged WHERE chunk IN (SELECT chunk FROM %[1]s.answers)
			UNION ALL SELECT chunk, true FROM %[1]s.unlogged WHERE chunk IN (SELECT chunk FROM %[1]s.answers)`, d.ledger))
		if err == nil {
			chunks, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Entry])
		}
		return client.Wrap(err, "reading the ledger of database %q", d.name)
	})
	return chunks, err
}

// Answer hands the answer to a chunk to read, which may leave some of it.
func (d *Database) Answer(ctx context.Context, e Entry, read func(io.Reader) error) error {
	return d.do(ctx, func(conn *pgx.Conn) error {
		r := &answerReader{part: func(n int) (piece []byte, err error) {
			const q = ".answers WHERE chunk = $1 AND part = $2"
			err = conn.QueryRow(ctx, "SELECT data FROM "+d.ledger+q, e.Chunk, n).Scan(&piece)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil, io.EOF
			}
			return piece, client.Wrap(err, "reading the answer to a chunk")
		}}
		return read(r)
	})
}

// answerReader reads an answer, piece by piece.
type answerReader struct {
	part func(n int) ([]byte, error)
	n    int
	rest []byte
}

func (r *answerReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		var err error
		if r.rest, err = r.part(r.n); err != nil {
			return 0, err
		}
		r.n++
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// EndNamed ends the sessions of a name in the database, such as those of a process that is lost, and waits for
// their end.
func (d *Database) EndNamed(ctx context.Context, name string) error {
	return d.do(ctx, func(conn *pgx.Conn) error { return d.endOthers(ctx, conn, name) })
}
