package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
)

// Chunk is a table's rows within a range of its blocks.
type Chunk struct {
	Table *catalog.Table
	Index int   // 0-based
	Of    int   // how many chunks the table has
	First int64 // first block
	End   int64 // block after the last; -1 open-ended
	Bytes int64 // estimate of what it holds, TOAST included

	Join *catalog.Join // read after the table's own columns; nil, as Chunks leaves it: nothing
}

// Whole reports whether the chunk is all of its table.
func (c Chunk) Whole() bool { return c.First == 0 && c.End < 0 }

// Chunks cuts a table into ranges of about ChunkBytes. The last is open-ended:
// blocks added since the catalog was read belong to it. A table that holds no rows
// of its own (partitioned, foreign, or unlogged on a standby) has none.
func (s *Source) Chunks(t *catalog.Table) []Chunk {
	if !t.HoldsRows() || s.unreadable(t) {
		return nil
	}
	bytes := max(t.Bytes, 0)
	n := min((bytes+s.opts.ChunkBytes-1)/s.opts.ChunkBytes, t.Pages)
	if n <= 1 {
		return []Chunk{{Table: t, Of: 1, End: -1, Bytes: bytes}}
	}
	chunks := make([]Chunk, n)
	for i := range n {
		chunks[i] = Chunk{Table: t, Index: int(i), Of: int(n), First: i * t.Pages / n, End: (i + 1) * t.Pages / n, Bytes: bytes / n}
	}
	chunks[n-1].End = -1
	return chunks
}

// Reader is a session that imported the snapshot. One goroutine uses it at a time.
type Reader struct {
	src  *Source
	conn *pgx.Conn
}

// Reader opens a session in the snapshot. Lock must have been called.
func (s *Source) Reader(ctx context.Context) (_ *Reader, err error) {
	if s.snapshot == "" {
		return nil, errNotLocked
	}
	conn, err := s.session(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			client.Close(ctx, conn)
		}
	}()
	begin := "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT " +
		catalog.Literal(s.snapshot) + joining
	if _, err := conn.PgConn().Exec(ctx, begin).ReadAll(); err != nil {
		return nil, client.Wrap(err, "importing the snapshot")
	}
	if err := s.atHome(ctx, conn); err != nil {
		return nil, err
	}
	return &Reader{src: s, conn: conn}, nil
}

// atHome fails if conn reached another server than the exporter did.
func (s *Source) atHome(ctx context.Context, conn *pgx.Conn) error {
	at, err := identify(ctx, conn)
	if err != nil {
		return err
	}
	if !at.same(s.home) {
		return errors.New("another server answered at the source's address than the one that holds the snapshot " +
			"(a load balancer, or a restart): point the source's URL at one server")
	}
	return nil
}

// Close ends the session. It works with a ctx that has ended.
func (r *Reader) Close(ctx context.Context) { client.Close(ctx, r.conn) }

// CopyOut streams a chunk's rows as COPY data into w: cols, then those of the
// chunk's join. After an error the reader
// is no longer usable. An error of w is returned as it is.
func (r *Reader) CopyOut(ctx context.Context, c Chunk, cols []*catalog.Column, f copyfmt.Format,
	w io.Writer) (rows int64, err error) {
	out := &output{w: w}
	if c.Join != nil {
		if err := r.planJoin(ctx, c, cols, f); err != nil {
			return 0, err
		}
	}
	tag, err := r.conn.PgConn().CopyTo(ctx, out, copySQL(c, cols, f))
	switch {
	case out.err != nil:
		return 0, out.err
	case err != nil && ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case err != nil:
		return 0, client.Wrap(err, "reading %s, chunk %d of %d", c.Table.Name, c.Index+1, c.Of)
	}
	// This session holds its own lock on the table since the COPY began; if the
	// exporter lives still, there was no gap between the two.
	if err := r.src.Holding(ctx); err != nil {
		return 0, err
	}
	return tag.RowsAffected(), nil
}

func copySQL(c Chunk, cols []*catalog.Column, f copyfmt.Format) string {
	table := c.Table.Name.SQL()
	if c.Whole() && c.Join == nil && len(cols) > 0 && c.Table.Where == "" {
		// the table's own rows, never its children's
		return fmt.Sprintf("COPY %s (%s) TO STDOUT (FORMAT %s)", table, columnList("", cols), f)
	}
	list, from := columnList("t.", cols), c.Table.Only()
	if c.Join != nil {
		joined, join := c.Join.SQL()
		list, from = list+", "+joined, from+join
	}
	var where string
	if c.First > 0 {
		where = fmt.Sprintf(" AND t.ctid >= '(%d,0)'", c.First)
	}
	if c.End >= 0 {
		where += fmt.Sprintf(" AND t.ctid < '(%d,0)'", c.End)
	}
	if where != "" {
		where = " WHERE" + strings.TrimPrefix(where, " AND")
	}
	return fmt.Sprintf("COPY (SELECT %s FROM %s%s) TO STDOUT (FORMAT %s)", list, from, where, f)
}

func columnList(prefix string, cols []*catalog.Column) string {
	names := make([]string, len(cols))
	for i, col := range cols {
		names[i] = prefix + catalog.Quote(col.Name)
	}
	return strings.Join(names, ", ")
}

// output remembers the writer's error, which pgx mixes with the server's.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil {
		o.err = err
	}
	return n, err
}
