// Package jobs opens River's queues (riverqueue.com), which lie beside the history, each in a schema of its own: that
// of the service's runs, and that of the chunks which workers copy.
package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"refresher/internal/history"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// answer is how long the staging server may take to accept a connection.
const answer = 5 * time.Second

// Schema is the name of a schema for a staging database: the prefix and what can stand in a name that
// needs no quoting.
func Schema(prefix, database string) string {
	plain := strings.Trim(regexp.MustCompile(`[^a-z0-9_]+`).ReplaceAllString(strings.ToLower(database), "_"), "_")
	if plain == database && len(plain) <= 24 {
		return prefix + plain
	}
	sum := sha256.Sum256([]byte(database))
	return prefix + plain[:min(len(plain), 15)] + "_" + hex.EncodeToString(sum[:4])
}

// Pool is a pool of sessions on the history's database, which are called name, where names are those of schema.
func Pool(ctx context.Context, h *history.History, name, schema string, connections int32) (*pgxpool.Pool, error) {
	cfg, session := h.Session(name, schema)
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = answer
	}
	pooled, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, client.Wrap(err, "reading the environment's PG variables")
	}
	pooled.ConnConfig, pooled.MaxConns, pooled.AfterConnect = cfg, connections, session.Prepare
	pool, err := pgxpool.NewWithConfig(ctx, pooled)
	return pool, client.Wrap(err, "connecting to %s", session.To)
}

// Migrate makes River's tables in a schema, or brings them up to date, while no other process does.
func Migrate(ctx context.Context, pool *pgxpool.Pool, schema string) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: schema,
		Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("reading the migrations of the queue: %w", err)
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return client.Wrap(err, "connecting to the staging server")
	}
	defer conn.Release()
	return history.Exclusive(ctx, conn.Conn(), func() error {
		if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+catalog.Quote(schema)); err != nil {
			return client.Wrap(err, "making the schema of the queue")
		}
		_, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return client.Wrap(err, "migrating the queue")
	})
}

// Rescue gives jobs whose process was lost back to the queue, to be done at once or, with later, when River
// next looks for jobs to try again. Those without an attempt left have failed.
func Rescue(ctx context.Context, c *river.Client[pgx.Tx], jobs []*rivertype.JobRow, why string, later bool) error {
	if len(jobs) == 0 {
		return nil
	}
	now := time.Now()
	p := riverdriver.JobRescueManyParams{Schema: c.Schema(), StuckHorizon: now}
	for _, job := range jobs {
		said, _ := json.Marshal(rivertype.AttemptError{At: now, Attempt: job.Attempt, Error: why})
		state, finalized := rivertype.JobStateAvailable, (*time.Time)(nil)
		if later {
			state = rivertype.JobStateRetryable
		}
		if job.Attempt >= job.MaxAttempts {
			state, finalized = rivertype.JobStateDiscarded, &now
		}
		p.ID, p.Error, p.FinalizedAt = append(p.ID, job.ID), append(p.Error, said), append(p.FinalizedAt, finalized)
		p.ScheduledAt, p.State = append(p.ScheduledAt, now), append(p.State, string(state))
	}
	_, err := c.Driver().GetExecutor().JobRescueMany(ctx, &p)
	return client.Wrap(err, "giving jobs of a lost process back to the queue")
}
