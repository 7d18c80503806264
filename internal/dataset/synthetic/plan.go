package synthetic

import (
	"cmp"
	"math"
	"slices"

	"refresher/internal/postgres/catalog"
)

// Generator makes the rows of a planned database.
type Generator struct {
	tables []*table
	byName map[catalog.Name]*table
	shared map[catalog.Name]map[string]bool // columns by which keys that share one find rows
	eval   evaluator
}

// table is a planned table.
type table struct {
	g       *Generator
	cat     *catalog.Table
	name    string
	rows    uint64
	said    bool // rows were asked for by number
	stats   Table
	options Options
	columns []*column
	units   []*unit
	unitOf  []*unit // of each column
	checks  []*check
	parts   []*part
	choose  source // of a part
}

// unit is what fills columns together: a foreign key, or one column by itself.
type unit struct {
	columns []int
	fk      *reference // nil: one column by itself
	group   *group     // nil: no check has to be evaluated
	how     how
	spread  *spread // of byRuns; of a foreign key that is drawn, too
	within  *within // of inRuns
	link    *link   // of linked
	even    bool    // each choice has rows
	nulls   int64   // of whole
	whole   int64
	source  source
}

type how uint8

const (
	drawn   how = iota
	counted     // the row's number says the value
	byRuns      // by a spread
	inRuns      // by the place in a run of another unit's spread
	before      // a foreign key to the row before
	linked      // a foreign key that shares columns
	never       // NULL
)

// reference is where a foreign key leads.
type reference struct {
	key     catalog.ForeignKey
	to      *table
	columns []int // of to
	self    bool
}

// within is how a unit follows the runs of another.
type within struct {
	driver *unit
	source source
	size   uint64 // product of the choices of all units that follow for one key
	before uint64 // product of those before this one
	own    uint64
	plain  bool // places are the choices
}

// check is a condition on rows that is evaluated.
type check struct {
	name string
	expr *expr
}

// group are units of which those that are drawn are drawn again until the checks hold.
type group struct {
	units  []*unit
	checks []*check
}

// part is a partition.
type part struct {
	upTo    int64 // sum of the weights until and with this one
	columns map[int]*column
	checks  []*expr
}

// New plans a database. Of the catalog it uses the schema alone: no count of rows or pages. bounds are the
// constraints of partitions as SQL (pg_get_partition_constraintdef). An error is a *fault.Refusal.
func New(cat *catalog.Catalog, bounds map[catalog.Name]string, stats *Statistics, o Options) (*Generator, error) {
	limits := map[catalog.Name]uint64{}
	for {
		g, err := build(cat, bounds, stats, o, limits)
		if err != nil {
			return nil, err
		}
		lowered := false
		for _, t := range g.tables {
			if err := t.tie(); err != nil {
				return nil, err
			}
		}
		for _, t := range g.tables {
			most, err := t.keepUnique()
			if err != nil {
				return nil, err
			}
			if most < t.rows {
				limits[t.cat.Name], lowered = most, true
			}
		}
		if lowered {
			continue // others count on as many rows
		}
		for _, t := range g.tables {
			t.follow()
			t.gather()
		}
		return g, g.untangle()
	}
}

// build makes the tables with their rows, columns, foreign keys and checks.
func build(cat *catalog.Catalog, bounds map[catalog.Name]string, stats *Statistics, o Options,
	limits map[catalog.Name]uint64) (*Generator, error) {
	g := &Generator{byName: map[catalog.Name]*table{}}
	for _, c := range made(cat) {
		t := &table{g: g, cat: c, name: c.Name.String(), stats: stats.table(c.Name.String()), options: o}
		t.rows, t.said = o.rows(c.Name, t.stats.Rows)
		t.choose = o.source(t.name, "partition")
		for _, col := range c.Columns {
			if col.Generated {
				continue
			}
			made := o.newColumn(t.name, col, t.stats.column(col.Name))
			if list := o.Tables[c.Name].Values[col.Name]; list != nil {
				made.domain.list = slices.Compact(slices.Clone(list))
			}
			t.columns = append(t.columns, made)
		}
		g.tables = append(g.tables, t)
		g.byName[c.Name] = t
	}
	if err := g.enough(stats, limits); err != nil {
		return nil, err
	}
	g.share()
	for _, t := range g.tables {
		t.linkKeys()
	}
	for _, t := range g.tables {
		t.readChecks(cat)
		t.readParts(cat, bounds)
		for _, c := range t.columns {
			c.known(t.stats.column(c.name), stats.Method.K)
		}
		if err := t.fillable(); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// enough gives rows to tables that others have to refer to, of which too few rows were there to be counted.
func (g *Generator) enough(stats *Statistics, limits map[catalog.Name]uint64) error {
	for grew := true; grew; {
		grew = false
		for _, t := range g.tables {
			for _, k := range ownKeys(t.cat) {
				to := g.to(k)
				if t.rows == 0 || to == nil || to.rows > 0 || to == t {
					continue
				}
				must := t.mustRefer(k)
				if to.said && must {
					return refuse(t, "foreign key "+k.Name, "needs rows of %s, which has none", to.name)
				}
				if !to.said && (must || t.filled(k) > 0) {
					to.rows, grew = uint64(max(stats.Method.K, LeastK)), true
				}
			}
		}
	}
	for _, t := range g.tables {
		if most, ok := limits[t.cat.Name]; ok {
			t.rows = min(t.rows, most)
		}
	}
	return nil
}

// to is the table that a key refers to; of a partition, the table that it is a part of.
func (g *Generator) to(k catalog.ForeignKey) *table { return g.byName[k.RefTable] }

// mustRefer reports whether no column of a key can be NULL.
func (t *table) mustRefer(k catalog.ForeignKey) bool {
	return !slices.ContainsFunc(k.Columns, func(c string) bool { return !t.cat.Column(c).NotNull })
}

// key is what is released of a foreign key.
func (t *table) key(k catalog.ForeignKey) Key {
	for _, s := range t.stats.Keys {
		if slices.Equal(s.Columns, k.Columns) {
			return s
		}
	}
	return Key{}
}

func (t *table) filled(k catalog.ForeignKey) int64 { return t.key(k).Filled }

func (t *table) index(name string) int {
	return slices.IndexFunc(t.columns, func(c *column) bool { return c.name == name })
}

// linkKeys makes the units: foreign keys, the widest first and those to the table itself last, and columns by
// themselves. A column by which keys that share it must find rows of the table is first its own key's, so that
// each parent has as many.
func (t *table) linkKeys() {
	t.unitOf = make([]*unit, len(t.columns))
	keys := ownKeys(t.cat)
	self := func(k catalog.ForeignKey) int {
		if k.RefTable == t.cat.Name {
			return 1
		}
		return 0
	}
	shared := t.g.shared[t.cat.Name]
	narrow := func(k catalog.ForeignKey) int {
		if len(k.Columns) == 1 && shared[k.Columns[0]] {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(keys, func(a, b catalog.ForeignKey) int {
		return cmp.Or(self(a)-self(b), narrow(a)-narrow(b), len(b.Columns)-len(a.Columns))
	})
	for _, k := range keys {
		t.linkKey(k)
	}
	for i, c := range t.columns {
		if t.unitOf[i] == nil {
			u := &unit{columns: []int{i}, source: c.source}
			if !c.notNull {
				u.nulls, u.whole = c.nulls, c.whole
			}
			t.add(u)
		}
	}
}

func (t *table) add(u *unit) {
	t.units = append(t.units, u)
	for _, i := range u.columns {
		if t.unitOf[i] == nil {
			t.unitOf[i] = u
		}
	}
}

func (t *table) linkKey(k catalog.ForeignKey) {
	to := t.g.to(k)
	if to == nil {
		return // a table of an extension, or a partition: the server decides
	}
	ref := &reference{key: k, to: to, self: to == t}
	u := &unit{fk: ref, source: t.options.source(append([]string{t.name, "foreign key"}, k.Columns...)...)}
	free := 0
	for i, c := range k.Columns {
		at, refAt := t.index(c), to.index(k.RefColumns[i])
		if at < 0 || refAt < 0 {
			return // generated
		}
		if t.unitOf[at] == nil {
			free++
		}
		u.columns, ref.columns = append(u.columns, at), append(ref.columns, refAt)
	}
	if free == 0 {
		return // a wider key fills it
	}
	if free < len(u.columns) {
		t.linkShared(u)
		return
	}
	if released := t.key(k); !t.mustRefer(k) {
		u.nulls, u.whole = released.Nulls, released.Nulls+released.Filled
		if to.rows == 0 || u.whole == 0 && ref.self {
			u.how = never
		}
	}
	t.add(u)
}

// follow gives each foreign key that is still to be drawn its spread.
func (t *table) follow() {
	for _, u := range t.units {
		if u.fk != nil && u.how == drawn && !u.fk.self && u.fk.to.rows > 0 && t.rows > 0 {
			u.spread = t.spreadOf(u, math.MaxUint64)
		}
	}
}

// spreadOf deals a table's rows out to the parents of a foreign key.
func (t *table) spreadOf(u *unit, most uint64) *spread {
	fans := t.key(u.fk.key).Fans
	if u.even {
		fans = nil
	}
	return newSpread(u.source, t.rows, t.chosen(u), u.fk.to.rows, fans, most)
}

// chosen is how many rows of a unit are not NULL.
func (t *table) chosen(u *unit) uint64 {
	if u.whole <= 0 {
		return t.rows
	}
	return t.rows - scaled(t.rows, uint64(u.nulls), uint64(u.whole))
}

// fillable refuses a table of which a column can have no value.
func (t *table) fillable() error {
	if t.rows == 0 {
		return nil
	}
	for i, c := range t.columns {
		u := t.unitOf[i]
		switch {
		case u.fk != nil || u.how == never:
		case c.domain.impossible:
			return refuse(t, "column "+c.name, "has constraints that no value satisfies")
		case c.made():
		case c.notNull:
			return refuse(t, "column "+c.name, "is of type %s, of which no values are made", c.typ.SQL)
		default:
			u.how = never
		}
	}
	return nil
}
