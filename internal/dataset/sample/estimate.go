package sample

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Estimate is what a sample will hold about, by the statistics that the planner of a database has. No
// row is read for it. It takes rows to be spread evenly and keys to be independent of one
// another, so a few busy parents, or two ways to the same rows, make it wrong.
type Estimate struct {
	Tables  []EstimatedTable // by name, those of which the sample holds something
	Rows    float64
	Bytes   float64
	Lowered float64 // by what the budget multiplies shares; 1: not at all, 0: it can't be kept
}

// EstimatedTable is what a sample will hold about of one table.
type EstimatedTable struct {
	Table catalog.Name
	Rows  float64
	Bytes float64 // of the table's files
	By    string  // what brings most of the rows: a key, or "root", "own share" or "whole"
}

// estimator computes with parts of tables, from 0 to 1.
type estimator struct {
	*model
	opts        Options
	root, whole map[*entity]bool
	own         []*entity
	rows, bytes map[*entity]float64
	taken       []float64 // rows that each root takes
	statistics  map[catalog.Name]map[string]statistic
	sameColumns map[string]int // how many declared references share columns
	part        map[*entity]float64
	brought     map[*entity][]brought
	downBy      map[*key]float64
}

// brought is a part of a table's rows, and what brings it.
type brought struct {
	part float64
	by   string
}

// statistic is what the planner knows of a column.
type statistic struct{ nulls, distinct float64 }

// EstimateSample estimates the sample of the database that conn is connected to, of which cat is the catalog. Tables
// in empty have no rows in the database that will be sampled.
func EstimateSample(ctx context.Context, conn *pgx.Conn, cat *catalog.Catalog, o Options,
	empty map[catalog.Name]bool) (*Estimate, error) {
	m, err := load(ctx, conn, cat, o)
	if err != nil {
		return nil, err
	}
	e := &estimator{model: m, opts: o, root: map[*entity]bool{}, whole: map[*entity]bool{},
		rows: map[*entity]float64{}, bytes: map[*entity]float64{}}
	for _, n := range o.Whole {
		e.whole[m.of[n]] = true
	}
	for _, t := range m.entities {
		e.whole[t] = e.whole[t] || t.root.Extension != ""
		if empty[t.root.Name] {
			continue
		}
		if err := e.size(ctx, conn, t); err != nil {
			return nil, err
		}
	}
	for _, r := range o.Roots {
		t := m.of[r.Table]
		e.root[t] = true
		taken, err := e.takes(ctx, conn, t, r)
		if err != nil {
			return nil, err
		}
		e.taken = append(e.taken, taken)
	}
	if o.Percent > 0 {
		e.own = m.rootless(e.root, e.whole)
	}
	if err := e.readStatistics(ctx, conn); err != nil {
		return nil, err
	}
	return e.fit(), nil
}

// size finds how large a table is.
func (e *estimator) size(ctx context.Context, conn *pgx.Conn, t *entity) error {
	for _, leaf := range t.leaves {
		rows := leaf.Rows
		if rows < 0 { // never analysed: the planner goes by the file's size
			var err error
			if rows, err = planned(ctx, conn, Root{Table: leaf.Name}); err != nil {
				return client.Wrap(err, "estimating the rows of %s", leaf.Name)
			}
		}
		e.rows[t], e.bytes[t] = e.rows[t]+rows, e.bytes[t]+float64(leaf.Bytes)
	}
	return nil
}

// takes is how many rows a root takes if its share is not lowered.
func (e *estimator) takes(ctx context.Context, conn *pgx.Conn, t *entity, r Root) (float64, error) {
	rows := e.rows[t]
	if r.Where != "" && rows > 0 {
		n, err := planned(ctx, conn, r)
		if err != nil {
			return 0, client.Wrap(err, "estimating the rows of %s", r.Table)
		}
		rows = min(rows, n)
	}
	switch {
	case r.Keys != nil:
		return min(rows, float64(len(r.Keys))), nil
	case r.Rows > 0:
		return min(rows, float64(r.Rows)), nil
	case r.Percent > 0:
		return rows * r.Percent / 100, nil
	}
	return rows, nil
}

// readStatistics reads what the planner knows of the columns of keys.
func (e *estimator) readStatistics(ctx context.Context, conn *pgx.Conn) error {
	e.statistics, e.sameColumns = map[catalog.Name]map[string]statistic{}, map[string]int{}
	var schemas, tables, columns []string
	for _, k := range e.keys {
		for _, c := range k.cols {
			schemas, tables = append(schemas, k.fk.Name.Schema), append(tables, k.fk.Name.Name)
			columns = append(columns, c)
		}
		if k.when != "" {
			e.sameColumns[k.columns()]++
		}
	}
	rows, err := conn.Query(ctx, `SELECT schemaname::text, tablename::text, attname::text, null_frac, n_distinct
		FROM pg_catalog.pg_stats WHERE (schemaname::text, tablename::text, attname::text) IN
			(SELECT * FROM unnest($1::text[], $2::text[], $3::text[])) ORDER BY inherited`, schemas, tables, columns)
	if err != nil {
		return client.Wrap(err, "reading the planner's statistics")
	}
	var n catalog.Name
	var column string
	var s statistic
	_, err = pgx.ForEachRow(rows, []any{&n.Schema, &n.Name, &column, &s.nulls, &s.distinct}, func() error {
		if e.statistics[n] == nil {
			e.statistics[n] = map[string]statistic{}
		}
		e.statistics[n][column] = s
		return nil
	})
	return client.Wrap(err, "reading the planner's statistics")
}

// columns names the referencing columns of a key, for all keys that start there.
func (k *key) columns() string { return k.fk.Name.SQL() + strings.Join(k.cols, ",") }

// refers is how many rows of the referencing table refer by a key, and to how many different ones.
func (e *estimator) refers(k *key) (rows, distinct float64) {
	all := e.rows[k.from]
	nulls, distinct := 0.0, 1.0
	for _, c := range k.cols {
		s, ok := e.statistics[k.fk.Name][c]
		d := s.distinct
		switch {
		case !ok:
			d = e.rows[k.to]
		case d < 0:
			d *= -all
		}
		nulls, distinct = max(nulls, s.nulls), max(distinct, d)
	}
	rows = all * (1 - nulls)
	if n := e.sameColumns[k.columns()]; n > 1 && k.when != "" {
		rows, distinct = rows/float64(n), max(1, distinct/float64(n))
	}
	return rows, max(1, min(distinct, e.rows[k.to], max(rows, 1)))
}

// fit estimates with the largest shares that keep the budget.
func (e *estimator) fit() *Estimate {
	fits := func(s *Estimate) bool {
		b := e.opts.Budget
		return (b.Rows == 0 || s.Rows <= float64(b.Rows)) && (b.Bytes == 0 || s.Bytes <= float64(b.Bytes))
	}
	full := e.estimate(1)
	if fits(full) {
		return full
	}
	for steps := 1; lowered(steps) > 1e-9; steps++ {
		if s := e.estimate(lowered(steps)); fits(s) {
			return s
		}
	}
	full.Lowered = 0
	return full
}

// add counts a part of a table's rows in, as if it were independent of what was there.
func (e *estimator) add(t *entity, part float64, by string) {
	e.part[t] = 1 - (1-e.part[t])*(1-min(1, part))
	if i := slices.IndexFunc(e.brought[t], func(b brought) bool { return b.by == by }); i >= 0 {
		e.brought[t][i].part = max(e.brought[t][i].part, part)
		return
	}
	e.brought[t] = append(e.brought[t], brought{part, by})
}

func (e *estimator) estimate(factor float64) *Estimate {
	e.part, e.brought, e.downBy = map[*entity]float64{}, map[*entity][]brought{}, map[*key]float64{}
	for i, r := range e.opts.Roots {
		t := e.of[r.Table]
		taken := e.taken[i]
		if r.Keys == nil {
			taken *= factor
		}
		if e.rows[t] > 0 {
			e.add(t, taken/e.rows[t], "root")
		}
	}
	e.settle(func(k *key, part map[*entity]float64) (*entity, float64) { return k.from, e.down(k, part) })
	for _, t := range e.own {
		e.add(t, factor*e.opts.Percent/100, "own share")
	}
	for _, t := range e.entities {
		if e.whole[t] {
			e.add(t, 1, "whole")
		}
	}
	e.settle(func(k *key, part map[*entity]float64) (*entity, float64) { return k.to, e.up(k, part) })
	out := &Estimate{Lowered: factor}
	for _, t := range e.entities {
		rows, bytes := e.part[t]*e.rows[t], e.part[t]*e.bytes[t]
		if rows < 0.5 {
			continue
		}
		most := slices.MaxFunc(e.brought[t], func(a, b brought) int { return cmp.Compare(a.part, b.part) })
		out.Tables = append(out.Tables, EstimatedTable{Table: t.root.Name, Rows: rows, Bytes: bytes, By: most.by})
		out.Rows, out.Bytes = out.Rows+rows, out.Bytes+bytes
	}
	return out
}

// settle lets each key bring its part until nothing changes any more.
func (e *estimator) settle(brings func(k *key, part map[*entity]float64) (*entity, float64)) {
	base, was := e.part, e.brought
	for range 100 {
		before := e.part
		e.part, e.brought = map[*entity]float64{}, map[*entity][]brought{}
		for t, p := range base {
			e.part[t], e.brought[t] = p, slices.Clone(was[t])
		}
		for _, k := range e.keys {
			if t, part := brings(k, before); part > 0 {
				e.add(t, part, k.edge().String())
			}
		}
		change := 0.0
		for t, p := range e.part {
			change = max(change, math.Abs(p-before[t])*max(e.rows[t], 1))
		}
		if change < 0.5 {
			return
		}
	}
}

// down is the part of the referencing rows that a key brings.
func (e *estimator) down(k *key, part map[*entity]float64) float64 {
	if e.root[k.from] || k.loose || k.limit.Limit == 0 || e.rows[k.from] == 0 || part[k.to] == 0 {
		return 0
	}
	rows, distinct := e.refers(k)
	each := rows / distinct
	by := part[k.to] * rows / e.rows[k.from]
	if k.limit.Limit > 0 && each > 0 {
		by *= min(1, float64(k.limit.Limit)/each)
	}
	e.downBy[k] = by
	return by
}

// up is the part of the referenced rows that a key brings: what came down by it has them already.
func (e *estimator) up(k *key, part map[*entity]float64) float64 {
	if e.rows[k.to] == 0 || e.rows[k.from] == 0 {
		return 0
	}
	rest := max(0, part[k.from]-e.downBy[k])
	rows, distinct := e.refers(k)
	return distinct * (1 - math.Pow(1-min(1, rest), rows/distinct)) / e.rows[k.to]
}
