package client

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// noPG takes this process's own PG* variables out of the test.
func noPG(t *testing.T) {
	for _, kv := range os.Environ() {
		if k, v, _ := strings.Cut(kv, "="); strings.HasPrefix(k, "PG") {
			t.Setenv(k, v) // restores it afterwards
			os.Unsetenv(k)
		}
	}
	t.Setenv("HOME", t.TempDir())
}

func TestEnv(t *testing.T) {
	noPG(t)
	root := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(root, []byte(testCA), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, conn string
		want       map[string]string // "" means absent
	}{
		{"url", "postgres://ann:s%20cret@db.example.com:6432/shop?sslmode=require&connect_timeout=7&application_name=x",
			map[string]string{"PGHOST": "db.example.com", "PGPORT": "6432", "PGUSER": "ann", "PGPASSWORD": "s cret", "PGDATABASE": "shop",
				"PGSSLMODE": "require", "PGCONNECT_TIMEOUT": "7", "PGAPPNAME": "x", "PGSSLROOTCERT": ""}},
		{"no tls", "postgres://ann@h/shop?sslmode=disable", map[string]string{"PGSSLMODE": "disable", "PGPASSWORD": ""}},
		{"libpq's default", "postgres://ann@h/shop", map[string]string{"PGSSLMODE": "prefer", "PGGSSENCMODE": "disable"}},
		{"allow", "postgres://ann@h/shop?sslmode=allow", map[string]string{"PGSSLMODE": "allow"}},
		{"own authority", "postgres://ann@h/shop?sslmode=verify-ca&sslrootcert=" + root, map[string]string{"PGSSLMODE": "verify-ca", "PGSSLROOTCERT": root}},
		{"full", "postgres://ann@h/shop?sslmode=verify-full&sslrootcert=" + root + "&channel_binding=require",
			map[string]string{"PGSSLMODE": "verify-full", "PGCHANNELBINDING": "require"}},
		{"keywords", `host=h port=6000 user=ann password='a\'b \\c' dbname=shop sslmode = verify-full sslrootcert='` + root + `'`,
			map[string]string{"PGHOST": "h", "PGPORT": "6000", "PGPASSWORD": `a'b \c`, "PGSSLMODE": "verify-full", "PGSSLROOTCERT": root}},
		{"socket", "postgres:///shop?host=/run/pg&port=6000&user=ann", map[string]string{"PGHOST": "/run/pg", "PGPORT": "6000", "PGSSLMODE": "disable"}},
		{"several hosts", "postgres://ann@a:1,b:2/shop?sslmode=prefer&target_session_attrs=standby",
			map[string]string{"PGHOST": "a,b", "PGPORT": "1,2", "PGSSLMODE": "prefer", "PGTARGETSESSIONATTRS": "standby"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := pgx.ParseConfig(tt.conn)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Env(cfg, "", nil)
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range tt.want {
				if got[k] != v {
					t.Errorf("%s = %q, want %q", k, got[k], v)
				}
			}
		})
	}
}

// A copy of a configuration with another database connects there.
func TestEnvFollowsTheConfig(t *testing.T) {
	noPG(t)
	cfg, err := pgx.ParseConfig("postgres://ann@h/shop")
	if err != nil {
		t.Fatal(err)
	}
	cfg = cfg.Copy()
	cfg.Database = "shadow"
	got, err := Env(cfg, "10.0.0.1", map[string]string{"work_mem": "1MB"})
	if err != nil {
		t.Fatal(err)
	}
	if got["PGDATABASE"] != "shadow" || got["PGHOSTADDR"] != "10.0.0.1" || got["PGHOST"] != "h" || !strings.Contains(got["PGOPTIONS"], "-c work_mem=1MB") {
		t.Errorf("%v", got)
	}
}

// This process's secrets, and PG* variables that would lead elsewhere, don't go along.
func TestEnvHoldsNothingElse(t *testing.T) {
	noPG(t)
	t.Setenv("REFRESHER_KEY", "hush")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hush")
	cfg, err := pgx.ParseConfig("postgres://ann@h/shop?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGSERVICE", "elsewhere")
	t.Setenv("PGHOSTADDR", "192.0.2.1")
	t.Setenv("PGSSLCRL", "/crl.pem")
	env, err := Command{Tool: Dump}.env(cfg)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(env, "\n")
	for _, bad := range []string{"hush", "PGSERVICE", "PGHOSTADDR"} {
		if strings.Contains(all, bad) {
			t.Errorf("%s is passed on", bad)
		}
	}
	if !strings.Contains(all, "PGSSLCRL=/crl.pem") {
		t.Error("a TLS setting of the environment, which pgx would use, is lost")
	}
}

func TestEnvRefusesKeyPassphrase(t *testing.T) {
	noPG(t)
	cfg, err := pgx.ParseConfig("host=h user=u dbname=d sslmode=disable sslpassword='p q'")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Env(cfg, "", nil); err == nil || strings.Contains(err.Error(), "p q") {
		t.Errorf("got %v", err)
	}
}

// FuzzParseConnString: all that pgx accepts is read without a panic.
func FuzzParseConnString(f *testing.F) {
	for _, s := range []string{"postgres://a:b@h/d?sslmode=require#x", "host=h sslrootcert='a b'", `a='\`, "=", "postgres://?a=%zz", "x='y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { parseConnString(s) })
}

// testCA is a certificate authority without a known key, good for parsing only.
const testCA = `-----BEGIN CERTIFICATE-----
MIIBdjCCARugAwIBAgIUTF3dm9NQ6MX2ZLuPsVATERQUbTIwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjEyMTAwNThaGA8yMTI2MTAyODIxMDA1
OFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJSN
It6LSOVc/1tmE38y1in/4JYj2H83qx+BvQfPO//i7jOu8vRKe+gzfMZvSua6giRj
XPFwqMYmxGe2OMWSdtqjUzBRMB0GA1UdDgQWBBRwoXfrJ06gKwjcZjZqIGwyngI+
ijAfBgNVHSMEGDAWgBRwoXfrJ06gKwjcZjZqIGwyngI+ijAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0kAMEYCIQCph6JSCHOJEhd4g7Ret7i0vgjyAxf4Bj3k
/kImvIfmpwIhAJxHk+b/gyXg3UxIxQ435L3XVtNfN3l3HUyzqZqVirIF
-----END CERTIFICATE-----
`
