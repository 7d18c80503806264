package client

import (
	"errors"
	"strings"
	"testing"

	"refresher/internal/fault"
)

// Every parameter that libpq documents is taken, passed over knowingly, or refused
// with what to do instead; what no client of PostgreSQL's knows is named.
func TestParseKnowsLibpqsParameters(t *testing.T) {
	noPG(t)
	for param, want := range map[string]string{
		"sslmode=disable": "", "connect_timeout=3": "", "application_name=x": "", "options=-c%20work_mem%3D1MB": "",
		"gssencmode=disable": "", "gssencmode=prefer": "", "gssencmode=require": "can't be encrypted by GSSAPI",
		"keepalives=1": "", "keepalives_idle=30": "", "keepalives_interval=5": "", "keepalives_count=3": "", "tcp_user_timeout=9": "",
		"fallback_application_name=x": "", "load_balance_hosts=disable": "", "load_balance_hosts=random": "", "hostaddr=127.0.0.1": "",
		"hostaddr=localhost": "hostaddr is no IP address", "hostaddr=10.0.0.1,10.0.0.2": "2 addresses for 1 hosts",
		"client_encoding=auto": "", "sslcompression=0": "", "sslsni=1": "", "sslnegotiation=postgres": "", "gsslib=gssapi": "",
		"channel_binding=prefer": "", "require_auth=scram-sha-256": "", "krbsrvname=postgres": "", "gssdelegation=0": "",
		"target_session_attrs=read-write": "", "target_session_attrs=prefer-standby": "", "ssl_min_protocol_version=TLSv1.3": "",
		"ssl_max_protocol_version=1.3": "must be TLSv1", "requiressl=0": "", "requiressl=1": "write sslmode=require",
		"replication=false": "", "replication=database": "can't run queries", "sslcrl=x": "sslcrl", "requirepeer=postgres": "requirepeer",
		"oauth_issuer=https%3A%2F%2Fx": "oauth_issuer", "scram_client_key=x": "scram_client_key",
		"search_path=app": "", "statement_timeout=5000": "", "app.tenant=7": "", "TimeZone=UTC": "",
		"schema=public": "schema", "pgbouncer=true": "pgbouncer", "connection_limit=5": "connection_limit", "pool_timeout=2": "pool_timeout",
		"currentSchema=x": "currentSchema", "prepareThreshold=0": "prepareThreshold", "prepared_statements=false": "prepared_statements",
	} {
		t.Run(param, func(t *testing.T) {
			cfg, err := Parse("source.url", "postgres://ann:geheim@db.example.com/shop?"+param)
			var bad *fault.Input
			switch {
			case want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case want != "" && (!errors.As(err, &bad) || bad.Problems[0].Field != "source.url" || !strings.Contains(err.Error(), want)):
				t.Errorf("got %v, want %q", err, want)
			case err != nil && strings.Contains(err.Error(), "geheim"):
				t.Errorf("the password is printed: %v", err)
			case err == nil:
				name, _, _ := strings.Cut(param, "=")
				if _, sent := cfg.RuntimeParams[name]; sent && !strings.Contains("application_name options search_path statement_timeout app.tenant TimeZone", name) {
					t.Errorf("%s goes to the server", name)
				}
			}
		})
	}
}

// hostaddr is where a host's name leads, for the program and for pg_dump.
func TestHostaddr(t *testing.T) {
	noPG(t)
	for conn, host := range map[string]string{
		"postgres://db.example.com/shop?sslmode=disable&hostaddr=127.0.0.9": "db.example.com",
		"postgres:///shop?sslmode=disable&hostaddr=127.0.0.9":               "127.0.0.9",
		"dbname=shop hostaddr=127.0.0.9":                                    "127.0.0.9",
	} {
		cfg, err := Parse("source.url", conn)
		if err != nil {
			t.Errorf("%s: %v", conn, err)
			continue
		}
		addr, err := cfg.LookupFunc(t.Context(), cfg.Host)
		if err != nil || len(addr) != 1 || addr[0] != "127.0.0.9" || cfg.Host != host {
			t.Errorf("%s: host %s at %v, %v", conn, cfg.Host, addr, err)
		}
		env, err := Env(cfg, "", nil)
		if err != nil || env["PGHOSTADDR"] != "127.0.0.9" {
			t.Errorf("%s: pg_dump goes to %q, %v", conn, env["PGHOSTADDR"], err)
		}
	}
}

// Once the server is found its address is pinned, and pg_dump, which is told to be
// read-only, must not look for a server that can be written to.
func TestPinnedProgramsLookForNoServer(t *testing.T) {
	noPG(t)
	cfg, err := Parse("source.url", "postgres://a,b/shop?target_session_attrs=read-write")
	if err != nil {
		t.Fatal(err)
	}
	free, err := Env(cfg, "", nil)
	if err != nil || free["PGTARGETSESSIONATTRS"] != "read-write" {
		t.Errorf("not pinned: %v, %v", free, err)
	}
	pinned, err := Env(cfg, "10.0.0.1", nil)
	if err != nil || pinned["PGTARGETSESSIONATTRS"] != "" {
		t.Errorf("pinned: %v, %v", pinned, err)
	}
}

// The examples of RFC 4013, 3, and what users have.
func TestSASLprep(t *testing.T) {
	for in, want := range map[string]string{
		"I\u00adX": "IX", "user": "user", "USER": "USER", "\u00aa": "a", "\u2168": "IX", "a\u0007": "a\u0007",
		"half½ trade™": "half1⁄2 tradeTM", "ﬁsh": "fish", "no\u00a0break": "no break", "zero\u200bwidth": "zero width", "e\u0301": "é", "": "",
	} {
		if got := saslPrep(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// Names of objects can hold what a terminal or a log acts on.
func TestMessagesArePrintable(t *testing.T) {
	err := &Error{Op: "copying x", Code: "42P01", Message: "relation \"x\x1b]0;owned\a\" is gone\n::error::forged", Table: "t\r\x9b2J"}
	if text := err.Error(); strings.ContainsAny(text, "\x1b\a\n\r\u009b") {
		t.Errorf("%q", text)
	}
}
