package restore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
)

// Loader is a session that fills tables. One goroutine uses it at a time.
type Loader struct {
	db   *Database
	conn *pgx.Conn
}

// Loader opens a session.
func (d *Database) Loader(ctx context.Context) (*Loader, error) {
	conn, err := session(ctx, d.cfg)
	if err != nil {
		return nil, err
	}
	return &Loader{db: d, conn: conn}, nil
}

// Close ends the session. It works with a ctx that has ended.
func (l *Loader) Close(ctx context.Context) { client.Close(ctx, l.conn) }

// CopyIn copies rows, COPY data of the given columns, into a table; all of them
// or, after an error, none. An error of r is returned as it is and never sent to
// the server. If r is a pipe's read end, CopyIn closes it when ctx ends and when
// it returns an error, so that its writer never waits for a reader that is gone.
func (l *Loader) CopyIn(ctx context.Context, table catalog.Name, cols []string, f copyfmt.Format,
	r io.Reader) (rows int64, err error) {
	return l.copyIn(ctx, table, copySQL(table, cols, f), r)
}

// copyIn runs a statement, or several as one transaction, of which the last is a COPY.
func (l *Loader) copyIn(ctx context.Context, table catalog.Name, sql string, r io.Reader) (rows int64, err error) {
	in := &input{r: r}
	if p, ok := r.(interface{ CloseWithError(error) error }); ok {
		stop := context.AfterFunc(ctx, func() { _ = p.CloseWithError(context.Cause(ctx)) })
		defer func() {
			if stop(); err != nil {
				_ = p.CloseWithError(err)
			}
		}()
	}
	tag, err := l.conn.PgConn().CopyFrom(ctx, in, sql)
	in.closed.Store(true)
	switch readErr := in.err(); {
	case errors.Is(readErr, io.ErrClosedPipe) && ctx.Err() != nil: // closed above
		return 0, context.Cause(ctx)
	case readErr != nil:
		return 0, readErr
	case err != nil && ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case err != nil:
		return 0, client.Wrap(err, "writing %s", table)
	}
	return tag.RowsAffected(), nil
}

func copySQL(table catalog.Name, cols []string, f copyfmt.Format) string {
	list := ""
	if len(cols) > 0 {
		list = " (" + catalog.QuoteAll(cols) + ")"
	}
	return fmt.Sprintf("COPY %s%s FROM STDIN (FORMAT %s)", table.SQL(), list, f)
}

// errInput is what the server hears of a reader's error: pgx sends its text, and
// the server writes it into its log.
var errInput = errors.New("refresher stopped sending rows")

// input remembers the reader's error. After a lost connection pgx returns while
// its goroutine still reads, hence the care.
type input struct {
	r      io.Reader
	closed atomic.Bool // CopyIn has returned: r is the caller's again
	failed atomic.Pointer[error]
}

func (i *input) Read(p []byte) (int, error) {
	if i.closed.Load() {
		return 0, errInput
	}
	n, err := i.r.Read(p)
	if err != nil && err != io.EOF {
		i.failed.Store(&err)
		return n, errInput
	}
	return n, err
}

func (i *input) err() error {
	if e := i.failed.Load(); e != nil {
		return *e
	}
	return nil
}
