package config

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
	"refresher/internal/testkit/pgserver"
)

// A password that changes while refresher runs is the new one at the next connection: of pgx, of
// refresher's sessions, and of pg_dump. One that stays wrong is asked for twice, not for ever.
func TestPasswordsThatRotate(t *testing.T) {
	cluster := pgserver.New(t, pgserver.Options{Files: map[string]string{"pg_hba.conf": "host all " + pgserver.User +
		" 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"}})
	admin := cluster.URL("postgres")
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put("ask", "#!/bin/sh\necho >> asked\ncat password\n")
	asked := func() int {
		b, _ := os.ReadFile(filepath.Join(dir, "asked"))
		return len(b)
	}
	at := func(user, password string) string {
		u, err := url.Parse(admin)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.User(user)
		if password != "" {
			u.User = url.UserPassword(user, password)
		}
		return u.String()
	}
	connection := func(fields string) *pgx.ConnConfig {
		t.Helper()
		put("refresher.yaml", "source: "+fields+"\nstaging: {url: postgres://s@localhost/app}\nrules: [r.yaml]\nkey: env:K\n")
		c, err := Load(filepath.Join(dir, "refresher.yaml"), os.LookupEnv)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := c.SourceConfig(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	ways := map[string]func(*pgx.ConnConfig) error{
		"session": func(cfg *pgx.ConnConfig) error {
			conn, err := client.Open(t.Context(), cfg, client.Session{})
			if err == nil {
				client.Close(t.Context(), conn)
			}
			return err
		},
		"program": func(cfg *pgx.ConnConfig) error {
			return client.Run(t.Context(), client.Command{Tool: client.Dump, MinMajor: cluster.Major(), Doing: "dumping",
				Args: []string{"--schema-only", "--file=/dev/null"}, Server: cfg})
		},
	}
	for name, connect := range ways {
		for form, password := range map[string]func(user, pw string) string{
			"text": func(_, pw string) string { return pw },
			"json": func(user, pw string) string { return fmt.Sprintf(`{"username": %q, "password": %q}`, user, pw) },
			"url":  at,
		} {
			if name == "program" && form != "text" {
				continue
			}
			user := name + "_" + form
			pgserver.Exec(t, admin, "CREATE ROLE "+user+" LOGIN SUPERUSER PASSWORD 'one'")
			put("password", password(user, "one"))
			fields := fmt.Sprintf("{url: %q, auth: 'exec:./ask'}", at(user, ""))
			if form == "url" {
				fields = "{url: 'exec:./ask'}"
			}
			cfg := connection(fields)
			for i, pw := range []string{"one", "two"} { // the first is kept in memory
				pgserver.Exec(t, admin, fmt.Sprintf("ALTER ROLE %s PASSWORD '%s'", user, pw))
				put("password", password(user, pw))
				if err := connect(cfg.Copy()); err != nil {
					t.Errorf("%s, password %d: %v", user, i+1, err)
				}
			}
			pgserver.Exec(t, admin, "ALTER ROLE "+user+" PASSWORD 'three'")
			before := asked()
			if err := connect(cfg); client.Code(err) != "28P01" || strings.Contains(err.Error(), "two") {
				t.Errorf("%s, wrong: %v", user, err)
			}
			if n := asked() - before; n != 1 {
				t.Errorf("%s was asked for %d times", user, n)
			}
			put("password", password(user, "three"))
			if err := connect(cfg); err != nil {
				t.Errorf("%s, right again: %v", user, err)
			}
			conn, err := pgx.ConnectConfig(t.Context(), cfg) // as a pool does
			if err != nil {
				t.Fatalf("%s, pgx: %v", user, err)
			}
			client.Close(t.Context(), conn)
		}
	}
}

// References are looked at when the file is read: each wrong one is told, with its place.
func TestReferencesAreLookedAt(t *testing.T) {
	text := strings.NewReplacer(`{url: "${REPLICA}"}`, `{url: "vault:/#url", auth: kerberos}`, "env:REFRESHER_KEY", "hunter2").Replace(minimal) +
		"sign: 'env:'\nserve: {token: tok, readers: 'exec:\"a'}\nvault: {auth: ldap, token: 'vault:x#y'}\n"
	_, err := load(t, text, env("REPLICA", "x"))
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{":2:15: source.url: vault: is followed by a path", ":5:6: key: a secret is written as a reference",
		":6:7: sign: the reference env: names nothing", ":7:16: serve.token: a secret is written", ":7:30: serve.readers: exec: a quote is not closed"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a secret is shown: %v", err)
	}
	good := strings.NewReplacer(`{url: "${REPLICA}"}`, `{url: "env:REPLICA", auth: "vault:database/creds/reader"}`).Replace(minimal)
	for replica, want := range map[string]string{
		"postgres://r@localhost/app":                 "",
		"mysql://hunter2":                            ":2:15: source.url: env:REPLICA is not a PostgreSQL connection URL",
		"postgres://localhost":                       "names no database",
		"postgres://r@db.example/a?sslmode=disable":  "without TLS",
		"postgres://r@localhost/app?sslmode=nowhere": "is not a PostgreSQL connection URL",
	} {
		c, err := load(t, good, env("REPLICA", replica))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.SourceConfig(t.Context())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: %v", replica, err)
		}
	}
}

// A setting that may hold a secret takes a reference: what is called like one is a secret.Text.
func TestSecretSettingsTakeReferences(t *testing.T) {
	called := regexp.MustCompile("(?m)^\\| `([^`]*(token|password|secret|webhook|slack|teams)[^`.]*)` \\| ([^|]*) \\|")
	found := called.FindAllStringSubmatch(Reference(), -1)
	if len(found) < 3 {
		t.Errorf("only %d settings are called like secrets", len(found))
	}
	for _, m := range found {
		if kind := m[3]; !strings.Contains(kind, "secret") && !strings.Contains(kind, "mapping") {
			t.Errorf("%s is %s, not a secret", m[1], kind)
		}
	}
}

// What a service watches is every secret of a configuration, in lists, headers and hooks too.
func TestSecrets(t *testing.T) {
	c, err := load(t, minimal+`serve: {token: "env:TOKEN"}
hooks: {after_promote: [{http: {url: "env:CACHE", headers: {Authorization: "env:BASIC"}}}, {redis: {cluster: ["env:NODE"], pattern: "c:*"}}]}
notify:
  - {on: [all], slack: "env:SLACK"}
  - {on: [all], webhook: {url: "https://hooks.example", secret: "env:SIGN", headers: {X-Key: "env:HEADER"}}}
  - {on: [all], smtp: {host: mail.example, from: a@example.org, to: [b@example.org], username: u, password: "env:MAIL"}}
mlflow: {tracking_uri: "env:MLFLOW"}
`, env("REPLICA", "postgres://h/app"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, s := range c.Secrets() {
		if s.IsReference() {
			found = append(found, strings.TrimPrefix(s.Name(), "env:"))
		}
	}
	slices.Sort(found)
	if got := strings.Join(found, " "); got != "BASIC CACHE HEADER MAIL MLFLOW NODE REFRESHER_KEY SIGN SLACK TOKEN" {
		t.Error(got)
	}
}
