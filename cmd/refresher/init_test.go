package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/testkit/pgserver"
)

// A new user's first day, by the commands that docs/getting-started.md prints: init
// before the roles exist, the grants, doctor, discover, check, run, pull.
func TestFirstDay(t *testing.T) {
	t.Parallel()
	s := newLargerSite(t)
	servers := *s.servers // on a shared one the history is another role's
	servers.staging = pgserver.New(t, pgserver.Options{})
	s.servers = &servers
	dir := t.TempDir()
	printed := map[string]string{} // by command
	day := func(code int, args ...string) (string, string) {
		t.Helper()
		var out, said bytes.Buffer
		a := &app{out: &out, err: &said, getenv: func(string) (string, bool) { return "", false }}
		if args[0] != "init" && args[0] != "pull" {
			args = append(args, "--config", filepath.Join(dir, "refresher.yaml"), "--env-file", filepath.Join(dir, ".env"))
		}
		if got := run(t.Context(), args, a); got != code {
			t.Fatalf("refresher %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, code, said.String(), out.String())
		}
		printed[command(args)] = strings.ReplaceAll(out.String()+said.String(), dir+"/", "")
		return out.String(), said.String()
	}
	as := func(url, role string) string { return strings.Replace(url, pgserver.User+"@", role+"@", 1) }
	reader, writer := "first_reader_"+s.db, "first_writer_"+s.db
	_, said := day(exitClean, "init", "--dir", dir, "--source", as(s.standby.URL(s.db), reader), "--staging", as(s.staging.URL(s.db), writer),
		"--bucket", "s3://"+s.db+"/first")
	for _, want := range []string{"no rules yet", "refresher doctor --env-file .env", "grants-staging.sql"} {
		if !strings.Contains(said, want) {
			t.Errorf("init does not say %q:\n%s", want, said)
		}
	}
	for name, mode := range map[string]os.FileMode{"refresher.yaml": 0o644, ".env": 0o600, "refresher.key": 0o600, "refresher.schema.json": 0o644, "rules/schema.json": 0o644} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	first := printed["init"]
	if _, said := day(exitInput, "init", "--dir", dir); !strings.Contains(said, "init changes no file") {
		t.Errorf("a second init says %s", said)
	}
	printed["init"] = first
	if yaml := readFile(t, filepath.Join(dir, "refresher.yaml")); strings.Contains(yaml, "postgres://") {
		t.Error("the configuration holds a URL, which may hold a password")
	}

	pgserver.Exec(t, s.primary.URL(s.db), readFile(t, filepath.Join(dir, "grants-source.sql")))
	pgserver.Exec(t, s.staging.URL(pgserver.User), readFile(t, filepath.Join(dir, "grants-staging.sql")))
	t.Cleanup(func() {
		pgserver.Exec(t, s.primary.URL(s.db), "DROP OWNED BY "+reader+"; DROP ROLE "+reader)
	})
	s.replayed()
	config := filepath.Join(dir, "refresher.yaml")
	text := readFile(t, config) + "s3: {endpoint: " + s.s3.Endpoint + ", path_style: true}\n"
	if !strings.Contains(text, "percent: 1}") {
		t.Fatalf("init samples another share:\n%s", text)
	}
	text = strings.Replace(text, "percent: 1}", "percent: 30}", 1) // one percent of so few can be none
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}

	day(exitClean, "discover", "--output", filepath.Join(dir, "rules/app.yaml"))
	day(exitClean, "doctor")
	day(exitClean, "check")
	day(exitClean, "run", "--dry-run")
	if _, said := day(exitClean, "run"); strings.Contains(said, "rollback") {
		t.Errorf("there is nothing to go back to, and the first run says:\n%s", said)
	}
	developer := "first_developer_" + s.db // a dataset's SQL runs in a role that may do little
	pgserver.Exec(t, s.staging.URL(pgserver.User), "CREATE ROLE "+developer+" LOGIN CREATEDB")
	day(exitClean, "pull", "dev", "--config", config, "--env-file", filepath.Join(dir, ".env"), "--to", as(s.staging.URL("pulled_"+s.db), developer))
	if n := s.one(s.staging.URL("pulled_"+s.db), "SELECT (count(*) > 0)::text FROM users"); n != "true" {
		t.Errorf("what was pulled has no users: %s", n)
	}
	if n := documented(t, "getting-started.md", printed); n != 6 {
		t.Errorf("docs/getting-started.md shows what %d commands print", n)
	}
}

func TestInitWithoutAnswers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out, said bytes.Buffer
	a := &app{out: &out, err: &said, getenv: func(string) (string, bool) { return "", false }}
	if code := run(t.Context(), []string{"init", "--dir", dir}, a); code != exitClean {
		t.Fatalf("exit code %d: %s", code, said.String())
	}
	yaml := readFile(t, filepath.Join(dir, "refresher.yaml"))
	for _, want := range []string{"${DATABASE_REPLICA_URL:?", "${DATABASE_URL:?", "key: file:refresher.key"} {
		if !strings.Contains(yaml, want) {
			t.Errorf("refresher.yaml lacks %q:\n%s", want, yaml)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, ".env")); err == nil {
		t.Error(".env is written although no URL was given")
	}
}

// The answers of a person at a terminal, and the ones that are refused.
func TestInitAsks(t *testing.T) {
	t.Parallel()
	for answers, want := range map[string]int{
		"MY_REPLICA\nMY_STAGING\ns3://acme/app\n": exitClean,
		"\n\n\n":                    exitClean,
		"mysql://u:hunter2@h/d\n\n": exitInput,
		"not a name\n":              exitInput,
		"\n\ngs://acme/app\n":       exitInput,
	} {
		dir := t.TempDir()
		var out, said bytes.Buffer
		a := &app{in: strings.NewReader(answers), out: &out, err: &said, terminal: true, getenv: func(string) (string, bool) { return "", false }}
		if code := run(t.Context(), []string{"init", "--dir", dir}, a); code != want {
			t.Errorf("%q: exit code %d, want %d: %s", answers, code, want, said.String())
		}
		if strings.Contains(said.String(), "hunter2") {
			t.Error("a password is printed")
		}
		if left, _ := os.ReadDir(dir); want != exitClean && len(left) > 0 {
			t.Errorf("%q: refused, and files were written", answers)
		}
		if want == exitClean && strings.HasPrefix(answers, "MY_") && !strings.Contains(readFile(t, filepath.Join(dir, "refresher.yaml")), "${MY_REPLICA:?") {
			t.Error("the answer is not in the configuration")
		}
	}
}

func TestTransforms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"transforms"}, exitClean, "date_shift"},
		{[]string{"transforms", "phone"}, exitClean, "range ("},
		{[]string{"transforms", "email", "--format", "json"}, exitClean, `"unique": true`},
		{[]string{"transforms", "emial"}, exitInput, "did you mean"},
	} {
		var out, said bytes.Buffer
		a := &app{out: &out, err: &said, getenv: func(string) (string, bool) { return "", false }}
		if code := run(t.Context(), c.args, a); code != c.code || !strings.Contains(out.String()+said.String(), c.want) {
			t.Errorf("%v: exit code %d, want %d and %q:\n%s%s", c.args, code, c.code, c.want, out.String(), said.String())
		}
	}
}
