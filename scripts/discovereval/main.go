// Command discovereval measures refresher discover on labelled databases.
//
//	go run ./scripts/discovereval DIR…
//
// A DIR holds one database: either *.sql files, run in order of name, or *.csv
// files, each a table of text columns with a head line, or both; and labels.csv
// with the head table,column,class, where table is schema.table and columns that
// are not listed hold nothing personal (class none); those of class ? don't count, nor do
// those that are found to let a program act, unless they are labelled as personal.
// It is loaded into a throw-away
// PostgreSQL, classified once with a sample of its rows and once by names alone,
// and compared column by column. --wrong lists the columns that differ.
package main

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/discover"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
)

func main() {
	wrong := flag.Bool("wrong", false, "list the columns that differ")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, flag.Args(), *wrong); err != nil {
		fmt.Fprintln(os.Stderr, "discovereval:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, dirs []string, wrong bool) (err error) {
	if len(dirs) == 0 {
		return errors.New("name a folder with *.sql or *.csv and labels.csv")
	}
	cluster, err := pgserver.Start(ctx, pgserver.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	fmt.Fprintln(w, "| database | columns | personal | with a sample: precision | recall | class right | names "+
		"alone: precision | recall |")
	fmt.Fprintln(w, "|---|---:|---:|---:|---:|---:|---:|---:|")
	var sum, sumNames score
	for i, dir := range dirs {
		with, names, err := measure(ctx, cluster, fmt.Sprintf("eval%d", i), dir, wrong)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		row(w, filepath.Base(dir), with, names)
		sum.add(with)
		sumNames.add(names)
	}
	row(w, "**all**", sum, sumNames)
	return nil
}

func row(w io.Writer, name string, s, names score) {
	fmt.Fprintf(w, "| %s | %d | %d | %.2f | %.2f | %.2f | %.2f | %.2f |\n", name, s.columns, s.hit+s.missed,
		s.precision(), s.recall(), s.right(), names.precision(), names.recall())
}

// score counts columns.
type score struct{ columns, hit, missed, false, class int }

func (s *score) add(o score) {
	s.columns += o.columns
	s.hit += o.hit
	s.missed += o.missed
	s.false += o.false
	s.class += o.class
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

func (s score) precision() float64 { return ratio(s.hit, s.hit+s.false) }
func (s score) recall() float64    { return ratio(s.hit, s.hit+s.missed) }
func (s score) right() float64     { return ratio(s.class, s.hit) }

func measure(ctx context.Context, cluster *pgserver.Cluster, db, dir string, wrong bool) (with, names score,
	err error) {
	labels, err := readLabels(filepath.Join(dir, "labels.csv"))
	if err != nil {
		return with, names, err
	}
	conn, err := load(ctx, cluster, db, dir)
	if err != nil {
		return with, names, err
	}
	defer conn.Close(ctx)
	cat, err := catalog.Load(ctx, conn)
	if err != nil {
		return with, names, err
	}
	survey, err := discover.Database(ctx, conn, cat, discover.Options{})
	if err != nil {
		return with, names, err
	}
	if _, err := survey.Draft(nil); err != nil {
		return with, names, fmt.Errorf("the draft: %w", err)
	}
	with, lines := compare(cat, survey.Findings(nil), labels)
	names, _ = compare(cat, discover.Names(cat).Findings(nil), labels)
	if wrong {
		for _, l := range lines {
			fmt.Fprintf(os.Stderr, "%s: %s\n", filepath.Base(dir), l)
		}
	}
	return with, names, nil
}

// compare leaves partitions out, which are their parents again.
func compare(cat *catalog.Catalog, findings []discover.Finding, labels map[[2]string]string) (score, []string) {
	var s score
	var lines []string
	meant := classes()
	parts := map[string]bool{}
	for _, t := range cat.Tables {
		parts[t.Name.String()] = t.IsPartition
	}
	seen := map[[2]string]bool{}
	for _, f := range findings {
		if parts[f.Table] {
			continue
		}
		key := [2]string{f.Table, f.Column}
		seen[key] = true
		label := cmp.Or(labels[key], "none")
		if label == "?" || label == "none" && f.Class == pii.Capability {
			continue
		}
		s.columns++
		switch is, said := label != "none", f.Class != "none"; {
		case is && said:
			s.hit++
			if string(f.Class) == label || slices.Contains(meant[label], string(f.Class)) {
				s.class++
			} else {
				lines = append(lines, fmt.Sprintf("class  %s.%s as %s, which is %s: %s (%.2f)", f.Table, f.Column,
					f.Class, label, f.Reason, f.Confidence))
			}
		case is:
			s.missed++
			lines = append(lines, fmt.Sprintf("missed %s.%s, which is %s: %s (%.2f)", f.Table, f.Column, label,
				f.Reason,
				f.Confidence))
		case said:
			s.false++
			lines = append(lines, fmt.Sprintf("false  %s.%s as %s: %s (%.2f)", f.Table, f.Column, f.Class, f.Reason,
				f.Confidence))
		}
	}
	for key := range labels {
		if !seen[key] {
			lines = append(lines, fmt.Sprintf("no column %s.%s", key[0], key[1]))
		}
	}
	slices.Sort(lines)
	return s, lines
}

//go:embed classes.txt
var classesText string

// classes maps labels that are no classes of refresher to those that are meant by them.
func classes() map[string][]string {
	meant := map[string][]string{}
	for line := range strings.Lines(classesText) {
		if label, list, ok := strings.Cut(line, ":"); ok && line[0] != '#' {
			meant[label] = strings.Fields(list)
		}
	}
	return meant
}

func readLabels(path string) (map[[2]string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	labels := map[[2]string]string{}
	for i, r := range rows {
		if i == 0 {
			continue
		}
		if len(r) != 3 {
			return nil, fmt.Errorf("%s:%d: want table,column,class", path, i+1)
		}
		labels[[2]string{r[0], r[1]}] = r[2]
	}
	return labels, nil
}

func load(ctx context.Context, cluster *pgserver.Cluster, db, dir string) (*pgx.Conn, error) {
	admin, err := pgx.Connect(ctx, cluster.URL(pgserver.User))
	if err != nil {
		return nil, err
	}
	defer admin.Close(ctx)
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+db); err != nil {
		return nil, err
	}
	scripts, err := filepath.Glob(filepath.Join(dir, "*.sql"))
	if err != nil {
		return nil, err
	}
	for _, path := range scripts {
		// What fails (owners, extensions that are not here) is left out.
		cmd := exec.CommandContext(ctx, cluster.Tool("psql"), "-q", "-X", "-d", cluster.URL(db), "-f",
			filepath.Base(path))
		cmd.Dir, cmd.Stdout = dir, io.Discard
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("psql on %s: %w", path, err)
		}
	}
	conn, err := pgx.Connect(ctx, cluster.URL(db))
	if err != nil {
		return nil, err
	}
	tables, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	for _, path := range tables {
		if filepath.Base(path) == "labels.csv" || len(scripts) > 0 {
			continue
		}
		if err := loadCSV(ctx, conn, path); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if err == nil {
		_, err = conn.Exec(ctx, "ANALYZE")
	}
	return conn, err
}

// loadCSV makes a table of a file's name, without the ending, in schema public.
func loadCSV(ctx context.Context, conn *pgx.Conn, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	head, err := r.Read()
	if err != nil {
		return err
	}
	table := strings.TrimSuffix(filepath.Base(path), ".csv")
	cols := make([]string, len(head))
	for i, h := range head {
		cols[i] = catalog.Quote(h) + " text"
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE "+catalog.Quote(table)+" ("+strings.Join(cols, ", ")+")"); err != nil {
		return err
	}
	rows, err := r.ReadAll()
	if err != nil {
		return err
	}
	_, err = conn.CopyFrom(ctx, pgx.Identifier{table}, head, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		out := make([]any, len(head))
		for j := range head {
			if j < len(rows[i]) && rows[i][j] != "" {
				out[j] = rows[i][j]
			}
		}
		return out, nil
	}))
	return err
}
