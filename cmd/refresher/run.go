package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/fault"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/report/signature"
)

// running is one call of refresher run.
type running struct {
	dry, keepShadow, replace, purge bool
	report, fingerprints            string
}

func (a *app) runCommand() *cobra.Command {
	var r running
	cmd := &cobra.Command{
		Use: "run [PIPELINE]...", Short: "One refresh, now",
		Long: `run refreshes the pipelines of those names, or all, one after the other. One that
fails keeps no other from its turn; an interruption ends all.

The exit code is the gravest: 130 if it was interrupted, else 2 if a pipeline's files
are wrong, else 1 if a gate refused one, else 3 if a server or bucket failed, else 0.`,
		Example: `  refresher run
  refresher run experimentation mlflow --report reports/`,
		RunE: func(cmd *cobra.Command, names []string) error {
			pipelines, err := a.loadConfigs(names...)
			if err != nil {
				return err
			}
			if ext := filepath.Ext(r.report); len(pipelines) > 1 && (ext == ".json" || ext == ".html") {
				return fault.BadInput("--report must name a folder where several pipelines run: " +
					"each writes its report into a folder of its name below it")
			}
			return a.each(cmd.Context(), pipelines, func(ctx context.Context, c *config.Config) error {
				one := r
				if len(pipelines) > 1 {
					one = r.below(c.Pipeline)
				}
				return a.runOne(ctx, c, one)
			})
		},
	}
	cmd.Flags().BoolVar(&r.dry, "dry-run", false, "check servers, rules and buckets, show the plan, and change nothing")
	cmd.Flags().
		BoolVar(&r.keepShadow, "keep-shadow", false,
			"leave the shadow database of a refused or failed run for inspection")
	cmd.Flags().BoolVar(&r.replace, "replace", false,
		"replace a staging database that no refresh made, once; it stays as NAME_previous")
	cmd.Flags().BoolVar(&r.purge, "purge-previous", false,
		"leave no earlier copy: drop NAME_previous, branches, and older runs in the buckets, once the new ones "+
			"are in place")
	cmd.Flags().StringVar(&r.report, "report", "", "also write the report: to a .json file (and its .sig beside it), "+
		"an .html file, or all of them into a folder")
	cmd.Flags().StringVar(&r.fingerprints, "fingerprints", "", "leave the keyed fingerprint set in this folder, "+
		"s3:// prefix or bucket:NAME, for verify --fingerprints (also fingerprints.url)")
	return cmd
}

// below gives one pipeline of several its own places.
func (r running) below(pipeline string) running {
	if r.report != "" {
		r.report = filepath.Join(r.report, pipeline) + "/"
	}
	if p := (config.Prints{URL: r.fingerprints}); p.URL != "" && p.Bucket() == "" {
		r.fingerprints = strings.TrimRight(p.URL, "/") + "/" + pipeline
	}
	return r
}

// runOne refreshes one pipeline, and tells those whom notify names.
func (a *app) runOne(ctx context.Context, c *config.Config, r running) error {
	_, err := a.notified(ctx, c, !r.dry, func() (*report.Report, error) { return a.runSilently(ctx, c, r) })
	return err
}

// runSilently refreshes one pipeline, and tells the person who started it alone. There is no report if
// the run did not begin.
func (a *app) runSilently(ctx context.Context, c *config.Config, r running) (*report.Report, error) {
	in, err := withRules(c)
	if err != nil {
		return nil, err
	}
	o, err := a.options(ctx, in)
	if err == nil {
		err = a.checkTracking(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	o.DryRun, o.KeepShadow, o.Replace, o.PurgePrevious = r.dry, r.keepShadow, r.replace, r.purge
	if r.fingerprints != "" {
		if o.Fingerprints, err = a.runPrints(ctx, c, r.fingerprints); err != nil {
			return nil, err
		}
	}
	rep, err := a.refresh(ctx, c, o)
	if r.report != "" {
		if werr := writeReport(rep, r.report); werr != nil && err == nil {
			err = werr
		}
	}
	return rep, err
}

// refresh runs once and tells a person how it went.
func (a *app) refresh(ctx context.Context, c *config.Config, o refresh.Options) (*report.Report, error) {
	o.Run = refresh.NewID(a.clock())
	if !a.silent() {
		fmt.Fprintf(a.err, "refresh %s\n", o.Run)
	}
	p := a.progress()
	rep, err := a.traced(ctx, c, o, p, p.Warn)
	p.Close()
	if err != nil {
		if a.verbose && a.logFormat != "json" {
			for _, v := range rep.Verification {
				for _, r := range v.Results {
					report.WriteFindings(a.err, r, true)
				}
			}
		}
		return rep, err
	}
	if a.silent() && !o.DryRun {
		if a.logFormat == "json" {
			a.log().Info("run ended", "run", o.Run, "outcome", rep.Outcome)
		}
		return rep, nil
	}
	if o.DryRun {
		printPlan(a.err, rep)
		return rep, nil
	}
	printSummary(a.err, rep, a.columns)
	return rep, nil
}

// writeReport writes a report as the path asks: a folder, which a name without an extension is where
// no file has it, gets all its files; a .json file has its signature beside it; anything else is HTML.
func writeReport(rep *report.Report, path string) error {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() || err != nil && filepath.Ext(path) == "" || strings.HasSuffix(path, "/") {
		return saveReport(rep, path)
	}
	if filepath.Ext(path) == ".json" {
		return writeDocument(rep, path)
	}
	return writePage(rep, path)
}

// saveReport writes report.json, its signature and report.html into a folder.
func saveReport(rep *report.Report, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making a folder for the report: %w", err)
	}
	if err := writeDocument(rep, filepath.Join(dir, report.JSONName)); err != nil {
		return err
	}
	return writePage(rep, filepath.Join(dir, report.HTMLName))
}

func writeDocument(rep *report.Report, path string) error {
	if rep.Signed == nil {
		return fmt.Errorf("run %s left no report to write", rep.Run)
	}
	if err := os.WriteFile(path, rep.Signed.Document, 0o644); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if len(rep.Signed.Signature) == 0 {
		return nil
	}
	if err := os.WriteFile(path+signature.Suffix, rep.Signed.Signature, 0o644); err != nil {
		return fmt.Errorf("writing the report's signature: %w", err)
	}
	return nil
}

func writePage(rep *report.Report, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if err := rep.HTML(f); err != nil {
		f.Close()
		return fmt.Errorf("writing the report %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing the report %s: %w", path, err)
	}
	return nil
}
