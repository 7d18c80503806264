package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"refresher/internal/fault"
)

// libpqIgnored are parameters of libpq (PostgreSQL docs, 34.1.2) that change nothing
// here: how a connection is kept alive, in which order hosts are tried, what sessions
// set for themselves, and what is long without effect.
var libpqIgnored = []string{
	"authtype", "client_encoding", "fallback_application_name", "gssdelegation", "gsslib",
	"keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval", "load_balance_hosts",
	"sslcompression", "sslkeylogfile", "tcp_user_timeout", "tty",
}

// libpqRefused are parameters of libpq that can't be had, and must not be passed over,
// with what to do instead.
var libpqRefused = map[string]string{
	"oauth_client_id":     "use a password, or a client certificate",
	"oauth_client_secret": "use a password, or a client certificate",
	"oauth_issuer":        "use a password, or a client certificate",
	"oauth_scope":         "use a password, or a client certificate",
	"requirepeer":         "use a socket in a folder that only the server's user can write to",
	"scram_client_key":    "use a password",
	"scram_server_key":    "use a password",
	"sslcrl":              "revoked certificates can't be looked up: use short-lived ones",
	"sslcrldir":           "revoked certificates can't be looked up: use short-lived ones",
}

// harmless are parameters of libpq that are taken with some values only.
var harmless = map[string]struct {
	values  []string
	instead string
}{
	"gssencmode":  {[]string{"", "disable", "prefer", "allow"}, "connections can't be encrypted by GSSAPI: use TLS"},
	"replication": {[]string{"", "0", "off", "no", "false"}, "a replication connection can't run queries"},
	"requiressl":  {[]string{"", "0"}, "write sslmode=require"},
}

// settingPrefixes begin the names of settings of the server that a connection string
// may hold by themselves; any other goes into options.
var settingPrefixes = []string{
	"bytea_output", "client_min_messages", "constraint_exclusion", "datestyle", "default_transaction_",
	"effective_", "enable_", "extra_float_digits", "geqo", "idle_", "intervalstyle", "jit", "lc_", "lock_timeout", "log_",
	"maintenance_work_mem", "max_parallel_", "options", "plan_cache_mode", "random_page_cost", "role", "row_security",
	"search_path", "seq_page_cost", "statement_timeout", "synchronous_commit", "tcp_keepalives_", "temp_buffers", "timezone",
	"transaction_timeout", "work_mem", "application_name",
}

// Parse reads a connection string, a URL or keywords and values, as libpq does. The
// error is a *[fault.Input] of every parameter that can't be taken, with field, such
// as source.url, as its place.
func Parse(field, conn string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(conn)
	given := parseConnString(conn)
	addresses := given["hostaddr"]
	if err == nil && addresses != "" && !namesHost(conn, given) {
		cfg, err = pgx.ParseConfig(withHost(conn, addresses))
	}
	bad := &fault.Input{}
	add := func(format string, args ...any) {
		bad.Problems = append(bad.Problems, fault.Problem{Field: field, Text: fmt.Sprintf(format, args...)})
	}
	if err != nil { // its text can hold parts of a password
		add("is not a PostgreSQL connection URL; write it as postgres://user@host:5432/database")
		return nil, bad
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.RuntimeParams)) {
		value, known := cfg.RuntimeParams[name], harmless[name]
		instead, refused := libpqRefused[name]
		switch {
		case slices.Contains(libpqIgnored, name), slices.Contains(known.values, value) && known.instead != "":
			delete(cfg.RuntimeParams, name)
		case name == "hostaddr", name == "ssl_min_protocol_version", name == "ssl_max_protocol_version":
			delete(cfg.RuntimeParams, name)
		case known.instead != "":
			add("has a parameter %s=%s that can't be had: %s", name, printable(value), known.instead)
		case refused:
			add("has a parameter %s that can't be had: %s", name, instead)
		case !strings.Contains(name, ".") &&
			!slices.ContainsFunc(settingPrefixes,
				func(p string) bool { return strings.HasPrefix(strings.ToLower(name), p) }):
			add("has a parameter %s, which is a framework's or mistyped, and none of PostgreSQL's: "+
				"remove it from %s; a setting of the server is written options=-c NAME=VALUE", printable(name), field)
		}
	}
	if err := limitTLS(cfg, given); err != "" {
		add("has a wrong parameter: %s", err)
	}
	if err := lookUp(cfg, addresses); err != "" {
		add("has a wrong parameter: %s", err)
	}
	if len(bad.Problems) > 0 {
		return nil, bad
	}
	return cfg, nil
}

// ParseFlag is Parse of a flag's value: its problems are whole sentences.
func ParseFlag(flag, conn string) (*pgx.ConnConfig, error) {
	cfg, err := Parse(flag, conn)
	var bad *fault.Input
	if errors.As(err, &bad) {
		for i, p := range bad.Problems {
			bad.Problems[i] = fault.Problem{Text: p.Field + " " + p.Text}
		}
	}
	return cfg, err
}

// isURL reports a connection string that isn't made of keywords and values.
func isURL(conn string) bool {
	return strings.HasPrefix(conn, "postgres://") || strings.HasPrefix(conn, "postgresql://")
}

func namesHost(conn string, given map[string]string) bool {
	if given["host"] != "" || os.Getenv("PGHOST") != "" {
		return true
	}
	u, err := url.Parse(conn)
	return isURL(conn) && err == nil && u.Host != ""
}

// withHost adds a parameter host.
func withHost(conn, host string) string {
	if isURL(conn) { // hostaddr is a parameter of it, so there is a query
		return strings.Replace(conn, "?", "?host="+url.QueryEscape(host)+"&", 1)
	}
	return conn + " host='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(host) + "'"
}

// lookUp has the hosts' names stand for the given addresses.
func lookUp(cfg *pgx.ConnConfig, addresses string) (problem string) {
	if addresses == "" {
		return ""
	}
	names, _ := hosts(cfg)
	list, all := strings.Split(addresses, ","), strings.Split(names, ",")
	if len(list) != len(all) {
		return fmt.Sprintf("hostaddr names %d addresses for %d hosts", len(list), len(all))
	}
	at := map[string][]string{}
	for i, host := range all {
		if net.ParseIP(list[i]) == nil {
			return "hostaddr is no IP address"
		}
		at[host] = append(at[host], list[i])
	}
	next := cfg.LookupFunc
	cfg.LookupFunc = func(ctx context.Context, host string) ([]string, error) {
		if found := at[host]; len(found) > 0 {
			return found, nil
		}
		return next(ctx, host)
	}
	return ""
}

var tlsVersions = map[string]uint16{
	"TLSv1": tls.VersionTLS10, "TLSv1.1": tls.VersionTLS11, "TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13,
}

// limitTLS takes ssl_min_protocol_version and ssl_max_protocol_version over.
func limitTLS(cfg *pgx.ConnConfig, given map[string]string) (problem string) {
	configs := []*tls.Config{cfg.TLSConfig}
	for _, f := range cfg.Fallbacks {
		configs = append(configs, f.TLSConfig)
	}
	for name, set := range map[string]func(*tls.Config, uint16){
		"ssl_min_protocol_version": func(c *tls.Config, v uint16) { c.MinVersion = v },
		"ssl_max_protocol_version": func(c *tls.Config, v uint16) { c.MaxVersion = v },
	} {
		text := given[name]
		version, ok := tlsVersions[text]
		if text != "" && !ok {
			return name + " must be TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3"
		}
		for _, c := range configs {
			if c != nil && ok {
				set(c, version)
			}
		}
	}
	return ""
}

// validate is how a connection shows that it reached a server which
// target_session_attrs asks for. The attribute is for the server's own state: what the
// session sets for itself, such as that it can't write, is none of it.
func validate(cfg *pgx.ConnConfig) pgconn.ValidateConnectFunc {
	attrs := parseConnString(cfg.ConnString())["target_session_attrs"]
	if attrs == "" {
		attrs = os.Getenv("PGTARGETSESSIONATTRS")
	}
	switch attrs {
	case "read-write":
		return pgconn.ValidateConnectTargetSessionAttrsPrimary
	case "read-only":
		return pgconn.ValidateConnectTargetSessionAttrsStandby
	}
	return cfg.ValidateConnect
}

// printable is text without characters that a terminal or a log would act on.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			return '\uFFFD'
		}
		return r
	}, text)
}
