package restore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// Server is the staging server, or what [ConnectTarget] connects to. It keeps no
// connection open for long.
type Server struct {
	which        string          // "staging" or "target"
	kinds        []string        // of the databases that it makes and drops
	cfg          *pgx.ConnConfig // to a maintenance database
	live         string          // the staging database's name
	template     string          // from which databases are made
	keepVerified bool            // see KeepVerified
	version      int
	systemID     uint64
	role         string
	tries        int // see deniedTries
	spare        client.Spare
}

// maintenance are databases from which others are made, renamed and dropped.
var maintenance = []string{"postgres", history.Database, "template1"}

// Connect finds out what the staging server is. The live database, cfg.Database,
// need not exist.
func Connect(ctx context.Context, cfg *pgx.ConnConfig) (*Server, error) {
	return connect(ctx, cfg, "staging", scratchKinds)
}

func connect(ctx context.Context, cfg *pgx.ConnConfig, which string, kinds []string) (*Server, error) {
	live := cfg.Database
	if live == "" || slices.Contains(maintenance, live) || live == "template0" {
		return nil, fault.BadInput("the %s URL must name the database to replace, and %q can't be it", which, live)
	}
	if len(live) > maxName {
		return nil, fault.BadInput("the %s database's name is longer than %d bytes", which, maxName)
	}
	var conn *pgx.Conn
	var errs []error
	for _, name := range maintenance {
		try := cfg.Copy()
		try.Database = name
		var err error
		to := fmt.Sprintf("the %s server, database %q", which, name)
		if conn, err = client.Open(ctx, try, client.Session{To: to}); err == nil {
			cfg = try
			break
		}
		errs = append(errs, err)
	}
	if conn == nil {
		return nil, errs[0]
	}
	defer client.Close(ctx, conn)
	if err := client.Supported(conn, "the "+which+" server"); err != nil {
		return nil, err
	}
	s := &Server{which: which, kinds: kinds, cfg: cfg, live: live, template: "template0", tries: deniedTries}
	var id int64
	var standby bool
	const q = `SELECT system_identifier, current_setting('server_version_num')::int, pg_is_in_recovery(),
		current_user::text FROM pg_control_system()`
	if err := conn.QueryRow(ctx, q).Scan(&id, &s.version, &standby, &s.role); err != nil {
		return nil, client.Wrap(err, "identifying the %s server", which)
	}
	s.systemID = uint64(id)
	if standby {
		return nil, fault.Refuse(which, "the %s server is a hot standby, so nothing can be written there", which)
	}
	return s, nil
}

// SystemID identifies the staging cluster (pg_control_system).
func (s *Server) SystemID() uint64 { return s.systemID }

// Version is the staging server's server_version_num.
func (s *Server) Version() int { return s.version }

// ShadowName is the name of a run's shadow database.
func (s *Server) ShadowName(run string) string { return ScratchName(s.live, "shadow", run) }

// UseTemplate has databases made from another one than template0: one that an
// administrator has put extensions into which the role may not create.
func (s *Server) UseTemplate(name string) { s.template = name }

// Guard refuses a staging server that is the source's cluster or a physical
// replica of it: both have its system identifier.
func Guard(sourceSystemID, stagingSystemID uint64) error {
	if sourceSystemID == stagingSystemID {
		return fault.Refuse("staging", "the staging server is the production cluster or a replica of it (system "+
			"identifier "+
			"%d); if it was restored from a snapshot of production, say so by staging: {clone_of_source: "+
			"{confirm: %d}}",
			stagingSystemID, stagingSystemID)
	}
	return nil
}

// NotOlder refuses a staging server that is older than the source.
func (s *Server) NotOlder(source *catalog.Catalog) error {
	if from, to := client.Major(source.ServerVersion), client.Major(s.version); to < from {
		return fault.Refuse("version", "the staging server is PostgreSQL %d, older than the source's %d: a "+
			"schema can be "+
			"restored into the same or a newer version only", to, from)
	}
	return nil
}

// Preflight finds what would fail later, all at once: privileges, tools, and
// extensions that the source has and staging can't have.
func (s *Server) Preflight(ctx context.Context, source *catalog.Catalog) error {
	if err := client.Require(client.Major(source.ServerVersion)); err != nil {
		return err
	}
	if err := supported(source); err != nil {
		return err
	}
	var problems []string
	const q = `
		SELECT r.rolcreatedb OR r.rolsuper, coalesce(pg_get_userbyid(d.datdba)::text, ''),
		       coalesce(pg_has_role(d.datdba, 'USAGE'), true),
		       (SELECT coalesce(array_agg(x ORDER BY x), '{}') FROM unnest($2::text[]) x
		        WHERE x NOT IN (SELECT name FROM pg_available_extensions))
		FROM pg_roles r LEFT JOIN pg_database d ON d.datname = $1 WHERE r.rolname = current_user`
	extensions := slices.DeleteFunc(slices.Clone(source.Extensions), func(e string) bool {
		return slices.Contains(bound, e)
	})
	err := s.do(ctx, func(conn *pgx.Conn) error {
		var createDB, member bool
		var owner string
		var missing []string
		if err := conn.QueryRow(ctx, q, s.live, extensions).Scan(&createDB, &owner, &member, &missing); err != nil {
			return client.Wrap(err, "checking the staging server")
		}
		if !createDB {
			problems = append(problems, fmt.Sprintf("its role may not create databases; run: ALTER ROLE %s CREATEDB;",
				catalog.Quote(s.role)))
		}
		if !member {
			problems = append(problems, fmt.Sprintf("its role may not rename database %q; run: GRANT %s TO %s;",
				s.live, catalog.Quote(owner), catalog.Quote(s.role)))
		}
		for _, e := range missing {
			problems = append(problems, fmt.Sprintf("extension %q is not installed on its machine", e))
		}
		roles, err := missingRoles(ctx, conn, source.PolicyRoles)
		for _, r := range roles {
			problems = append(problems, fmt.Sprintf("it has no role %q, which policies of row-level security name; "+
				"run: CREATE "+
				"ROLE %s NOLOGIN;", r, catalog.Quote(r)))
		}
		return err
	})
	if err == nil && len(source.Credentials) > 0 {
		return &fault.Refusal{Gate: "credentials", Problems: fault.Problems(source.Credentials),
			Reason: "options of foreign data could hold credentials, which may not reach staging: move them to a user mapping"}
	}
	if err == nil && len(problems) > 0 {
		err = errors.New("the staging server isn't ready: " + strings.Join(problems, "; "))
	}
	return err
}

// ownCatalogs are extensions whose tables are spread over a catalog of their own, which
// neither pg_dump nor a copy of its rows brings into another database.
var ownCatalogs = map[string]string{
	"timescaledb": "hypertables, chunks and policies are rows of its catalog",
	"citus":       "distributed tables and shards are rows of its catalog",
}

// supported refuses a source whose extensions can't be brought into another database.
func supported(source *catalog.Catalog) error {
	refusal := fault.Refuse("extensions", "extensions of the source keep a catalog of their own that can't be copied: "+
		"refresh from a database without them, such as a logical replica of its plain tables")
	for _, e := range source.Extensions {
		if why := ownCatalogs[e]; why != "" {
			refusal.Add("extension %s: %s", e, why)
		}
	}
	if len(refusal.Problems) > 0 {
		return refusal
	}
	return nil
}

// Maintenance runs fn on a session in a database that is nobody's: postgres, as a rule.
func (s *Server) Maintenance(ctx context.Context, fn func(*pgx.Conn) error) error {
	return s.do(ctx, fn)
}

// do runs fn on a connection to the maintenance database.
func (s *Server) do(ctx context.Context, fn func(*pgx.Conn) error) error {
	open := func(ctx context.Context) (*pgx.Conn, error) { return session(ctx, s.cfg) }
	return s.spare.Do(ctx, open, fn)
}

// with runs fn on a connection of its own.
func with(ctx context.Context, cfg *pgx.ConnConfig, fn func(*pgx.Conn) error) error {
	conn, err := session(ctx, cfg)
	if err != nil {
		return err
	}
	defer client.Close(ctx, conn)
	return fn(conn)
}

// session opens a session for long work; keep are settings that stay as the role and
// the database have them. Nothing in it has to survive a crash of the server, since a
// shadow is thrown away then; the swap says otherwise for itself.
func session(ctx context.Context, cfg *pgx.ConnConfig, keep ...string) (*pgx.Conn, error) {
	conn, err := client.Open(ctx, cfg, client.Session{Settings: map[string]string{"synchronous_commit": "off"}, Keep: keep})
	if err != nil {
		return nil, err
	}
	// Not every platform can look for a client that is gone while it works.
	if _, err := conn.Exec(ctx, "SET client_connection_check_interval = '10s'"); err != nil && client.Code(err) == "" {
		client.Close(ctx, conn)
		return nil, client.Wrap(err, "preparing a session")
	}
	return conn, nil
}

// asApplication runs fn on a connection that finds names as applications do: for
// code of the database's own, such as functions that materialised views call.
func asApplication(ctx context.Context, cfg *pgx.ConnConfig, fn func(*pgx.Conn) error) error {
	conn, err := session(ctx, cfg, "search_path")
	if err != nil {
		return err
	}
	defer client.Close(ctx, conn)
	return fn(conn)
}

// Sweep drops the databases that killed runs left: shadows, samples and what
// Promote had no time to drop. The lock proves that no run is alive. What can't be
// dropped is left, and said with what to do.
func (s *Server) Sweep(ctx context.Context, lock *history.Lock) (dropped, left []string, err error) {
	if lock == nil || lock.Database != s.live {
		return nil, nil, errors.New("sweeping the staging server needs the lock on its database")
	}
	err = s.do(ctx, func(conn *pgx.Conn) (err error) {
		dropped, left, err = s.sweep(ctx, conn, lock.Held)
		return err
	})
	return dropped, left, err
}

// sweep drops this server's own kinds of database, as long as held gives no error.
func (s *Server) sweep(ctx context.Context, conn *pgx.Conn, held func() error) (dropped, left []string, err error) {
	names, err := databaseNames(ctx, conn)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if !isOf(s.kinds, s.live, n) {
			continue
		}
		if err := held(); err != nil {
			return dropped, left, err
		}
		switch err := dropDatabase(ctx, conn, n); {
		case err == nil:
			dropped = append(dropped, n)
		case client.Code(err) == "" || fault.Retry(err):
			return dropped, left, err
		default:
			left = append(left, undroppable(n, err))
		}
	}
	return dropped, left, nil
}

// undroppable says what to do about a database that can't be dropped.
func undroppable(name string, err error) string {
	quoted := catalog.Quote(name)
	switch client.Code(err) {
	case "42809":
		return fmt.Sprintf("%v: run ALTER DATABASE %s IS_TEMPLATE false; DROP DATABASE %s", err, quoted, quoted)
	case "55006":
		return fmt.Sprintf("%v: drop the subscriptions and replication slots in it (ALTER SUBSCRIPTION … SET "+
			"(slot_name "+
			"= NONE); DROP SUBSCRIPTION …), end its sessions, then run DROP DATABASE %s", err, quoted)
	}
	return fmt.Sprintf("%v: run DROP DATABASE %s as its owner", err, quoted)
}

// dropDatabase ends the sessions of a scratch database and drops it. FORCE fails
// at once if there is a session that this role may not end, such as a
// superuser's who looks at every database; without it the server gives sessions
// five seconds to end by themselves.
func dropDatabase(ctx context.Context, conn *pgx.Conn, name string) error {
	drop := "DROP DATABASE IF EXISTS " + catalog.Quote(name)
	var err error
	for range 2 {
		if _, err = conn.Exec(ctx, drop+" WITH (FORCE)"); client.Code(err) != "42501" {
			break
		}
		if _, err = conn.Exec(ctx, drop); client.Code(err) != "55006" {
			break
		}
	}
	return client.Wrap(err, "dropping database %q", name)
}

// WorkDir makes a private folder in parent, or in the system's folder for temporary
// files if that is empty, for the one process that may replace the live database. It
// removes the folders of earlier ones that were killed; other users' are left alone.
func (s *Server) WorkDir(parent, prefix, name string) (string, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	// Servers that were cloned from one image have one system identifier.
	target := sha256.Sum256(fmt.Append(nil, s.SystemID(), "/", s.cfg.Host, ":", s.cfg.Port, "/", s.live))
	prefix += fmt.Sprintf("%x-", target[:6])
	old, err := filepath.Glob(filepath.Join(parent, prefix+"*"))
	if err != nil {
		return "", fmt.Errorf("looking for folders that killed runs left: %w", err)
	}
	for _, dir := range old {
		if !own(dir) {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return "", fmt.Errorf("removing a folder that a killed run left: %w", err)
		}
	}
	dir, err := os.MkdirTemp(parent, prefix+name)
	if err != nil {
		return "", fmt.Errorf("making a temporary folder: %w", err)
	}
	return dir, nil
}

// own reports a folder of the user of this process.
func own(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(st.Uid) == os.Geteuid()
}
