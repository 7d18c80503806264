package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"refresher"
	"refresher/internal/config"
	"refresher/internal/fault"
)

// initAnswers are what init asks for or takes as flags.
type initAnswers struct {
	source, staging, bucket, key, rules string
	dir                                 string
}

func (a *app) initCommand() *cobra.Command {
	var in initAnswers
	cmd := &cobra.Command{
		Use: "init", Short: "Write a configuration, a key, a first draft of rules and the grants", Args: maxArgs(0),
		Long: `init writes what a first refresh needs into a folder: refresher.yaml, .env with the URLs
that were given, a key, the statements that give each role what it needs (grants-source.sql,
grants-staging.sql), JSON Schemas for editors, and a draft of rules if the source can be read
already. A URL without a password gets a new one.

It asks for what no flag says, if there is a terminal. A URL may also be written as the
name of the variable that holds it. No file that exists is changed.`,
		Example: `  refresher init
  refresher init --source postgres://reader@replica/app --staging postgres://refresher@staging/app
  refresher doctor --env-file .env`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.initialise(cmd.Context(), in) },
	}
	cmd.Flags().StringVar(&in.source, "source", "",
		"URL of the production replica, or the variable that holds it (default DATABASE_REPLICA_URL)")
	cmd.Flags().StringVar(&in.staging, "staging", "",
		"URL of the database to replace, or the variable that holds it (default DATABASE_URL)")
	cmd.Flags().StringVar(&in.bucket, "bucket", "",
		"s3://bucket/prefix or file:///folder for a sampled dataset; empty: none")
	cmd.Flags().StringVar(&in.key, "key", "",
		"secret reference of the masking key; empty: a new one in the file refresher.key")
	cmd.Flags().StringVar(&in.rules, "rules", "rules/app.yaml", "the rules file to draft")
	cmd.Flags().StringVar(&in.dir, "dir", ".", "the folder to write into")
	return cmd
}

func (a *app) initialise(ctx context.Context, in initAnswers) error {
	if err := a.ask(&in); err != nil {
		return err
	}
	files := in.files()
	if err := createAll(in.dir, files); err != nil {
		return err
	}
	for _, f := range files {
		fmt.Fprintf(a.err, "wrote %s\n", filepath.Join(in.dir, f.name))
	}
	flag := ""
	if in.env() != "" {
		flag = " --env-file .env"
	}
	discover := ""
	if !a.firstDraft(ctx, in) {
		discover = fmt.Sprintf("\n     refresher discover%s --output %s", flag, in.rules)
	}
	fmt.Fprintf(a.err, `
Next:
  1. have %[3]s run on production's primary and %[4]s on the staging server
  2. refresher doctor%[1]s, which says what is missing, and the statement that mends it%[5]s
  3. read %[2]s line by line; refresher check%[1]s
  4. refresher run%[1]s --dry-run, then refresher run%[1]s
Keep .env and refresher.key out of version control.
`, flag, in.rules, grantsSource, grantsStaging, discover)
	return nil
}

// ask asks for what no flag says; without a terminal the defaults stand.
func (a *app) ask(in *initAnswers) error {
	var lines *bufio.Scanner
	if a.terminal {
		lines = bufio.NewScanner(a.stdin())
	}
	for _, q := range []struct {
		what, fallback string
		into           *string
	}{
		{"URL of the production replica, or the variable that holds it", "DATABASE_REPLICA_URL", &in.source},
		{"URL of the staging database to replace, or the variable that holds it", "DATABASE_URL", &in.staging},
		{"bucket for a sampled dataset, s3://bucket/prefix or file:///folder (empty: none)", "", &in.bucket},
	} {
		if *q.into == "" && lines != nil {
			fmt.Fprintf(a.err, "%s [%s]: ", q.what, q.fallback)
			if lines.Scan() {
				*q.into = strings.TrimSpace(lines.Text())
			}
		}
		if *q.into == "" {
			*q.into = q.fallback
		}
	}
	if err := in.check(); err != nil {
		return err
	}
	in.source, in.staging = withRole(in.source, "refresher_reader"), withRole(in.staging, "refresher_staging")
	return nil
}

// check finds bad answers before a file is written.
func (in *initAnswers) check() error {
	for flag, value := range map[string]string{"--source": in.source, "--staging": in.staging} {
		if !isURL(value) {
			if !config.IsVariable(value) {
				return fault.BadInput("%s must be a postgres:// URL or the name of a variable", flag)
			}
			continue
		}
		if _, err := pgx.ParseConfig(value); err != nil {
			return fault.BadInput("%s is not a PostgreSQL connection URL", flag)
		}
	}
	if in.bucket != "" && !strings.HasPrefix(in.bucket, "s3://") && !strings.HasPrefix(in.bucket, "file:///") {
		return fault.BadInput("--bucket must be s3://bucket/prefix or file:///folder")
	}
	return nil
}

func isURL(s string) bool { return strings.Contains(s, "://") }

// initFile is a file that init writes.
type initFile struct {
	name, text string
	mode       fs.FileMode
}

func (in *initAnswers) files() []initFile {
	source, staging := in.grants()
	files := []initFile{
		{"refresher.yaml", in.yaml(), 0o644},
		{grantsSource, source, 0o644},
		{grantsStaging, staging, 0o644},
		{config.SchemaName, string(config.Schema()), 0o644},
		{filepath.Join(filepath.Dir(in.rules), "schema.json"), refresher.RulesSchema, 0o644},
	}
	if env := in.env(); env != "" {
		files = append(files, initFile{".env", env, 0o600})
	}
	if in.key == "" {
		files = append(files, initFile{"refresher.key", newSecret(32) + "\n", 0o600})
	}
	return files
}

// createAll writes files that must not exist: all of them, or none.
func createAll(dir string, files []initFile) error {
	var there []string
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, f.name)); err == nil {
			there = append(there, f.name)
		}
	}
	if len(there) > 0 {
		return fault.BadInput("%s: there already, and init changes no file: remove them, or choose another --dir",
			strings.Join(there, ", "))
	}
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("making the folder of %s: %w", f.name, err)
		}
		if err := os.WriteFile(path, []byte(f.text), f.mode); err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
	}
	return nil
}

// variableOf is the variable that the configuration names for an answer.
func variableOf(answer, standard string) string {
	if isURL(answer) {
		return standard
	}
	return answer
}

func (in *initAnswers) yaml() string {
	key := in.key
	if key == "" {
		key = "file:refresher.key"
	}
	text := fmt.Sprintf(`# yaml-language-server: $schema=%s
source:
  url: ${%s:?the URL of the production replica}
  require_replica: true            # refuse a primary: point the URL at a hot standby, or say false
staging:
  url: ${%s:?the URL of the database to replace}
rules: [%s]
key: %s
schedule: {cron: "0 3 * * 0", timezone: UTC}     # for refresher serve
`, config.SchemaName, variableOf(in.source, "DATABASE_REPLICA_URL"), variableOf(in.staging, "DATABASE_URL"), in.rules, key)
	if in.bucket != "" {
		text += fmt.Sprintf(`buckets:
  - {name: dev, url: %s, content: sample, formats: [pgdump, parquet],
     sample: {roots: [public.users], percent: 1}, keep: 4}     # roots: the tables that the sample begins with
`, in.bucket)
	}
	return text
}

// env holds the URLs that were given, empty if none was.
func (in *initAnswers) env() string {
	text := ""
	for _, v := range []struct{ name, value string }{{"DATABASE_REPLICA_URL", in.source}, {"DATABASE_URL", in.staging}} {
		if !isURL(v.value) {
			continue
		}
		if line, ok := config.EnvLine(v.name, v.value); ok {
			text += line
		}
	}
	return text
}

// firstDraft drafts rules if the source can be read; if not, it says why.
func (a *app) firstDraft(ctx context.Context, in initAnswers) bool {
	url := in.source
	if !isURL(url) {
		url, _ = a.getenv(url)
	}
	path := filepath.Join(in.dir, in.rules)
	if url == "" {
		fmt.Fprintln(a.err, "no rules yet: the source's URL is not known here")
		return false
	}
	d := discovery{format: "yaml", source: url, output: path, rows: 400, timeout: 10 * time.Second}
	if err := a.discover(ctx, d); err != nil {
		if !errors.Is(err, context.Canceled) {
			fmt.Fprintf(a.err, "no rules yet: the source could not be read: %v\n", err)
		}
		return false
	}
	fmt.Fprintf(a.err, "wrote %s\n", path)
	return true
}
