// Package schemafile reads the catalog that a schema's SQL text makes, by running
// it on a throw-away PostgreSQL of this machine: what pg_dump --schema-only wrote,
// an application's structure.sql, or the migrations of a folder one after the
// other.
//
// A folder's files run in the order of the tool that wrote them, without what undoes them:
// Flyway's (V10 after V9, R last), golang-migrate's *.up.sql, Prisma's and Diesel's folders,
// goose's, dbmate's and sql-migrate's parts. What is no SQL is named with its remedy.
//
// Rows are left out: the data of COPY … FROM stdin is skipped. Roles that the text
// names are made on the way, as grants and owners don't matter here, and so is what
// psql alone understands left out.
package schemafile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/sqltext"
	"refresher/internal/testkit/pgserver"
)

// Load runs the files, in their order, and of a folder its *.sql files by name. A
// file that can't be read, a statement that the server refuses, or files that make
// no table are a *fault.Input, with file and line; it quotes none of their values.
func Load(ctx context.Context, paths []string) (_ *catalog.Catalog, err error) {
	files, err := expand(paths)
	if err != nil {
		return nil, err
	}
	var scripts []script
	for _, f := range files {
		s, err := read(f)
		if err != nil {
			return nil, err
		}
		scripts = append(scripts, s)
	}
	cluster, err := pgserver.Start(ctx, pgserver.Options{})
	if err != nil {
		return nil, fmt.Errorf("starting a throw-away PostgreSQL for the schema: %w", err)
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	return apply(ctx, cluster, scripts)
}

type script struct {
	file       string
	statements []sqltext.Statement
}

func read(path string) (script, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return script{}, fault.BadInput("--schema %s can't be read: %v", path, errors.Unwrap(err))
	}
	if strings.HasPrefix(string(text), "PGDMP") {
		return script{}, fault.BadInput("--schema %s is a dump in custom format: write SQL with pg_restore "+
			"--schema-only -f schema.sql %s", path, path)
	}
	sql, include := withoutPsql(upOnly(strings.TrimPrefix(string(text), "\ufeff")))
	if include != "" {
		return script{}, fault.BadInput("--schema %s includes another file (%s), which only psql does: name the "+
			"files, or their folder, with --schema", path, include)
	}
	st, err := sqltext.Split(sql)
	var odd *sqltext.Problem
	if errors.As(err, &odd) {
		return script{}, &fault.Input{Problems: []fault.Problem{{File: path, Line: odd.Line, Col: 1, Text: odd.Text}}}
	}
	return script{path, st}, err
}

func apply(ctx context.Context, cluster *pgserver.Cluster, scripts []script) (*catalog.Catalog, error) {
	admin, err := pgx.Connect(ctx, cluster.URL(pgserver.User))
	if err != nil {
		return nil, fmt.Errorf("connecting to the throw-away PostgreSQL: %w", err)
	}
	_, err = admin.Exec(ctx, "CREATE DATABASE schema")
	if cerr := admin.Close(ctx); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, fmt.Errorf("making a database for the schema: %w", err)
	}
	conn, err := pgx.Connect(ctx, cluster.URL("schema"))
	if err != nil {
		return nil, fmt.Errorf("connecting to the throw-away PostgreSQL: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, s := range scripts {
		for _, st := range s.statements {
			if err := run(ctx, conn, s.file, st); err != nil {
				return nil, err
			}
		}
	}
	if _, err := conn.Exec(ctx, "RESET ALL"); err != nil {
		return nil, client.Wrap(err, "after running the schema")
	}
	if conn.PgConn().TxStatus() != 'I' { // a script may leave its transaction open
		if _, err := conn.Exec(ctx, "COMMIT"); err != nil {
			return nil, client.Wrap(err, "after running the schema")
		}
	}
	cat, err := catalog.Load(ctx, conn)
	if err != nil {
		return nil, err
	}
	if len(cat.Tables) == 0 {
		return nil, empty(scripts)
	}
	return cat, nil
}

// empty refuses a schema that nothing could be held against: a wrong file, or one
// that a failed pg_dump left behind, would pass any rules.
func empty(scripts []script) error {
	var files []string
	for _, s := range scripts {
		files = append(files, s.file)
	}
	return fault.BadInput("--schema %s makes no table: is it the right file, and whole?", strings.Join(files, ", "))
}

// skipped statements are about databases and other servers, not about the schema.
var skipped = regexp.MustCompile(`(?i)^(CREATE|ALTER|DROP)\s+(DATABASE|TABLESPACE|SUBSCRIPTION|PUBLICATION|ROLE|USER\s+MAPPING|USER|EVENT\s+TRIGGER)\b|^(VACUUM|ANALYZE|CLUSTER|REINDEX|CHECKPOINT|LISTEN|NOTIFY|COPY)\b`)

// noRole tells which role a statement misses.
var noRole = regexp.MustCompile(`^role "(.+)" does not exist$`)

// transactions that a script opens itself would hide what is repaired here.
var transaction = regexp.MustCompile(`(?i)^(BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE)\b`)

func run(ctx context.Context, conn *pgx.Conn, file string, st sqltext.Statement) error {
	if skipped.MatchString(st.Text) || transaction.MatchString(st.Text) {
		return nil
	}
	for range 20 { // each time a role is made
		_, err := conn.PgConn().Exec(ctx, st.Text).ReadAll()
		if err == nil {
			return nil
		}
		var pg *pgconn.PgError
		if !errors.As(err, &pg) {
			return fmt.Errorf("running %s on the throw-away PostgreSQL: %w", file, err)
		}
		if m := noRole.FindStringSubmatch(pg.Message); m != nil {
			if _, err := conn.Exec(ctx, "CREATE ROLE "+catalog.Quote(m[1])); err != nil {
				return client.Wrap(err, "making the role that %s names", file)
			}
			continue
		}
		if harmless(pg, st.Text) {
			return nil
		}
		line := st.Line
		if pg.Position > 0 {
			line += strings.Count(string([]rune(st.Text)[:min(int(pg.Position)-1, len([]rune(st.Text)))]), "\n")
		}
		return &fault.Input{Problems: []fault.Problem{{File: file, Line: line, Col: 1, Text: explain(pg)}}}
	}
	return fault.BadInput("%s:%d names too many roles in one statement", file, st.Line)
}

// harmless: a setting that only another version has, a schema or language that is
// there already.
func harmless(pg *pgconn.PgError, sql string) bool {
	first := strings.ToUpper(strings.SplitN(strings.TrimSpace(sql), " ", 2)[0])
	switch pg.Code {
	case "42704", "22023", "42602": // undefined_object, invalid_parameter_value: of SET
		return first == "SET" || strings.HasPrefix(strings.ToUpper(sql), "SELECT PG_CATALOG.SET_CONFIG")
	case "42P06", "42710": // duplicate_schema, duplicate_object
		return first == "CREATE" && (strings.Contains(strings.ToUpper(sql), " SCHEMA ") ||
			strings.Contains(strings.ToUpper(sql), " EXTENSION ") ||
			strings.Contains(strings.ToUpper(sql), " LANGUAGE "))
	}
	return false
}

// explain says what the server refuses, without what the text holds as values:
// defaults, labels, rows and what functions raise can be anybody's data.
func explain(pg *pgconn.PgError) string {
	var safe *client.Error
	if !errors.As(client.Wrap(pg, "running the schema"), &safe) {
		return fmt.Sprintf("PostgreSQL refuses it (SQLSTATE %s)", pg.Code)
	}
	switch own := safe.Message == pg.Message; {
	case pg.File == "extension.c" && (pg.Code == "0A000" || pg.Code == "58P01"):
		return fmt.Sprintf("the server here lacks it: %s; install the extension's package beside PostgreSQL on "+
			"this machine",
			names(pg, pg.Message))
	case !own && (pg.Where != "" || pg.Routine == "exec_stmt_raise"):
		return fmt.Sprintf("PostgreSQL refuses it: a function or DO block fails (its message is withheld, because it "+
			"could quote a value; SQLSTATE %s)", pg.Code)
	case !own:
		return fmt.Sprintf("PostgreSQL refuses it: %s (SQLSTATE %s)", safe.Message, pg.Code)
	case pg.Hint != "":
		return fmt.Sprintf("PostgreSQL refuses it: %s (%s; SQLSTATE %s)", names(pg, pg.Message), names(pg, pg.Hint),
			pg.Code)
	}
	return fmt.Sprintf("PostgreSQL refuses it: %s (SQLSTATE %s)", names(pg, pg.Message), pg.Code)
}

var (
	quotation = regexp.MustCompile(`"[^"]*"`)
	// plainName is how names of tables, columns and types mostly look.
	plainName = regexp.MustCompile(`^"[\pL\pN_$. -]+"$`)
	sign      = regexp.MustCompile(`^"[^\pL\pN'"]{1,2}"$`)
)

// names leaves of what a message quotes only names; a syntax error may stand at a
// word of a broken string, so it leaves only signs there.
func names(pg *pgconn.PgError, message string) string {
	keep := plainName
	if pg.Code == "42601" {
		keep = sign
		if i, k := strings.IndexByte(message, '"'), strings.LastIndexByte(message, '"'); i < k &&
			!keep.MatchString(message[i:k+1]) {
			return message[:i] + `"…"` + message[k+1:]
		}
	}
	return quotation.ReplaceAllStringFunc(message, func(q string) string {
		if keep.MatchString(q) {
			return q
		}
		return `"…"`
	})
}
