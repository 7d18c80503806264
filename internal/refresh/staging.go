package refresh

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/report"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify"
)

// rowsOf are numbers of rows by table.
type rowsOf map[catalog.Name]int64

// planKeep finds what would stop staging's own tables from surviving.
func (p *plan) planKeep(ctx context.Context, o *Options, rec *recorder) error {
	var err error
	if err := ruledOut(o.Preserve, p.program); err != nil {
		return err
	}
	var notes []string
	if p.keep, notes, err = p.server.Preserve(ctx, o.Preserve, p.catalog); err != nil {
		return err
	}
	for _, n := range notes {
		rec.warn("%s", n)
	}
	// Something is dumped from the staging server, which takes a pg_dump as new as that is.
	dumped := func(b Bucket) bool { return slices.Contains(b.Formats, "pgdump") }
	if p.keep.Own() || slices.ContainsFunc(o.Buckets, dumped) {
		return client.Require(client.Major(p.server.Version()))
	}
	return nil
}

// ruledOut fails unless production sends no rows into a table that staging fills:
// it would be undefined whose rows win.
func ruledOut(preserve []catalog.Name, p *scrub.Program) error {
	bad := &fault.Input{}
	for _, d := range p.Decisions() {
		if slices.Contains(preserve, d.Table) && !d.RowsNone {
			bad.Problems = append(bad.Problems, fault.Problem{Text: fmt.Sprintf(
				"staging.preserve names %s, but by the rules its rows come from production: write rows: "+
					"none for it", d.Table)})
		}
	}
	if len(bad.Problems) > 0 {
		return bad
	}
	return nil
}

// makeKept makes staging's own tables in the shadow, before a row is read.
func (d *filled) makeKept(ctx context.Context) (leftOut []string, err error) {
	if err := d.keep.MakeRoom(ctx, d.shadow); err != nil {
		return nil, err
	}
	dumped, err := d.keep.Dump(ctx, d.keptDump)
	if err != nil || !dumped {
		return nil, err
	}
	return d.shadow.PreData(ctx, d.keptDump)
}

// postData builds indexes, constraints and triggers once the tables are full. The rows
// of staging's own tables come as late as their constraints and triggers allow.
func postData(ctx context.Context, o *Options, d *filled) error {
	if err := d.shadow.EndSearch(ctx); err != nil {
		return err
	}
	if err := d.keep.Copy(ctx, d.shadow); err != nil {
		return err
	}
	if err := d.program.Explain(d.shadow.PostData(ctx, d.schema, o.Workers)); err != nil {
		return err
	}
	if !d.keep.Own() {
		return nil
	}
	return d.shadow.PostData(ctx, d.keptDump, 1)
}

// analyze brings the shadow to where an application expects a database to be.
func analyze(ctx context.Context, o *Options, d *filled) error {
	if err := d.shadow.SetSequences(ctx, d.sequences); err != nil {
		return err
	}
	if err := d.keep.SetSequences(ctx, d.shadow); err != nil {
		return err
	}
	if err := d.shadow.RefreshMatViews(ctx, filledViews(o, d.plan)); err != nil {
		return err
	}
	return d.shadow.Analyze(ctx, o.Workers)
}

// filledViews are the materialised views that the rules don't have empty.
func filledViews(o *Options, p *plan) (views []*catalog.MatView) {
	for _, v := range p.bound.Views(p.catalog.MatViews) {
		if t := o.Rules.Tables[v.Name]; t == nil || t.Rows != rules.NoRows {
			views = append(views, v)
		}
	}
	return views
}

// expected is what verification must find in the shadow.
func expected(ctx context.Context, o *Options, rec *recorder, d *filled) ([]verify.Table, error) {
	tables, err := d.described(ctx, o, rec, d.counts)
	if err != nil {
		return nil, err
	}
	kept := d.keep.Rows()
	rows := maps.Clone(kept)
	for _, n := range o.Preserve {
		if _, ok := rows[n]; !ok {
			rows[n] = 0 // there was nothing to take over
		}
	}
	var more rowsOf
	if d.hooked != nil {
		maps.Copy(rows, d.hooked.rows)
		more = d.hooked.more
	}
	for i := range tables {
		t := &tables[i]
		if n, ok := rows[t.Name]; ok && !t.RowsNone {
			t.SourceRows = n
		}
		if t.SourceRows >= 0 {
			t.SourceRows += more[t.Name]
		}
	}
	reportKept(rec.report, tables, kept)
	return tables, nil
}

// reportKept says in the report which tables hold staging's own rows.
func reportKept(rep *report.Report, tables []verify.Table, kept rowsOf) {
	for _, t := range tables {
		n, ok := kept[t.Name]
		if !ok {
			continue
		}
		i := slices.IndexFunc(rep.Tables, func(u report.Table) bool { return u.Name == t.Name.String() })
		if i < 0 {
			rep.Tables = append(rep.Tables, report.Table{Name: t.Name.String()})
			i = len(rep.Tables) - 1
		}
		own := &rep.Tables[i]
		own.Mode, own.Rows, own.Columns = "preserved", n, nil
		for _, c := range t.Columns {
			own.Columns = append(own.Columns, report.Column{
				Name: c.Name, Transform: c.Transform, Keep: true, Origin: "staging.preserve",
			})
		}
	}
	sortTables(rep)
}

// Preserved describes the tables that are staging's own as they stand in a
// database, in place of what the rules say of them: any column is as it should
// be, and any number of rows. A database that doesn't exist has none.
func Preserved(ctx context.Context, cfg *pgx.ConnConfig, names []catalog.Name,
	tables []verify.Table) ([]verify.Table, error) {
	if len(names) == 0 {
		return tables, nil
	}
	conn, err := client.Open(ctx, cfg, client.Session{ReadOnly: true})
	if client.Code(err) == "3D000" {
		return tables, nil
	}
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	cat, err := catalog.Load(ctx, conn)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(tables)
	for _, t := range cat.Tables {
		if !slices.Contains(names, t.Name) && !slices.Contains(names, t.Root) {
			continue
		}
		own := verify.Table{Name: t.Name, SourceRows: -1}
		for _, c := range t.Columns {
			own.Columns = append(own.Columns, verify.Column{Name: c.Name, Transform: "keep", Keep: true})
		}
		if i := slices.IndexFunc(out, func(u verify.Table) bool { return u.Name == t.Name }); i >= 0 {
			own.NotValid = out[i].NotValid
			out[i] = own
		} else {
			out = append(out, own)
		}
	}
	return out, nil
}
