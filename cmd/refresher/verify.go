package main

import (
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

	"refresher/internal/config"
	"refresher/internal/dataset"
	"refresher/internal/fault"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/s3sink"
	"refresher/internal/verify"
)

func (a *app) verifyCommand() *cobra.Command {
	var target, format string
	var offline bool
	var signed reportFlags
	cmd := &cobra.Command{
		Use: "verify", Short: "Prove that no PII survives in staging, a bucket, a database or a folder", Args: maxArgs(0),
		Long: `verify reads the source's identifiers through the same rules that a run uses, keeps
them as keyed fingerprints only, and looks for them in every cell of the target; it
also looks for anything PII-shaped that no fake of refresher's could be. With
--offline the source is not read: then only the detectors work.

Exit 0: clean. Exit 1: findings.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch format {
			case "text", "json", "junit", "sarif":
			default:
				return fault.BadInput("--format must be text, json, junit or sarif")
			}
			if err := signed.check(cmd); err != nil {
				return err
			}
			if signed.report != "" {
				return a.verifyReport(cmd.Context(), signed, format)
			}
			in, err := a.load()
			if err != nil {
				return err
			}
			return a.verify(cmd.Context(), in, target, format, offline)
		},
	}
	cmd.Flags().StringVar(&target, "target", "staging", "staging, a bucket's name, postgres://…, s3://…, or a folder with dumps and Parquet files")
	cmd.Flags().StringVar(&format, "format", "text", "text, json, junit or sarif")
	cmd.Flags().BoolVar(&offline, "offline", false, "do not read the source; detectors only")
	signed.add(cmd)
	return cmd
}

// proof is one verification under way.
type proof struct {
	app      *app
	in       *inputs
	verifier *verify.Verifier
	tables   []verify.Table
	verdict  *report.Verdict
}

func (a *app) verify(ctx context.Context, in *inputs, target, format string, offline bool) (err error) {
	p := &proof{app: a, in: in, verdict: &report.Verdict{Target: redactTarget(target)}}
	options := verify.Options{Run: refresh.NewID(time.Now()), Exceptions: refresh.Exceptions(in.rules), Strict: in.config.Verify.Strict, Workers: in.config.Workers}
	if offline {
		p.verdict.Notes = append(p.verdict.Notes, "survivors were not looked for, since --offline leaves the source unread; only detectors worked")
		p.tables = refresh.RuledTables(in.rules)
	} else {
		evidence, err := a.evidence(ctx, in, options.Run)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, evidence.Close()) }()
		options.Set, options.Risk, p.tables = evidence.Set, evidence.Program.Risk(), evidence.Specs()
	}
	if p.tables, err = a.preserved(ctx, in.config, p.tables); err != nil {
		return err
	}
	p.verifier = verify.New(options)
	if err := p.target(ctx, target); err != nil {
		return err
	}
	_, verdict := verify.Judge(options.Run, target, p.verdict.Results...)
	p.verdict.Passed = verdict == nil
	if err := p.print(format); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return verdict
}

// evidence reads the source, saying so, since it takes as long as reading does.
func (a *app) evidence(ctx context.Context, in *inputs, run string) (*refresh.Evidence, error) {
	o, err := a.options(ctx, in)
	if err != nil {
		return nil, err
	}
	o.Run = run
	p := newProgress(a.err, a.terminal)
	defer p.Close()
	p.Stage("source")
	return refresh.Collect(ctx, o, p)
}

// redactTarget keeps a password in a URL out of the output.
func redactTarget(target string) string {
	if strings.HasPrefix(target, "postgres://") || strings.HasPrefix(target, "postgresql://") {
		if cfg, err := pgx.ParseConfig(target); err == nil {
			return fmt.Sprintf("postgres://%s:%d/%s", cfg.Host, cfg.Port, cfg.Database)
		}
		return "postgres://…"
	}
	return target
}

func (p *proof) target(ctx context.Context, target string) error {
	c := p.in.config
	switch {
	case target == "staging":
		cfg, err := c.StagingConfig()
		if err != nil {
			return fault.BadInput("staging.url is not a PostgreSQL connection URL")
		}
		return p.database(ctx, cfg)
	case strings.HasPrefix(target, "postgres://"), strings.HasPrefix(target, "postgresql://"):
		cfg, err := pgx.ParseConfig(target)
		if err != nil {
			return fault.BadInput("--target is not a PostgreSQL connection URL")
		}
		return p.database(ctx, cfg)
	case strings.HasPrefix(target, "s3://"):
		return p.bucket(ctx, c, "target", target)
	}
	if b := c.Bucket(target); b != nil {
		return p.bucket(ctx, c, b.Name, b.URL)
	}
	if info, err := os.Stat(target); err == nil && info.IsDir() {
		return p.folder(ctx, target)
	}
	return fault.BadInput("--target %q is neither staging, nor a bucket of the configuration, nor a postgres:// or s3:// URL, nor a folder", target)
}

func (p *proof) database(ctx context.Context, cfg *pgx.ConnConfig) error {
	result, err := p.verifier.Database(ctx, cfg, p.tables)
	if err != nil {
		return err
	}
	p.verdict.Results = append(p.verdict.Results, result)
	return nil
}

// bucket verifies the dataset that latest.json names: its bytes, then its rows.
func (p *proof) bucket(ctx context.Context, c *config.Config, name, url string) error {
	sink, err := p.app.sink(ctx, c, name, url)
	if err != nil {
		return err
	}
	current, err := sink.Current(ctx)
	if err != nil {
		return err
	}
	if current == nil {
		return fault.Refuse("datasets", "nothing was published under %s yet", url)
	}
	if err := current.Verify(ctx); err != nil {
		return err
	}
	for _, o := range current.Manifest.Objects {
		if err := p.object(ctx, current, o); err != nil {
			return err
		}
	}
	return nil
}

func (p *proof) object(ctx context.Context, run *s3sink.Published, o s3sink.Object) error {
	result, err := refresh.VerifyObject(ctx, p.verifier, p.tables, run.Run, o)
	if err != nil || result == nil {
		return err
	}
	p.verdict.Results = append(p.verdict.Results, result)
	return nil
}

// folder verifies the dumps and Parquet files in a folder and below it.
func (p *proof) folder(ctx context.Context, dir string) error {
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		result, err := p.file(ctx, dir, path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if result != nil {
			n++
			p.verdict.Results = append(p.verdict.Results, result)
		} else {
			p.verdict.Notes = append(p.verdict.Notes, "not looked into: "+path)
		}
		return nil
	})
	if err == nil && n == 0 {
		return fault.BadInput("%s holds no .dump and no .parquet file", dir)
	}
	return err
}

func (p *proof) file(ctx context.Context, dir, path string) (*verify.Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	switch filepath.Ext(path) {
	case ".dump":
		return p.verifier.Dump(ctx, path, f)
	case ".parquet":
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		return p.verifier.Parquet(ctx, p.parquetTable(dir, path), f, info.Size())
	}
	return nil, nil
}

// parquetTable finds the table of a file laid out as in a bucket, and otherwise
// takes the file's name for it.
func (p *proof) parquetTable(dir, path string) verify.Table {
	rel, err := filepath.Rel(dir, path)
	if err == nil {
		if name, _, ok := dataset.ParsePath(filepath.ToSlash(rel)); ok {
			return refresh.TableNamed(p.tables, name)
		}
	}
	t := verify.Table{SourceRows: -1}
	t.Name.Schema, t.Name.Name = "file", filepath.Base(path)
	return t
}

func (p *proof) print(format string) error {
	switch format {
	case "json":
		return p.verdict.JSON(p.app.out)
	case "junit":
		return p.verdict.JUnit(p.app.out)
	case "sarif":
		return p.verdict.SARIF(p.app.out, version)
	}
	return p.verdict.Text(p.app.err)
}
