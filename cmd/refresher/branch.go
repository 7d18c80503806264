package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/fault"
	"refresher/internal/report/visible"
	"refresher/internal/restore"
)

// branchFlags are those of one branch that is made.
type branchFlags struct {
	from, bucket, ttl, format string
	keys                      []string
	replace                   bool
}

func (a *app) branchCommand() *cobra.Command {
	var f branchFlags
	cmd := &cobra.Command{
		Use: "branch NAME", Short: "A database of one's own from the last verified refresh",
		Long: `branch makes a database for a pull request or a person on the staging server, from what
the last refresh verified: a copy of NAME_verified, which a run keeps where the
configuration says branches: {verified_copy: true}, or of the staging database as it
is now if no session is in it. With --from dataset it is loaded from a bucket.

The server copies files, which takes seconds; PostgreSQL 18 clones them where the file
system can, which takes no space either. Owner, privileges and settings are those of
the staging database. A branch is dropped when its time is over, by serve, and by each
branch command.`,
		Example: `  refresher branch pr-42
  refresher branch ann --ttl 36h
  refresher branch demo --from dataset --bucket dev
  refresher branch list
  refresher branch drop pr-42`,
		Args: exactlyOne("branch takes one name; see: refresher branch --help"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.from != "staging" && f.from != "dataset" {
				return fault.BadInput("--from must be staging or dataset")
			}
			if f.from != "dataset" && (f.bucket != "" || len(f.keys) > 0) {
				return fault.BadInput("--bucket and --key are for --from dataset")
			}
			on, err := a.branches(cmd.Context(), f.format)
			if err != nil {
				return err
			}
			return on.make(cmd.Context(), args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.from, "from", "staging", "staging, or dataset: what a bucket's latest.json names")
	cmd.Flags().StringVar(&f.bucket, "bucket", "", "the bucket of --from dataset; needed where there are several")
	cmd.Flags().StringArrayVar(&f.keys, "key", nil,
		"whose datasets are loaded by --from dataset: a public key, or a file that holds it; may be repeated")
	cmd.Flags().StringVar(&f.ttl, "ttl", "", "how long the branch lives, such as 7d or 36h (also branches.ttl)")
	cmd.Flags().BoolVar(&f.replace, "replace", false, "drop a branch of this name that is there")
	cmd.Flags().StringVar(&f.format, "format", "text", "text or json")
	cmd.PersistentFlags().StringVar(&a.pipeline, "pipeline", "",
		"of a configuration with several pipelines, the one that is meant")
	cmd.AddCommand(a.branchListCommand(), a.branchDropCommand())
	return cmd
}

func (a *app) branchListCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "list", Short: "The branches, their age and size", Args: maxArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			on, err := a.branches(cmd.Context(), format)
			if err != nil {
				return err
			}
			all, err := on.server.Branches(cmd.Context())
			if err != nil {
				return err
			}
			return a.showBranches(all, format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

func (a *app) branchDropCommand() *cobra.Command {
	return &cobra.Command{
		Use: "drop NAME…", Short: "Drop branches", Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fault.BadInput("branch drop takes the names of branches; `refresher branch list` shows them")
			}
			on, err := a.branches(cmd.Context(), "text")
			if err != nil {
				return err
			}
			return on.drop(cmd.Context(), args)
		},
	}
}

// exactlyOne is an argument, and what is said without.
func exactlyOne(otherwise string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fault.BadInput("%s", otherwise)
		}
		return nil
	}
}

// branching is the work on the branches of one pipeline's staging database.
type branching struct {
	*app
	config  *config.Config
	staging *pgx.ConnConfig
	server  *restore.Server
}

// branches connects to a pipeline's staging server, and drops there what has expired.
func (a *app) branches(ctx context.Context, format string) (*branching, error) {
	if format != "text" && format != "json" {
		return nil, fault.BadInput("--format must be text or json")
	}
	c, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	on := &branching{app: a, config: c}
	if on.staging, err = c.StagingConfig(ctx); err != nil {
		return nil, err
	}
	if on.server, err = restore.Connect(ctx, on.staging); err != nil {
		return nil, err
	}
	said, err := dropExpired(ctx, on.server, a.clock())
	for _, text := range said {
		fmt.Fprintln(a.err, text)
	}
	return on, err
}

// expire drops the branches whose time is over, for the service.
func expire(ctx context.Context, staging *pgx.ConnConfig) (said []string, err error) {
	server, err := restore.Connect(ctx, staging)
	if err != nil {
		return nil, err
	}
	return dropExpired(ctx, server, time.Now())
}

func dropExpired(ctx context.Context, server *restore.Server, now time.Time) (said []string, err error) {
	dropped, notes, err := server.DropExpired(ctx, now)
	for _, b := range dropped {
		said = append(said, fmt.Sprintf("dropped branch %s (database %s): its time was over at %s", b.Name, b.Database,
			b.Expires.UTC().Format(time.RFC3339)))
	}
	for _, n := range notes {
		said = append(said, "warning: "+n)
	}
	return said, err
}

// drop drops branches; names that there are none of are said together, and nothing is done.
func (on *branching) drop(ctx context.Context, names []string) error {
	all, err := on.server.Branches(ctx)
	if err != nil {
		return err
	}
	known := map[string]restore.Branch{}
	for _, b := range all {
		known[b.Name] = b
	}
	var wrong fault.Input
	for _, name := range names {
		if _, ok := known[name]; !ok {
			wrong.Problems = append(wrong.Problems, fault.Problem{Text: fmt.Sprintf("there is no branch %q of %s", name,
				on.staging.Database)})
		}
	}
	if len(wrong.Problems) > 0 {
		return &wrong
	}
	for _, name := range names {
		if err := on.server.DropBranch(ctx, known[name]); err != nil {
			return err
		}
		fmt.Fprintf(on.err, "dropped branch %s (database %s)\n", name, known[name].Database)
	}
	return nil
}

func (a *app) showBranches(all []restore.Branch, format string) error {
	if format == "json" {
		if all == nil {
			all = []restore.Branch{}
		}
		return a.json(all)
	}
	if len(all) == 0 {
		fmt.Fprintln(a.err, "there are no branches")
		return nil
	}
	w := tabwriter.NewWriter(a.err, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "branch\tdatabase\trun\tby\tsize\texpires (UTC)")
	for _, b := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", b.Name, b.Database, b.Run, b.By, visible.Size(b.Bytes),
			b.Expires.UTC().Format(time.DateTime))
	}
	return w.Flush()
}
