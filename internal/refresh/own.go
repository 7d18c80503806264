package refresh

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/report"
	"refresher/internal/restore"
	"refresher/internal/verify"
)

// belongings are what is staging's own and survives the refresh: tables whose
// rows come from the staging database that is replaced, and files of SQL that
// run in the shadow.
type belongings struct {
	preserve *restore.Preservation
	scripts  []restore.Script
	changed  map[catalog.Name]int64 // tables that scripts wrote to, and their rows since
}

// guardOwn finds what would stop staging's own things from surviving.
func (r *run) guardOwn(ctx context.Context) error {
	var err error
	if r.own.scripts, err = restore.ReadScripts(r.After); err != nil {
		return err
	}
	if err := r.ruledOut(); err != nil {
		return err
	}
	var notes []string
	if r.own.preserve, notes, err = r.server.Preserve(ctx, r.Options.Preserve, r.catalog); err != nil {
		return err
	}
	for _, n := range notes {
		r.warn("%s", n)
	}
	if r.dumpsStaging() {
		return client.Require(client.Major(r.server.Version()))
	}
	return nil
}

// dumpsStaging reports whether something is dumped from the staging server, which
// takes a pg_dump as new as that is.
func (r *run) dumpsStaging() bool {
	return r.own.preserve.Own() || slices.ContainsFunc(r.Buckets, func(b Bucket) bool { return slices.Contains(b.Formats, "pgdump") })
}

// ruledOut fails unless production sends no rows into a table that staging fills:
// nobody could say whose rows win.
func (r *run) ruledOut() error {
	bad := &fault.Input{}
	for _, d := range r.program.Decisions() {
		if slices.Contains(r.Options.Preserve, d.Table) && !d.RowsNone {
			bad.Problems = append(bad.Problems, fault.Problem{Text: fmt.Sprintf(
				"staging.preserve names %s, but by the rules its rows come from production: write rows: none for it", d.Table)})
		}
	}
	if len(bad.Problems) > 0 {
		return bad
	}
	return nil
}

// makeOwn makes staging's own tables in the shadow, before a row is read.
func (r *run) makeOwn(ctx context.Context) error {
	if err := r.own.preserve.MakeRoom(ctx, r.shadow); err != nil {
		return err
	}
	dumped, err := r.own.preserve.Dump(ctx, r.ownSchema())
	if err != nil || !dumped {
		return err
	}
	left, err := r.shadow.PreData(ctx, r.ownSchema())
	r.report.LeftOut = append(r.report.LeftOut, left...)
	return err
}

// fillOwn copies the rows of staging's own tables, as late as their constraints
// and triggers allow, and then restores those.
func (r *run) fillOwn(ctx context.Context) error { return r.own.preserve.Copy(ctx, r.shadow) }

// finishOwn restores the indexes, constraints and triggers of tables that the
// source hasn't.
func (r *run) finishOwn(ctx context.Context) error {
	if !r.own.preserve.Own() {
		return nil
	}
	return r.shadow.PostData(ctx, r.ownSchema(), 1)
}

func (r *run) ownSchema() string { return filepath.Join(r.dir, "own.dump") }

// after runs the scripts in the shadow: it is complete, and not verified yet.
func (r *run) after(ctx context.Context) error {
	r.own.changed = map[catalog.Name]int64{}
	for _, s := range r.own.scripts {
		changed, err := r.shadow.RunScript(ctx, s)
		if err != nil {
			return err
		}
		maps.Copy(r.own.changed, changed)
		if len(changed) > 0 {
			var text []string
			for _, n := range slices.SortedFunc(maps.Keys(changed), catalog.Name.Compare) {
				text = append(text, fmt.Sprintf("%s (%s rows now)", n, report.Count(changed[n])))
			}
			r.warn("%s wrote to %s", filepath.Base(s.Path), strings.Join(text, ", "))
		}
	}
	return r.shadow.AnalyzeTables(ctx, r.own.changed)
}

// tables is what verification must find in the shadow.
func (r *run) tables(ctx context.Context) ([]verify.Table, error) {
	tables, err := Preserved(ctx, r.shadow.Config(), r.Options.Preserve, specs(r.catalog, r.program, r.counts))
	if err != nil {
		return nil, err
	}
	rows := r.own.preserve.Rows()
	for _, n := range r.Options.Preserve {
		if _, ok := rows[n]; !ok {
			rows[n] = 0 // there was nothing to take over
		}
	}
	maps.Copy(rows, r.own.changed)
	for i := range tables {
		if n, ok := rows[tables[i].Name]; ok && !tables[i].RowsNone {
			tables[i].SourceRows = n
		}
	}
	r.reportOwn(tables)
	return tables, nil
}

// reportOwn says in the report which tables hold staging's own rows.
func (r *run) reportOwn(tables []verify.Table) {
	rows := r.own.preserve.Rows()
	for _, t := range tables {
		n, preserved := rows[t.Name]
		if !preserved {
			continue
		}
		i := slices.IndexFunc(r.report.Tables, func(u report.Table) bool { return u.Name == t.Name.String() })
		if i < 0 {
			r.report.Tables = append(r.report.Tables, report.Table{Name: t.Name.String()})
			i = len(r.report.Tables) - 1
		}
		own := &r.report.Tables[i]
		own.Mode, own.Rows, own.Columns = "preserved", n, nil
		for _, c := range t.Columns {
			own.Columns = append(own.Columns, report.Column{Name: c.Name, Transform: c.Transform, Keep: true, Origin: "staging.preserve"})
		}
	}
	slices.SortFunc(r.report.Tables, func(a, b report.Table) int { return strings.Compare(a.Name, b.Name) })
}

// Preserved describes the tables that are staging's own as they stand in a
// database, in place of what the rules say of them: any column is as it should
// be, and any number of rows. A database that doesn't exist has none.
func Preserved(ctx context.Context, cfg *pgx.ConnConfig, names []catalog.Name, tables []verify.Table) ([]verify.Table, error) {
	if len(names) == 0 {
		return tables, nil
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err = client.Wrap(err, "connecting to database %q", cfg.Database); client.Code(err) == "3D000" {
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
