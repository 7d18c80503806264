package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/discover"
	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/report/visible"
	"refresher/internal/scrub/rules"
)

// discovery is one call of refresher discover.
type discovery struct {
	format, source, output string
	fromRun                string
	whole, namesOnly       bool
	rows                   int
	timeout                time.Duration
}

// What discover samples of a table, and how long it takes at most.
const (
	defaultSample  = 400
	defaultTimeout = 10 * time.Second
)

func (a *app) discoverCommand() *cobra.Command {
	d := discovery{}
	cmd := &cobra.Command{
		Use:   "discover [PIPELINE]",
		Short: "Classify columns by name, type and sampled values; write a draft ruleset", Args: a.onePipeline(),
		Long: `discover reads the source's catalog and a small random sample of every table, in
read-only transactions with a time-out, and says what each column seems to hold. It
prints classes, shares and names, never a value.

Without rules it writes a complete draft to stdout: every column with a rule, and a
comment "review:" wherever a person should look. check accepts the draft as it is.
With rules it writes only what they leave open, as a patch to apply with patch -p0.
With --from-run the patch also replaces the rules of the columns in which that run found
personal data, and for which it was refused.`,
		Example: `  refresher discover --source postgres://replica/app > rules/app.yaml
  refresher discover | patch -p0
  refresher discover mlflow > rules/mlflow.yaml
  refresher discover --from-run latest | patch -p0
  refresher discover --format json | jq '.[] | select(.class != "none")'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case d.format != "yaml" && d.format != "json":
				return fault.BadInput("--format must be yaml or json")
			case d.rows < 1 || d.rows > 100_000:
				return fault.BadInput("--rows must be from 1 to 100000")
			case d.fromRun != "" && (d.source != "" || d.whole || d.format == "json"):
				return fault.BadInput("--from-run patches the configuration's rules: leave --source, --all and " +
					"--format json out")
			case d.timeout < time.Second || d.timeout > time.Hour:
				return fault.BadInput("--timeout must be from 1s to 1h")
			}
			return a.discover(cmd.Context(), d)
		},
	}
	cmd.Flags().
		StringVar(&d.format, "format", "yaml", "yaml, the draft or patch; or json, what every column seems to hold")
	cmd.Flags().StringVar(&d.source, "source", "",
		"read this database (postgres://…) instead of the configuration's source; then no configuration is needed")
	cmd.Flags().StringVar(&d.output, "output", "", "write to this new file instead of stdout")
	cmd.Flags().StringVar(&d.fromRun, "from-run", "", "patch the rules by what this run found: its ID, or latest")
	cmd.Flags().BoolVar(&d.whole, "all", false, "write the whole draft although there are rules")
	cmd.Flags().BoolVar(&d.namesOnly, "names-only", false, "read no rows: classify by names, types, comments and keys")
	cmd.Flags().IntVar(&d.rows, "rows", defaultSample, "rows to sample of each table")
	cmd.Flags().DurationVar(&d.timeout, "timeout", defaultTimeout,
		"for reading the sample of one table; a table that takes longer is classified by its names")
	return cmd
}

func (a *app) discover(ctx context.Context, d discovery) error {
	existing, files, source, err := a.discoverInputs(ctx, d)
	if err != nil {
		return err
	}
	base := existing
	if d.whole || d.format == "json" {
		base = nil
	}
	survey, draft, cat, err := a.survey(ctx, d, source, base)
	if err != nil {
		return err
	}
	for _, n := range survey.Notes {
		fmt.Fprintf(a.err, "note: %s\n", n)
	}
	var text []byte
	if d.fromRun != "" {
		text, err = a.patchRun(ctx, d.fromRun, draft, files, base)
	} else {
		text, err = d.text(survey, draft, base, files)
	}
	if err != nil {
		return err
	}
	a.discovered(survey, draft, cat, base != nil, len(text) == 0)
	return a.emit(d.output, text)
}

// discoverInputs are the rules that there are, nil if none, their files, and where to read.
func (a *app) discoverInputs(ctx context.Context, d discovery) (*rules.Ruleset, []string, *pgx.ConnConfig, error) {
	if d.source != "" {
		cfg, err := client.ParseFlag("--source", d.source)
		if err != nil {
			return nil, nil, nil, err
		}
		if err := config.Secure(cfg); err != nil {
			return nil, nil, nil, err
		}
		return nil, nil, cfg, nil
	}
	c, err := a.loadConfig()
	if err != nil {
		return nil, nil, nil, err
	}
	cfg, err := c.SourceConfig(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	var files []string
	for _, f := range c.Rules {
		if info, err := os.Stat(f); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			continue // to be written
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return nil, nil, cfg, nil
	}
	existing, err := rules.Load(files)
	return existing, files, cfg, err
}

// survey reads the catalog and the samples, and drafts rules for what base leaves open.
func (a *app) survey(ctx context.Context, d discovery, cfg *pgx.ConnConfig, base *rules.Ruleset) (
	*discover.Survey, *discover.Draft, *catalog.Catalog, error,
) {
	conn, err := client.Open(ctx, cfg, client.Session{
		To: "the source", Name: "refresher/discover", ReadOnly: true,
		Settings: map[string]string{"lock_timeout": "10s"},
	})
	if err != nil {
		return nil, nil, nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	cat, err := catalog.Load(ctx, conn)
	if err != nil {
		return nil, nil, nil, err
	}
	var packs []string
	if base == nil && d.format != "json" {
		if packs, base, err = packsOf(cat); err != nil {
			return nil, nil, nil, err
		}
	}
	if d.namesOnly {
		s := discover.Names(cat)
		draft, err := s.Draft(base)
		if err == nil {
			draft.Packs = packs
		}
		return s, draft, cat, err
	}
	o := discover.Options{Rows: d.rows, Timeout: d.timeout}
	if a.terminal {
		o.Progress = func(t catalog.Name, at, total int) {
			fmt.Fprintf(a.raw, "\r\x1b[K%d of %d  %s", at+1, total, visible.Line(t.String()))
		}
		defer fmt.Fprint(a.raw, "\r\x1b[K")
	}
	s, err := discover.Database(ctx, conn, cat, o)
	if err != nil {
		return nil, nil, nil, err
	}
	draft, err := s.DraftOn(ctx, conn, base)
	if err == nil {
		draft.Packs = packs
	}
	return s, draft, cat, err
}

// packsOf are the packs for tables that a database has, and what they say; nil if none is.
func packsOf(cat *catalog.Catalog) (names []string, packs *rules.Ruleset, err error) {
	if names = rules.PacksOf(cat); len(names) == 0 {
		return nil, nil, nil
	}
	text := "version: 1\ninclude: [" + rules.Builtin + strings.Join(names, ", "+rules.Builtin) + "]\ntables: {}\n"
	packs, err = rules.Parse("packs", []byte(text))
	return names, packs, err
}

func (d discovery) text(s *discover.Survey, draft *discover.Draft, existing *rules.Ruleset,
	files []string) ([]byte, error) {
	if d.format == "json" {
		b, err := json.MarshalIndent(s.Findings(draft), "", "  ")
		return append(b, '\n'), err
	}
	if existing == nil {
		return []byte(draft.YAML()), nil
	}
	return draft.Patch(files, existing)
}

// discovered says in a few lines what came out.
func (a *app) discovered(s *discover.Survey, draft *discover.Draft, cat *catalog.Catalog, patch, nothing bool) {
	held := 0
	findings := s.Findings(draft)
	for _, f := range findings {
		if f.Class != "none" {
			held++
		}
	}
	fmt.Fprintf(a.err, "%s: %d columns in %d tables; %d seem to hold personal data\n", cat.Database, len(findings),
		len(cat.Tables), held)
	if len(draft.Packs) > 0 {
		fmt.Fprintf(a.err, "included: the packs %s decide on their tables; see refresher packs\n",
			strings.Join(draft.Packs, ", "))
	}
	switch {
	case patch && nothing:
		fmt.Fprintln(a.err, "the rules name every column; there is nothing to add")
	case patch:
		fmt.Fprintln(a.err, "what the rules leave open is printed as a patch: read it, then apply it with patch -p0")
	}
	for _, p := range draft.Stale {
		fmt.Fprintf(a.err, "stale: %s\n", p)
	}
	for _, w := range draft.Warnings {
		fmt.Fprintf(a.err, "warning: %s\n", w)
	}
}

func (a *app) emit(path string, text []byte) (err error) {
	if path == "" {
		_, err := a.out.Write(text)
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fault.BadInput("%s is there already: remove it, or choose another file", path)
	}
	if err != nil {
		return fmt.Errorf("making the file: %w", err)
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("writing %s: %w", path, cerr)
		}
	}()
	_, err = f.Write(text)
	return err
}
