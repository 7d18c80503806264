package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/fault"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/restore"
	"refresher/internal/verify"
	"refresher/internal/verify/target"
)

func (a *app) verifyCommand() *cobra.Command {
	var w verifyFlags
	var signed reportFlags
	cmd := &cobra.Command{
		Use:   "verify [PIPELINE]",
		Short: "Prove that no PII survives in staging, a bucket, a database, files or a stream", Args: a.onePipeline(),
		Long: `verify reads the source's identifiers through the same rules that a run uses, keeps
them as keyed fingerprints only, and looks for them in every cell of the target; it
also looks for anything PII-shaped that no fake of refresher's could be. With
--offline the source is not read: then only the detectors work.

With --fingerprints the identifiers come from the set that a run left
(fingerprints.url), so that the source need not be there: only the key. What is found
is then looked for in the source if it can be reached, unless --offline is given.

The target may be anything: staging, previous (the database that the last run replaced), a
bucket by its name, a postgres:// database, a
dump, CSV, JSON, Parquet or text file, packed or not, a folder, an s3:// or file:/// prefix or
object, or - for standard input. Of several pipelines name the one whose identifiers are
looked for, unless it alone has the bucket.

Exit 0: clean. Exit 1: findings.`,
		Example: `  refresher verify
  refresher verify --target dev --format junit
  refresher verify mlflow --target staging
  kubectl logs deploy/app | refresher verify --fingerprints s3://acme-prints/app --target -
  refresher verify --fingerprints run.fingerprints --key env:REFRESHER_KEY --target exports/`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch w.format {
			case "text", "json", "junit", "sarif":
			default:
				return fault.BadInput("--format must be text, json, junit or sarif")
			}
			if err := signed.check(cmd); err != nil {
				return err
			}
			if signed.report != "" {
				return a.verifyReport(cmd.Context(), signed, w.format)
			}
			if w.key != "" && w.fingerprints == "" {
				return fault.BadInput("--key goes with --fingerprints; otherwise the key is the configuration's")
			}
			w.bare = w.key != "" && !cmd.Flags().Changed("config")
			if w.bare && !cmd.Flags().Changed("target") {
				return fault.BadInput("--key reads no configuration, so name a --target (or a --config)")
			}
			if w.bare && a.pipeline != "" {
				return fault.BadInput("--key reads no configuration, so there is no pipeline %q: give --config",
					a.pipeline)
			}
			return a.verify(cmd.Context(), w)
		},
	}
	cmd.Flags().StringVar(&w.target, "target", "staging",
		"staging, previous, a bucket's name, postgres://…, s3://…, file:///…, a file, a folder, "+
			"or - for standard input")
	cmd.Flags().StringVar(&w.format, "format", "text", "text, json, junit or sarif")
	cmd.Flags().BoolVar(&w.offline, "offline", false, "do not read the source; without --fingerprints: detectors only")
	cmd.Flags().StringVar(&w.fingerprints, "fingerprints", "",
		"the fingerprint set of a run: a file, a folder or s3:// prefix (the newest in it), an s3:// object, or a "+
			"bucket's name")
	cmd.Flags().StringVar(&w.key, "key", "",
		"secret reference of the set's key (env:, file:, awssm:, vault:); no configuration is read unless "+
			"--config names one")
	signed.add(cmd)
	return cmd
}

type verifyFlags struct {
	target, format    string
	offline           bool
	fingerprints, key string
	bare              bool // without a configuration
}

// proof is one verification under way.
type proof struct {
	app     *app
	in      *inputs // nil without a configuration
	config  *config.Config
	target  target.Target
	reader  target.Reader
	verdict *report.Verdict
}

func (a *app) verify(ctx context.Context, w verifyFlags) (err error) {
	p := &proof{app: a, config: a.bareConfig(), verdict: &report.Verdict{}}
	options := verify.Options{Run: refresh.NewID(time.Now())}
	if !w.bare {
		c, err := a.loadConfigOf(w.target, a.loadConfig)
		if err != nil {
			return err
		}
		if p.in, err = withRules(c); err != nil {
			return err
		}
		p.config = p.in.config
		objects, err := a.objectRules(p.config, p.in.rules)
		if err != nil {
			return err
		}
		options.Exceptions, options.Strict = refresh.Exceptions(p.in.rules), p.config.Verify.Strict
		options.Exceptions = append(options.Exceptions, refresh.ObjectExceptions(p.in.rules,
			slices.Collect(maps.Values(objects))...)...)
		options.Objects.Keep = p.in.rules.LargeObjects.Keep
	}
	options.Workers = p.config.Workers
	var evidence *refresh.Evidence
	if p.target, err = target.Parse(w.target, p.bucketURL); err != nil {
		return err
	}
	p.reader.Older = w.fingerprints != "" || p.target.Kind == target.Objects
	switch {
	case w.fingerprints != "":
		set, closeSet, err := p.openSet(ctx, w)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, closeSet()) }()
		options.Set = set
		if p.in != nil && p.target.Made() {
			p.reader.Tables = refresh.RuledTables(p.in.rules)
		}
	case w.offline:
		p.note("survivors were not looked for, since --offline leaves the source unread; only detectors worked")
		p.reader.Tables = refresh.RuledTables(p.in.rules)
	default:
		if evidence, err = a.evidence(ctx, p.in, options.Run, false); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, evidence.Close()) }()
		options.Set, options.Risk, p.reader.Tables = evidence.Set, evidence.Program.Risk(), evidence.Specs()
	}
	if p.reader.Tables != nil {
		if p.reader.Tables, err = a.built(ctx, p.config, p.reader.Tables); err != nil {
			return err
		}
		if p.reader.Tables, err = a.preserved(ctx, p.config, p.reader.Tables); err != nil {
			return err
		}
	}
	p.reader.Verifier = verify.New(options)
	if p.verdict.Target = target.Redact(w.target); !p.reader.Verifier.Printable(p.verdict.Target) {
		p.verdict.Target = "the target (its name is a finding)"
	}
	if err := p.look(ctx); err != nil {
		return err
	}
	p.verdict.Results, p.verdict.Notes = p.reader.Results, append(p.verdict.Notes, p.reader.Notes...)
	switch {
	case evidence != nil:
		err = evidence.Explain(p.verdict.Results...)
	case w.fingerprints != "":
		err = p.confirm(ctx, w)
	}
	if err != nil {
		return err
	}
	_, verdict := verify.Judge(options.Run, p.verdict.Target, p.verdict.Results...)
	p.verdict.Passed = verdict == nil
	if err := p.print(w.format); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return verdict
}

// bucketURL is that of a bucket of the configuration.
func (p *proof) bucketURL(name string) (url string, ok bool) {
	if b := p.config.Bucket(name); b != nil {
		return b.URL, true
	}
	return "", false
}

// look looks through the target.
func (p *proof) look(ctx context.Context) error {
	t := p.target
	switch t.Kind {
	case target.Stream:
		return p.reader.Stream(ctx, "standard input", p.app.stdin())
	case target.Staging, target.Previous:
		return p.staging(ctx)
	case target.Database:
		if err := config.Secure(t.DB); err != nil {
			return err
		}
		return p.reader.Database(ctx, t.DB)
	case target.Folder:
		return p.reader.Folder(ctx, t.Name)
	case target.File:
		return p.reader.File(ctx, t.Name)
	}
	name := "target"
	if t.Kind == target.Bucket {
		name = t.Name
	}
	sink, err := p.app.sink(ctx, p.config, name, t.URL)
	if err != nil {
		return err
	}
	if t.Kind == target.Objects {
		return p.reader.Prefix(ctx, sink)
	}
	current, err := sink.Current(ctx)
	if err == nil && current == nil {
		err = fault.Refuse("datasets", "nothing was published under %s yet", t.URL)
	}
	if err != nil {
		return err
	}
	return p.reader.Dataset(ctx, sink, current)
}

// staging looks through the staging database, or the one that the last run replaced.
func (p *proof) staging(ctx context.Context) error {
	if p.in == nil {
		return fault.BadInput("%s is named by a configuration; give --config, or another --target", p.target.Name)
	}
	cfg, err := p.config.StagingConfig(ctx)
	if err != nil {
		return err
	}
	var previous restore.Occupant
	server, err := restore.Connect(ctx, cfg)
	if err == nil {
		_, previous, err = server.Occupants(ctx)
	}
	if err != nil && p.target.Kind == target.Previous {
		return err
	}
	name := restore.PreviousName(cfg.Database)
	if p.target.Kind == target.Previous {
		if !previous.Exists {
			return fault.BadInput("there is no database %q: no run has replaced one, or it was dropped", name)
		}
		cfg.Database = name
		for i := range p.reader.Tables { // today's rules need not be those of its run
			p.reader.Tables[i].Rest = true
		}
	} else if previous.Exists && !previous.Empty {
		p.note("not looked into: database %s, which can still be read; --target previous looks into it", name)
	}
	return p.reader.Database(ctx, cfg)
}

// bareConfig stands for a configuration where none is read.
func (a *app) bareConfig() *config.Config {
	c := config.Defaults()
	for _, name := range []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"} {
		if v, ok := a.getenv(name); ok && v != "" {
			c.S3.Endpoint, c.S3.PathStyle = v, true
			break
		}
	}
	return c
}

func (p *proof) note(format string, args ...any) {
	p.verdict.Notes = append(p.verdict.Notes, fmt.Sprintf(format, args...))
}

// evidence reads the source, saying so, since it takes as long as reading does.
// kept: its fingerprints are to compare with those of a set that was written down.
func (a *app) evidence(ctx context.Context, in *inputs, run string, kept bool) (*refresh.Evidence, error) {
	o, err := a.options(ctx, in)
	if err != nil {
		return nil, err
	}
	if o.Fingerprints = nil; kept {
		o.Fingerprints = &refresh.FingerprintsOut{}
	}
	o.Run = run
	p := a.progress()
	defer p.Close()
	p.Stage("source")
	return refresh.Collect(ctx, o, p)
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
	return p.verdict.Text(p.app.err, p.app.verbose)
}
