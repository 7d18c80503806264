package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/report/visible"
	"refresher/internal/restore"
	"refresher/internal/serve"
)

func (a *app) runsCommand() *cobra.Command {
	var format, save string
	cmd := &cobra.Command{
		Use: "runs [ID]", Short: "History, and one run's report", Args: maxArgs(1),
		Long: `runs lists the runs on the staging server, newest first. With an ID it shows that
run's report; --save writes report.json, its signature report.json.sig and
report.html into a folder, to be passed on and checked with verify --report.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case format != "text" && format != "json" && format != "html":
				return fault.BadInput("--format must be text, json or html")
			case len(args) == 0 && (save != "" || format == "html"):
				return fault.BadInput("--save and --format html are for one run; name its ID")
			}
			c, err := a.loadConfig()
			if err != nil {
				return err
			}
			staging, err := c.StagingConfig()
			if err != nil {
				return fault.BadInput("staging.url is not a PostgreSQL connection URL")
			}
			runs := &runsOf{staging: staging}
			if len(args) == 1 {
				return a.showRun(cmd.Context(), runs, args[0], format, save)
			}
			return a.listRuns(cmd.Context(), runs, format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, json, or html for one run")
	cmd.Flags().
		StringVar(&save, "save", "", "write one run's report.json, report.json.sig and report.html into this folder")
	return cmd
}

func (a *app) listRuns(ctx context.Context, runs *runsOf, format string) error {
	list, err := runs.List(ctx)
	if err != nil {
		return err
	}
	if format == "json" {
		if list == nil {
			list = []serve.Summary{}
		}
		return a.json(list)
	}
	w := tabwriter.NewWriter(a.err, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "run\tstarted\ttook\toutcome")
	for _, s := range list {
		took, where := "–", ""
		if s.Finished != nil {
			took = visible.Seconds(s.Seconds())
		}
		if s.Stage != "" {
			where = " in " + s.Stage
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s%s\n", s.ID, s.Started.UTC().Format(time.DateTime), took, s.Outcome, where)
	}
	return w.Flush()
}

func (a *app) showRun(ctx context.Context, runs *runsOf, id, format, save string) error {
	rep, err := runs.Report(ctx, id)
	if errors.Is(err, serve.ErrNotFound) {
		return fault.BadInput("there is no run %q; `refresher runs` lists them", id)
	}
	if err != nil {
		return err
	}
	if save != "" {
		if err := saveReport(rep, save); err != nil {
			return err
		}
	}
	switch format {
	case "json":
		return a.document(rep)
	case "html":
		return rep.HTML(a.out)
	}
	fmt.Fprintf(a.err, "run %s: %s\n", rep.Run, rep.Outcome)
	if rep.Error != "" {
		fmt.Fprintf(a.err, "in %s: %s\n", rep.Stage, rep.Error)
	}
	printSummary(a.err, rep)
	return nil
}

// document prints a report as it was signed, but indented: its canonical bytes,
// and so its signature, stay what they are.
func (a *app) document(rep *report.Report) error {
	if rep.Signed == nil {
		return a.json(rep)
	}
	return a.json(json.RawMessage(rep.Signed.Document))
}

func (a *app) json(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

func (a *app) rollbackCommand() *cobra.Command {
	var acceptLeaks bool
	cmd := &cobra.Command{
		Use: "rollback", Short: "Swap the previous staging back", Args: maxArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.loadConfig()
			if err != nil {
				return err
			}
			return a.rollback(cmd.Context(), c, acceptLeaks)
		},
	}
	cmd.Flags().BoolVar(&acceptLeaks, "accept-leaks", false,
		"also bring back a database in which the last run found what its rules mask")
	return cmd
}

// rollback swaps staging and the one before it, under the lock that runs take.
func (a *app) rollback(ctx context.Context, c *config.Config, acceptLeaks bool) error {
	staging, err := c.StagingConfig()
	if err != nil {
		return fault.BadInput("staging.url is not a PostgreSQL connection URL")
	}
	server, err := restore.Connect(ctx, staging)
	if err != nil {
		return err
	}
	h, err := history.Open(ctx, staging)
	if err != nil {
		return err
	}
	lock, err := h.Lock(ctx, refresh.NewID(time.Now()))
	if err != nil {
		return err
	}
	defer lock.Release()
	_, previous, err := server.Occupants(ctx)
	if err != nil {
		return err
	}
	if previous.Exists {
		if known, err := h.Knows(ctx, previous.OID); err != nil {
			return err
		} else if !known {
			return fault.Refuse("rollback", "database %q was not left there by a refresh: look who made it; rename it to use it",
				restore.PreviousName(staging.Database))
		}
		if err := refresh.MayRollBack(ctx, h, previous); err != nil && !acceptLeaks {
			return err
		}
	}
	if err := server.Rollback(ctx); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "staging %s is now what was %s_previous; run rollback again to undo this\n", staging.Database,
		staging.Database)
	return nil
}
