package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/report/visible"
	"refresher/internal/restore"
)

// runsFlags choose runs, and how they are shown.
type runsFlags struct {
	format, save, since string
	outcomes            []string
	limit               int
}

func (a *app) runsCommand() *cobra.Command {
	var f runsFlags
	cmd := &cobra.Command{
		Use: "runs [ID|latest]", Short: "History, and one run's report", Args: maxArgs(1),
		Long: `runs lists the runs on the staging servers of all pipelines, newest first. With an ID, or
with latest for the newest run, it shows that run's report; --save writes report.json,
its signature report.json.sig and report.html into a folder, to be passed on and checked
with verify --report.`,
		Example: `  refresher runs
  refresher runs --outcome refused,failed --since 14d
  refresher runs --pipeline mlflow --limit 1 --format json
  refresher runs latest
  refresher runs 20261121T030000Z-7f3a --save report/`,
		RunE: func(cmd *cobra.Command, args []string) error {
			match, err := f.match(args, a.clock())
			if err != nil {
				return err
			}
			var names []string
			if a.pipeline != "" {
				names = []string{a.pipeline}
			}
			pipelines, err := a.loadConfigs(names...)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return a.showRun(cmd.Context(), pipelines, args[0], f.format, f.save)
			}
			return a.listRuns(cmd.Context(), pipelines, f, match)
		},
	}
	cmd.Flags().StringVar(&f.format, "format", "text", "text, json, or html for one run")
	cmd.Flags().
		StringVar(&f.save, "save", "", "write one run's report.json, report.json.sig and report.html into this folder")
	cmd.Flags().StringSliceVar(&f.outcomes, "outcome", nil, "only runs that ended so: "+outcomeList)
	cmd.Flags().StringVar(&f.since, "since", "",
		"only runs that began since this day (2026-11-21), or in the last 36h or 14d")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "at most so many, the newest; 0: all that the history lists")
	a.pipelineFlag(cmd)
	return cmd
}

// byHand is who asked for what is done on the command line.
const byHand = "command line"

const outcomeList = "done, refused, failed, invalid, stopped, skipped, lost, running or rolled_back"

// match checks the flags and returns which runs they choose.
func (f runsFlags) match(args []string, now time.Time) (func(runSummary) bool, error) {
	chosen := len(f.outcomes) > 0 || f.since != "" || f.limit != 0
	switch {
	case f.format != "text" && f.format != "json" && f.format != "html":
		return nil, fault.BadInput("--format must be text, json or html")
	case len(args) == 0 && (f.save != "" || f.format == "html"):
		return nil, fault.BadInput("--save and --format html are for one run; name its ID")
	case len(args) == 1 && chosen:
		return nil, fault.BadInput("--outcome, --since and --limit are for the list; leave the ID out")
	case f.limit < 0:
		return nil, fault.BadInput("--limit must be at least 0")
	}
	for _, o := range f.outcomes {
		if !slices.Contains(outcomes, fault.Outcome(o)) {
			return nil, fault.BadInput("--outcome must be %s", outcomeList)
		}
	}
	var since time.Time
	if f.since != "" {
		var err error
		if since, err = parseSince(f.since, now); err != nil {
			return nil, err
		}
	}
	return func(s runSummary) bool {
		return !s.Started.Before(since) && (len(f.outcomes) == 0 || slices.Contains(f.outcomes, s.Outcome))
	}, nil
}

// outcomes are those that a run in the history can have.
var outcomes = []fault.Outcome{fault.Done, fault.Refused, fault.Failed, fault.Invalid, fault.Stopped, fault.Skipped,
	fault.Lost, fault.Running, fault.RolledBack}

// parseSince reads a day (in UTC, as runs are listed), a time of RFC 3339 or a duration before now.
func parseSince(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	if d, err := config.ParseDays(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, fault.BadInput("--since must be a day such as 2026-11-21, or a duration such as 36h or 14d")
}

// listedRun is a run of the list; Pipeline is empty where there is only one.
type listedRun struct {
	Pipeline string `json:"pipeline,omitempty"`
	runSummary
}

// listRuns lists the runs of pipelines. Those of servers that don't answer are missing,
// and the error says so.
func (a *app) listRuns(ctx context.Context, pipelines []*config.Config, f runsFlags,
	match func(runSummary) bool) error {
	list, errs := []listedRun{}, []error{}
	several := len(pipelines) > 1 || a.pipeline != ""
	for _, c := range pipelines {
		runs, err := runsOfPipeline(ctx, c)
		if err != nil {
			return err
		}
		found, err := runs.List(ctx)
		if err != nil && several {
			err = fmt.Errorf("pipeline %s: %w", c.Pipeline, err)
		}
		errs = append(errs, err)
		for _, s := range found {
			one := listedRun{runSummary: s}
			if several {
				one.Pipeline = c.Pipeline
			}
			if match(s) {
				list = append(list, one)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b listedRun) int { return b.Started.Compare(a.Started) })
	if f.limit > 0 && len(list) > f.limit {
		list = list[:f.limit]
	}
	err := errors.Join(errs...)
	switch {
	case err != nil && len(pipelines) == 1:
		return err
	case f.format == "json":
		return cmp.Or(a.json(list), err)
	}
	a.printRuns(list, several)
	return err
}

// printRuns writes a table. On a terminal that is narrower, it leaves out when runs started, which their names say,
// and what is still too long goes on in another line.
func (a *app) printRuns(list []listedRun, several bool) {
	lines := runTable(list, several, true)
	if a.columns > 0 && slices.ContainsFunc(lines, func(l string) bool { return uniseg.StringWidth(l) >= a.columns }) {
		lines = runTable(list, several, false)
	}
	for _, l := range lines {
		fmt.Fprintln(a.err, wrapped(l, a.columns, 4))
	}
}

func runTable(list []listedRun, several, started bool) []string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	row := func(pipeline, run, began, took, outcome string) {
		if several {
			fmt.Fprintf(w, "%s\t", pipeline)
		}
		fmt.Fprintf(w, "%s\t", run)
		if started {
			fmt.Fprintf(w, "%s\t", began)
		}
		fmt.Fprintf(w, "%s\t%s\n", took, outcome)
	}
	row("pipeline", "run", "started", "took", "outcome")
	for _, s := range list {
		took, where := "–", ""
		if s.Finished != nil {
			took = visible.Seconds(s.Seconds())
		}
		switch {
		case s.Stage != "":
			where = " in " + s.Stage
		case s.Outcome == string(fault.RolledBack):
			where = " to " + cmp.Or(s.BackTo, "the database before") + " by " + cmp.Or(s.By, "?")
		}
		row(s.Pipeline, s.ID, s.Started.UTC().Format(time.DateTime), took, s.Outcome+where)
	}
	_ = w.Flush() // into memory
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// runsOfPipeline is the history on a pipeline's staging server.
func runsOfPipeline(ctx context.Context, c *config.Config) (*runsOf, error) {
	staging, err := c.StagingConfig(ctx)
	if err != nil {
		return nil, err
	}
	return &runsOf{staging: staging}, nil
}

// latestRun is a name of the newest run, however it ended.
const latestRun = "latest"

// newestRun is the id of the newest run of pipelines; a rollback is no run.
func newestRun(ctx context.Context, pipelines []*config.Config) (string, error) {
	var newest runSummary
	for _, c := range pipelines {
		runs, err := runsOfPipeline(ctx, c)
		if err != nil {
			return "", err
		}
		list, err := runs.List(ctx)
		if err != nil {
			return "", err
		}
		for _, s := range list {
			if s.Outcome != string(fault.RolledBack) && s.Started.After(newest.Started) {
				newest = s
			}
		}
	}
	if newest.ID == "" {
		return "", fault.BadInput("there is no run yet")
	}
	return newest.ID, nil
}

// findReport looks for a run on the staging servers of pipelines.
func findReport(ctx context.Context, pipelines []*config.Config, id string) (*report.Report, error) {
	if id == latestRun {
		var err error
		if id, err = newestRun(ctx, pipelines); err != nil {
			return nil, err
		}
	}
	var errs []error
	for _, c := range pipelines {
		runs, err := runsOfPipeline(ctx, c)
		if err != nil {
			return nil, err
		}
		rep, err := runs.Report(ctx, id)
		if err == nil {
			return rep, nil
		}
		if !errors.Is(err, history.ErrNotFound) {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return nil, fault.BadInput("there is no run %q; `refresher runs` lists them", id)
}

func (a *app) showRun(ctx context.Context, pipelines []*config.Config, id, format, save string) error {
	rep, err := findReport(ctx, pipelines, id)
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
	printSummary(a.err, rep, a.columns)
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
		Use: "rollback [PIPELINE]", Short: "Swap the previous staging back", Args: a.onePipeline(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.loadConfig()
			if err != nil {
				return err
			}
			return a.rollback(cmd.Context(), c, byHand, acceptLeaks)
		},
	}
	cmd.Flags().BoolVar(&acceptLeaks, "accept-leaks", false,
		"also bring back a database in which the last run found what its rules mask")
	return cmd
}

// rollback swaps staging and the one before it, under the lock that runs take, and records who did.
func (a *app) rollback(ctx context.Context, c *config.Config, by string, acceptLeaks bool) error {
	began := time.Now()
	staging, err := c.StagingConfig(ctx)
	if err != nil {
		return err
	}
	server, err := restore.Connect(ctx, staging)
	if err != nil {
		return err
	}
	h, err := history.Open(ctx, staging)
	if err != nil {
		return err
	}
	id := refresh.NewID(began)
	lock, err := h.Lock(ctx, id)
	if err != nil {
		return err
	}
	defer lock.Release()
	_, previous, err := server.Occupants(ctx)
	if err != nil {
		return err
	}
	if previous.Exists {
		if err := refresh.MayRollBack(ctx, h, previous); err != nil && !(acceptLeaks && previous.Of == "") {
			return err
		}
		if known, err := h.Knows(ctx, previous.OID); err != nil {
			return err
		} else if !known {
			return fault.Refuse("rollback",
				"database %q was not left there by a refresh: look who made it; rename it to use it",
				restore.PreviousName(staging.Database))
		}
	}
	if err := server.Rollback(ctx); err != nil {
		return err
	}
	made, err := h.MadeBy(ctx, previous.OID)
	if errors.Is(err, history.ErrNotFound) { // by a version that noted no databases
		err = nil
	}
	if err == nil {
		err = h.Finish(context.WithoutCancel(ctx), history.Run{ID: id, Pipeline: c.Pipeline, By: by, BackTo: made.ID,
			Host: history.Hostname(), Started: began, Finished: time.Now(), Outcome: fault.RolledBack})
	}
	if err != nil {
		return fmt.Errorf("staging was rolled back, but the history doesn't say so: %w", err)
	}
	fmt.Fprintf(a.err, "staging %s is now what was %s_previous; run rollback again to undo this\n", staging.Database,
		staging.Database)
	return nil
}
