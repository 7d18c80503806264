package snapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// ErrSchemaChanged is why Lock fails when a table or column changed since Open.
// A new run works on the new schema.
var ErrSchemaChanged = fault.Passing("the source's schema changed since it was planned on")

// lockBatch is how many tables one LOCK statement names.
const lockBatch = 500

// Lock takes ACCESS SHARE on the tables that will be read, then the snapshot. It
// fails, with nothing read, if pg_dump is missing or older than the server, if
// privileges are missing ([*PrivilegeError]), if a lock can't be had in time, or
// if the schema changed since Open ([ErrSchemaChanged]).
func (s *Source) Lock(ctx context.Context, tables []*catalog.Table) error {
	if s.snapshot != "" {
		return errors.New("the source is locked already")
	}
	if err := client.Require(client.Major(s.cat.ServerVersion)); err != nil {
		return err
	}
	if err := s.CheckPrivileges(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// LOCK takes no snapshot, so the one that the next SELECT takes is newer than
	// every lock (PostgreSQL docs, LOCK).
	sql := []string{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
	for batch := range slices.Chunk(tables, lockBatch) {
		names := make([]string, len(batch))
		for i, t := range batch {
			names[i] = "ONLY " + t.Name.SQL()
		}
		sql = append(sql, "LOCK TABLE "+strings.Join(names, ", ")+" IN ACCESS SHARE MODE")
	}
	for _, stmt := range sql {
		if _, err := s.exporter.PgConn().Exec(ctx, stmt).ReadAll(); err != nil {
			return lockError(err, tables)
		}
	}
	var id string
	if err := s.exporter.QueryRow(ctx, "SELECT pg_export_snapshot()").Scan(&id); err != nil {
		return client.Wrap(err, "exporting a snapshot")
	}
	now, err := catalog.Load(ctx, s.exporter)
	if err != nil {
		return err
	}
	if d := catalog.Diff(s.cat, now); len(d) > 0 {
		return fmt.Errorf("%w: %s", ErrSchemaChanged, strings.Join(first(d, 10), "; "))
	}
	s.snapshot = id
	return nil
}

func lockError(err error, tables []*catalog.Table) error {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Name.Schema + "." + t.Name.Name
	}
	err = client.WrapNaming(err, names, "locking the tables to be read")
	switch client.Code(err) {
	case "53200":
		return tooManyLocks(err, len(tables))
	case "55P03":
		return fmt.Errorf("%w; something holds a conflicting lock on the source (a migration, or a standby "+
			"replaying one)", err)
	case "42P01":
		return fmt.Errorf("%w: %w", ErrSchemaChanged, err)
	}
	return err
}

// tooManyLocks names the setting that makes room: the exporter and pg_dump each
// lock every table.
func tooManyLocks(err error, tables int) error {
	return fmt.Errorf("%w; raise max_locks_per_transaction on the source: the run and pg_dump lock %d tables each",
		err, tables)
}

func first(s []string, n int) []string {
	if len(s) > n {
		return append(slices.Clone(s[:n]), fmt.Sprintf("and %d more", len(s)-n))
	}
	return s
}

// PrivilegeError lists all that the source's role may not read, with the
// statements that change it.
type PrivilegeError struct {
	Role     string
	Problems []string // statements to run on the primary, or a sentence
}

func (e *PrivilegeError) Error() string {
	return fmt.Sprintf("the role %q may not read everything on the source; on the primary, run:\n  %s",
		e.Role, strings.Join(e.Problems, "\n  "))
}

// SQLState is insufficient_privilege.
func (e *PrivilegeError) SQLState() string { return "42501" }

// CheckPrivileges finds all that is missing to read the database: USAGE on
// schemas, SELECT on every table (pg_dump locks those too whose rows aren't
// read) and sequence, and row-level security that would filter.
func (s *Source) CheckPrivileges(ctx context.Context) error {
	const q = `
		SELECT n.nspname, c.relname, c.relkind::text, has_schema_privilege(n.oid, 'USAGE'),
		       CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'SELECT') ELSE has_table_privilege(c.oid, 'SELECT') END,
		       c.relkind <> 'S' AND row_security_active(c.oid), current_user
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence <> 't'
		  AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
		                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
		                    AND d.refclassid = 'pg_extension'::regclass
		                    AND (e.extname = ANY($1) OR NOT coalesce(c.oid = ANY(e.extconfig), false)))
		ORDER BY n.nspname, c.relkind = 'S', c.relname`
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, err := s.exporter.Query(ctx, q, catalog.Bound)
	if err != nil {
		return client.Wrap(err, "checking privileges on the source")
	}
	defer rows.Close()
	var p privileges
	for rows.Next() {
		var n catalog.Name
		var kind string
		var usage, sel, filtered bool
		if err := rows.Scan(&n.Schema, &n.Name, &kind, &usage, &sel, &filtered, &p.role); err != nil {
			return client.Wrap(err, "checking privileges on the source")
		}
		p.add(n, kind == "S", usage, sel, filtered)
	}
	if err := rows.Err(); err != nil {
		return client.Wrap(err, "checking privileges on the source")
	}
	return p.err()
}

// privileges gathers what is missing, schema by schema, in order.
type privileges struct {
	role     string
	schemas  []*schemaGaps
	filtered []string
}

// schemaGaps is what is missing in one schema; the names are quoted.
type schemaGaps struct {
	name              string
	usage             bool
	tables, sequences []string
}

// add notes one relation; relations come ordered by schema.
func (p *privileges) add(n catalog.Name, sequence, usage, sel, filtered bool) {
	if sel && filtered {
		p.filtered = append(p.filtered, n.String())
	}
	if usage && sel {
		return
	}
	if len(p.schemas) == 0 || p.schemas[len(p.schemas)-1].name != n.Schema {
		p.schemas = append(p.schemas, &schemaGaps{name: n.Schema})
	}
	g := p.schemas[len(p.schemas)-1]
	g.usage = g.usage || !usage
	switch {
	case sel:
	case sequence:
		g.sequences = append(g.sequences, n.SQL())
	default:
		g.tables = append(g.tables, n.SQL())
	}
}

func (p *privileges) err() error {
	e := &PrivilegeError{Role: p.role}
	to := " TO " + catalog.Quote(p.role) + ";"
	for _, g := range p.schemas {
		if g.usage {
			e.Problems = append(e.Problems, "GRANT USAGE ON SCHEMA "+catalog.Quote(g.name)+to)
		}
		if len(g.tables) > 0 {
			e.Problems = append(e.Problems, "GRANT SELECT ON TABLE "+strings.Join(g.tables, ", ")+to)
		}
		if len(g.sequences) > 0 {
			e.Problems = append(e.Problems, "GRANT SELECT ON SEQUENCE "+strings.Join(g.sequences, ", ")+to)
		}
	}
	if len(p.filtered) > 0 {
		e.Problems = append(e.Problems, "ALTER ROLE "+catalog.Quote(p.role)+
			" BYPASSRLS;  -- row-level security would hide rows of "+strings.Join(p.filtered, ", "))
	}
	if len(e.Problems) == 0 {
		return nil
	}
	return e
}
