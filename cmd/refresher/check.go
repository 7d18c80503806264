package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"refresher/internal/check"
	"refresher/internal/check/schemafile"
	"refresher/internal/config"
	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
)

// checking is one call of refresher check.
type checking struct {
	format              string
	schema, base, files []string
	strict              bool
	accept, decisions   bool
}

func (a *app) checkCommand() *cobra.Command {
	c := checking{}
	cmd := &cobra.Command{
		Use:   "check [PIPELINE]...",
		Short: "Rules against the live catalog or a schema file; reads no rows; for pull-request CI",
		Long: `check holds the rules against the source's catalog and reports every table and
column without a rule, with a line to paste; rules for what is gone; transforms that
can't serve their column; and columns that are kept although they look personal. It
reads no row and needs no key. Of hooks it looks whether their files and programs are
there, their SQL and URLs can be read and no Redis is production's; it runs none.

With --schema it needs no database either: the SQL is run on a throw-away PostgreSQL
of this machine, so that an application's pull request can be checked before its
migration reaches production.

Exit 0: every column has a rule. Exit 1: something has none, or a warning under
--strict. Exit 2: mistakes in the rules or hooks.

--accept writes down, beside the rules, that the columns which patterns keep were
looked at: RULES.reviewed.yaml, to be committed. A column that comes later refuses
runs until it is accepted, too, or a rule names it.

Of several pipelines check takes the named ones, or all; --format prints one document
for all of them.`,
		Example: `  refresher check
  refresher check --schema db/structure.sql --rules rules/app.yaml --format github
  refresher check --schema db/migrations --base old.sql --rules rules/app.yaml --strict
  refresher check mlflow metabase --format junit`,
		RunE: func(cmd *cobra.Command, names []string) error {
			switch c.format {
			case "text", "json", "junit", "sarif", "github":
			default:
				return fault.BadInput("--format must be text, json, junit, sarif or github")
			}
			return a.check(cmd.Context(), c, names)
		},
	}
	cmd.Flags().StringArrayVar(&c.schema, "schema", nil,
		"check against the schema that this SQL file, or the *.sql files of a folder, make; may be given several times")
	cmd.Flags().StringArrayVar(&c.base, "base", nil,
		"an older schema as SQL: columns whose type changed since are reported, too")
	cmd.Flags().StringArrayVar(&c.files, "rules", nil,
		"this rules file instead of the configuration's; with --schema no configuration is needed")
	cmd.Flags().StringVar(&c.format, "format", "text", "text, json, junit, sarif or github")
	cmd.Flags().BoolVar(&c.strict, "strict", false, "warnings fail the check, too")
	cmd.Flags().BoolVar(&c.accept, "accept", false, "confirm the columns that patterns of the rules keep now")
	cmd.Flags().BoolVar(&c.decisions, "decisions", false, "list the file and line that decide on every column")
	return cmd
}

func (a *app) check(ctx context.Context, c checking, names []string) error {
	pipelines := []*config.Config{nil} // needs no configuration
	if len(c.files) == 0 || len(c.schema) == 0 || len(names) > 0 {
		var err error
		if pipelines, err = a.loadConfigs(names...); err != nil {
			return err
		}
	}
	if len(pipelines) > 1 && len(c.files)+len(c.schema)+len(c.base) > 0 {
		return fault.BadInput("--schema, --base and --rules are for one database: say which pipeline (%s)",
			strings.Join(config.Names(pipelines), ", "))
	}
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("finding the working folder: %w", err)
	}
	var docs check.Documents
	err = a.each(ctx, pipelines, func(ctx context.Context, conf *config.Config) error {
		result, err := a.checkOne(ctx, c, conf)
		if err != nil && len(pipelines) == 1 {
			return err
		}
		doc := &check.Document{Result: result, Err: err, Strict: c.strict, Base: dir}
		if len(pipelines) > 1 {
			doc.Pipeline = conf.Pipeline
		}
		docs = append(docs, doc)
		if c.format == "text" && err == nil {
			err = doc.Text(a.err)
		}
		if err == nil {
			err = checkVerdict(result)
		}
		return err
	})
	if len(docs) > 0 {
		if perr := a.printCheck(docs, c.format); perr != nil {
			return fmt.Errorf("writing the result: %w", perr)
		}
	}
	return err
}

// checkOne holds one pipeline's rules against its catalog; conf is nil if the flags
// name both.
func (a *app) checkOne(ctx context.Context, c checking, conf *config.Config) (*check.Result, error) {
	in, err := a.checkInput(ctx, c, conf)
	if err != nil {
		return nil, err
	}
	if c.accept {
		if err := a.accept(in); err != nil {
			return nil, err
		}
	}
	return check.Run(*in)
}

// accept writes the review of what patterns keep, and reads the rules again with it.
func (a *app) accept(in *check.Input) error {
	if in.Broken != nil {
		return in.Broken
	}
	x := scrub.Expand(in.Rules, in.Now)
	files, err := x.Accept()
	if err != nil {
		return err
	}
	for _, f := range files {
		fmt.Fprintf(a.err, "reviewed: %s\n", f)
	}
	if len(files) == 0 {
		fmt.Fprintln(a.err, "reviewed: no pattern keeps a column")
	}
	in.Rules, in.Broken = rules.Load(in.Files)
	return in.Broken
}

// checkInput reads the rules and the catalog, from wherever the flags say.
func (a *app) checkInput(ctx context.Context, c checking, conf *config.Config) (*check.Input, error) {
	in := &check.Input{Files: c.files, Strict: c.strict, Listed: c.decisions, Filled: len(c.schema) > 0, Made: madeUp(conf)}
	if len(c.files) == 0 {
		in.Files = conf.Rules
	}
	in.Rules, in.Broken = rules.Load(in.Files)
	if err := a.checkObjects(ctx, c, conf, in); err != nil {
		return nil, err
	}
	err := a.checkHooks(ctx, c, conf, in)
	if err != nil {
		return nil, err
	}
	var unread *fault.Input
	if errors.As(in.Broken, &unread) && len(in.Rules.Tables) == 0 && c.format == "text" {
		return nil, &fault.Input{Problems: slices.Concat(unread.Problems, in.Hooks)}
	}
	if len(c.schema) > 0 {
		in.Now, err = schemafile.Load(ctx, c.schema)
	} else {
		in.Now, err = a.sourceCatalog(ctx, &inputs{config: conf})
	}
	if err != nil {
		return nil, err
	}
	if len(c.base) > 0 {
		in.Before, err = schemafile.Load(ctx, c.base)
	}
	return in, err
}

// madeUp are the databases that are made up for buckets of a configuration.
func madeUp(conf *config.Config) (list []check.Made) {
	if conf == nil {
		return nil
	}
	for _, b := range conf.Buckets {
		if b.Content == "synthetic" {
			list = append(list, check.Made{Bucket: b.Name, Options: b.Synthetic.Options()})
		}
	}
	return list
}

// checkHooks looks at the hooks of a configuration, and runs none.
func (a *app) checkHooks(ctx context.Context, c checking, conf *config.Config, in *check.Input) (err error) {
	if conf == nil {
		return nil
	}
	source := conf.SourceAtHand()
	if source == nil && len(c.schema) == 0 { // it is read anyway
		if source, err = conf.SourceConfig(ctx); err != nil {
			return err
		}
	}
	if source == nil {
		source = &pgx.ConnConfig{}
	}
	in.Hooks, err = a.hookProblems(ctx, conf, source, len(c.schema) > 0)
	return err
}

// printCheck writes the machine-readable document of all pipelines that were checked.
func (a *app) printCheck(docs check.Documents, format string) error {
	switch format {
	case "json":
		return docs.JSON(a.out)
	case "junit":
		return docs.JUnit(a.out)
	case "sarif":
		return docs.SARIF(a.out, version)
	case "github":
		return docs.GitHub(a.out)
	}
	return nil // text was written as each was checked
}

// checkVerdict is the error that a result stands for, and so the exit code.
func checkVerdict(r *check.Result) error {
	if r.Passed {
		return nil
	}
	missing, late, errs, hooks, unmade, warnings := 0, 0, 0, 0, 0, 0
	for _, i := range r.Issues {
		switch {
		case i.ID == "missing-table", i.ID == "missing-column", i.ID == "gate":
			missing++
		case i.ID == "review":
			late++
		case i.ID == "hook":
			hooks++
		case i.ID == "synthetic" && i.Level == check.Error:
			unmade++
		case i.Level == check.Error:
			errs++
		case i.Level == check.Warning:
			warnings++
		}
	}
	switch {
	case errs > 0 && hooks > 0:
		return fault.BadInput("the rules don't fit the database: problems %d; and hooks can't do what they say: %d",
			errs, hooks)
	case errs > 0:
		return fault.BadInput("the rules don't fit the database: problems %d", errs)
	case hooks > 0:
		return fault.BadInput("hooks can't do what they say: problems %d", hooks)
	case missing > 0:
		return fault.Refuse("coverage", "tables or columns without a rule; what no rule names doesn't leave production")
	case unmade > 0:
		return fault.Refuse("synthetic", "rows can't be made up for buckets with content: synthetic: problems %d",
			unmade)
	case late > 0:
		return fault.Refuse("review",
			"patterns keep columns that came after their last review; look at them, then run refresher check --accept")
	}
	return fault.Refuse("check", "with --strict, warnings count: %d", warnings)
}

// sourceCatalog reads the source's catalog in a read-only session.
func (a *app) sourceCatalog(ctx context.Context, in *inputs) (*catalog.Catalog, error) {
	cfg, err := in.config.SourceConfig(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	conn, err := client.Open(ctx, cfg, client.Session{
		To: "the source", Name: "refresher/check", ReadOnly: true,
	})
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return catalog.Load(ctx, conn)
}
