package refresh

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/history"
	"refresher/internal/pii/detect"
	"refresher/internal/postgres/catalog"
	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/verify"
)

// describe notes both servers in the report.
func (r *run) describe() {
	r.catalog = r.source.Catalog()
	c := r.catalog
	r.report.Source = report.Server{
		Address: fmt.Sprintf("%s:%d", r.Source.Host, r.Source.Port), Database: c.Database, Version: c.ServerVersion,
		SystemID: fmt.Sprint(c.SystemID), Replica: c.InRecovery,
	}
	r.report.Staging = report.Server{
		Address: fmt.Sprintf("%s:%d", r.Staging.Host, r.Staging.Port), Database: r.Staging.Database,
		Version: r.server.Version(), SystemID: fmt.Sprint(r.server.SystemID()),
	}
	r.report.SchemaHash = schemaHash(c)
}

// schemaHash names the shape of the source: every table, column and type.
func schemaHash(c *catalog.Catalog) string {
	h := sha256.New()
	for _, t := range c.Tables {
		fmt.Fprintf(h, "%s %c\n", t.Name, t.Kind)
		for _, col := range t.Columns {
			fmt.Fprintf(h, "  %q %s %d %t\n", col.Name, col.Type.SQL, col.Mod, col.NotNull)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// decisions notes which rule decided every column.
func (r *run) decisions() {
	r.report.Tables = nil
	for _, d := range r.program.Decisions() {
		t := report.Table{Name: d.Table.String(), Mode: "all"}
		if d.RowsNone {
			t.Mode = "none"
		}
		if d.RowsWhen != "" {
			t.Mode, t.When = "when", withoutValues(d.RowsWhen)
		}
		for _, c := range d.Columns {
			t.Columns = append(t.Columns, report.Column{
				Name: c.Name, Type: c.Type, Transform: c.Transform, Class: string(c.Class), Domain: c.Domain,
				Keep: c.Keep, Wildcard: c.Wildcard, Origin: c.Origin, Detail: withoutValues(c.Detail), From: c.From, KeepSome: c.KeepSome,
			})
		}
		r.report.Tables = append(r.report.Tables, t)
	}
	slices.SortFunc(r.report.Tables, func(a, b report.Table) int { return strings.Compare(a.Name, b.Name) })
}

// withoutValues is a rule as a report shows it: whoever wrote a condition may have
// written somebody's address into it.
func withoutValues(rule string) string {
	text, done := []byte(rule), 0
	var b strings.Builder
	for _, h := range detect.New().Scan(nil, text) {
		b.Write(text[done:h.Start])
		b.WriteString(verify.Shape(h.Class, text[h.Start:h.End]))
		done = h.End
	}
	b.Write(text[done:])
	return b.String()
}

// measure notes rows, bytes and time of every table.
func (r *run) measure() {
	for i := range r.report.Tables {
		t := &r.report.Tables[i]
		if c := r.counts[t.Name]; c != nil {
			t.Rows, t.Bytes, t.Seconds = c.arrived.Load(), c.bytes.Load(), float64(c.nanos.Load())/1e9
			t.Dropped = c.dropped.Load()
			for j := range t.Columns {
				t.Columns[j].KeptRows = c.kept[t.Columns[j].Name]
			}
		}
	}
	for _, p := range r.program.Tables() {
		i := slices.IndexFunc(r.report.Tables, func(t report.Table) bool { return t.Name == p.Table.Name.String() })
		if i >= 0 {
			r.report.Tables[i].Format = p.Format.String()
		}
	}
}

// identifiers notes how many source values will be looked for.
func (r *run) identifiers() {
	for class, s := range r.store.Stats() {
		r.report.Identifiers = append(r.report.Identifiers, report.Identifier{
			Class: string(class), Added: s.Added - r.followed(class), Fictional: s.Fictional, Short: s.Short,
		})
	}
	slices.SortFunc(r.report.Identifiers, func(a, b report.Identifier) int { return strings.Compare(a.Class, b.Class) })
}

// lastDone is the report that this run is compared with, nil if there is none.
func (r *run) lastDone(ctx context.Context) (*report.Report, error) {
	last, err := r.history.LastDone(ctx, r.Options.Run)
	if errors.Is(err, history.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	before, err := report.Parse(last.ReportJSON, []byte(last.Signature))
	if err != nil {
		r.warn("what changed since run %s can't be told: its report can't be read", last.ID)
		return nil, nil
	}
	return before, nil
}

// sign notes what changed since the last run, and signs.
func (r *run) sign(rep *report.Report) error {
	if r.previous != nil {
		rep.Drift = report.Compare(r.previous, rep)
	}
	signer := r.Signer
	if signer.IsZero() {
		var err error
		if signer, err = signature.Derive(r.Key); err != nil {
			return err
		}
	}
	return rep.Sign(signer)
}

// record puts the run into the history.
func (r *run) record(ctx context.Context) error {
	run := history.Run{
		ID: r.Options.Run, Database: r.Staging.Database, Started: r.report.Started, Finished: r.report.Finished, Outcome: string(r.report.Outcome),
		Stage: r.report.Stage, Error: r.report.Error,
	}
	if s := r.report.Signed; s != nil {
		run.ReportJSON, run.Signature = s.Document, string(s.Signature)
	}
	return r.history.Finish(ctx, run)
}
