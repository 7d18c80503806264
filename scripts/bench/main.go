// Command bench measures a refresh beside the least that moving the same data
// can cost, in one run on one machine: `make bench`.
//
//	floor      two streams of COPY … binary | COPY … binary by psql, then pg_restore -j2
//	           --section=post-data; masks nothing
//	pg_dump    pg_dump -Fd -j2 -Z0, then pg_restore -j2; masks nothing
//	refresher  the stages schema, data and post-data of `refresher run`, by its own clock
//
// The three take turns, so that a noisy machine is noisy to all of them; what is
// printed are medians and ratios.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher"
	"refresher/internal/report"
	"refresher/internal/report/visible"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/testkit/shop"
)

const database = "experimentation"

type bench struct {
	dir                       string
	bin                       string
	primary, standby, staging *pgserver.Cluster
	tables                    []table
}

type table struct{ name, columns, format string }

func main() {
	users := flag.Int("users", 600_000, "customers; 600000 are about 1 GB as text")
	rounds := flag.Int("rounds", 3, "how often each takes its turn")
	bin := flag.String("refresher", "bin/refresher", "the program to measure")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *users, *rounds, *bin)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, users, rounds int, bin string) error {
	dir, err := os.MkdirTemp("", "refresher-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, bin: bin}
	defer b.stop()
	if err := b.start(ctx, users); err != nil {
		return err
	}
	var floor, dump []float64
	var reports []*report.Report
	for i := range rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d …\n", i+1, rounds)
		f, err := b.floor(ctx)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		d, err := b.dump(ctx)
		if err != nil {
			return fmt.Errorf("pg_dump: %w", err)
		}
		r, err := b.refresh(ctx)
		if err != nil {
			return fmt.Errorf("refresher: %w", err)
		}
		floor, dump, reports = append(floor, f), append(dump, d), append(reports, r)
	}
	b.print(users, floor, dump, reports)
	return nil
}

func (b *bench) start(ctx context.Context, users int) (err error) {
	config := map[string]string{"shared_buffers": "512MB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
	if b.primary, err = pgserver.Start(ctx, pgserver.Options{Config: config}); err != nil {
		return err
	}
	if b.staging, err = pgserver.Start(ctx, pgserver.Options{Config: config}); err != nil {
		return err
	}
	if err := b.sql(ctx, b.primary.URL("postgres"), "CREATE DATABASE "+database); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "loading %d customers …\n", users)
	if err := shop.Load(ctx, b.primary.URL(database), shop.Options{Users: users, Seed: 1}); err != nil {
		return err
	}
	if b.standby, err = b.primary.Standby(ctx); err != nil {
		return err
	}
	if err := b.sql(ctx, b.primary.URL(database), "VACUUM ANALYZE"); err != nil {
		return err
	}
	if err := b.primary.WaitReplay(ctx, b.standby); err != nil {
		return err
	}
	return b.list(ctx)
}

func (b *bench) stop() {
	for _, c := range []*pgserver.Cluster{b.staging, b.primary} {
		if c != nil {
			_ = c.Stop()
		}
	}
}

// list finds the tables, largest first. Arrays of user-defined types embed OIDs
// of one cluster in their binary form: such tables go as text.
func (b *bench) list(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, b.standby.URL(database))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, `
		SELECT format('%I.%I', n.nspname, c.relname), string_agg(quote_ident(a.attname), ',' ORDER BY a.attnum),
		       CASE WHEN bool_or(t.typelem >= 16384) THEN 'text' ELSE 'binary' END
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
		WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		GROUP BY c.oid, n.nspname, c.relname ORDER BY pg_table_size(c.oid) DESC`)
	if err != nil {
		return err
	}
	b.tables, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (t table, err error) {
		return t, r.Scan(&t.name, &t.columns, &t.format)
	})
	return err
}

func (b *bench) sql(ctx context.Context, url string, statements ...string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// fresh makes an empty database on staging, with dirty pages of the last turn gone.
func (b *bench) fresh(ctx context.Context, name string) error {
	return b.sql(ctx, b.staging.URL("postgres"), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)",
		"CREATE DATABASE "+name+" TEMPLATE template0", "CHECKPOINT")
}

func (b *bench) shell(ctx context.Context, script string, args ...string) error {
	cmd := exec.CommandContext(ctx, "bash", append([]string{"-euo", "pipefail", "-c", script, "bash"}, args...)...)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(b.primary.Tool("psql"))+":"+os.Getenv("PATH"),
		"FROM="+b.standby.URL(database), "TO="+b.staging.URL("floor"), "DIR="+b.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func (b *bench) floor(ctx context.Context) (float64, error) {
	if err := b.fresh(ctx, "floor"); err != nil {
		return 0, err
	}
	if err := b.shell(ctx, `pg_dump -Fc --schema-only -d "$FROM" -f "$DIR/schema" && pg_restore --section=pre-data --no-owner -d "$TO" "$DIR/schema"`); err != nil {
		return 0, err
	}
	var args []string
	for _, t := range b.tables {
		args = append(args, t.name, t.columns, t.format)
	}
	began := time.Now()
	err := b.shell(ctx, `
		one() { psql -qX -d "$FROM" -c "COPY (SELECT $2 FROM ONLY $1) TO STDOUT (FORMAT $3)" | psql -qX -d "$TO" -c "COPY $1 ($2) FROM STDIN (FORMAT $3)"; }
		export -f one
		printf '%s\0' "$@" | xargs -0 -n3 -P2 bash -euo pipefail -c 'one "$@"' bash
		pg_restore -j2 --section=post-data --no-owner -d "$TO" "$DIR/schema"`, args...)
	return time.Since(began).Seconds(), err
}

func (b *bench) dump(ctx context.Context) (float64, error) {
	if err := b.fresh(ctx, "floor"); err != nil {
		return 0, err
	}
	began := time.Now()
	err := b.shell(
		ctx,
		`rm -rf "$DIR/dump"; pg_dump -Fd -j2 -Z0 -d "$FROM" -f "$DIR/dump" && pg_restore -j2 --no-owner -d "$TO" "$DIR/dump"; rm -rf "$DIR/dump"`,
	)
	return time.Since(began).Seconds(), err
}

// key is random, as refresher wants it, and protects nothing.
const key = "c24f8a7be19d03f65a40d7917be2c8135f6e90ab47d1c38e02fb96754ad8e31c"

const config = `
source: {url: "${FROM}", require_replica: true}
staging: {url: "${TO}"}
rules: [rules.yaml]
key: env:BENCH_KEY
workers: 2
`

func (b *bench) refresh(ctx context.Context) (*report.Report, error) {
	if err := b.sql(ctx, b.staging.URL("postgres"), "DROP DATABASE IF EXISTS floor WITH (FORCE)",
		"DROP DATABASE IF EXISTS "+database+" WITH (FORCE)",
		"DROP DATABASE IF EXISTS "+database+"_previous WITH (FORCE)", "CHECKPOINT"); err != nil {
		return nil, err
	}
	path := filepath.Join(b.dir, "refresher.yaml")
	for name, text := range map[string]string{path: config, filepath.Join(b.dir, "rules.yaml"): refresher.ExperimentationRules} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	program := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, b.bin, append(args, "--config", path)...)
		cmd.Env = append(os.Environ(), "FROM="+b.standby.URL(database), "TO="+b.staging.URL(database),
			"BENCH_KEY="+key)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, stderr.String())
		}
		return out, nil
	}
	if _, err := program("run"); err != nil {
		return nil, err
	}
	list, err := program("runs", "--format", "json")
	if err != nil {
		return nil, err
	}
	var runs []struct{ Run string }
	if err := json.Unmarshal(list, &runs); err != nil {
		return nil, err
	}
	doc, err := program("runs", runs[0].Run, "--format", "json")
	if err != nil {
		return nil, err
	}
	r := &report.Report{}
	return r, json.Unmarshal(doc, r)
}

func (b *bench) print(users int, floor, dump []float64, reports []*report.Report) {
	stage := func(names ...string) []float64 {
		var out []float64
		for _, r := range reports {
			out = append(out, r.Seconds(names...))
		}
		return out
	}
	peak := func(name string) (most int64) {
		for _, r := range reports {
			for _, s := range r.Stages {
				if s.Name == name {
					most = max(most, s.PeakRSS)
				}
			}
		}
		return most
	}
	rows, bytes := reports[0].Totals()
	ours, fl, du := median(stage("schema", "data", "post-data")), median(floor), median(dump)
	var all []string
	for _, s := range reports[0].Stages {
		all = append(all, s.Name)
	}
	ver, whole := median(stage("verify")), median(stage(all...))
	fmt.Printf("%s customers, %s rows, %s as COPY carries them, PostgreSQL %d, medians of %d rounds\n\n",
		visible.Count(int64(users)), visible.Count(rows), visible.Size(bytes), b.staging.Major(), len(floor))
	fmt.Println("| what | masks? | median s | min–max s | ratio to the floor |\n|---|---|---|---|---|")
	row := func(name, masks string, xs []float64) {
		fmt.Printf("| %s | %s | %.1f | %.1f–%.1f | %.2f |\n", name, masks, median(xs), slices.Min(xs), slices.Max(xs),
			median(xs)/fl)
	}
	row("floor: 2 × (COPY binary \\| COPY binary), pg_restore -j2 post-data", "no", floor)
	row("pg_dump -Fd -j2 -Z0, pg_restore -j2", "no", dump)
	row("**refresher: schema + data + post-data**", "yes", stage("schema", "data", "post-data"))
	for _, s := range []string{"schema", "data", "post-data", "analyze", "verify"} {
		row("  of a run: "+s, "", stage(s))
	}
	fmt.Printf("\nscrubbed refresh / floor: %.2f · scrubbed refresh / unmasked pg_dump|pg_restore: %.2f\n", ours/fl,
		ours/du)
	fmt.Printf("verification: %.0f%% of the run's wall time, %.0f%% beside schema, data and post-data alone\n",
		100*ver/whole, 100*ver/ours)
	fmt.Printf("peak RSS of refresher: %s before verification, %s with it\n", visible.Size(peak("analyze")),
		visible.Size(peak("promote")))
}

func median(xs []float64) float64 {
	s := slices.Sorted(slices.Values(xs))
	return s[len(s)/2]
}
