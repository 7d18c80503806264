package restore

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// HasLargeObjects tells which of the OIDs are in the database.
func (l *Loader) HasLargeObjects(ctx context.Context, oids []uint32) (map[uint32]bool, error) {
	there := map[uint32]bool{}
	rows, err := l.conn.Query(ctx, "SELECT oid FROM pg_catalog.pg_largeobject_metadata WHERE oid = ANY($1::oid[])",
		oids)
	if err != nil {
		return nil, client.Wrap(err, "listing large objects of database %q", l.db.name)
	}
	var oid uint32
	_, err = pgx.ForEachRow(rows, []any{&oid}, func() error { there[oid] = true; return nil })
	return there, client.Wrap(err, "listing large objects of database %q", l.db.name)
}

// LargeObject makes a large object of what read hands over: pieces of
// client.LargeObjectPieceBytes, of which the last is shorter. It is there whole, or, after
// an error, not at all. An error of read is returned as it is.
func (l *Loader) LargeObject(ctx context.Context, oid uint32, read func(each func(piece []byte) error) error) error {
	w := &objectWriter{conn: l.conn, oid: oid}
	if err := read(func(piece []byte) error { return w.put(ctx, piece) }); err != nil {
		if w.tx != nil {
			_ = w.tx.Rollback(context.WithoutCancel(ctx))
		}
		return err
	}
	return nil
}

// objectWriter writes one large object: a small one by one statement.
type objectWriter struct {
	conn *pgx.Conn
	oid  uint32
	tx   pgx.Tx // of one that has several pieces
	size int64
	end  int64 // of what was written
}

func (w *objectWriter) put(ctx context.Context, piece []byte) (err error) {
	last := len(piece) < client.LargeObjectPieceBytes
	switch {
	case w.tx == nil && last:
		_, err = w.conn.Exec(ctx, "SELECT pg_catalog.lo_from_bytea($1::oid, $2)", w.oid, piece)
		return w.wrap(err)
	case w.tx == nil:
		if w.tx, err = w.conn.Begin(ctx); err == nil {
			_, err = w.tx.Exec(ctx, "SELECT pg_catalog.lo_create($1::oid)", w.oid)
		}
	}
	if err == nil {
		err = w.write(ctx, piece, last)
	}
	if err == nil && last {
		err = w.tx.Commit(ctx)
	}
	return w.wrap(err)
}

// write leaves holes as holes: only the very end has to be written.
func (w *objectWriter) write(ctx context.Context, piece []byte, last bool) error {
	const put = "SELECT pg_catalog.lo_put($1::oid, $2, $3)"
	at := w.size
	w.size += int64(len(piece))
	if !hole(piece) {
		w.end = w.size
		_, err := w.tx.Exec(ctx, put, w.oid, at, piece)
		return err
	}
	if !last || w.end == w.size {
		return nil
	}
	_, err := w.tx.Exec(ctx, put, w.oid, w.size-1, []byte{0})
	return err
}

var zeros = make([]byte, 4<<10)

// hole reports a piece of zeros.
func hole(piece []byte) bool {
	for len(piece) > len(zeros) && bytes.Equal(piece[:len(zeros)], zeros) {
		piece = piece[len(zeros):]
	}
	return len(piece) <= len(zeros) && bytes.Equal(piece, zeros[:len(piece)])
}

func (w *objectWriter) wrap(err error) error {
	return client.Wrap(err, "writing large object %d", w.oid)
}

// Book books an entry whose content was committed before by the same session: what
// the log of a server holds of the entry, it holds of the content.
func (l *Loader) Book(ctx context.Context, e Entry) error {
	_, err := l.conn.Exec(ctx, fmt.Sprintf("INSERT INTO %s.%s VALUES (%d)", l.db.ledger, e.book(), e.Chunk))
	return client.Wrap(err, "booking a chunk in database %q", l.db.name)
}

// carryLargeObjects gives large objects to the owner of the live database. Each takes a lock until its transaction
// ends, so few go
// at a time.
func carryLargeObjects(ctx context.Context, conn *pgx.Conn, owner string) (notes []string, err error) {
	const q = `SELECT oid FROM pg_catalog.pg_largeobject_metadata WHERE pg_catalog.pg_get_userbyid(lomowner) <> $1 AND
		oid > $2 ORDER BY oid LIMIT $3`
	for last := uint32(0); ; {
		rows, err := conn.Query(ctx, q, owner, last, batch)
		if err != nil {
			return nil, client.Wrap(err, "listing large objects")
		}
		oids, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
		if err != nil {
			return nil, client.Wrap(err, "listing large objects")
		}
		if len(oids) == 0 {
			return nil, nil
		}
		last = oids[len(oids)-1]
		var sql strings.Builder
		for _, oid := range oids {
			fmt.Fprintf(&sql, "ALTER LARGE OBJECT %d OWNER TO %s;", oid, catalog.Quote(owner))
		}
		_, err = conn.Exec(ctx, sql.String(), pgx.QueryExecModeSimpleProtocol)
		switch client.Code(err) {
		case "42501", "42704":
			return []string{client.Wrap(err, "could not carry over: the owner %s of large objects", owner).Error()}, nil
		}
		if err != nil {
			return nil, client.Wrap(err, "carrying over the owner of large objects")
		}
	}
}
