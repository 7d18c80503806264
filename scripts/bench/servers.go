package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/testkit/pgserver"
	"refresher/internal/testkit/s3server"
)

// source is the name of the database on both servers.
const source = "production"

// site is a production with its standby, a staging server and a bucket, all on this machine.
type site struct {
	data                      database
	dir                       string
	primary, standby, staging *pgserver.Cluster
	s3                        *s3server.Server
	tables                    string // file with a line a table, for the floor
	key                       string
}

func start(ctx context.Context, d database, gb float64) (s *site, err error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	s = &site{data: d, key: hex.EncodeToString(key)}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	if s.dir, err = os.MkdirTemp("", "refresher-bench-"); err != nil {
		return nil, err
	}
	config := map[string]string{"shared_buffers": "512MB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
	if s.primary, err = pgserver.Start(ctx, pgserver.Options{Config: config}); err != nil {
		return nil, err
	}
	if s.staging, err = pgserver.Start(ctx, pgserver.Options{Config: config}); err != nil {
		return nil, err
	}
	if s.s3, err = s3server.Versity(ctx); err != nil {
		return nil, err
	}
	if err := s.s3.CreateBucket(ctx, bucket); err != nil {
		return nil, err
	}
	return s, s.fill(ctx, int(gb*float64(d.perGB)))
}

func (s *site) fill(ctx context.Context, n int) (err error) {
	if err := execute(ctx, s.primary.URL("postgres"), "CREATE DATABASE "+source); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "loading %s of %d …\n", s.data.name, n)
	if err := s.data.load(ctx, s.primary.URL(source), n); err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	if s.standby, err = s.primary.Standby(ctx); err != nil {
		return err
	}
	if err := execute(ctx, s.primary.URL(source), "VACUUM ANALYZE"); err != nil {
		return err
	}
	if err := s.primary.WaitReplay(ctx, s.standby); err != nil {
		return err
	}
	return s.list(ctx)
}

func (s *site) stop() {
	for _, c := range []*pgserver.Cluster{s.staging, s.primary} {
		if c != nil {
			_ = c.Stop()
		}
	}
	if s.s3 != nil {
		s.s3.Stop()
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

// list writes down the tables, largest first. Arrays of user-defined types embed OIDs of one cluster
// in their binary form: such tables go as text.
func (s *site) list(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.standby.URL(source))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, `
		SELECT concat_ws(chr(9), format('%I.%I', n.nspname, c.relname), string_agg(quote_ident(a.attname), ',' ORDER BY a.attnum),
		       CASE WHEN bool_or(t.typelem >= 16384) THEN 'text' ELSE 'binary' END)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
		WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		GROUP BY c.oid, n.nspname, c.relname ORDER BY pg_table_size(c.oid) DESC`)
	if err != nil {
		return err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	s.tables = filepath.Join(s.dir, "tables")
	return os.WriteFile(s.tables, []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}

// clear drops what a turn left on staging and writes its dirty pages out.
func (s *site) clear(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.staging.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, `SELECT quote_ident(datname) FROM pg_database
		WHERE NOT datistemplate AND datname NOT IN ('postgres', 'refresher')`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, name := range names {
		_, failed := conn.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
		err = cmp.Or(err, failed)
	}
	if err == nil {
		_, err = conn.Exec(ctx, "CHECKPOINT")
	}
	return err
}

func execute(ctx context.Context, url string, statements ...string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}
