package refresh

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/catalog"
	"refresher/internal/history"
	"refresher/internal/report"
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
	for _, d := range r.program.Decisions() {
		t := report.Table{Name: d.Table.String(), Mode: "all"}
		if d.RowsNone {
			t.Mode = "none"
		}
		if d.RowsWhen != "" {
			t.Mode, t.When = "when", d.RowsWhen
		}
		for _, c := range d.Columns {
			t.Columns = append(t.Columns, report.Column{
				Name: c.Name, Type: c.Type, Transform: c.Transform, Class: string(c.Class), Domain: c.Domain,
				Keep: c.Keep, Wildcard: c.Wildcard, Origin: c.Origin, Detail: c.Detail, From: c.From, KeepSome: c.KeepSome,
			})
		}
		r.report.Tables = append(r.report.Tables, t)
	}
	slices.SortFunc(r.report.Tables, func(a, b report.Table) int { return strings.Compare(a.Name, b.Name) })
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
			Class: string(class), Added: s.Added, Fictional: s.Fictional, Short: s.Short,
		})
	}
	slices.SortFunc(r.report.Identifiers, func(a, b report.Identifier) int { return strings.Compare(a.Class, b.Class) })
}

// record puts the run into the history.
func (r *run) record(ctx context.Context) error {
	doc, err := json.Marshal(r.report)
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return r.history.Finish(ctx, history.Run{
		ID: r.Options.Run, Database: r.Staging.Database, Started: r.report.Started, Finished: r.report.Finished, Outcome: string(r.report.Outcome),
		Stage: r.report.Stage, Error: r.report.Error, ReportJSON: doc,
	})
}
