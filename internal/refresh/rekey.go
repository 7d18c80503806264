package refresh

import (
	"bytes"
	"context"
	"hash/maphash"
	"io"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"refresher/internal/dataset/sample"
	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/report"
	"refresher/internal/restore"
	"refresher/internal/scrub"
	"refresher/internal/verify/canary"
)

// rekeyed is the program that scrubs a bucket's sample a second time.
func (p *plan) rekeyed(o *Options, b Bucket) (*scrub.Program, error) {
	if b.Rekey.Fingerprint() == o.Key.Fingerprint() {
		return nil, fault.BadInput("rekey is the masking key itself: give the sample a key of its own")
	}
	return scrub.Again(o.Rules, p.source.Catalog(), b.Rekey.Bytes())
}

// rekeyer loads rows that it scrubs a second time.
type rekeyer struct {
	*restore.Loader
	program *scrub.Program
	plans   map[catalog.Name]*scrub.TablePlan
	kept    map[catalog.Name]bool // tables of extensions, whose rows are no one's
	seed    []byte                // of canaries
	columns []report.RekeyedColumn
}

// copyRekeyed copies a picked sample, scrubbed a second time. Rules are for the source's tables: of one
// that a hook made or changed none says what may stay, and the run is refused.
func (e *exporter) copyRekeyed(ctx context.Context, s *sampleDB, b Bucket, picked *sample.Sample,
	loader *restore.Loader) error {
	program, err := e.rekeyed(e.o, b)
	if err != nil {
		return err
	}
	if differ := catalog.Diff(e.source.Catalog(), e.catalog); e.hooked != nil && len(differ) > 0 {
		return fault.Refuse("rekey", "hooks changed the schema, and no rule says what of that a second key has "+
			"to mask: %s",
			strings.Join(differ, "; "))
	}
	r := &rekeyer{Loader: loader, program: program, plans: map[catalog.Name]*scrub.TablePlan{},
		kept: map[catalog.Name]bool{}, seed: b.Rekey.Derive("canaries")}
	for _, t := range program.Tables() {
		r.plans[t.Table.Name] = t
	}
	for _, t := range e.catalog.Tables {
		r.kept[t.Name] = t.Extension != ""
	}
	for _, search := range program.Searches() {
		if err := s.db.MakeSearch(ctx, search.Table, search.Search); err != nil {
			return err
		}
	}
	if _, err := picked.Copy(ctx, r); err != nil {
		return err
	}
	if err := s.db.EndSearch(ctx); err != nil {
		return err
	}
	said, err := r.judge()
	if err != nil {
		return err
	}
	said.KeyFingerprint, said.Joinable = b.Rekey.Fingerprint(), keptKeys(program)
	s.report.Rekeyed = said
	return nil
}

// Shape is for sample.Shaper.
func (r *rekeyer) Shape(table catalog.Name) (copyfmt.Format, *catalog.Join, bool) {
	t := r.plans[table]
	if t == nil {
		return copyfmt.Text, nil, false
	}
	return t.Format, t.Join, true
}

// CopyIn is for sample.Loader.
func (r *rekeyer) CopyIn(ctx context.Context, table catalog.Name, cols []string, f copyfmt.Format,
	in io.Reader) (int64, error) {
	t := r.plans[table]
	switch {
	case t == nil && r.kept[table]:
		return r.Loader.CopyIn(ctx, table, cols, f, in)
	case t == nil:
		// A table whose rows stay behind has none; one of staging's own has no rules.
		var some [1]byte
		rows := copyfmt.NewParser(f, len(cols), func([][]byte) error { some[0] = 1; return nil })
		if _, err := io.Copy(rows, in); err != nil {
			return 0, err
		}
		if some[0] > 0 {
			return 0, fault.Refuse("rekey", "no rule says what a second key has to mask in %s", table)
		}
		return 0, nil
	}
	out, pipe := io.Pipe()
	same := newComparison(t)
	writer := r.program.NewWriter(t, io.MultiWriter(pipe, same.after), nil)
	rehearsed, _, err := writer.Rehearse(r.seed)
	if err != nil {
		return 0, err
	}
	one := canary.Result{Tables: []canary.Table{rehearsed}}
	if problems := one.Problems(); len(problems) > 0 {
		return 0, &fault.Refusal{Gate: "rekey", Problems: problems,
			Reason: "values that a second key must replace would stay: invented values came out as they went in"}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		_, err := io.Copy(io.MultiWriter(same.before, writer), in)
		if err == nil {
			err = writer.Close()
		}
		pipe.CloseWithError(err)
		return err
	})
	var rows int64
	group.Go(func() error {
		var err error
		rows, err = r.Loader.CopyIn(ctx, table, cols, f, out)
		out.CloseWithError(err)
		return err
	})
	if err := group.Wait(); err != nil {
		return 0, err
	}
	r.columns = append(r.columns, same.columns...)
	return rows, nil
}

// comparison counts the values that are the same before and after.
type comparison struct {
	before, after io.Writer
	columns       []report.RekeyedColumn
	queue         []uint64 // hashes of the values of rows that went in and have not come out; 0: NULL
}

func newComparison(t *scrub.TablePlan) *comparison {
	c, seed := &comparison{}, maphash.MakeSeed()
	drawn := t.Drawn()
	for _, at := range drawn {
		c.columns = append(c.columns, report.RekeyedColumn{Table: t.Table.Root.String(), Column: t.Columns[at].Name})
	}
	hash := func(field []byte) uint64 {
		if len(bytes.TrimSpace(field)) == 0 {
			return 0
		}
		return maphash.Bytes(seed, field) | 1
	}
	c.before = copyfmt.NewParser(t.Format, t.Fields(), func(fields [][]byte) error {
		for _, at := range drawn {
			c.queue = append(c.queue, hash(fields[at]))
		}
		return nil
	})
	c.after = copyfmt.NewParser(t.Format, len(t.Columns), func(fields [][]byte) error {
		for i, at := range drawn {
			was := c.queue[i]
			if was == 0 {
				continue
			}
			c.columns[i].Values++
			if was == hash(fields[at]) {
				c.columns[i].Same++
			}
		}
		c.queue = c.queue[len(drawn):]
		return nil
	})
	return c
}

// enough is from how many values on chance doesn't explain that most of a column are the same.
const enough = 20

// judge sums up, and refuses a column whose values the second key left alone.
func (r *rekeyer) judge() (*report.Rekeyed, error) {
	sums := map[[2]string]*report.RekeyedColumn{}
	var names [][2]string
	for _, c := range r.columns { // partitions add to their root's
		name := [2]string{c.Table, c.Column}
		if sums[name] == nil {
			sums[name] = &report.RekeyedColumn{Table: c.Table, Column: c.Column}
			names = append(names, name)
		}
		sums[name].Values += c.Values
		sums[name].Same += c.Same
	}
	said := &report.Rekeyed{}
	refusal := fault.Refuse("rekey", "a second key left values as they were")
	for _, name := range names {
		c := sums[name]
		said.Values, said.Same = said.Values+c.Values, said.Same+c.Same
		if c.Same == 0 {
			continue
		}
		said.Columns = append(said.Columns, *c)
		if c.Values >= enough && 2*c.Same > c.Values {
			refusal.Add("%s.%s: %d of %d values", c.Table, c.Column, c.Same, c.Values)
		}
	}
	if len(refusal.Problems) > 0 {
		return nil, refusal
	}
	return said, nil
}

// keptKeys are the primary and unique keys all of whose columns the rules keep.
func keptKeys(p *scrub.Program) []string {
	var list []string
	for _, t := range p.Tables() {
		kept := map[string]bool{}
		for _, c := range t.Columns {
			kept[c.Name] = true
		}
		for _, d := range p.Decisions() {
			if d.Table == t.Table.Name {
				for _, c := range d.Columns {
					kept[c.Name] = kept[c.Name] && c.Keep
				}
			}
		}
		for _, u := range t.Table.Unique {
			all := len(u.Columns) > 0
			for _, c := range u.Columns {
				all = all && kept[c]
			}
			name := t.Table.Root.String() + " (" + strings.Join(u.Columns, ", ") + ")"
			if all && !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	slices.Sort(list)
	return list
}
