package snapshot

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// pin returns the configuration that reaches the very server that conn is
// connected to, with several hosts or a name of several addresses too, and that
// server's IP address ("" for a Unix socket).
func pin(ctx context.Context, cfg *pgx.ConnConfig, conn *pgx.Conn) (*pgx.ConnConfig, string) {
	cfg = cfg.Copy()
	remote, ok := conn.PgConn().Conn().RemoteAddr().(*net.TCPAddr)
	if !ok {
		cfg.Fallbacks = slices.DeleteFunc(cfg.Fallbacks,
			func(f *pgconn.FallbackConfig) bool { return f.Host != cfg.Host })
		return cfg, ""
	}
	all := append([]*pgconn.FallbackConfig{{Host: cfg.Host, Port: cfg.Port, TLSConfig: cfg.TLSConfig}}, cfg.Fallbacks...)
	for _, f := range all {
		if int(f.Port) != remote.Port || !resolves(ctx, cfg, f.Host, remote.IP) {
			continue
		}
		same := slices.DeleteFunc(all, func(g *pgconn.FallbackConfig) bool {
			return g.Host != f.Host ||
				g.Port != f.Port
		})
		cfg.Host, cfg.Port, cfg.TLSConfig, cfg.Fallbacks = f.Host, f.Port, same[0].TLSConfig, same[1:]
		break
	}
	ip := remote.IP.String()
	cfg.LookupFunc = func(context.Context, string) ([]string, error) { return []string{ip}, nil }
	dial := cfg.DialFunc
	cfg.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, "tcp", remote.String()) }
	return cfg, ip
}

func resolves(ctx context.Context, cfg *pgx.ConnConfig, host string, ip net.IP) bool {
	if literal := net.ParseIP(host); literal != nil {
		return literal.Equal(ip)
	}
	addrs, err := cfg.LookupFunc(ctx, host)
	return err == nil && slices.ContainsFunc(addrs, func(a string) bool { return net.ParseIP(a).Equal(ip) })
}

// session opens a session on the source, which can't write, can't hang on a lock or
// on a dead client, and reads rows in the order in which they lie.
func (s *Source) session(ctx context.Context) (*pgx.Conn, error) {
	conn, err := client.Open(ctx, s.cfg, client.Session{
		To: "the source database", Name: "refresher/" + s.opts.Run, ReadOnly: true,
		Settings: map[string]string{
			"lock_timeout":         fmt.Sprint(s.opts.LockTimeout.Milliseconds()),
			"synchronize_seqscans": "off", "max_parallel_workers_per_gather": "0", "jit": "off",
		},
	})
	if err != nil {
		return nil, err
	}
	// Not every platform can look for a client that is gone while it works.
	if _, err := conn.Exec(ctx, "SET client_connection_check_interval = '10s'"); err != nil && client.Code(err) == "" {
		client.Close(ctx, conn)
		return nil, client.Wrap(err, "preparing a read-only session on the source")
	}
	return conn, nil
}

// Catalogs runs fn, which reads system catalogs, in a read-only session of its own on
// the same instance.
func (s *Source) Catalogs(ctx context.Context, fn func(*pgx.Conn) error) error {
	conn, err := s.session(ctx)
	if err != nil {
		return err
	}
	defer client.Close(ctx, conn)
	return fn(conn)
}

// instance tells one running server from every other, its own replicas included.
type instance struct {
	systemID int64
	started  time.Time
	address  string // as the server sees it; a balancer's address would hide which one it is
}

func identify(ctx context.Context, conn *pgx.Conn) (instance, error) {
	const q = `
		SELECT system_identifier, pg_postmaster_start_time(), coalesce(inet_server_addr()::text || ' ' || inet_server_port(), '')
		FROM pg_control_system()`
	var i instance
	err := conn.QueryRow(ctx, q).Scan(&i.systemID, &i.started, &i.address)
	return i, client.Wrap(err, "identifying the source server")
}

func (i instance) same(j instance) bool {
	return i.systemID == j.systemID && i.started.Equal(j.started) && i.address == j.address
}

// warn collects what the user should know before a run.
func (s *Source) warn(ctx context.Context) error {
	const q = `
		SELECT current_setting('hot_standby_feedback')::bool, current_setting('max_standby_streaming_delay')`
	var feedback bool
	var delay string
	if err := s.exporter.QueryRow(ctx, q).Scan(&feedback, &delay); err != nil {
		return client.Wrap(err, "reading the source's settings")
	}
	add := func(format string, args ...any) { s.warnings = append(s.warnings, fmt.Sprintf(format, args...)) }
	switch {
	case !s.cat.InRecovery:
		add("the source is not a hot standby: reading it costs the primary, and holds back its VACUUM while " +
			"the run lasts")
	case !feedback && delay != "-1":
		add("hot_standby_feedback is off on the standby: VACUUM on the primary can cancel the run after "+
			"max_standby_streaming_delay = %s", delay)
	}
	var unlogged, foreign []string
	for _, t := range s.cat.Tables {
		if s.unreadable(t) {
			unlogged = append(unlogged, t.Name.String())
		}
		if t.Kind == catalog.Foreign {
			foreign = append(foreign, t.Name.String())
		}
	}
	if len(unlogged) > 0 {
		add("unlogged tables have no rows on a standby and arrive empty: %s", strings.Join(unlogged, ", "))
	}
	if len(foreign) > 0 {
		add("foreign tables arrive without rows: %s", strings.Join(foreign, ", "))
	}
	for _, v := range s.cat.MatViews {
		if v.Populated && v.Blocked != "" {
			add("materialised view %s arrives empty: %s", v.Name, v.Blocked)
		}
	}
	return nil
}

// unreadable reports whether a table's rows can't be read here: a standby has
// the rows of permanent tables only.
func (s *Source) unreadable(t *catalog.Table) bool {
	return t.HoldsRows() && t.Persistence == 'u' && s.cat.InRecovery
}

// room fails if the server or the role hasn't connections enough for the
// workers and pg_dump, which would show only when half of them are at work.
func (s *Source) room(ctx context.Context) error {
	const q = `
		SELECT least(
			current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
				- (SELECT count(*) FROM pg_stat_activity -- whose backend_type is hidden for other roles' sessions
				   WHERE usename IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend')::int,
			CASE WHEN r.rolconnlimit < 0 THEN 2147483647
			     ELSE r.rolconnlimit - (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user)::int END)
		FROM pg_roles r WHERE r.rolname = current_user`
	var free int
	if err := s.exporter.QueryRow(ctx, q).Scan(&free); err != nil {
		return client.Wrap(err, "counting the source's connections")
	}
	if need := s.opts.Workers + 1; s.opts.Workers > 0 && free < need {
		return fmt.Errorf("the source has room for %d more connections of role %q, the run needs %d: use "+
			"fewer workers", max(free, 0), s.cfg.User, need)
	}
	return nil
}
