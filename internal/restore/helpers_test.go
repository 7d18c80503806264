package restore

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/restore/access"
	"refresher/internal/snapshot"
	"refresher/internal/testkit/pgserver"
)

// stage is a staging server as a least-privileged role sees it. Every test has
// database and role names of its own, since the cluster is shared.
type stage struct {
	t         *testing.T
	admin     *pgserver.Cluster
	prefix    string // of roles
	live      string // the live database, which newStage doesn't make
	role      string
	srv       *Server
	source    *catalog.Catalog
	public    *access.Public
	sourceURL string
	dump      string
	runs      int
}

const sourceSchema = `
	CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text UNIQUE);
	CREATE TABLE orders (id serial PRIMARY KEY, user_id bigint REFERENCES users);
	CREATE VIEW mails AS SELECT email FROM users;
	CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42';
	CREATE TYPE mood AS ENUM ('ok');
	CREATE SCHEMA extra; CREATE TABLE extra.things (v int);`

// newStage makes a staging role, without superuser, and the dump of a source
// database with the given schema.
func newStage(t *testing.T, schema string) *stage {
	t.Helper()
	s := &stage{t: t, admin: pgserver.Shared(t)}
	s.prefix = strings.ToLower(strings.ReplaceAll(t.Name(), "/", "_"))
	s.live, s.role = "shop_"+s.prefix, s.prefix+"_staging"
	s.sql("postgres", `CREATE ROLE `+s.role+` LOGIN CREATEDB; GRANT pg_signal_backend TO `+s.role)
	t.Cleanup(s.clean)

	url := pgserver.DB(t)
	s.sourceURL = url
	pgserver.Exec(t, url, schema)
	cfg := s.config(url)
	src, err := snapshot.Open(t.Context(), snapshot.Options{Config: cfg, Run: "test"})
	s.ok(err)
	defer src.Close(t.Context())
	s.ok(src.Lock(t.Context(), nil))
	s.source, s.dump = src.Catalog(), filepath.Join(t.TempDir(), "schema.dump")
	s.ok(src.DumpSchema(t.Context(), s.dump))
	s.ok(src.Catalogs(t.Context(), func(conn *pgx.Conn) (err error) {
		s.public, err = access.ReadPublic(t.Context(), conn)
		return err
	}))
	s.connect()
	return s
}

func (s *stage) connect() {
	s.t.Helper()
	srv, err := Connect(s.t.Context(), s.liveConfig(s.role))
	s.ok(err)
	s.srv = srv
}

func (s *stage) config(url string) *pgx.ConnConfig {
	s.t.Helper()
	cfg, err := pgx.ParseConfig(url)
	s.ok(err)
	return cfg
}

// liveConfig connects a role to the live database.
func (s *stage) liveConfig(role string) *pgx.ConnConfig {
	cfg := s.config(s.admin.URL(s.live))
	cfg.User = role
	return cfg
}

func (s *stage) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// sql runs statements as superuser, one by one, split at semicolons.
func (s *stage) sql(db, statements string) {
	s.t.Helper()
	conn := pgserver.Conn(s.t, s.admin.URL(db))
	for stmt := range strings.SplitSeq(statements, ";") {
		if strings.TrimSpace(stmt) != "" {
			if _, err := conn.Exec(s.t.Context(), stmt); err != nil {
				s.t.Fatalf("%s: %v", stmt, err)
			}
		}
	}
	_ = conn.Close(s.t.Context()) // a session would be in the way
}

// must runs one statement as a role.
func (s *stage) must(db, role, statement string) {
	s.t.Helper()
	cfg := s.liveConfig(role)
	cfg.Database = db
	conn, err := pgx.ConnectConfig(s.t.Context(), cfg)
	s.ok(err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(s.t.Context(), statement)
	s.ok(err)
}

// value is the one value that a query as superuser gives, as text.
func (s *stage) value(db, query string) string {
	s.t.Helper()
	conn := pgserver.Conn(s.t, s.admin.URL(db))
	defer conn.Close(context.Background())
	var v *string
	if err := conn.QueryRow(s.t.Context(), query).Scan(&v); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	if v == nil {
		return "NULL"
	}
	return *v
}

// databases are the names of the databases that belong to this test.
func (s *stage) databases() string {
	s.t.Helper()
	return s.value("postgres", `
		SELECT coalesce(string_agg(replace(datname, '`+s.live+`', 'live'), ' ' ORDER BY datname), '')
		FROM pg_database WHERE datname LIKE '`+s.live+`%'`)
}

// shadow builds a shadow whose database comment-like marker tells it from others.
func (s *stage) shadow(marker string) (run string, db *Database) {
	s.t.Helper()
	s.runs++
	run = "20261121T03000" + string(rune('0'+s.runs%10)) + "Z-7f3a"
	db, err := s.srv.Create(s.t.Context(), s.srv.ShadowName(run), s.source)
	s.ok(err)
	db.CloseAs(s.public)
	_, err = db.PreData(s.t.Context(), s.dump)
	s.ok(err)
	s.ok(db.PostData(s.t.Context(), s.dump, 1))
	s.ok(asApplication(s.t.Context(), db.cfg, func(conn *pgx.Conn) error {
		_, err := conn.Exec(s.t.Context(), "CREATE TABLE marker AS SELECT "+catalog.Literal(marker)+"::text AS v")
		return err
	}))
	return run, db
}

// marker tells which shadow a database was.
func (s *stage) marker(db string) string { return s.value(db, "SELECT v FROM marker") }

func (s *stage) clean() {
	conn, err := pgx.Connect(context.Background(), s.admin.URL("postgres"))
	if err != nil {
		s.t.Error(err)
		return
	}
	defer conn.Close(context.Background())
	list := func(q string) []string {
		rows, _ := conn.Query(context.Background(), q)
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			s.t.Error(err)
		}
		return names
	}
	for _, db := range list(`SELECT datname::text FROM pg_database WHERE datname LIKE '` + s.live + `%'`) {
		_, err := conn.Exec(context.Background(), "DROP DATABASE "+catalog.Quote(db)+" WITH (FORCE)")
		err = errors.Join(err)
		if err != nil {
			s.t.Error(err)
		}
	}
	for _, role := range list(`SELECT rolname::text FROM pg_roles WHERE rolname LIKE '` + s.prefix + `\_%'`) {
		for _, sql := range []string{"DROP OWNED BY ", "DROP ROLE "} {
			if _, err := conn.Exec(context.Background(), sql+catalog.Quote(role)); err != nil {
				s.t.Error(err)
			}
		}
	}
}
