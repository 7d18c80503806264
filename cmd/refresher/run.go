package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/report/signature"
)

func (a *app) runCommand() *cobra.Command {
	var dry, keepShadow, replace, purge bool
	var reportPath, fingerprints string
	cmd := &cobra.Command{
		Use: "run", Short: "One refresh, now", Args: maxArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := a.load()
			if err != nil {
				return err
			}
			o, err := a.options(cmd.Context(), in)
			if err != nil {
				return err
			}
			o.DryRun, o.KeepShadow, o.Replace, o.PurgePrevious = dry, keepShadow, replace, purge
			if fingerprints != "" {
				if o.Fingerprints, err = a.runPrints(cmd.Context(), in.config, fingerprints); err != nil {
					return err
				}
			}
			rep, err := a.refresh(cmd.Context(), o)
			if reportPath != "" {
				if werr := writeReport(rep, reportPath); werr != nil && err == nil {
					err = werr
				}
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "check servers, rules and buckets, show the plan, and change nothing")
	cmd.Flags().BoolVar(&keepShadow, "keep-shadow", false, "leave the shadow database of a refused or failed run for inspection")
	cmd.Flags().BoolVar(&replace, "replace", false,
		"replace a staging database that no refresh made, once; it stays as NAME_previous")
	cmd.Flags().BoolVar(&purge, "purge-previous", false,
		"leave no earlier copy: drop NAME_previous, and older runs in the buckets, once the new ones are in place")
	cmd.Flags().StringVar(&reportPath, "report", "", "also write the report: to a .json file (and its .sig beside it), an .html file, or all of them into a folder")
	cmd.Flags().StringVar(&fingerprints, "fingerprints", "", "leave the keyed fingerprint set in this folder, s3:// prefix or bucket:NAME, for verify --fingerprints (also fingerprints.url)")
	return cmd
}

// refresh runs once and tells a person how it went.
func (a *app) refresh(ctx context.Context, o refresh.Options) (*report.Report, error) {
	o.Run = refresh.NewID(a.clock())
	if !a.silent() {
		fmt.Fprintf(a.err, "refresh %s\n", o.Run)
	}
	p := a.progress()
	rep, err := refresh.Run(ctx, o, p)
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
	printSummary(a.err, rep)
	return rep, nil
}

// writeReport writes a report as the path asks: a folder gets all its files, a
// .json file has its signature beside it, anything else is HTML.
func writeReport(rep *report.Report, path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() || strings.HasSuffix(path, "/") {
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
