package restore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/sqltext"
)

// Script is a file of SQL that runs in the shadow before it is verified.
type Script struct {
	Path       string
	statements []sqltext.Statement
}

// ReadScripts reads files and cuts them into statements. What can be seen wrong
// with them without a server is a *[fault.Input] with file and line.
func ReadScripts(paths []string) ([]Script, error) {
	bad := &fault.Input{}
	var out []Script
	for _, path := range paths {
		add := func(line int, text string) {
			bad.Problems = append(bad.Problems, fault.Problem{File: path, Line: line, Col: 1, Text: text})
		}
		text, err := os.ReadFile(path)
		if err != nil {
			bad.Problems = append(bad.Problems, fault.Problem{Text: fmt.Sprintf("cannot read a file of SQL: %v", err)})
			continue
		}
		statements, err := sqltext.Split(strings.TrimPrefix(string(text), "\ufeff"))
		var p *sqltext.Problem
		if errors.As(err, &p) {
			add(p.Line, p.Text)
			continue
		}
		for _, p := range sqltext.OneTransaction(statements) {
			add(p.Line, p.Text)
		}
		out = append(out, Script{path, statements})
	}
	if len(bad.Problems) > 0 {
		return nil, bad
	}
	return out, nil
}

// RunScript runs a script in one transaction, as this role. It returns the tables
// whose number of rows it may have changed, with the number that they have now.
// An error names the file, the line and the server's condition, and nothing of
// what the file or a row says.
func (d *Database) RunScript(ctx context.Context, s Script) (changed map[catalog.Name]int64, err error) {
	return runScript(ctx, d.cfg, s, touched)
}

// RunIn runs a script in a database that is in use, as [Database.RunScript] does in a shadow.
func RunIn(ctx context.Context, cfg *pgx.ConnConfig, s Script) error {
	none := func(context.Context, *pgx.Conn, map[uint32]table) (map[catalog.Name]int64, error) { return nil, nil }
	_, err := runScript(ctx, cfg, s, none)
	return err
}

func runScript(ctx context.Context, cfg *pgx.ConnConfig, s Script,
	touched func(context.Context, *pgx.Conn, map[uint32]table) (map[catalog.Name]int64, error),
) (changed map[catalog.Name]int64, err error) {
	name := filepath.Base(s.Path)
	err = asApplication(ctx, cfg, func(conn *pgx.Conn) error {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return client.Wrap(err, "%s", name)
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		before, err := storage(ctx, conn)
		if err != nil {
			return err
		}
		for _, st := range s.statements {
			if _, err := conn.PgConn().Exec(ctx, st.Text).ReadAll(); err != nil {
				return scriptError(err, name, st)
			}
			if conn.PgConn().TxStatus() != 'T' {
				return fmt.Errorf("%s, line %d: the statement ended the transaction that the file runs in", name,
					st.Line)
			}
		}
		if _, err := conn.Exec(ctx, "RESET ROLE"); err != nil { // the file may have taken one on
			return client.Wrap(err, "%s", name)
		}
		if changed, err = touched(ctx, conn, before); err != nil {
			return err
		}
		return client.Wrap(tx.Commit(ctx), "%s: committing it", name)
	})
	return changed, err
}

// ScriptError is a statement of a script that failed. Its text has no hint: those
// for a violated constraint speak of rules.
type ScriptError struct {
	Code string // SQLSTATE
	text string
}

func (e *ScriptError) Error() string { return e.text }

// SQLState is the server's error code.
func (e *ScriptError) SQLState() string { return e.Code }

// scriptError says where a statement failed. A syntax error's message quotes the
// file, which may hold a password.
func scriptError(err error, file string, st sqltext.Statement) error {
	line := st.LineAt(int(client.Position(err)))
	err = client.Wrap(err, "%s, line %d", file, line)
	var e *client.Error
	if !errors.As(err, &e) {
		return err // of the way to the server
	}
	if e.Code == "42601" {
		e.Message = "syntax error"
	}
	text, _, _ := strings.Cut(e.Error(), "; hint: ")
	return &ScriptError{e.Code, text}
}

// table is where a table's rows are stored, which TRUNCATE changes.
type table struct {
	name catalog.Name
	file uint32
}

func storage(ctx context.Context, conn *pgx.Conn) (map[uint32]table, error) {
	const q = `
		SELECT c.oid, n.nspname::text, c.relname::text, c.relfilenode FROM pg_catalog.pg_class c JOIN
			pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`
	out := map[uint32]table{}
	rows, err := conn.Query(ctx, q)
	if err != nil {
		return nil, client.Wrap(err, "listing the tables that a file changes")
	}
	var oid uint32
	var t table
	_, err = pgx.ForEachRow(rows, []any{&oid, &t.name.Schema, &t.name.Name, &t.file},
		func() error { out[oid] = t; return nil })
	return out, client.Wrap(err, "listing the tables that a file changes")
}

// touched counts the rows of the tables that this transaction has written to, by
// its own statistics; of all tables, if the server keeps none.
func touched(ctx context.Context, conn *pgx.Conn, before map[uint32]table) (map[catalog.Name]int64, error) {
	after, err := storage(ctx, conn)
	if err != nil {
		return nil, err
	}
	const q = `
		SELECT relid FROM pg_catalog.pg_stat_xact_user_tables
		WHERE n_tup_ins > 0 OR n_tup_upd > 0 OR n_tup_del > 0 OR NOT current_setting('track_counts')::bool`
	rows, err := conn.Query(ctx, q)
	if err != nil {
		return nil, client.Wrap(err, "listing the tables that a file changed")
	}
	written, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
	if err != nil {
		return nil, client.Wrap(err, "listing the tables that a file changed")
	}
	for oid, t := range after {
		if was, ok := before[oid]; !ok || was.file != t.file {
			written = append(written, oid)
		}
	}
	counts := map[catalog.Name]int64{}
	for _, oid := range written {
		t, ok := after[oid]
		if !ok {
			continue // gone again
		}
		var n int64
		if err := conn.QueryRow(ctx, "SELECT pg_catalog.count(*) FROM ONLY "+t.name.SQL()).Scan(&n); err != nil {
			return nil, client.Wrap(err, "counting the rows of %s", t.name)
		}
		counts[t.name] = n
	}
	return counts, nil
}

// AnalyzeTables gathers the planner's statistics of some tables.
func (d *Database) AnalyzeTables(ctx context.Context, counts map[catalog.Name]int64) error {
	names := slices.SortedFunc(maps.Keys(counts), catalog.Name.Compare)
	return with(ctx, d.cfg, func(conn *pgx.Conn) error {
		for _, n := range names {
			if _, err := conn.Exec(ctx, "ANALYZE "+n.SQL()); err != nil {
				return client.Wrap(err, "analysing %s", n)
			}
		}
		return nil
	})
}
