package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// MinVersion is the oldest server_version_num that refresher works with: 14
// brought TID range scans and multiranges.
const MinVersion = 140000

// ErrTooOld is why Load refuses a server before 14.
var ErrTooOld = errors.New("PostgreSQL 14 or newer is needed")

// Load reads the catalog of the connection's database by a handful of set-based
// queries: what it costs grows with the number of columns, not with round trips.
//
// On an idle connection Load opens a REPEATABLE READ READ ONLY transaction of
// its own, so that all it reads belongs together; within a transaction it uses
// that one's snapshot. Sizes are those of this moment in any case. It needs no
// privilege but CONNECT and works on a hot standby.
func Load(ctx context.Context, conn *pgx.Conn) (_ *Catalog, err error) {
	if conn.PgConn().TxStatus() == 'I' {
		tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		if err != nil {
			return nil, client.Wrap(err, "reading the catalog")
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	}
	l := loader{conn: conn, cat: new(Catalog), byOID: map[uint32]*Table{}, types: map[uint32]*Type{}}
	steps := []struct {
		what string
		do   func(context.Context) error
	}{
		{"the server's facts", l.server},
		{"types", l.loadTypes},
		{"tables", l.tables},
		{"columns", l.columns},
		{"partitions and inheritance", l.inheritance},
		{"indexes", l.indexes},
		{"foreign keys", l.foreignKeys},
		{"checks", l.checks},
		{"constraints and indexes that are not valid", l.notValid},
		{"generated columns", l.generated},
		{"partition keys", l.partitionKeys},
		{"triggers of searches", l.searches},
		{"sequences", l.sequences},
		{"materialised views", l.matViews},
		{"what reaches out", l.reachingParts},
		{"extensions", l.extensions},
		{"foreign servers", l.servers},
		{"options of foreign data", l.credentials},
		{"roles of policies", l.policyRoles},
	}
	restore, err := l.emptySearchPath(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		if err := s.do(ctx); err != nil {
			return nil, client.Wrap(err, "reading the catalog: %s", s.what)
		}
	}
	return l.cat, restore()
}

// loader holds what one Load has found so far.
type loader struct {
	conn   *pgx.Conn
	cat    *Catalog
	byOID  map[uint32]*Table // extension members included, for foreign keys that point at them
	types  map[uint32]*Type
	blocks int64 // block_size in bytes
}

// emptySearchPath makes format_type and pg_get_expr print every user's object
// with its schema, under any search_path of the session.
func (l *loader) emptySearchPath(ctx context.Context) (restore func() error, err error) {
	const set = `SELECT current_setting('search_path'), set_config('search_path', $1, true)`
	var before, now string
	if err := l.conn.QueryRow(ctx, set, "").Scan(&before, &now); err != nil {
		return nil, client.Wrap(err, "reading the catalog: setting the search path")
	}
	return func() error {
		_, err := l.conn.Exec(ctx, `SELECT set_config('search_path', $1, true)`, before)
		return client.Wrap(err, "reading the catalog: resetting the search path")
	}, nil
}

func (l *loader) server(ctx context.Context) error {
	// to_jsonb hides that the columns of pg_database differ between majors.
	const q = `
		SELECT d.datname, current_setting('server_version_num')::int, current_setting('block_size')::bigint,
		       (SELECT system_identifier FROM pg_control_system()), pg_is_in_recovery(),
		       date_part('epoch', now() - pg_last_xact_replay_timestamp()),
		       pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
		       coalesce(to_jsonb(d)->>'datlocprovider', 'c'),
		       coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', '')
		FROM pg_database d WHERE d.datname = current_database()`
	c := l.cat
	var id int64
	var provider string
	err := l.conn.QueryRow(ctx, q).Scan(&c.Database, &c.ServerVersion, &l.blocks, &id, &c.InRecovery, &c.Lag,
		&c.Encoding, &c.Collate, &c.CType, &provider, &c.Locale)
	if err != nil {
		return err
	}
	c.SystemID, c.LocaleProvider = uint64(id), provider[0]
	if c.ServerVersion < MinVersion {
		return fmt.Errorf("the server is version %d: %w", c.ServerVersion/10000, ErrTooOld)
	}
	return nil
}

// userSchemas is the condition on pg_namespace n that leaves system schemas and
// every session's temporary ones out; names that start with pg_ are reserved.
const userSchemas = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`

// member joins the extension (e.extname) that pg_class c belongs to, if any.
const member = `
	LEFT JOIN pg_depend m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid AND m.objsubid = 0
	     AND m.refclassid = 'pg_extension'::regclass AND m.deptype = 'e'
	LEFT JOIN pg_extension e ON e.oid = m.refobjid`

// rows runs a query and calls each for every row.
func (l *loader) rows(ctx context.Context, sql string, into []any, each func() error, args ...any) error {
	rows, err := l.conn.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, into, each)
	return err
}

func (l *loader) tables(ctx context.Context) error {
	// pg_relation_size holds its lock for the call only, so 20,000 tables don't
	// fill the lock table; it is NULL for a table dropped in this instant.
	const q = `
		SELECT c.oid, n.nspname, c.relname, c.relkind::text, c.relpersistence::text, c.relispartition, c.relrowsecurity,
		       c.reltuples::float8, coalesce(e.extname, ''), c.oid = ANY(e.extconfig),
		       e.extcondition[array_position(e.extconfig, c.oid)],
		       CASE WHEN c.relkind = 'r' THEN coalesce(pg_relation_size(c.oid), 0) ELSE 0 END,
		       CASE WHEN c.relkind = 'r' THEN coalesce(pg_table_size(c.oid), 0) ELSE 0 END
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace` + member + `
		WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND ` + userSchemas
	var t Table
	var kind, persistence, extension string
	var heap int64
	var configuration *bool
	var where *string
	into := []any{&t.OID, &t.Name.Schema, &t.Name.Name, &kind, &persistence, &t.IsPartition, &t.RowSecurity,
		&t.Rows, &extension, &configuration, &where, &heap, &t.Bytes}
	err := l.rows(ctx, q, into, func() error {
		found := t
		found.Kind, found.Persistence, found.Root = Kind(kind[0]), persistence[0], t.Name
		found.Pages = (heap + l.blocks - 1) / l.blocks
		l.byOID[found.OID] = &found
		if configuration != nil && *configuration && !slices.Contains(Bound, extension) {
			found.Extension = extension
			if where != nil {
				found.Where = *where
			}
		} else if extension != "" {
			l.cat.ExtensionTables = append(l.cat.ExtensionTables, ExtensionTable{found.Name, extension})
			return nil
		}
		l.cat.Tables = append(l.cat.Tables, &found)
		return nil
	})
	slices.SortFunc(l.cat.Tables, func(a, b *Table) int { return a.Name.Compare(b.Name) })
	slices.SortFunc(l.cat.ExtensionTables, func(a, b ExtensionTable) int { return a.Name.Compare(b.Name) })
	return err
}

func (l *loader) columns(ctx context.Context) error {
	const q = `
		SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attgenerated::text <> '',
		       a.attidentity::text, coalesce(d.description, '')
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = a.attrelid AND d.objsubid = a.attnum
		WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND ` + userSchemas + `
		  AND a.attnum > 0 AND NOT a.attisdropped
		ORDER BY a.attrelid, a.attnum`
	var c Column
	var table, typ uint32
	var identity string
	into := []any{&table, &c.Num, &c.Name, &typ, &c.Mod, &c.NotNull, &c.Generated, &identity, &c.Comment}
	return l.rows(ctx, q, into, func() error {
		t := l.byOID[table]
		if t == nil {
			return nil // made since the tables were read, in a transaction that isn't REPEATABLE READ
		}
		found := c
		if found.Type = l.types[typ]; found.Type == nil {
			return fmt.Errorf("%s, column %q: its type (OID %d) is missing in pg_type", t.Name, c.Name, typ)
		}
		if identity != "" {
			found.Identity = identity[0]
		}
		t.Columns = append(t.Columns, &found)
		return nil
	})
}

func (l *loader) inheritance(ctx context.Context) error {
	const q = `
		SELECT i.inhrelid, i.inhparent FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE c.relkind IN ('r', 'p', 'f') ORDER BY i.inhrelid, i.inhseqno`
	parents := map[uint32][]uint32{}
	var child, parent uint32
	err := l.rows(ctx, q, []any{&child, &parent}, func() error {
		if l.byOID[child] != nil && l.byOID[parent] != nil {
			parents[child] = append(parents[child], parent)
		}
		return nil
	})
	for oid, t := range l.byOID {
		for _, p := range parents[oid] {
			t.Parents = append(t.Parents, l.byOID[p].Name)
		}
		root := oid
		for len(parents[root]) > 0 {
			root = parents[root][0]
		}
		t.Root = l.byOID[root].Name
	}
	return err
}
