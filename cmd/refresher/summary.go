package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"refresher/internal/report"
)

// printSummary says what a clean run did.
func printSummary(w io.Writer, r *report.Report) {
	rows, bytes := r.Totals()
	fmt.Fprintf(w, "\n%s rows (%s) scrubbed and restored in %s\n", report.Count(rows), report.Size(bytes),
		report.Seconds(r.Seconds("schema", "data", "post-data")))
	var looked int64
	for _, i := range r.Identifiers {
		looked += i.Added
	}
	for _, s := range r.Verification {
		var survivors, detected, weak int64
		for _, res := range s.Results {
			survivors += res.Survivors
			detected += res.Detected
			weak += res.Weak
		}
		fmt.Fprintf(w, "verified %s: %d survivors of %s source identifiers, %d detector findings", s.Name, survivors, report.Count(looked), detected)
		if weak > 0 {
			fmt.Fprintf(w, ", %d weak ones (see the report)", weak)
		}
		fmt.Fprintf(w, ", in %s\n", report.Seconds(s.Seconds))
	}
	if r.Promoted {
		fmt.Fprintf(w, "staging:  %s/%s is new; refresher rollback brings the one before back\n", r.Staging.Address, r.Staging.Database)
	}
	for _, d := range r.Datasets {
		fmt.Fprintf(w, "bucket %s: %s, %s rows, %d objects, %s at %s\n", d.Bucket, d.Content, report.Count(d.Rows), len(d.Objects), report.Size(d.Bytes), d.URL)
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
}
