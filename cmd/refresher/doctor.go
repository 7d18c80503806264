package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/doctor"
	"refresher/internal/fault"
	"refresher/internal/scrub/rules"
)

func (a *app) doctorCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "doctor [PIPELINE]...",
		Short: "Everything a run will need: what is missing, and the statement that mends it",
		Long: `doctor looks at all that a run will need, before one is started: secrets, programs,
privileges on both sides, extensions, locales, lock tables, disks, clocks and buckets.
Every line that is not ok says what mends it. It reads no rows, and changes nothing but
for a probe object in each bucket, which it removes.`,
		RunE: func(cmd *cobra.Command, names []string) error {
			if format != "text" && format != "json" {
				return fault.BadInput("--format must be text or json")
			}
			pipelines, err := a.loadConfigs(names...)
			if err != nil {
				return err
			}
			reports := []doctorOf{}
			err = a.each(cmd.Context(), pipelines, func(ctx context.Context, c *config.Config) error {
				rep, err := a.doctor(ctx, c)
				if err != nil {
					return err
				}
				reports = append(reports, doctorOf{c.Pipeline, rep})
				if format != "json" {
					printChecks(a, rep)
				}
				return rep.Err()
			})
			switch {
			case format != "json" || len(reports) == 0:
				return err
			case len(pipelines) == 1:
				return cmp.Or(a.json(reports[0].Report), err)
			}
			return cmp.Or(a.json(map[string]any{"pipelines": reports}), err)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, or json for machines")
	return cmd
}

// doctorOf is the report of one pipeline of several.
type doctorOf struct {
	Pipeline string `json:"pipeline"`
	*doctor.Report
}

// doctor makes all checks; the error is the configuration's.
func (a *app) doctor(ctx context.Context, c *config.Config) (*doctor.Report, error) {
	rep := &doctor.Report{}
	key, err := a.key(ctx, c)
	detail := ""
	if err == nil {
		detail = "fingerprint " + key.Fingerprint()
	}
	rep.Add("secrets", "the masking key", err, detail, "openssl rand -hex 32   # into the place that key: names")
	if !c.Sign.IsZero() {
		_, err := a.signer(ctx, c)
		rep.Add("secrets", "the key that signs reports", err, "it can be read",
			"openssl genpkey -algorithm ed25519   # into the place that sign: names")
	}
	o := doctor.Options{RequireReplica: c.Source.RequireReplica, TempDir: c.TempDir, Workers: c.Workers,
		Template: c.Staging.Template}
	if o.Source, err = c.SourceConfig(ctx); err != nil {
		return nil, err
	}
	if o.Staging, err = c.StagingConfig(ctx); err != nil {
		return nil, err
	}
	if err := a.hookChecks(ctx, c, rep); err != nil {
		return nil, err
	}
	if err := notifyChecks(ctx, c, rep); err != nil {
		return nil, err
	}
	a.trackingCheck(ctx, c, rep)
	if rulesThere(c) {
		o.Rules, o.RulesErr = rules.Load(c.Rules)
	}
	for _, b := range c.Buckets {
		sink, err := a.sink(ctx, c, b.Name, b.URL)
		if err != nil {
			rep.Add("bucket "+b.Name, "it can be opened", err, "", doctor.Policy(b.URL))
			continue
		}
		o.Buckets = append(o.Buckets, doctor.Bucket{Name: b.Name, URL: b.URL, Sink: sink})
	}
	a.doctorObjects(ctx, c, rep, &o)
	rep.Look(ctx, o)
	return rep, ctx.Err()
}

// rulesThere reports whether a rules file has been written yet.
func rulesThere(c *config.Config) bool {
	for _, f := range c.Rules {
		if info, err := os.Stat(f); strings.HasPrefix(f, rules.Builtin) || err == nil && info.Size() > 0 {
			return true
		}
	}
	return false
}

var checkMarks = map[doctor.State]string{doctor.OK: "ok  ", doctor.Warn: "warn", doctor.Fail: "FAIL",
	doctor.Skipped: "skip"}

// printChecks lists the checks by area, each remedy below its check.
func printChecks(a *app, rep *doctor.Report) {
	area := ""
	for _, c := range rep.Checks {
		if c.Area != area {
			area = c.Area
			fmt.Fprintln(a.err, area)
		}
		detail := strings.ReplaceAll(c.Detail, "\n", "\n        ")
		if detail != "" {
			detail = ": " + detail
		}
		fmt.Fprintln(a.err, wrapped("  "+checkMarks[c.State]+"  "+c.Name+detail, a.columns, 8))
		if c.Remedy != "" {
			fmt.Fprintf(a.err, "        → %s\n", strings.ReplaceAll(c.Remedy, "\n", "\n          "))
		}
	}
	if rep.Worst() == doctor.OK {
		fmt.Fprintf(a.err, "all %d checks are ok\n", len(rep.Checks))
	}
}
