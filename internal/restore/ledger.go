package restore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
)

// Entry is a chunk of rows in a ledger. Chunks of an unlogged table are booked apart,
// in a table that is unlogged too: a crash of the server empties both, so that the
// ledger never claims rows that are gone.
type Entry struct {
	Chunk    int32 // the caller's number for it, one among all tables
	Unlogged bool
}

// ErrBooked means that a chunk is in the database already: an attempt whose answer
// was lost had succeeded.
var ErrBooked = fault.Passing("the chunk is in the database already")

// ErrLedgerClosed means that a CloseLedger whose answer was lost had succeeded: all
// chunks are in the database.
var ErrLedgerClosed = errors.New("the ledger is closed")

// ledgerPrefix begins the name of the schema that holds a shadow's ledger.
const ledgerPrefix = "refresher_ledger_"

// OpenLedger makes an empty ledger of chunks in a database that holds no row yet.
// From then on [Loader.CopyChunk] books what it copies, and [Database.Booked] tells
// what arrived, even if connections were lost or the server crashed meanwhile. The
// ledger lies in a schema of its own until [Database.CloseLedger]. OpenLedger waits
// until it, and all that was made in the database before, is on the server's disk.
func (d *Database) OpenLedger(ctx context.Context) error {
	run, _ := afterLast(d.name, "_shadow_")
	var opened [4]byte
	_, _ = rand.Read(opened[:]) // never fails (crypto/rand)
	schema := catalog.Quote(ledgerPrefix + run + "_" + hex.EncodeToString(opened[:]))
	err := d.do(ctx, func(conn *pgx.Conn) error {
		const columns = " (chunk int PRIMARY KEY)"
		sql := "SET LOCAL synchronous_commit = on; CREATE SCHEMA " + schema + "; CREATE TABLE " + schema + ".logged" +
			columns + "; CREATE UNLOGGED TABLE " + schema + ".unlogged" + columns +
			"; CREATE TABLE " + schema + ".answers (chunk int, part int, data bytea, PRIMARY KEY (chunk, part))" +
			"; ALTER TABLE " + schema + ".answers ALTER data SET STORAGE EXTERNAL" // hashes don't compress
		_, err := conn.PgConn().Exec(ctx, "BEGIN; "+sql+"; COMMIT").ReadAll()
		return client.Wrap(err, "opening the ledger of database %q", d.name)
	})
	if err == nil {
		d.ledger, d.closing = schema, false
	}
	return err
}

// CopyChunk is [Loader.CopyIn] that books the chunk in the same transaction: either
// its rows and its entry are there, or neither. The entry is made first, so an
// earlier attempt that the server still works on is waited for, and if that one
// succeeds the error is ErrBooked.
func (l *Loader) CopyChunk(ctx context.Context, e Entry, table catalog.Name, cols []string, f copyfmt.Format,
	r io.Reader) (rows int64, err error) {
	if l.db.ledger == "" {
		return 0, fmt.Errorf("database %q has no ledger", l.db.name)
	}
	// Statements in one message are one transaction (PostgreSQL docs, 55.2.2.1), and
	// cost no more answers to wait for than the COPY alone.
	sql := fmt.Sprintf("INSERT INTO %s.%s VALUES (%d); %s", l.db.ledger, e.book(), e.Chunk, copySQL(table, cols, f))
	rows, err = l.copyIn(ctx, table, sql, r)
	if booked(err) {
		return 0, fmt.Errorf("writing %s: %w", table, ErrBooked)
	}
	return rows, err
}

// booked reports that the ledger holds the chunk already.
func booked(err error) bool {
	var pe *client.Error
	return errors.As(err, &pe) && pe.Code == "23505" && strings.HasPrefix(pe.Schema, ledgerPrefix)
}

func (e Entry) book() string {
	if e.Unlogged {
		return "unlogged"
	}
	return "logged"
}

// Booked lists the chunks that are in the database. Before it looks, it ends every
// other session there, and waits for their end: attempts of connections that were
// lost here can live on in the server. So it must not be called while a Loader works.
// If the ledger was closed after all, the error is ErrLedgerClosed.
func (d *Database) Booked(ctx context.Context) (map[Entry]bool, error) {
	booked := map[Entry]bool{}
	err := d.do(ctx, func(conn *pgx.Conn) error {
		if err := d.endOthers(ctx, conn, ""); err != nil {
			return err
		}
		return d.read(ctx, conn, booked)
	})
	if client.Code(err) == "42P01" && d.closing {
		d.ledger = ""
		return nil, ErrLedgerClosed
	}
	return booked, err
}

func (d *Database) read(ctx context.Context, conn interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}, booked map[Entry]bool) error {
	rows, err := conn.Query(ctx, "SELECT chunk, false FROM "+d.ledger+".logged UNION ALL SELECT chunk, true FROM "+
		""+d.ledger+".unlogged")
	if err != nil {
		return client.Wrap(err, "reading the ledger of database %q", d.name)
	}
	var e Entry
	_, err = pgx.ForEachRow(rows, []any{&e.Chunk, &e.Unlogged}, func() error { booked[e] = true; return nil })
	return client.Wrap(err, "reading the ledger of database %q", d.name)
}

// EndSessions ends the database's sessions of this role, such as those that a program left behind.
func (d *Database) EndSessions(ctx context.Context) error {
	return with(ctx, d.cfg, func(conn *pgx.Conn) error { return d.endOthers(ctx, conn, "") })
}

// endOthers ends the database's other sessions: those of a name, or all. A session's end takes a moment.
func (d *Database) endOthers(ctx context.Context, conn *pgx.Conn, name string) error {
	const q = `
		SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user
		      AND $1 IN ('', application_name)`
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		var others int
		if err := conn.QueryRow(ctx, q, name).Scan(&others); err != nil {
			return client.Wrap(err, "ending lost sessions in database %q", d.name)
		}
		if others == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// CloseLedger compares the ledger with the chunks that must be there and removes
// it, so that nothing of it is ever part of staging or of a dataset. It waits until
// the removal, and with it every chunk before, is on the server's disk: from then on
// no crash takes a row back. If chunks are missing it returns them and the ledger
// stays open.
func (d *Database) CloseLedger(ctx context.Context, want []Entry) (missing []Entry, err error) {
	err = d.do(ctx, func(conn *pgx.Conn) error {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return client.Wrap(err, "closing the ledger of database %q", d.name)
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		booked := map[Entry]bool{}
		if err := d.read(ctx, tx, booked); err != nil {
			return err
		}
		for _, e := range want {
			if !booked[e] {
				missing = append(missing, e)
			}
			delete(booked, e)
		}
		if len(booked) > 0 {
			return fmt.Errorf("the ledger of database %q holds %d chunks that were never sent", d.name, len(booked))
		}
		if len(missing) > 0 {
			return nil
		}
		if _, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = on; DROP SCHEMA "+d.ledger+" CASCADE",
			pgx.QueryExecModeSimpleProtocol); err != nil {
			return client.Wrap(err, "closing the ledger of database %q", d.name)
		}
		d.closing = true
		return client.Wrap(tx.Commit(ctx), "closing the ledger of database %q", d.name)
	})
	if err == nil && len(missing) == 0 {
		d.ledger = ""
	}
	return missing, err
}
