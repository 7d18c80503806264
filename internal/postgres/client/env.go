package client

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/programs"
)

// forwarded are the connection settings that pgx.ConnConfig doesn't keep in a
// field: they are taken from its connection string, else from this process's
// environment (libpq docs, 34.15 "Environment Variables").
var forwarded = map[string]string{
	"sslcert":                  "PGSSLCERT",
	"sslkey":                   "PGSSLKEY",
	"sslcertmode":              "PGSSLCERTMODE",
	"sslrootcert":              "PGSSLROOTCERT",
	"sslcrl":                   "PGSSLCRL",
	"sslsni":                   "PGSSLSNI",
	"sslnegotiation":           "PGSSLNEGOTIATION",
	"ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
	"ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
	"channel_binding":          "PGCHANNELBINDING",
	"require_auth":             "PGREQUIREAUTH",
	"target_session_attrs":     "PGTARGETSESSIONATTRS",
	"krbsrvname":               "PGKRBSRVNAME",
}

// env is the environment of a program that connects to server; nil: to none.
func (c Command) env(server *pgx.ConnConfig) ([]string, error) {
	list := programs.Environ()
	if server != nil {
		conn, err := Env(server, c.HostAddr, c.Settings)
		if err != nil {
			return nil, err
		}
		for _, k := range slices.Sorted(maps.Keys(conn)) {
			list = append(list, k+"="+conn[k])
		}
	}
	return list, nil
}

// Env is the libpq environment that connects where cfg does. Host, port, user,
// password and database are cfg's fields (so a copy of a configuration with
// another database works); the TLS mode is the one that cfg's TLS settings
// amount to; the rest comes from the connection string that cfg was parsed from.
// hostaddr, if given, pins the address. The settings of every session, and the given
// ones, are set at connection start.
func Env(cfg *pgx.ConnConfig, hostaddr string, settings map[string]string) (map[string]string, error) {
	given, pinned := parseConnString(cfg.ConnString()), hostaddr != ""
	if given["sslpassword"] != "" {
		return nil, fault.BadInput("sslpassword in a connection string can't be passed to pg_dump safely: use a " +
			"client key without a passphrase")
	}
	env := map[string]string{
		"PGUSER":       cfg.User,
		"PGDATABASE":   cfg.Database,
		"PGSSLMODE":    sslMode(cfg),
		"PGGSSENCMODE": "disable", // pgx doesn't speak it either
		"PGOPTIONS":    options(cfg, settings),
	}
	env["PGHOST"], env["PGPORT"] = hosts(cfg)
	if hostaddr == "" {
		hostaddr = given["hostaddr"]
	}
	if hostaddr != "" {
		env["PGHOSTADDR"] = hostaddr
	}
	if cfg.Password != "" {
		env["PGPASSWORD"] = cfg.Password
	}
	if app := cfg.RuntimeParams["application_name"]; app != "" {
		env["PGAPPNAME"] = app
	}
	if cfg.ConnectTimeout > 0 {
		env["PGCONNECT_TIMEOUT"] = strconv.Itoa(int((cfg.ConnectTimeout + time.Second - 1) / time.Second))
	}
	for key, name := range forwarded {
		v := given[key]
		if v == "" {
			v = os.Getenv(name)
		}
		if v != "" && !(key == "target_session_attrs" && pinned) { // which is for finding the server
			env[name] = v
		}
	}
	if strings.HasPrefix(env["PGSSLMODE"], "verify-") && env["PGSSLROOTCERT"] == "" {
		if f := systemRoots(); f != "" {
			env["PGSSLROOTCERT"] = f
		}
	}
	return env, nil
}

// ApplicationEnv is the environment by which an application's own program connects where cfg does:
// DATABASE_URL and libpq's variables, without the settings of refresher's sessions.
func ApplicationEnv(cfg *pgx.ConnConfig) (map[string]string, error) {
	env, err := Env(cfg, "", nil)
	if err != nil {
		return nil, err
	}
	delete(env, "PGOPTIONS")
	if own := parseConnString(cfg.ConnString())["options"]; own != "" {
		env["PGOPTIONS"] = own
	}
	env["DATABASE_URL"] = connURL(cfg)
	return env, nil
}

// connURL is cfg as a URL: with the password, and of the other settings those that cfg's own
// connection string has.
func connURL(cfg *pgx.ConnConfig) string {
	given := parseConnString(cfg.ConnString())
	u := &url.URL{Scheme: "postgres", Path: "/" + cfg.Database, User: url.User(cfg.User)}
	if cfg.Password != "" {
		u.User = url.UserPassword(cfg.User, cfg.Password)
	}
	query := url.Values{}
	names, ports := hosts(cfg)
	if strings.HasPrefix(names, "/") { // the folder of a socket
		query.Set("host", names)
		query.Set("port", ports)
	} else {
		ports := strings.Split(ports, ",")
		var list []string
		for i, h := range strings.Split(names, ",") {
			list = append(list, net.JoinHostPort(h, ports[i]))
		}
		u.Host = strings.Join(list, ",")
	}
	for key, v := range given {
		if v != "" && (forwarded[key] != "" || key == "options") {
			query.Set(key, v)
		}
	}
	if given["sslmode"] != "" {
		query.Set("sslmode", sslMode(cfg))
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// hosts lists each host of cfg once, with its port, in order.
func hosts(cfg *pgx.ConnConfig) (host, port string) {
	var hs, ps []string
	add := func(h string, p uint16) {
		port := strconv.Itoa(int(p))
		for i := range hs {
			if hs[i] == h && ps[i] == port {
				return
			}
		}
		hs, ps = append(hs, h), append(ps, port)
	}
	add(cfg.Host, cfg.Port)
	for _, f := range cfg.Fallbacks {
		add(f.Host, f.Port)
	}
	return strings.Join(hs, ","), strings.Join(ps, ",")
}

// sslMode is the sslmode that cfg's TLS settings mean (libpq docs, 34.19).
func sslMode(cfg *pgx.ConnConfig) string {
	plain, secured := cfg.TLSConfig == nil, cfg.TLSConfig
	for _, f := range cfg.Fallbacks {
		plain = plain || f.TLSConfig == nil
		if secured == nil {
			secured = f.TLSConfig
		}
	}
	switch {
	case secured == nil:
		return "disable"
	case cfg.TLSConfig == nil:
		return "allow"
	case plain:
		return "prefer"
	}
	return strictMode(secured)
}

func strictMode(t *tls.Config) string {
	switch {
	case !t.InsecureSkipVerify:
		return "verify-full"
	case t.VerifyPeerCertificate != nil || t.VerifyConnection != nil:
		return "verify-ca"
	}
	return "require"
}

// systemRoots is the file of certificate authorities that Go would use; libpq
// before 16 doesn't know "system" and would look in ~/.postgresql only.
func systemRoots() string {
	for _, f := range []string{os.Getenv("SSL_CERT_FILE"), "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"} {
		if f != "" {
			if _, err := os.Stat(f); err == nil {
				return f
			}
		}
	}
	return ""
}

// notOptions are runtime parameters that don't go into PGOPTIONS: the programs
// choose their own encoding, unless a command's settings name one.
var notOptions = []string{"application_name", "options", "client_encoding"}

// options is PGOPTIONS: the user's own, then runtime parameters, then the settings of
// every session, then settings. A space or backslash in a value is escaped by a
// backslash (src/port, pg_split_opts).
func options(cfg *pgx.ConnConfig, settings map[string]string) string {
	var words []string
	if o := cfg.RuntimeParams["options"]; o != "" {
		words = append(words, o)
	}
	all := map[string]string{"idle_session_timeout": "0"}
	for k, v := range cfg.RuntimeParams {
		all[strings.ToLower(k)] = v
	}
	maps.Copy(all, Session{}.settings(cfg))
	maps.DeleteFunc(all, func(k, _ string) bool { return slices.Contains(notOptions, k) })
	maps.Copy(all, settings)
	escape := strings.NewReplacer(`\`, `\\`, " ", `\ `, "\t", "\\\t", "\n", "\\\n")
	for _, k := range slices.Sorted(maps.Keys(all)) {
		words = append(words, fmt.Sprintf("-c %s=%s", k, escape.Replace(all[k])))
	}
	return strings.Join(words, " ")
}

// parseConnString splits a connection string, which pgx has accepted before, into
// its settings: a URL's query, or keyword=value pairs (libpq docs, 34.1.1).
func parseConnString(s string) map[string]string {
	out := map[string]string{}
	if isURL(s) {
		_, query, _ := strings.Cut(s, "?")
		query, _, _ = strings.Cut(query, "#")
		for pair := range strings.SplitSeq(query, "&") {
			k, v, _ := strings.Cut(pair, "=")
			key, kerr := url.QueryUnescape(k)
			value, verr := url.QueryUnescape(v)
			if kerr == nil && verr == nil && key != "" {
				out[key] = value
			}
		}
		return out
	}
	for rest := s; ; {
		k, tail, ok := strings.Cut(rest, "=")
		if !ok {
			return out
		}
		var v string
		v, rest = connValue(strings.TrimLeft(tail, " \t\r\n"))
		out[strings.TrimSpace(k)] = v
	}
}

// connValue cuts one value, quoted or not, from the head of s.
func connValue(s string) (value, rest string) {
	quoted := strings.HasPrefix(s, "'")
	if quoted {
		s = s[1:]
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case quoted && c == '\'', !quoted && strings.IndexByte(" \t\r\n", c) >= 0:
			return b.String(), s[i+1:]
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}
