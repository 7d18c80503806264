package client

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Session says what a session is for. The zero value can write and is called
// "refresher" in pg_stat_activity.
type Session struct {
	To       string            // what is connected to, for errors: "the source database"
	Name     string            // application_name; empty: that of the configuration, else "refresher"
	ReadOnly bool              // no transaction of the session can write
	Settings map[string]string // beside those of every session, or instead of them
	Keep     []string          // settings that stay as the role, the database or the server has them
}

// everySession are settings that refresher relies on, no matter what is set for
// a role, a database or a server: how values are printed and read, where names are
// looked for, and that no time-out meant for applications ends long work. They
// travel with the connection request, so no statement runs without them.
var everySession = map[string]string{
	"search_path":                         "", // pg_catalog alone
	"role":                                "none",
	"row_security":                        "off", // a policy that hides rows is an error
	"client_encoding":                     "UTF8",
	"client_min_messages":                 "warning",
	"datestyle":                           "ISO, MDY",
	"intervalstyle":                       "postgres",
	"timezone":                            "UTC",
	"extra_float_digits":                  "1",
	"bytea_output":                        "hex",
	"lc_monetary":                         "C",
	"lc_numeric":                          "C",
	"lc_time":                             "C",
	"xmloption":                           "content",
	"xmlbinary":                           "base64",
	"array_nulls":                         "on",
	"standard_conforming_strings":         "on",
	"backslash_quote":                     "safe_encoding",
	"transform_null_equals":               "off",
	"quote_all_identifiers":               "off",
	"gin_fuzzy_search_limit":              "0",
	"jit":                                 "off", // catalogs are read by short queries whose cost is guessed too high
	"exit_on_error":                       "off",
	"default_tablespace":                  "",
	"temp_tablespaces":                    "",
	"default_table_access_method":         "heap",
	"default_transaction_isolation":       "read committed",
	"default_transaction_deferrable":      "off",
	"default_transaction_read_only":       "off",
	"statement_timeout":                   "0",
	"lock_timeout":                        "0",
	"idle_in_transaction_session_timeout": "0",
	"tcp_keepalives_idle":                 "60",
	"tcp_keepalives_interval":             "10",
	"tcp_keepalives_count":                "6",
}

// someVersions are settings that some supported versions lack, set once the session
// is there.
const someVersions = `SELECT pg_catalog.set_config(v.name, v.value, false)
	FROM (VALUES ('idle_session_timeout', '0'), ('transaction_timeout', '0'), ('restrict_nonsystem_relation_kind', '')%s) v (name, value)
	WHERE pg_catalog.current_setting(v.name, true) IS NOT NULL`

// settings are the session's, but for application_name.
func (s Session) settings(cfg *pgx.ConnConfig) map[string]string {
	all := maps.Clone(everySession)
	// Which role to act as is the connection string's to say, and nobody else's.
	if cfg.RuntimeParams["role"] != "" || strings.Contains(cfg.RuntimeParams["options"], "role=") {
		delete(all, "role")
	}
	if s.ReadOnly {
		all["default_transaction_read_only"] = "on"
	}
	maps.Copy(all, s.Settings)
	maps.DeleteFunc(all, func(k, _ string) bool { return slices.Contains(s.Keep, k) })
	return all
}

// Open opens a session with refresher's own settings. The caller closes it.
func Open(ctx context.Context, cfg *pgx.ConnConfig, s Session) (*pgx.Conn, error) {
	cfg = s.Config(cfg)
	conn, err := connectTLS(ctx, cfg)
	if err != nil {
		return nil, Wrap(err, "connecting to %s", s.to(cfg))
	}
	if err := s.Prepare(ctx, conn); err != nil {
		Close(ctx, conn)
		return nil, err
	}
	return conn, nil
}

func (s Session) to(cfg *pgx.ConnConfig) string {
	if s.To != "" {
		return s.To
	}
	return fmt.Sprintf("database %q", cfg.Database)
}

// Config is cfg with the settings of the session, for libraries that connect by themselves
// and then call Prepare.
func (s Session) Config(cfg *pgx.ConnConfig) *pgx.ConnConfig {
	cfg = cfg.Copy()
	// Names of settings are the same in any case; two of one name would be sent both.
	own := s.settings(cfg)
	maps.DeleteFunc(cfg.RuntimeParams, func(k, _ string) bool { _, ours := own[strings.ToLower(k)]; return ours })
	maps.Copy(cfg.RuntimeParams, own)
	cfg.RuntimeParams["application_name"] = cmp.Or(s.Name, cfg.RuntimeParams["application_name"], "refresher")
	cfg.ValidateConnect = validate(cfg)
	return cfg
}

// Prepare sets what some versions of the server lack, and fails if the settings of Config
// were lost on the way.
func (s Session) Prepare(ctx context.Context, conn *pgx.Conn) error {
	more := ""
	if conn.PgConn().ParameterStatus("server_encoding") == "SQL_ASCII" {
		// Its bytes have no encoding: the server must not check them against one.
		more += ", ('client_encoding', 'SQL_ASCII')"
	}
	if conn.PgConn().ParameterStatus("is_superuser") == "on" {
		more += ", ('session_replication_role', 'origin')"
	}
	results, err := conn.PgConn().Exec(ctx, fmt.Sprintf(someVersions, more)+
		"; SELECT pg_catalog.current_setting('array_nulls')").ReadAll()
	if err != nil {
		return Wrap(err, "preparing a session on %s", s.to(conn.Config()))
	}
	// A pooler can be told to pass over what it doesn't know.
	want := s.settings(conn.Config())["array_nulls"]
	if last := results[len(results)-1].Rows; want != "" && string(last[0][0]) != want {
		return &Error{Op: "connecting to " + s.to(conn.Config()), Code: poolerCode,
			Message: "the settings of a session were not passed on to the server"}
	}
	return nil
}

// poolerCode is the SQLSTATE, protocol_violation, by which poolers refuse.
const poolerCode = "08P01"

// connectPrepared connects with the password as SCRAM wants it prepared and, where another
// method of authentication wants it as it is, so.
func connectPrepared(ctx context.Context, cfg *pgx.ConnConfig) (*pgx.Conn, error) {
	prepared := saslPrep(cfg.Password)
	if prepared == cfg.Password {
		return pgx.ConnectConfig(ctx, cfg)
	}
	scram := cfg.Copy()
	scram.Password = prepared
	conn, err := pgx.ConnectConfig(ctx, scram)
	if Code(err) == "28P01" {
		return pgx.ConnectConfig(ctx, cfg)
	}
	return conn, err
}

// InSnapshot opens a session that can't write, in a REPEATABLE READ transaction: in
// the exported snapshot of that id, or in one of its own if id is empty.
func InSnapshot(ctx context.Context, cfg *pgx.ConnConfig, s Session, id string) (*pgx.Conn, error) {
	s.ReadOnly = true
	conn, err := Open(ctx, cfg, s)
	if err != nil {
		return nil, err
	}
	sql := "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	if id != "" {
		sql += "; SET TRANSACTION SNAPSHOT '" + strings.ReplaceAll(id, "'", "''") + "'"
	}
	if _, err := conn.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
		Close(ctx, conn)
		return nil, Wrap(err, "starting a read-only transaction in database %q", cfg.Database)
	}
	return conn, nil
}

// closing is how long a peer that doesn't answer may take to end a session.
const closing = 2 * time.Second

// Close ends a session without waiting long for a peer that doesn't answer. It works
// with a ctx that has ended.
func Close(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	_ = conn.Close(ctx)
}
