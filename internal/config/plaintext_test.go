package config

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// ways lists how a configuration may connect: host, then whether by TLS.
func ways(cfg *pgx.ConnConfig) string {
	way := func(host string, tls bool) string {
		if tls {
			return host + "+tls"
		}
		return host
	}
	out := []string{way(cfg.Host, cfg.TLSConfig != nil)}
	for _, f := range cfg.Fallbacks {
		out = append(out, way(f.Host, f.TLSConfig != nil))
	}
	return strings.Join(out, " ")
}

// No sslmode lets rows travel to another machine in the clear, not even as the
// second try of prefer or allow.
func TestPlaintextNeverLeavesTheMachine(t *testing.T) {
	for url, want := range map[string]string{
		"postgres://db.example/app":                               "db.example+tls", // prefer is the default
		"postgres://db.example/app?sslmode=prefer":                "db.example+tls",
		"postgres://db.example/app?sslmode=allow":                 "db.example+tls",
		"postgres://db.example/app?sslmode=require":               "db.example+tls",
		"postgres://db.example/app?sslmode=verify-full":           "db.example+tls",
		"postgres://db.example/app?sslmode=disable":               "refused",
		"postgres://10.1.2.3/app?sslmode=disable":                 "refused",
		"postgres://[fd00::1]/app?sslmode=disable":                "refused",
		"postgres://a.example,b.example/app?sslmode=prefer":       "a.example+tls b.example+tls",
		"postgres://localhost,b.example/app?sslmode=prefer":       "localhost+tls b.example+tls", // libpq has one mode for all hosts
		"postgres://localhost,b.example/app?sslmode=disable":      "refused",
		"host=db.example dbname=app sslmode=disable":              "refused",
		"postgres://localhost.example/app?sslmode=disable":        "refused",
		"postgres://127.0.0.1.example/app?sslmode=disable":        "refused",
		"postgres://localhost/app?sslmode=disable":                "localhost",
		"postgres://LocalHost./app?sslmode=disable":               "LocalHost.",
		"postgres://127.8.9.1/app?sslmode=disable":                "127.8.9.1",
		"postgres://[::1]/app?sslmode=disable":                    "::1",
		"postgres://localhost/app?sslmode=prefer":                 "localhost+tls localhost",
		"postgres:///app?host=/var/run/postgresql&sslmode=prefer": "/var/run/postgresql",
	} {
		cfg, err := pgx.ParseConfig(url)
		if err != nil {
			t.Fatalf("%s: %v", url, err)
		}
		got := "refused"
		if err := Secure(cfg); err == nil {
			got = ways(cfg)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}

func TestPlaintextMustBeAllowedByName(t *testing.T) {
	remote := strings.Replace(minimal, "stage@localhost/app", "stage@staging.example/app?sslmode=disable", 1)
	replica := env("REPLICA", "postgres://ro@replica.example/app?sslmode=disable")
	_, err := load(t, remote, replica)
	for _, want := range []string{"refresher.yaml:2:15: source.url connects to another machine without TLS", "staging.url connects to another machine without TLS", "allow_plaintext: true"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in %v", want, err)
		}
	}
	allowed := strings.NewReplacer(`source: {url: "${REPLICA}"`, `source: {allow_plaintext: true, url: "${REPLICA}"`,
		"staging: {url", "staging: {allow_plaintext: true, url").Replace(remote)
	c, err := load(t, allowed, replica)
	if err != nil {
		t.Fatal(err)
	}
	for name, connect := range map[string]func(context.Context) (*pgx.ConnConfig, error){"source": c.SourceConfig, "staging": c.StagingConfig} {
		if cfg, err := connect(t.Context()); err != nil || cfg.TLSConfig != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One side's permission isn't the other's.
	half := strings.Replace(remote, "staging: {url", "staging: {allow_plaintext: true, url", 1)
	if _, err := load(t, half, replica); err == nil || strings.Contains(err.Error(), "staging.url") {
		t.Errorf("with staging's allowed: %v", err)
	}
}
