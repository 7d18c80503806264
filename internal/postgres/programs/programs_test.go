package programs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// machine builds folders that hold programs and a finder that sees only them.
func machine(t *testing.T, env map[string]string, dirs map[string]map[string]int) (finder, string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]int{}
	for dir, tools := range dirs {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		for tool, major := range tools {
			p := filepath.Join(root, dir, tool)
			if err := os.WriteFile(p, nil, 0o755); err != nil {
				t.Fatal(err)
			}
			versions[p] = major
		}
	}
	f := finder{
		getenv: func(k string) string { return strings.ReplaceAll(env[k], "$", root) },
		globs:  []string{root + "/usr/lib/postgresql/*/bin"},
		version: func(p string) (int, error) {
			if v := versions[p]; v > 0 {
				return v, nil
			}
			return 0, errors.New("not PostgreSQL")
		},
		bindir: func() (string, error) { return root + "/config", nil },
	}
	return f, root
}

func TestFindTakesTheOldestThatIsNewEnough(t *testing.T) {
	dirs := map[string]map[string]int{
		"usr/lib/postgresql/13/bin": {"pg_dump": 13},
		"usr/lib/postgresql/15/bin": {"pg_dump": 15, "postgres": 15},
		"usr/lib/postgresql/17/bin": {"pg_dump": 17},
		"path":                      {"pg_dump": 18, "notpg": 0},
		"config":                    {"pg_dump": 16, "pg_restore": 16},
		"own":                       {"pg_dump": 14},
	}
	for _, c := range []struct {
		tool string
		min  int
		env  map[string]string
		want string // path, or "" and err
		err  string
	}{
		{"pg_dump", 0, nil, "usr/lib/postgresql/13/bin/pg_dump", ""},
		{"pg_dump", 14, nil, "usr/lib/postgresql/15/bin/pg_dump", ""},
		{"pg_dump", 16, nil, "usr/lib/postgresql/17/bin/pg_dump", ""},
		{"pg_dump", 17, nil, "usr/lib/postgresql/17/bin/pg_dump", ""},
		{"pg_restore", 16, nil, "config/pg_restore", ""},
		{"pg_dump", 18, map[string]string{"PATH": "relative:$/path"}, "path/pg_dump", ""},
		{"pg_dump", 18, nil, "", "17/bin/pg_dump is 17"},
		{"pg_dump", 14, map[string]string{Env: "$/own"}, "own/pg_dump", ""},
		{"pg_dump", 15, map[string]string{Env: "$/own"}, "", "own/pg_dump is 14"},
		{"pg_dump", 15, map[string]string{Env: "$/none:$/path"}, "path/pg_dump", ""},
		{"postgres", 16, nil, "", "no postgres of PostgreSQL 16 or newer was found"},
		{"notpg", 0, map[string]string{Env: "$/path"}, "", "no notpg"},
	} {
		t.Run(fmt.Sprint(c.tool, c.min, c.env), func(t *testing.T) {
			f, root := machine(t, c.env, dirs)
			got, major, err := f.find(c.tool, c.min)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), Env) {
					t.Fatalf("got %q, error %v; want an error with %q", got, err, c.err)
				}
				return
			}
			if err != nil || got != filepath.Join(root, c.want) {
				t.Fatalf("got %q (%d), %v; want %q", got, major, err, c.want)
			}
			if major < c.min {
				t.Fatalf("major %d is below %d", major, c.min)
			}
		})
	}
}

func TestFindSkipsDebiansWrapper(t *testing.T) {
	f, root := machine(t, map[string]string{"PATH": "$/bin"}, map[string]map[string]int{
		"usr/lib/postgresql/16/bin": {"psql": 16}, "share": {"pg_wrapper": 15}, "bin": {}})
	if err := os.Symlink(root+"/share/pg_wrapper", root+"/bin/psql"); err != nil {
		t.Fatal(err)
	}
	got, _, err := f.find("psql", 0)
	if err != nil || got != root+"/usr/lib/postgresql/16/bin/psql" {
		t.Fatalf("got %q, %v", got, err)
	}
}

func TestParseVersion(t *testing.T) {
	for in, want := range map[string]int{
		"pg_dump (PostgreSQL) 15.18 (Debian 15.18-1.pgdg12+1)\n": 15,
		"postgres (PostgreSQL) 18beta1":                          18,
		"psql (PostgreSQL) 19devel":                              19,
		"pg_dump (EnterpriseDB) 15":                              0,
		"":                                                       0,
	} {
		got, err := parseVersion(in)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("parseVersion(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
}

func TestFindOnThisMachine(t *testing.T) {
	path, major, err := Find("pg_dump", 14)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := programVersion(path); err != nil || v != major {
		t.Fatalf("%s: version %d, %v; Find said %d", path, v, err, major)
	}
}

// A run asks for programs many times; each is started for its version once.
func TestVersionIsAskedOnceUntilTheFileChanges(t *testing.T) {
	dir := t.TempDir()
	path, count := filepath.Join(dir, "pg_dump"), filepath.Join(dir, "count")
	install := func(major int, changed time.Time) {
		t.Helper()
		script := fmt.Sprintf("#!/bin/sh\necho asked >> %s\necho 'pg_dump (PostgreSQL) %d.1'\n", count, major)
		if err := errors.Join(os.WriteFile(path, []byte(script), 0o755), os.Chtimes(path, changed, changed)); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	for i, step := range []struct{ major, asked int }{{15, 1}, {16, 2}} {
		install(step.major, now.Add(time.Duration(i)*time.Second))
		for range 3 {
			if got, err := Version(path); err != nil || got != step.major {
				t.Fatalf("version %d, %v; want %d", got, err, step.major)
			}
		}
		if b, _ := os.ReadFile(count); strings.Count(string(b), "asked") != step.asked {
			t.Errorf("version %d: asked %d times, want %d", step.major, strings.Count(string(b), "asked"), step.asked)
		}
	}
}
