package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/config/host"
	"refresher/internal/fault"
	"refresher/internal/postgres/client"
	"refresher/internal/pull"
	"refresher/internal/refresh"
	"refresher/internal/report/visible"
	"refresher/internal/s3sink"
	"refresher/internal/verify/target"
)

// pullFlags are those of one pull.
type pullFlags struct {
	from, to, run, format, dir string
	keys                       []string
	extensions                 []string
	only                       []string
	jobs                       int
	replace, list, remote      bool
	configured                 bool // --config was given
}

func (a *app) pullCommand() *cobra.Command {
	var f pullFlags
	cmd := &cobra.Command{
		Use: "pull BUCKET-URL --to postgres://…", Short: "Load the latest dev dataset into a local database, checksums " +
			"verified",
		Long: `pull brings the dataset that a bucket's latest.json names, compares it with its
checksums, restores it into a new database beside the target and, when the rows of
every table are there, gives it the target's name by one transaction. What had that
name before stays as NAME_previous, until the next pull. A pull that fails or is
interrupted leaves everything as it was; what it had downloaded is kept, and the next
pull goes on with it.

--format parquet, csv or jsonl downloads the dataset's files into a folder instead,
which appears when all are there. --list shows the runs that the bucket has.

A dataset is loaded only if its manifest is signed by the key given with --key, or
else by the one that signed what was loaded first from there, which is noted in
~/.config/refresher/datasets.json. One that is older than what was loaded before, or
than another that is published, is refused, unless --run names it.

A database is replaced if it is empty or a pull put it there; any other only with
--replace, and one on another machine only with --yes-remote. The role needs CREATEDB;
it need not be a superuser. If it is one, the dataset's SQL runs as another role,
NAME_dataset, which may do nothing else, and which owns what the dataset made.

No configuration is needed: credentials, region and endpoint are those of the AWS SDK
(AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL …). With --config, or with a bucket's name
instead of its URL, the configuration says how to reach the bucket.`,
		Example: `  refresher pull s3://acme-dev-data/app --to postgres://localhost/app
  refresher pull s3://acme-dev-data/app --to postgres://localhost/app --only users,events
  refresher pull s3://acme-dev-data/app --to postgres://localhost/app --run 20261121T030000Z-7f3a
  refresher pull s3://acme-dev-data/app --format parquet data/
  refresher pull s3://acme-dev-data/app --list
  refresher pull dev --to postgres://localhost/app`,
		Args: f.args,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.configured = cmd.Flags().Changed("config")
			switch {
			case f.list:
				return a.pullList(cmd.Context(), f)
			case f.dir != "":
				return a.pullFolder(cmd.Context(), f)
			}
			return a.pull(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "",
		"the database to put the dataset into, as postgres://host/database; it need not exist")
	flags.BoolVar(&f.remote, "yes-remote", false, "--to may be on another machine than this one")
	flags.StringVar(&f.run, "run", "", "this run's dataset instead of the latest")
	flags.StringSliceVar(&f.only, "only", nil,
		"only the rows of these tables, and of those that their foreign keys lead to")
	flags.StringVar(&f.format, "format", "",
		"parquet, csv or jsonl: download these files into a folder; with --list: text or json")
	flags.BoolVar(&f.list, "list", false,
		"show the runs in the bucket, their size, formats and signatures, and load nothing")
	flags.IntVar(&f.jobs, "jobs", 0,
		"sessions that load rows and build indexes, or files that are downloaded, at once; 0: as workers in the "+
			"configuration")
	flags.StringArrayVar(&f.keys, "key", nil,
		"whose datasets are loaded: a public key as public-key prints it, or a file that holds it; may be repeated")
	flags.StringArrayVar(&f.extensions, "allow-extension", nil,
		"an extension that the dataset may have beside those that do no harm; may be repeated")
	flags.BoolVar(&f.replace, "replace", false,
		"replace the database with all that is in it; it stays as NAME_previous")
	a.pipelineFlag(cmd)
	return cmd
}

// args reads the arguments, and finds flags that don't go together.
func (f *pullFlags) args(cmd *cobra.Command, args []string) error {
	files := !f.list && f.format != ""
	switch {
	case f.jobs < 0:
		return fault.BadInput("--jobs must be at least 1")
	case f.list && f.format != "" && f.format != "text" && f.format != "json":
		return fault.BadInput("--format must be text or json with --list")
	case files && f.format != pull.Parquet && f.format != pull.CSV && f.format != pull.JSONL:
		return fault.BadInput("--format must be parquet, csv or jsonl; a pg_dump is loaded by --to")
	case f.list && (f.to != "" || f.run != "" || len(f.only) > 0):
		return fault.BadInput("--list loads nothing: leave --to, --run and --only out")
	case files && (f.to != "" || f.replace || len(f.extensions) > 0):
		return fault.BadInput("--format downloads files into a folder: leave --to, --replace and --allow-extension out")
	case files && len(args) != 2:
		return fault.BadInput("--format needs a bucket and the folder to put the files into: "+
			"refresher pull BUCKET-URL --format %s FOLDER", f.format)
	case !files && len(args) != 1:
		return fault.BadInput("pull takes one bucket, as s3://bucket/prefix, as file:///folder or by its name in the "+
			"configuration; see: %s --help", cmd.CommandPath())
	}
	if f.from = args[0]; files {
		f.dir = args[1]
	}
	return nil
}

func (a *app) pull(ctx context.Context, f pullFlags) error {
	to, err := pullTarget(f.to)
	if err != nil {
		return err
	}
	if !f.remote && !host.Local(to.Host) {
		return fault.BadInput("--to is on %s, another machine than this one: say --yes-remote if a database "+
			"there is to be replaced", to.Host)
	}
	o, err := a.pullOf(ctx, f)
	if err != nil {
		return err
	}
	o.To = to
	began := time.Now()
	r, err := a.pulled(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s holds run %s (%s)%s", target.Redact(f.to), r.Run, r.Content, pulledWords(r, began))
	if len(r.Also) > 0 {
		fmt.Fprintf(a.err, "; with the rows of %s, to which foreign keys lead", strings.Join(r.Also, ", "))
	}
	if r.Previous != "" {
		fmt.Fprintf(a.err, "; what was there is %s now", r.Previous)
	}
	fmt.Fprintln(a.err)
	return nil
}

// pulledWords are how much was pulled, and how long that took.
func pulledWords(r *pull.Result, began time.Time) string {
	kept := ""
	if r.Kept > 0 {
		kept = fmt.Sprintf(" (%s of them were here)", visible.Size(r.Kept))
	}
	return fmt.Sprintf(": %s tables, %s rows, %s%s in %s", visible.Count(int64(r.Tables)), visible.Count(r.Rows),
		visible.Size(r.Bytes), kept, visible.Seconds(time.Since(began).Seconds()))
}

// pullFolder downloads files.
func (a *app) pullFolder(ctx context.Context, f pullFlags) error {
	o, err := a.pullOf(ctx, f)
	if err != nil {
		return err
	}
	began := time.Now()
	p := a.progress()
	r, err := pull.Folder(ctx, o, f.format, f.dir, p)
	p.Close()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s holds run %s (%s)%s\n", f.dir, r.Run, r.Content, pulledWords(r, began))
	return nil
}

// pullList shows which runs there are.
func (a *app) pullList(ctx context.Context, f pullFlags) error {
	o, err := a.pullOf(ctx, f)
	if err != nil {
		return err
	}
	list, err := pull.List(ctx, o)
	if err != nil {
		return err
	}
	if f.format == "json" {
		return a.json(list)
	}
	if len(list) == 0 {
		fmt.Fprintf(a.err, "nothing was published under %s yet\n", o.Sink.URL())
		return nil
	}
	w := tabwriter.NewWriter(a.err, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "run\tstarted (UTC)\tcontent\ttables\trows\tsize\tformats\tPostgreSQL\tsignature")
	for _, r := range list {
		major, latest := "?", ""
		if r.ServerMajor > 0 {
			major = strconv.Itoa(r.ServerMajor)
		}
		if r.Latest {
			latest = ", the latest"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s%s\n", r.Run, r.Started.Format(time.DateTime), r.Content,
			r.Tables, visible.Count(r.Rows), visible.Size(r.Bytes), strings.Join(r.Formats, " "), major,
			verdictWords[r.Signature], latest)
	}
	return w.Flush()
}

var verdictWords = map[string]string{
	pull.Trusted: "trusted", pull.New: "of a key that is new here", pull.Foreign: "of another key than the trusted one",
	pull.Missing: "missing", pull.Broken: "broken",
}

// pullOf are the options that flags ask for.
func (a *app) pullOf(ctx context.Context, f pullFlags) (o pull.Options, err error) {
	c, sink, err := a.pullSource(ctx, f)
	if err != nil {
		return o, err
	}
	if o, err = a.pullOptions(c, sink, f.keys); err != nil {
		return o, err
	}
	o.Run, o.Allowed, o.Replace, o.Only, o.Jobs = f.run, f.extensions, f.replace, f.only, cmp.Or(f.jobs, c.Workers)
	return o, nil
}

// pullOptions are those of a pull from a bucket by the configuration; keys are whose datasets are loaded.
func (a *app) pullOptions(c *config.Config, sink *s3sink.Sink, keys []string) (o pull.Options, err error) {
	known := pull.Known{Path: a.ownFile("XDG_CONFIG_HOME", ".config", "datasets.json"),
		Name: strings.TrimSpace(c.S3.Endpoint + " " + sink.URL())}
	o = pull.Options{ID: refresh.NewID(a.clock()), Sink: sink, Known: known, TempDir: c.TempDir, Jobs: c.Workers,
		Cache: a.ownFile("XDG_CACHE_HOME", ".cache", "datasets")}
	if c.TempDir != "" {
		o.Cache = filepath.Join(c.TempDir, "refresher-datasets")
	}
	o.Trusted, err = publicKeys(keys, "--key")
	return o, err
}

// pulled pulls, and shows how that goes.
func (a *app) pulled(ctx context.Context, o pull.Options) (*pull.Result, error) {
	p := a.progress()
	defer p.Close()
	return pull.Run(ctx, o, p)
}

// ownFile is a file of the user's for refresher: datasets.json remembers whose datasets were loaded, and
// downloads that were interrupted wait in datasets; empty if there is no home for it.
func (a *app) ownFile(variable, folder, name string) string {
	if dir, ok := a.getenv(variable); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "refresher", name)
	}
	if home, ok := a.getenv("HOME"); ok && home != "" {
		return filepath.Join(home, folder, "refresher", name)
	}
	return ""
}

// pullTarget reads --to. A target on several hosts could be another one at each
// connection, so there is no telling what would be replaced.
func pullTarget(to string) (*pgx.ConnConfig, error) {
	if !strings.HasPrefix(to, "postgres://") && !strings.HasPrefix(to, "postgresql://") {
		return nil, fault.BadInput("--to must name the database to put the dataset into, as postgres://host/database")
	}
	cfg, err := client.ParseFlag("--to", to)
	if err != nil {
		return nil, err
	}
	if cfg.Database == "" {
		return nil, fault.BadInput("--to names no database: write it as postgres://host/database")
	}
	for _, f := range cfg.Fallbacks {
		if f.Host != cfg.Host || f.Port != cfg.Port {
			return nil, fault.BadInput("--to names several hosts: name the one whose database is to be replaced")
		}
	}
	return cfg, nil
}

// pullSource opens the bucket of a URL, or of a name in the configuration.
func (a *app) pullSource(ctx context.Context, f pullFlags) (c *config.Config, sink *s3sink.Sink, err error) {
	c = a.bareConfig()
	named := !strings.Contains(f.from, "/")
	if named || f.configured {
		if c, err = a.loadConfigOf(f.from, a.loadConfig); err != nil {
			return nil, nil, err
		}
	}
	name, url := f.from, f.from
	if named {
		b := c.Bucket(f.from)
		if b == nil {
			return nil, nil, fault.BadInput("%q is neither s3://bucket/prefix, nor file:///folder, nor the name of a "+
				"bucket in %s", f.from, a.configPath)
		}
		url = b.URL
	} else if place, err := s3sink.ParseURL(url); err != nil {
		return nil, nil, err
	} else if !place.Folder {
		name = place.Bucket
	}
	sink, err = a.sink(ctx, c, name, url)
	return c, sink, err
}
