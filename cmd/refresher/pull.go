package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"refresher/internal/config"
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
	from, to, run string
	keys          []string
	extensions    []string
	replace       bool
	configured    bool // --config was given
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
interrupted leaves everything as it was.

A dataset is loaded only if its manifest is signed by the key given with --key, or
else by the one that signed what was loaded first from there, which is noted in
~/.config/refresher/datasets.json. One that is older than what was loaded before, or
than another that is published, is refused, unless --run names it.

A database is replaced if it is empty or a pull put it there; any other only with
--replace. The role needs CREATEDB; it need not be a superuser. If it is one, the
dataset's SQL runs as another role, NAME_dataset, which may do nothing else, and which
owns what the dataset made.

No configuration is needed: credentials, region and endpoint are those of the AWS SDK
(AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL …). With --config, or with a bucket's name
instead of its URL, the configuration says how to reach the bucket.`,
		Example: `  refresher pull s3://acme-dev-data/app --to postgres://localhost/app
  refresher pull s3://acme-dev-data/app --to postgres://localhost/app --run 20261121T030000Z-7f3a
  refresher pull dev --to postgres://localhost/app`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fault.BadInput(
					"pull takes one bucket, as s3://bucket/prefix, as file:///folder or by its name in the "+
						"configuration; see: %s --help",
					cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.from, f.configured = args[0], cmd.Flags().Changed("config")
			return a.pull(cmd.Context(), f)
		},
	}
	cmd.Flags().StringVar(&f.to, "to", "", "the database to put the dataset into, as postgres://host/database; it need not exist")
	cmd.Flags().StringVar(&f.run, "run", "", "this run's dataset instead of the latest")
	cmd.Flags().StringArrayVar(&f.keys, "key", nil,
		"whose datasets are loaded: a public key as public-key prints it, or a file that holds it; may be repeated")
	cmd.Flags().StringArrayVar(&f.extensions, "allow-extension", nil,
		"an extension that the dataset may have beside those that do no harm; may be repeated")
	cmd.Flags().
		BoolVar(&f.replace, "replace", false, "replace the database with all that is in it; it stays as NAME_previous")
	a.pipelineFlag(cmd)
	return cmd
}

func (a *app) pull(ctx context.Context, f pullFlags) error {
	to, err := pullTarget(f.to)
	if err != nil {
		return err
	}
	c, sink, err := a.pullSource(ctx, f)
	if err != nil {
		return err
	}
	o, err := a.pullOptions(c, sink, f.keys)
	if err != nil {
		return err
	}
	o.Run, o.To, o.Allowed, o.Replace = f.run, to, f.extensions, f.replace
	began := time.Now()
	r, err := a.pulled(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s holds run %s (%s): %s tables, %s rows, %s in %s", target.Redact(f.to), r.Run, r.Content,
		visible.Count(int64(r.Tables)), visible.Count(r.Rows), visible.Size(r.Bytes),
		visible.Seconds(time.Since(began).Seconds()))
	if r.Previous != "" {
		fmt.Fprintf(a.err, "; what was there is %s now", r.Previous)
	}
	fmt.Fprintln(a.err)
	return nil
}

// pullOptions are those of a pull from a bucket by the configuration; keys are whose datasets are loaded.
func (a *app) pullOptions(c *config.Config, sink *s3sink.Sink, keys []string) (o pull.Options, err error) {
	known := pull.Known{Path: a.datasetsFile(), Name: strings.TrimSpace(c.S3.Endpoint + " " + sink.URL())}
	o = pull.Options{ID: refresh.NewID(a.clock()), Sink: sink, Known: known, TempDir: c.TempDir, Workers: c.Workers}
	o.Trusted, err = publicKeys(keys, "--key")
	return o, err
}

// pulled pulls, and shows how that goes.
func (a *app) pulled(ctx context.Context, o pull.Options) (*pull.Result, error) {
	p := a.progress()
	defer p.Close()
	return pull.Run(ctx, o, p)
}

// datasetsFile remembers whose datasets were loaded; empty if there is no home for it.
func (a *app) datasetsFile() string {
	if dir, ok := a.getenv("XDG_CONFIG_HOME"); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "refresher", "datasets.json")
	}
	if home, ok := a.getenv("HOME"); ok && home != "" {
		return filepath.Join(home, ".config", "refresher", "datasets.json")
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
