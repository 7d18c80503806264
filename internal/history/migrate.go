package history

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"refresher/internal/postgres/client"
)

// migrations make the tables. A migration that was released is never changed.
//
//go:embed migrations/*.sql
var migrations embed.FS

const (
	// versions is the table that says which migrations a database has.
	versions = "history_migrations"
	// migrating is the key of the advisory lock under which one of several first runs migrates.
	migrating = 8241031
	// patience is how long a migration may wait for locks.
	patience = time.Minute
)

// migrate brings the tables of the history's database up to date.
func (h *History) migrate(ctx context.Context, conn *pgx.Conn) error {
	list, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("reading the migrations of the history: %w", err)
	}
	if current, err := upToDate(ctx, conn, list); err != nil || current {
		return err
	}
	return Exclusive(ctx, conn, func() error { return h.up(ctx, list) })
}

// Exclusive migrates while no other session of the database does.
func Exclusive(ctx context.Context, conn *pgx.Conn, migrate func() error) error {
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrating); err != nil {
		return client.Wrap(err, "waiting for another migration")
	}
	defer func() { // a session that can't give it back ends, and so does the lock
		if _, err := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, migrating); err != nil {
			client.Close(ctx, conn)
		}
	}()
	return migrate()
}

func (h *History) up(ctx context.Context, list fs.FS) error {
	session := h.described("", map[string]string{"lock_timeout": fmt.Sprint(patience.Milliseconds())})
	db := stdlib.OpenDB(*session.Config(h.cfg), stdlib.OptionAfterConnect(session.Prepare))
	defer func() { _ = db.Close() }()
	p, err := goose.NewProvider(goose.DialectPostgres, db, list, goose.WithTableName(versions),
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("reading the migrations of the history: %w", err)
	}
	_, err = p.Up(ctx)
	return client.Wrap(err, "migrating the history")
}

// upToDate reports whether the newest migration was made.
func upToDate(ctx context.Context, conn *pgx.Conn, list fs.FS) (current bool, err error) {
	files, err := fs.Glob(list, "*.sql")
	if err != nil {
		return false, fmt.Errorf("reading the migrations of the history: %w", err)
	}
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+versions+` WHERE version_id >= $1)`, len(files)).Scan(&current)
	if client.Code(err) == "42P01" { // undefined_table
		return false, nil
	}
	return current, client.Wrap(err, "looking which migrations the history has")
}
