package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"refresher/internal/report"
	"refresher/internal/report/visible"
)

// printSummary says what a clean run did, and what of it was proved, on a terminal of so many columns (0 if it is
// none).
func printSummary(w io.Writer, r *report.Report, columns int) {
	rows, bytes := r.Totals()
	fmt.Fprintf(w, "\n%s rows (%s) scrubbed and restored in %s, %s in all\n\n", visible.Count(rows),
		visible.Size(bytes), visible.Seconds(r.Seconds("schema", "data", "post-data")),
		visible.Seconds(max(0, r.Finished.Sub(r.Started).Seconds())))
	for _, g := range r.Gates() {
		fmt.Fprintf(w, "  %s  %-18s %s\n", g.Mark(), g.Name, g.Detail)
	}
	fmt.Fprintln(w)
	line := func(name, format string, args ...any) {
		fmt.Fprintln(w, wrapped(fmt.Sprintf("%-10s %s", name, fmt.Sprintf(format, args...)), columns, 11))
	}
	if d := r.Drift; d != nil {
		line("changed", "%s, since %s", d.Summary(), d.Run)
	}
	if o := r.LargeObjects; o != nil {
		line("objects", "large objects: %s", o)
	}
	if r.Promoted {
		then := ""
		for _, x := range r.Remains {
			if x.Bucket == "" && !x.Dropped && x.Verdict != report.Leaks {
				then = "; refresher rollback brings the one before back"
			}
		}
		line("staging", "%s/%s is new%s", r.Staging.Address, r.Staging.Database, then)
	}
	for _, s := range r.ObjectSets {
		line("objects", "%s", s)
	}
	for _, d := range r.Datasets {
		if strings.HasPrefix(d.Content, "objects") {
			line("bucket", "%s: %s, %d files, %s at %s", d.Bucket, d.Content, len(d.Objects),
				visible.Size(d.Bytes), d.URL)
			continue
		}
		line("bucket", "%s: %s, %s rows, %d objects, %s at %s", d.Bucket, d.Content, visible.Count(d.Rows),
			len(d.Objects), visible.Size(d.Bytes), d.URL)
	}
	for _, x := range r.Remains {
		line("earlier", "%s", x)
	}
	if s := r.Standing.Status; s != "" {
		line("data", "%s (%s), since the masking key is kept", s,
			strings.Replace(r.Standing.Basis, " and Recital", ", Recital", 1))
	}
	if r.Signed != nil && len(r.Signed.Signature) > 0 {
		line("report", "signed by %s; refresher runs %s --save FOLDER writes it", r.Signing.PublicKey, r.Run)
	}
}

// printPlan says what a run would do.
func printPlan(w io.Writer, r *report.Report) {
	fmt.Fprintf(w, "\nThe plan; nothing was changed and no row was read.\n")
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "table\tmasked\tkept\trows")
	for _, t := range r.Tables {
		fmt.Fprintf(tw, "%s\t%d\t%d\t%s\n", t.Name, t.Masked(), len(t.Columns)-t.Masked(), t.Mode)
	}
	_ = tw.Flush()
	for _, p := range r.SamplePlans {
		printSamplePlan(w, p)
	}
}

// printSamplePlan says what a sample would hold.
func printSamplePlan(w io.Writer, p report.SamplePlan) {
	fmt.Fprintf(w, "\nThe sample in bucket %s: about %s rows (%s), by the source's planner statistics.\n", p.Bucket,
		visible.Count(p.Rows), visible.Size(p.Bytes))
	switch {
	case !p.Fits:
		fmt.Fprintln(w, "That is more than max_rows or max_bytes with the smallest share: a run would be refused.")
	case p.Shares > 0:
		fmt.Fprintf(w, "Shares are lowered to about %.3g %% of what is asked for, to keep max_rows and max_bytes.\n",
			100*p.Shares)
	}
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "table\trows\tsize\tmost by")
	for _, t := range p.Tables {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", t.Table, visible.Count(t.Rows), visible.Size(t.Bytes), t.By)
	}
	_ = tw.Flush()
}
