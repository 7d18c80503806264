package refresh

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/refresh/hooks"
	"refresher/internal/report"
	"refresher/internal/report/visible"
	"refresher/internal/restore"
)

// hooked is what steps before the promote have made of the shadow.
type hooked struct {
	before, after *catalog.Catalog
	rows          rowsOf // of tables that a file wrote to
	more          rowsOf // rows that a program added, less those that it took away
}

// checkHooks finds what can be seen wrong with hooks before anything is done.
func checkHooks(ctx context.Context, o *Options) error {
	bad := &fault.Input{}
	note := func(name string, err error) error {
		var input *fault.Input
		if !errors.As(err, &input) {
			return err
		}
		for _, p := range input.Problems {
			if p.File == "" {
				p.Text = name + ": " + p.Text
			}
			bad.Problems = append(bad.Problems, p)
		}
		return nil
	}
	for _, h := range o.BeforePromote {
		if err := note(h.Name, h.Check(ctx)); err != nil {
			return err
		}
	}
	for _, h := range o.AfterPromote {
		if err := note(h.Name, h.Action.Check(ctx)); err != nil {
			return err
		}
	}
	if len(bad.Problems) > 0 {
		return bad
	}
	return nil
}

// beforePromote runs the hooks in the shadow, which is complete and not verified yet.
func beforePromote(ctx context.Context, o *Options, rec *recorder, d *filled) (err error) {
	h := &hooked{rows: rowsOf{}, more: rowsOf{}}
	if h.before, err = d.look(ctx); err != nil {
		return err
	}
	h.after = h.before
	for _, step := range o.BeforePromote {
		if err := h.run(ctx, o, rec, d, step); err != nil {
			return err
		}
	}
	if h.after, err = d.look(ctx); err != nil {
		return err
	}
	rec.hooked(h)
	d.hooked = h
	return d.shadow.AnalyzeTables(ctx, h.touched())
}

func (d *filled) look(ctx context.Context) (cat *catalog.Catalog, err error) {
	conn, err := client.Open(ctx, d.shadow.Config(), client.Session{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer client.Close(ctx, conn)
	return catalog.Load(ctx, conn)
}

func (h *hooked) run(ctx context.Context, o *Options, rec *recorder, d *filled, step hooks.Before) error {
	began := time.Now()
	said := report.Hook{Name: step.Name, Kind: "sql", When: report.BeforePromote, Tries: 1}
	var err error
	if step.SQL != "" {
		err = h.script(ctx, rec, d, step)
	} else {
		said.Kind = "exec"
		said.Did, err = h.program(ctx, o, rec, d, step)
	}
	said.Seconds = time.Since(began).Seconds()
	if err != nil {
		err = refusedBy(ctx, step, err)
		said.Error = err.Error()
	}
	rec.report.Hooks = append(rec.report.Hooks, said)
	return err
}

// refusedBy turns a step's own failure into a refusal. A server that is gone, or a signal, stays
// what it is.
func refusedBy(ctx context.Context, step hooks.Before, err error) error {
	var sql *restore.ScriptError
	var exit *hooks.ExitError
	late := ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded)
	switch {
	case errors.As(err, &exit):
		return fault.Refuse("hooks", "%s: %v; refresher run --keep-shadow leaves the database, to run it there by hand",
			step.Name, exit)
	case errors.As(err, &sql) && !fault.Retry(err):
		return fault.Refuse("hooks", "%s: %v", step.Name, sql)
	case late:
		return fault.Refuse("hooks", "%s: it took longer than its timeout of %s", step.Name, step.Limit)
	}
	return err
}

// script runs a file, which tells what it wrote to.
func (h *hooked) script(ctx context.Context, rec *recorder, d *filled, step hooks.Before) error {
	scripts, err := restore.ReadScripts([]string{step.SQL})
	if err != nil {
		return err
	}
	limited, cancel := step.Limited(ctx)
	defer cancel()
	changed, err := d.shadow.RunScript(limited, scripts[0])
	if err != nil {
		return err
	}
	for n, rows := range changed {
		h.rows[n] = rows
		delete(h.more, n)
	}
	wroteTo(rec, filepath.Base(step.SQL), changed)
	return nil
}

// program runs a program. What it wrote to is seen by counting all rows before and after it: so what
// copying lost shows as before.
func (h *hooked) program(ctx context.Context, o *Options, rec *recorder, d *filled, step hooks.Before) (string, error) {
	was, err := d.countAll(ctx, o)
	if err != nil {
		return "", err
	}
	limited, cancel := step.Limited(ctx)
	defer cancel()
	did, err := step.Program.Run(limited, d.shadow.Config())
	if err != nil {
		return "", err
	}
	if err := d.shadow.EndSessions(ctx); err != nil {
		return "", err
	}
	is, err := d.countAll(ctx, o)
	if err != nil {
		return "", err
	}
	changed := rowsOf{}
	for n, rows := range is {
		before, known := was[n]
		switch {
		case !known:
			h.rows[n], changed[n] = rows, rows
		case rows != before:
			h.more[n] += rows - before
			changed[n] = rows
		}
	}
	wroteTo(rec, filepath.Base(step.Program.Args[0]), changed)
	return did, nil
}

// countAll counts the rows of each table itself.
func (d *filled) countAll(ctx context.Context, o *Options) (rowsOf, error) {
	cat, err := d.look(ctx)
	if err != nil {
		return nil, err
	}
	tables := slices.DeleteFunc(slices.Clone(cat.Tables), func(t *catalog.Table) bool { return !t.HoldsRows() })
	counts := make([]int64, len(tables))
	index := make([]int, len(tables))
	for i := range index {
		index[i] = i
	}
	err = client.Each(ctx, o.Workers, index, func(ctx context.Context, items iter.Seq[int]) error {
		conn, err := client.Open(ctx, d.shadow.Config(), client.Session{ReadOnly: true})
		if err != nil {
			return err
		}
		defer client.Close(ctx, conn)
		for i := range items {
			if counts[i], err = tables[i].CountRows(ctx, conn); err != nil {
				return err
			}
		}
		return nil
	})
	rows := rowsOf{}
	for i, t := range tables {
		rows[t.Name] = counts[i]
	}
	return rows, err
}

// wroteTo warns of the tables that a step wrote to.
func wroteTo(rec *recorder, name string, changed rowsOf) {
	var text []string
	for _, n := range slices.SortedFunc(maps.Keys(changed), catalog.Name.Compare) {
		text = append(text, fmt.Sprintf("%s (%s rows now)", n, visible.Count(changed[n])))
	}
	if len(text) > 0 {
		rec.warn("%s wrote to %s", name, strings.Join(text, ", "))
	}
}

// touched are the tables that steps wrote to and that are there still.
func (h *hooked) touched() rowsOf {
	all := rowsOf{}
	for _, m := range []rowsOf{h.rows, h.more} {
		for n := range m {
			if h.after.Table(n) != nil {
				all[n] = 0
			}
		}
	}
	return all
}

// afterPromote does what comes after the promote. Staging is replaced: what fails is a warning.
func afterPromote(ctx context.Context, o *Options, rec *recorder) {
	if !rec.report.Promoted || len(o.AfterPromote) == 0 {
		return
	}
	stopped := rec.report.Stage // where a bucket's failure left it
	_ = rec.stage(ctx, report.AfterPromote, func(ctx context.Context) error {
		for _, step := range o.AfterPromote {
			rec.did(step, step.Do(ctx))
		}
		for _, step := range o.AfterPromote {
			if step.Again > 0 && sleep(ctx, step.Again) {
				step.Name += ", again"
				rec.did(step, step.Do(ctx))
			}
		}
		return nil
	})
	rec.report.Stage = stopped
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// did notes how a step went.
func (r *recorder) did(step hooks.After, got hooks.Result) {
	said := report.Hook{
		Name: step.Name, Kind: step.Kind, When: report.AfterPromote, Did: got.Did, Tries: got.Tries,
		Seconds: got.Seconds,
	}
	if got.Err != nil {
		said.Error = got.Err.Error()
		r.warn("staging is replaced, but a hook failed (tries: %d): %v", got.Tries, got.Err)
	}
	r.report.Hooks = append(r.report.Hooks, said)
}
