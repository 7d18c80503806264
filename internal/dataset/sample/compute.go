package sample

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Sample is a picked part of a database. It keeps two sessions until Close.
type Sample struct {
	conn   *pgx.Conn // holds the sets of picked rows
	reader *pgx.Conn // reads keys, in the same snapshot, and cannot write
	opts   Options
	*model
	shares []*picking // of opts.Roots, in their order, then of the tables that no root leads to
	whole  map[*entity]bool
	root   map[*entity]bool

	factor float64 // by which shares are lowered; 1: not at all
	rows   int64   // picked so far
	bytes  int64   // of those
}

// Reasons in a set's column why.
const (
	byRoot  = 'r'
	byDown  = 'd'
	byOwn   = 'o'
	byWhole = 'w'
	byUp    = 'u'
)

// settings are the transaction's own, beside those of every session. Picked rows are read by their ctid, in the order
// in which they lie, which costs less than what the planner believes of pages at random: a scan of the whole table.
const settings = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL work_mem = '64MB'; " +
	"SET LOCAL random_page_cost = 1.1"

// Compute picks the sample in the database of cfg, which nobody may write to meanwhile. cat is the catalog of that
// database, or of one with the same tables, partitions and primary keys; foreign
// keys are read from the database itself, which must have them already (so after
// post-data). Mistakes in opts are a *fault.Input; a budget that the sample can't be
// brought under is a *fault.Refusal.
func Compute(ctx context.Context, cfg *pgx.ConnConfig, cat *catalog.Catalog, opts Options) (_ *Sample, err error) {
	if err := opts.Check(cat); err != nil {
		return nil, err
	}
	conn, err := client.Open(ctx, cfg, client.Session{To: "the database to sample it"})
	if err != nil {
		return nil, err
	}
	s := &Sample{conn: conn, opts: opts, factor: 1}
	defer func() {
		if err != nil {
			s.Close(ctx)
		}
	}()
	if _, err := conn.Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ;"+settings,
		pgx.QueryExecModeSimpleProtocol); err != nil {
		return nil, client.Wrap(err, "starting the sample's transaction")
	}
	var snapshot string
	if err := conn.QueryRow(ctx, "SELECT pg_catalog.pg_export_snapshot()").Scan(&snapshot); err != nil {
		return nil, client.Wrap(err, "starting the sample's transaction")
	}
	s.reader, err = client.InSnapshot(ctx, cfg, client.Session{To: "the database to read its keys"}, snapshot)
	if err != nil {
		return nil, err
	}
	if err := CheckConditions(ctx, s.reader, opts.Roots); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, cat); err != nil {
		return nil, err
	}
	return s, s.fit(ctx)
}

// Close ends the sessions, and with them all that was made in the database.
func (s *Sample) Close(ctx context.Context) {
	for _, c := range []*pgx.Conn{s.reader, s.conn} {
		if c != nil {
			client.Close(ctx, c)
		}
	}
}

// prepare makes empty sets, and looks up which rows are in the roots' shares.
func (s *Sample) prepare(ctx context.Context, cat *catalog.Catalog) (err error) {
	if s.model, err = load(ctx, s.conn, cat, s.opts); err != nil {
		return err
	}
	for _, e := range s.entities {
		if _, err := s.conn.Exec(ctx, "CREATE TEMP TABLE "+strings.TrimPrefix(e.set, "pg_temp.")+
			` (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, rel oid NOT NULL, tid tid NOT NULL, why "char" NOT NULL,
				edge int NOT NULL, bytes bigint NOT NULL, UNIQUE (rel, tid)) ON COMMIT DROP`); err != nil {
			return client.Wrap(err, "sampling %s", e.root.Name)
		}
	}
	s.root, s.whole = map[*entity]bool{}, map[*entity]bool{}
	for _, r := range s.opts.Roots {
		s.root[s.of[r.Table]] = true
	}
	for _, n := range s.opts.Whole {
		s.whole[s.of[n]] = true
	}
	for _, e := range s.entities {
		s.whole[e] = s.whole[e] || e.root.Extension != ""
	}
	for _, r := range s.opts.Roots {
		s.shares = append(s.shares, &picking{Root: r, entity: s.of[r.Table], why: byRoot})
	}
	if s.opts.Percent > 0 {
		for _, e := range s.rootless(s.root, s.whole) {
			r := Root{Table: e.root.Name, Percent: s.opts.Percent}
			s.shares = append(s.shares, &picking{Root: r, entity: e, why: byOwn})
		}
	}
	for i, p := range s.shares {
		if err := s.find(ctx, i, p); err != nil {
			return err
		}
	}
	return nil
}

// compute picks the sample with all shares lowered by a factor. It ends with a
// *tooMuch when the budget is spent.
func (s *Sample) compute(ctx context.Context, factor float64) error {
	if err := s.empty(ctx); err != nil {
		return err
	}
	s.factor = factor
	if err := s.pickShares(ctx, byRoot); err != nil {
		return err
	}
	if err := s.fixpoint(func(k *key) (bool, error) {
		if s.root[k.from] || k.loose || k.limit.Limit == 0 {
			return false, nil
		}
		return s.stepDown(ctx, k)
	}); err != nil {
		return err
	}
	if err := s.pickShares(ctx, byOwn); err != nil {
		return err
	}
	for _, e := range s.entities {
		if s.whole[e] {
			if err := s.pickWhole(ctx, e); err != nil {
				return err
			}
		}
	}
	return s.fixpoint(func(k *key) (bool, error) { return s.stepUp(ctx, k) })
}

// empty takes everything out of the sets again.
func (s *Sample) empty(ctx context.Context) error {
	s.rows, s.bytes = 0, 0
	for _, k := range s.keys {
		k.down, k.up = 0, 0
	}
	for _, e := range s.entities {
		if e.last == 0 {
			continue
		}
		if _, err := s.conn.Exec(ctx, "TRUNCATE "+e.set+" RESTART IDENTITY"); err != nil {
			return client.Wrap(err, "sampling %s", e.root.Name)
		}
		e.last, e.known, e.rows = 0, 0, 0
	}
	return nil
}

func (s *Sample) pickShares(ctx context.Context, why rune) error {
	for _, p := range s.shares {
		if p.why == why {
			if err := s.pickShare(ctx, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Sample) pickWhole(ctx context.Context, e *entity) error {
	for _, leaf := range e.leaves {
		err := s.add(ctx, e, "SELECT t.tableoid, t.ctid, '"+string(byWhole)+`'::"char", 0, `+sizeOf(leaf, "t")+
			" FROM "+rowsOf(leaf, "t"))
		if err != nil {
			return err
		}
	}
	return nil
}

// fixpoint takes steps until a whole round finds nothing new.
func (s *Sample) fixpoint(step func(*key) (bool, error)) error {
	for grew := true; grew; {
		grew = false
		for _, k := range s.keys {
			g, err := step(k)
			if err != nil {
				return err
			}
			grew = grew || g
		}
	}
	return nil
}

// stepDown picks the rows that reference what is new in the set of k.to.
func (s *Sample) stepDown(ctx context.Context, k *key) (bool, error) {
	return s.step(ctx, k, k.referenced(), k.referencing(), byDown, &k.down)
}

// stepUp picks the rows that what is new in the set of k.from references.
func (s *Sample) stepUp(ctx context.Context, k *key) (bool, error) {
	return s.step(ctx, k, k.referencing(), k.referenced(), byUp, &k.up)
}

// step picks the rows of one side of k that go with the picked rows of the other
// side whose number is above *done, and moves *done to the last of them.
func (s *Sample) step(ctx context.Context, k *key, have, want side, why rune, done *int64) (grew bool, err error) {
	after, upTo := *done, have.entity.last
	if after == upTo {
		return false, nil
	}
	*done = upTo
	picked := " WHERE n > $1 AND n <= $2"
	if why == byUp && !k.loose { // what came with a row refers to that one
		picked += " AND NOT (why = '" + string(byDown) + "' AND edge = " + k.number + ")"
	}
	from := " FROM (SELECT rel, tid, n FROM " + have.entity.set + picked + " ORDER BY rel, tid) AS d" +
		" JOIN " + rowsOf(have.table, have.alias) + " ON " + have.alias + ".tableoid = d.rel AND " + have.alias +
		".ctid = d.tid" +
		" JOIN " + rowsOf(want.table, want.alias) + " ON " + k.join()
	row := want.alias + ".tableoid AS rel, " + want.alias + ".ctid AS tid, " + sizeOf(want.table, want.alias) +
		" AS bytes"
	args := []any{after, upTo}
	if why == byDown && k.limit.Limit > 0 {
		from = " FROM (SELECT " + row + ", pg_catalog.row_number() OVER (PARTITION BY d.n ORDER BY " + k.order() +
			") AS place" + from + ") AS x WHERE x.place <= $3"
		row = "x.rel, x.tid, x.bytes"
		args = append(args, k.limit.Limit)
	}
	// Many rows share a target, and a declared reference may find several; all columns go with tid.
	sql := `SELECT DISTINCT y.rel, y.tid, '` + string(why) + `'::"char", ` + k.number + `, y.bytes FROM (SELECT ` + row +
		from + ") AS y"
	before := want.entity.last
	if err := s.add(ctx, want.entity, sql, args...); err != nil {
		return false, err
	}
	return want.entity.last > before, nil
}

// add puts rows into the set of e that aren't in it, and keeps track of what the sample holds. It is a
// *tooMuch if that is more than the budget.
func (s *Sample) add(ctx context.Context, e *entity, rows string, args ...any) error {
	sql := "INSERT INTO " + e.set + " (rel, tid, why, edge, bytes) "
	if left := s.opts.Budget.Rows - s.rows; s.opts.Budget.Rows > 0 {
		// One row more than fits is enough to know.
		sql += "SELECT * FROM (" + rows + ") AS z (rel, tid, why, edge, bytes) WHERE NOT EXISTS (SELECT FROM " + e.set +
			" AS have WHERE have.rel = z.rel AND have.tid = z.tid) LIMIT " + decimal(left+1)
	} else {
		sql += rows
	}
	tag, err := s.conn.Exec(ctx, sql+" ON CONFLICT DO NOTHING", args...)
	if err != nil {
		return client.Wrap(err, "sampling %s", e.root.Name)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	var bytes int64
	before := e.last
	if err := s.conn.QueryRow(ctx, "SELECT max(n), sum(bytes)::bigint FROM "+e.set+" WHERE n > $1", before).
		Scan(&e.last, &bytes); err != nil {
		return client.Wrap(err, "sampling %s", e.root.Name)
	}
	e.rows += tag.RowsAffected()
	s.rows, s.bytes = s.rows+tag.RowsAffected(), s.bytes+bytes
	if err := s.withinBudget(ctx); err != nil {
		return err
	}
	if e.last < 2*e.known {
		return nil
	}
	// The planner must know how large the set is, or it loops where it should hash.
	e.known = e.last
	_, err = s.conn.Exec(ctx, "ANALYZE "+e.set)
	return client.Wrap(err, "sampling %s", e.root.Name)
}
