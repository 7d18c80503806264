package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"refresher"
	"refresher/internal/fault"
	"refresher/internal/report/visible"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/testkit/s3server"
	"refresher/internal/testkit/shop"
)

func (a *app) demoCommand() *cobra.Command {
	var users int
	var keep bool
	cmd := &cobra.Command{
		Use: "demo", Short: "The whole pipeline on throw-away local servers, with sample data", Args: maxArgs(0),
		Long: `demo starts a production primary, a hot standby that streams from it, a separate
staging server and an S3 server, all on loopback and in temporary folders; fills
production with invented customers; runs one refresh; and shows what came out.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if users < 10 || users > 10_000_000 {
				return fault.BadInput("--users must be from 10 to 10000000")
			}
			return a.demo(cmd.Context(), users, keep)
		},
	}
	cmd.Flags().IntVar(&users, "users", 5000, "customers in the sample production database")
	cmd.Flags().BoolVar(&keep, "keep", false, "leave the servers up until interrupted")
	return cmd
}

// demoServers are what a demo runs on.
type demoServers struct {
	primary, standby, staging *pgserver.Cluster
	s3                        *s3server.Server
}

const demoDatabase = "experimentation"

func (a *app) demo(ctx context.Context, users int, keep bool) (err error) {
	dir, err := os.MkdirTemp("", "refresher-demo-")
	if err != nil {
		return fmt.Errorf("making the demo's folder: %w", err)
	}
	fmt.Fprintln(a.err, "Starting a primary, a hot standby, a staging server and an S3 server on loopback …")
	var s demoServers
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := s.start(ctx); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "Filling production with %s invented customers …\n", visible.Count(int64(users)))
	if err := s.fill(ctx, users); err != nil {
		return err
	}
	path, err := s.writeConfig(dir)
	if err != nil {
		return err
	}
	demo := *a
	demo.configPath = path
	if demo.getenv, err = s.environment(a.getenv, filepath.Join(dir, demoEnv)); err != nil {
		return err
	}
	in, err := demo.load()
	if err != nil {
		return err
	}
	o, err := demo.options(ctx, in)
	if err != nil {
		return err
	}
	o.KeepShadow = keep
	rep, err := demo.refresh(ctx, in.config, o)
	reportPath := filepath.Join(dir, "report.html")
	if rep != nil {
		err = errors.Join(err, writeReport(rep, reportPath))
	}
	if err == nil {
		err = a.beforeAfter(ctx, s)
	}
	a.whereToLook(s, path, reportPath, keep)
	if keep {
		<-ctx.Done()
		return os.RemoveAll(dir)
	}
	return err
}

func (s *demoServers) start(ctx context.Context) error {
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		if s.primary, err = pgserver.Start(gctx, pgserver.Options{}); err != nil {
			return err
		}
		s.standby, err = s.primary.Standby(gctx)
		return err
	})
	group.Go(func() (err error) {
		s.staging, err = pgserver.Start(gctx, pgserver.Options{})
		return err
	})
	group.Go(func() (err error) {
		s.s3, err = s3server.Fake(ctx) // in this process: it lives as long as the demo
		if err != nil {
			return err
		}
		return s.s3.CreateBucket(ctx, "acme-dev-data")
	})
	return group.Wait()
}

func (s *demoServers) stop() error {
	var errs []error
	if s.s3 != nil {
		s.s3.Stop()
	}
	for _, c := range []*pgserver.Cluster{s.staging, s.primary} { // the standby goes with its primary
		if c != nil {
			errs = append(errs, c.Stop())
		}
	}
	return errors.Join(errs...)
}

func (s *demoServers) fill(ctx context.Context, users int) error {
	conn, err := pgx.Connect(ctx, s.primary.URL(pgserver.User))
	if err != nil {
		return fmt.Errorf("connecting to the sample production server: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+demoDatabase); err != nil {
		return fmt.Errorf("making the sample production database: %w", err)
	}
	if err := shop.Load(ctx, s.primary.URL(demoDatabase), shop.Options{Users: users, Seed: 1}); err != nil {
		return err
	}
	return s.primary.WaitReplay(ctx, s.standby)
}

const demoConfig = `# Written by refresher demo. A real one looks just like this.
source:
  url: ${DATABASE_REPLICA_URL}
  require_replica: true
staging:
  url: ${DATABASE_URL}
rules: [experimentation.yaml, experimentation-risk.yaml]
key: env:REFRESHER_KEY
buckets:
  - {name: dev, url: s3://acme-dev-data/experimentation, content: sample, formats: [pgdump, parquet],
     sample: {roots: [public.users], percent: 5}, keep: 4}
s3: {endpoint: "${MLFLOW_S3_ENDPOINT_URL:-}", path_style: true}
schedule: {cron: "0 3 * * 0", timezone: UTC}
`

func (s *demoServers) writeConfig(dir string) (string, error) {
	path := filepath.Join(dir, "refresher.yaml")
	err := errors.Join(os.WriteFile(path, []byte(demoConfig), 0o600),
		os.WriteFile(filepath.Join(dir, "experimentation.yaml"), []byte(refresher.ExperimentationRules), 0o600),
		os.WriteFile(filepath.Join(dir, "experimentation-risk.yaml"), []byte(refresher.ExperimentationRisk), 0o600))
	if err != nil {
		return "", fmt.Errorf("writing the demo's configuration: %w", err)
	}
	return path, nil
}

// demoEnv holds the variables of the demo's configuration, for --env-file.
const demoEnv = "demo.env"

// environment is the process's, with what the demo's configuration asks for, which is
// written to a file, too. S3 credentials go through the process's own environment, since
// the SDK reads it.
func (s *demoServers) environment(outer func(string) (string, bool), file string) (func(string) (string, bool), error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	aws := map[string]string{"AWS_ACCESS_KEY_ID": s.s3.AccessKey, "AWS_SECRET_ACCESS_KEY": s.s3.SecretKey, "AWS_REGION": "us-east-1"}
	for name, value := range aws {
		_ = os.Setenv(name, value) // fails only for a bad name
	}
	vars := map[string]string{
		"DATABASE_REPLICA_URL":   s.standby.URL(demoDatabase),
		"DATABASE_URL":           s.staging.URL(demoDatabase),
		"MLFLOW_S3_ENDPOINT_URL": s.s3.Endpoint,
		"REFRESHER_KEY":          hex.EncodeToString(key),
	}
	maps.Copy(vars, aws)
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		fmt.Fprintf(&text, "%s=%s\n", name, vars[name])
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		return nil, fmt.Errorf("writing the demo's variables: %w", err)
	}
	return func(name string) (string, bool) {
		if v, ok := vars[name]; ok {
			return v, true
		}
		return outer(name)
	}, nil
}

// beforeAfter shows three customers as production and as staging have them.
func (a *app) beforeAfter(ctx context.Context, s demoServers) error {
	const query = `SELECT id, full_name, email, phone, national_id, host(signup_ip), street || ', ' || city, date_of_birth::text
		FROM users ORDER BY id LIMIT 3`
	before, err := fetch(ctx, s.standby.URL(demoDatabase), query)
	if err != nil {
		return err
	}
	after, err := fetch(ctx, s.staging.URL(demoDatabase), query)
	if err != nil {
		return err
	}
	labels := []string{"id", "name", "e-mail", "phone", "national id", "ip", "address", "born"}
	fmt.Fprintf(a.err, "\nThree customers, before and after:\n")
	for i := range min(len(before), len(after)) {
		fmt.Fprintln(a.err)
		for j, label := range labels {
			fmt.Fprintln(a.err, pairLine(label, before[i][j], after[i][j], a.columns))
		}
	}
	return nil
}

// pairLine shows two values side by side, or on a terminal that is too narrow for both, one below the other.
func pairLine(label, before, after string, columns int) string {
	line := fmt.Sprintf("  %-12s %-42s → %s", label, before, after)
	if columns > 0 && uniseg.StringWidth(line) >= columns {
		return fmt.Sprintf("  %-12s %s\n%15s→ %s", label, before, "", after)
	}
	return line
}

func fetch(ctx context.Context, url, query string) ([][]string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connecting to show the result: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("reading the result: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]string, error) {
		values, err := row.Values()
		if err != nil {
			return nil, err
		}
		out := make([]string, len(values))
		for i, v := range values {
			if out[i] = fmt.Sprint(v); v == nil {
				out[i] = "NULL"
			}
		}
		return out, nil
	})
}

func (a *app) whereToLook(s demoServers, config, reportPath string, keep bool) {
	fmt.Fprintf(a.err, "\nReport:   file://%s\nConfig:   %s\n", reportPath, config)
	if !keep {
		fmt.Fprintf(a.err, "The servers are stopped now; `refresher demo --keep` leaves them up to look around in.\n")
		return
	}
	fmt.Fprintf(a.err, "Source:   psql '%s'\nStaging:  psql '%s'\n", s.standby.URL(demoDatabase),
		s.staging.URL(demoDatabase))
	fmt.Fprintf(a.err, "Bucket:   aws --endpoint-url %s s3 ls --recursive s3://acme-dev-data/   (key %s, secret %s)\n",
		s.s3.Endpoint, s.s3.AccessKey, s.s3.SecretKey)
	fmt.Fprintf(a.err, "Again:    refresher run --config %s --env-file %s\n", config,
		filepath.Join(filepath.Dir(config), demoEnv))
	fmt.Fprintf(a.err, "Up since %s; Ctrl-C stops and removes everything.\n", time.Now().Format(time.TimeOnly))
}
