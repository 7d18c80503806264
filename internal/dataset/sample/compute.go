package sample

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Sample is a picked part of a database. It keeps its session busy until Close.
type Sample struct {
	conn *pgx.Conn
	*model
}

// Reasons in a set's column why.
const (
	byRoot  = 'r'
	byDown  = 'd'
	byOwn   = 'o'
	byWhole = 'w'
	byUp    = 'u'
)

// settings are the transaction's own, beside those of every session, on which the
// text of keys, and so the choice of rows, depends.
const settings = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL work_mem = '64MB'"

// Compute picks the sample. The session, of [client.Open], must be idle and outside a transaction; it
// belongs to the Sample until [Sample.Close]. cat is the catalog of the connected
// database, or of one with the same tables, partitions and primary keys; foreign
// keys are read from the database itself, which must have them already (so after
// post-data). Mistakes in opts are a *fault.Input, found before anything is read.
func Compute(ctx context.Context, conn *pgx.Conn, cat *catalog.Catalog, opts Options) (*Sample, error) {
	if err := opts.Check(cat); err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ;"+settings,
		pgx.QueryExecModeSimpleProtocol); err != nil {
		return nil, client.Wrap(err, "starting the sample's transaction")
	}
	s := &Sample{conn: conn}
	if err := s.compute(ctx, cat, opts); err != nil {
		_ = s.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return s, nil
}

// Close ends the transaction and frees the session.
func (s *Sample) Close(ctx context.Context) error {
	if s.conn.IsClosed() {
		return nil
	}
	_, err := s.conn.Exec(ctx, "ROLLBACK", pgx.QueryExecModeSimpleProtocol)
	return client.Wrap(err, "ending the sample's transaction")
}

func (s *Sample) compute(ctx context.Context, cat *catalog.Catalog, opts Options) (err error) {
	if s.model, err = load(ctx, s.conn, cat, opts.References); err != nil {
		return err
	}
	for _, e := range s.entities {
		if err := s.exec(ctx, e, "CREATE TEMP TABLE "+strings.TrimPrefix(e.set, "pg_temp.")+
			` (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, rel oid NOT NULL, tid tid NOT NULL, why "char" NOT NULL,
				UNIQUE (rel, tid)) ON COMMIT DROP`); err != nil {
			return err
		}
	}
	isRoot, isWhole := map[*entity]bool{}, map[*entity]bool{}
	for _, n := range opts.Roots {
		isRoot[s.of[n]] = true
	}
	for _, n := range opts.Whole {
		isWhole[s.of[n]] = true
	}
	for _, e := range s.entities {
		isWhole[e] = isWhole[e] || e.root.Extension != ""
	}
	below := threshold(opts.Percent)
	for _, e := range s.entities {
		if isRoot[e] {
			if err := s.pickByKey(ctx, e, byRoot, opts.Salt, below); err != nil {
				return err
			}
		}
	}
	if err := s.fixpoint(func(k *key) (bool, error) {
		if isRoot[k.from] || k.loose {
			return false, nil
		}
		return s.stepDown(ctx, k)
	}); err != nil {
		return err
	}
	for _, e := range s.rootless(isRoot, isWhole) {
		if err := s.pickByKey(ctx, e, byOwn, opts.Salt, below); err != nil {
			return err
		}
	}
	for _, e := range s.entities {
		if isWhole[e] {
			if err := s.pickByKey(ctx, e, byWhole, nil, nil); err != nil {
				return err
			}
		}
	}
	return s.fixpoint(func(k *key) (bool, error) { return s.stepUp(ctx, k) })
}

// pickByKey picks rows by the hash of their key, all rows if below is nil.
func (s *Sample) pickByKey(ctx context.Context, e *entity, why rune, salt, below []byte) error {
	where, args := "", []any(nil)
	if below != nil {
		where = " WHERE pg_catalog.substr(pg_catalog.sha256($1::bytea || pg_catalog.convert_to(" + keyText(e.root) +
			", 'UTF8')), 1, 8) < $2::bytea"
		args = []any{salt, below}
	}
	for _, leaf := range e.leaves {
		sql := "INSERT INTO " + e.set + " (rel, tid, why) SELECT t.tableoid, t.ctid, '" + string(why) + "' FROM " +
			rowsOf(leaf, "t") + where
		if err := s.exec(ctx, e, sql+" ON CONFLICT DO NOTHING", args...); err != nil {
			return err
		}
	}
	return nil
}

// keyText is the text that is hashed: of the primary key, else of the whole row.
func keyText(t *catalog.Table) string {
	cols := t.PrimaryKey
	if len(cols) == 0 {
		for _, c := range t.Columns { // by name: a partition can have another order
			cols = append(cols, c.Name)
		}
	} else if len(cols) == 1 {
		return "t." + catalog.Quote(cols[0]) + "::text"
	}
	refs := make([]string, len(cols))
	for i, c := range cols {
		refs[i] = "t." + catalog.Quote(c)
	}
	return "ROW(" + strings.Join(refs, ", ") + ")::text"
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
	distinct := ""
	if why == byUp { // many rows share a target; a referencing row has but one
		distinct = "DISTINCT "
	}
	sql := "INSERT INTO " + want.entity.set + " (rel, tid, why)" +
		" SELECT " + distinct + want.alias + ".tableoid, " + want.alias + ".ctid, '" + string(why) + `'::"char"` +
		" FROM " + have.entity.set + " AS d" +
		" JOIN " + rowsOf(have.table, have.alias) + " ON " + have.alias + ".tableoid = d.rel AND " + have.alias +
		".ctid = d.tid" +
		" JOIN " + rowsOf(want.table, want.alias) + " ON " + k.join() +
		" WHERE d.n > $1 AND d.n <= $2 ON CONFLICT DO NOTHING"
	before := want.entity.last
	if err := s.exec(ctx, want.entity, sql, after, upTo); err != nil {
		return false, err
	}
	return want.entity.last > before, nil
}

// exec runs a statement that may add to the set of e, and keeps track.
func (s *Sample) exec(ctx context.Context, e *entity, sql string, args ...any) error {
	tag, err := s.conn.Exec(ctx, sql, args...)
	if err != nil {
		return client.Wrap(err, "sampling %s", e.root.Name)
	}
	if !tag.Insert() || tag.RowsAffected() == 0 {
		return nil
	}
	if err := s.conn.QueryRow(ctx, "SELECT max(n) FROM "+e.set).Scan(&e.last); err != nil {
		return client.Wrap(err, "sampling %s", e.root.Name)
	}
	if e.last < 2*e.known {
		return nil
	}
	// The planner must know how large the set is, or it loops where it should hash.
	e.known = e.last
	_, err = s.conn.Exec(ctx, "ANALYZE "+e.set)
	return client.Wrap(err, "sampling %s", e.root.Name)
}
