package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/refresh"
	"refresher/internal/report/otlp"
	"refresher/internal/report/visible"
	"refresher/internal/s3sink"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify"
)

// The exit codes, a contract with scripts.
const (
	exitClean       = 0
	exitRefused     = 1   // a gate: PII found, unclassified column, failed verification
	exitInput       = 2   // flags, configuration or rules
	exitEnvironment = 3   // a server or bucket unreachable, out of space, a fault
	exitInterrupted = 130 // 128 + SIGINT, as shells report it
)

// app is what commands share: the streams and the way to the configuration.
type app struct {
	in         io.Reader // nil: os.Stdin
	out, err   io.Writer
	raw        io.Writer // err without escaping of control characters: for progress on a terminal
	getenv     func(string) (string, bool)
	terminal   bool // err is a terminal: draw progress
	columns    int  // of that terminal; 0 if it is none
	screen     screen
	configPath string
	pipeline   string           // the one that is meant, or that is worked on; empty: the only one
	envFile    string           // --env-file, empty: none
	now        func() time.Time // nil: time.Now
	quiet      bool
	verbose    bool
	logFormat  string         // "text", "json", or "": as the configuration says
	telemetry  *otlp.Exporter // nil: there is no collector
}

// clock is the time now.
func (a *app) clock() time.Time {
	if a.now != nil {
		return a.now()
	}
	return time.Now()
}

func (a *app) stdin() io.Reader {
	if a.in == nil {
		return os.Stdin
	}
	return a.in
}

// run is the whole program as a function: arguments and streams in, exit code out.
func run(ctx context.Context, args []string, a *app) int {
	ctx, end := secret.WithSessions(ctx)
	defer end()
	lines := &records{a: a, w: visible.NewWriter(a.err)}
	defer a.flush(ctx)
	defer lines.Close()
	a.raw, a.err = a.err, lines
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	code := exitCode(outcomeOf(ctx, err))
	if err != nil {
		a.tell("", code, err)
	}
	return code
}

// shown is how many problems of a refusal a terminal shows without --verbose.
const shown = 12

// shorten leaves the first problems of a refusal.
func shorten(err error) {
	var refusal *fault.Refusal
	if !errors.As(err, &refusal) || len(refusal.Problems) <= shown+1 {
		return
	}
	more := len(refusal.Problems) - shown
	refusal.Problems = refusal.Problems[:shown:shown]
	refusal.Add("and %d more; --verbose lists them all", more)
}

// exitCode turns an outcome into an exit code: nowhere else is one known.
func exitCode(o fault.Outcome) int {
	switch o {
	case fault.Done:
		return exitClean
	case fault.Invalid:
		return exitInput
	case fault.Refused, fault.Skipped:
		return exitRefused
	case fault.Stopped:
		return exitInterrupted
	}
	return exitEnvironment
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "refresher",
		Short: "Fresh staging and dev data from production PostgreSQL, with no PII in it, and the proof",
		Long: `refresher takes one consistent snapshot of a production replica, scrubs every row
while it streams, builds staging in a shadow database, proves that no personal
data survived, and only then swaps it in and publishes datasets.

Exit codes: 0 done and clean · 1 refused by a gate · 2 bad flags, config or rules ·
3 environment · 130 interrupted.`,
		SilenceErrors: true, SilenceUsage: true, Version: version,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				hint := ""
				if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
					hint = fmt.Sprintf(" (did you mean %q?)", near[0])
				}
				return fault.BadInput("unknown command %q%s; `refresher help` lists the commands", args[0], hint)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	path := "refresher.yaml"
	if p, ok := a.getenv("REFRESHER_CONFIG"); ok && p != "" {
		path = p
	}
	root.PersistentFlags().StringVar(&a.configPath, "config", path, "configuration file (also REFRESHER_CONFIG)")
	root.PersistentFlags().StringVar(&a.envFile, "env-file", "",
		"file of NAME=value lines; variables of the environment win")
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false,
		"no progress and no summary: warnings, results and errors only")
	root.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false,
		"all of a refusal, and every finding with its row")
	root.PersistentFlags().StringVar(&a.logFormat, "log-format", "",
		"progress and errors as text or json (also log.format)")
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return a.prepare() }
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fault.BadInput("%v; see: %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(a.demoCommand(), a.versionCommand(), a.runCommand(), a.serveCommand(), a.workerCommand(),
		a.checkCommand(), a.doctorCommand(), a.discoverCommand(), a.importCommand(), a.initCommand(),
		a.transformsCommand(), a.packsCommand(), a.previewCommand(), a.verifyCommand(), a.pullCommand(),
		a.branchCommand(), a.rollbackCommand(), a.runsCommand(), a.publicKeyCommand(), a.keysCommand(),
		a.manCommand())
	a.completions(root)
	return root
}

// exactArgs is cobra's, as a mistake of the user's.
func maxArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return fault.BadInput("%s takes at most %d arguments, not %d; see: %s --help", cmd.CommandPath(), n,
				len(args), cmd.CommandPath())
		}
		return nil
	}
}

// prepare reads what the flags of all commands say.
func (a *app) prepare() error {
	if a.logFormat != "" && a.logFormat != "text" && a.logFormat != "json" {
		return fault.BadInput("--log-format must be text or json")
	}
	if err := a.useEnvFile(); err != nil {
		return err
	}
	var err error
	a.telemetry, err = otlp.New(a.getenv, version)
	return err
}

// inputs are the files a command works from.
type inputs struct {
	config *config.Config
	rules  *rules.Ruleset
}

// load reads the configuration and the rulesets of one pipeline.
func (a *app) load() (*inputs, error) {
	c, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	return withRules(c)
}

// withRules reads the rulesets of a pipeline.
func withRules(c *config.Config) (*inputs, error) {
	r, err := rules.Load(c.Rules)
	if err != nil {
		return nil, err
	}
	return &inputs{c, r}, nil
}

// key fetches the masking key.
func (a *app) key(ctx context.Context, c *config.Config) (secret.Key, error) {
	return keyAt(ctx, c.Key)
}

// keyAt fetches a key.
func keyAt(ctx context.Context, at secret.Text) (secret.Key, error) {
	raw, err := at.FetchBytes(ctx)
	if err != nil {
		return secret.Key{}, err
	}
	k, err := secret.ParseKey(raw)
	if err != nil {
		return secret.Key{}, at.Bad("the key at %s: %v", at.Name(), err)
	}
	return k, nil
}

// options are a run's, from the configuration.
func (a *app) options(ctx context.Context, in *inputs) (refresh.Options, error) {
	c := in.config
	key, err := a.key(ctx, c)
	if err != nil {
		return refresh.Options{}, err
	}
	signer, err := a.signer(ctx, c)
	if err != nil {
		return refresh.Options{}, err
	}
	source, err := c.SourceConfig(ctx)
	if err != nil {
		return refresh.Options{}, err
	}
	staging, err := c.StagingConfig(ctx)
	if err != nil {
		return refresh.Options{}, err
	}
	o := refresh.Options{
		Version: version, Source: source, Staging: staging, RequireReplica: c.Source.RequireReplica, Rules: in.rules,
		Key: key, Signer: signer, Workers: c.Workers, Strict: c.Verify.Strict, TempDir: c.TempDir,
		FilterBytes: int64(c.Verify.MemoryMiB) << 20,
	}
	if o.Fingerprints, err = a.runPrints(ctx, c, ""); err != nil {
		return refresh.Options{}, err
	}
	o.Template, o.Preserve, o.KeepVerified = c.Staging.Template, preserve(c), c.Branches.VerifiedCopy
	if err := a.hooks(c, &o); err != nil {
		return refresh.Options{}, err
	}
	o.CloneOfSource, o.ByWorkers = c.Staging.CloneOfSource.Confirm, c.Copy.ByWorkers()
	o.ChunkBytes = int64(c.Copy.ChunkMiB) << 20
	o.Pipeline, o.By, o.KeepDays = c.Pipeline, byHand, c.History.KeepDays
	limits, err := c.Retry.Limits()
	if err != nil {
		return refresh.Options{}, err
	}
	o.Retry = refresh.Retry(limits)
	for _, b := range c.Buckets {
		bucket, err := a.bucket(ctx, c, b)
		if err != nil {
			return refresh.Options{}, err
		}
		o.Buckets = append(o.Buckets, bucket)
	}
	o.Objects, err = a.objectSets(ctx, in)
	return o, err
}

// preserve are the tables of staging.preserve.
func preserve(c *config.Config) []catalog.Name {
	var names []catalog.Name
	for _, t := range c.Staging.Preserve {
		n, _ := catalog.ParseName(t) // validated with the configuration
		names = append(names, n)
	}
	return names
}

// preserved puts staging's own tables, as they stand there, into what
// verification expects.
func (a *app) preserved(ctx context.Context, c *config.Config, tables []verify.Table) ([]verify.Table, error) {
	cfg, err := c.StagingConfig(ctx)
	if err != nil {
		return nil, err
	}
	return refresh.Preserved(ctx, cfg, preserve(c), tables)
}

func (a *app) bucket(ctx context.Context, c *config.Config, b config.Bucket) (refresh.Bucket, error) {
	sink, err := a.sink(ctx, c, b.Name, b.URL)
	if err != nil {
		return refresh.Bucket{}, err
	}
	out := refresh.Bucket{Name: b.Name, URL: b.URL, Sink: sink, Formats: b.Formats, Keep: b.Keep}
	if b.Content == "synthetic" {
		s := b.Synthetic.Options()
		out.Synthetic = &s
	}
	if b.Content == "sample" {
		s := b.Sample.Options()
		out.Sample = &s
		if !b.Sample.Rekey.IsZero() {
			key, err := keyAt(ctx, b.Sample.Rekey)
			if err != nil {
				return refresh.Bucket{}, err
			}
			out.Rekey = &key
		}
	}
	return out, nil
}

func (a *app) sink(ctx context.Context, c *config.Config, name, url string) (*s3sink.Sink, error) {
	o, err := bucketOptions(c, name, url)
	if err != nil {
		return nil, err
	}
	if b := c.Bucket(name); b != nil {
		o.Owner, o.Asked = b.Owner, s3sink.Asked{Encryption: b.Encryption, KMSKey: b.KMSKey, Tags: b.Tags}
	}
	return s3sink.Open(ctx, o)
}

// bucketOptions are what a configuration says of every bucket.
func bucketOptions(c *config.Config, name, url string) (s3sink.Options, error) {
	limits, err := c.Retry.Limits()
	return s3sink.Options{
		Name: name, URL: url, Endpoint: c.S3.Endpoint, Region: c.S3.Region, PathStyle: c.S3.PathStyle,
		Checksums: c.S3.Checksums, Stall: min(limits.Stall, s3sink.DefaultStall),
	}, err
}
