// Package programs finds PostgreSQL's programs on this machine.
//
// refresher runs pg_dump and pg_restore, and its tests and demo run whole
// servers. Distributions put these programs outside PATH and install several
// majors side by side, so [Find] looks in turn at:
//
//   - $REFRESHER_PG_BIN: one or more folders, separated as PATH is. When it is
//     set, nothing else is looked at.
//   - every folder of PATH (Debian's pg_wrapper links are skipped: which major
//     they run depends on the arguments),
//   - the folders of the usual distributions: Debian and Ubuntu, PGDG and Red
//     Hat RPMs, Homebrew, MacPorts, Postgres.app, Alpine, FreeBSD,
//   - `pg_config --bindir`, if none of those holds one that is new enough.
//
// Of all that are new enough it takes the oldest major: pg_dump must be at least
// as new as the server it reads, and its output loads best into a server that
// isn't older than itself. A program is asked for its version once, and again when
// its file changes.
package programs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Env names the variable that overrides the search.
const Env = "REFRESHER_PG_BIN"

// Find returns the path and major version of a PostgreSQL program ("pg_dump",
// "postgres", …), of the lowest major that is at least minMajor. The error says
// what was found instead and what to install.
func Find(tool string, minMajor int) (path string, major int, err error) {
	return system().find(tool, minMajor)
}

// Version asks a program for its major version.
func Version(path string) (int, error) { return programVersion(path) }

// finder is the machine as the search sees it.
type finder struct {
	getenv  func(string) string
	globs   []string
	version func(path string) (int, error)
	bindir  func() (string, error) // pg_config --bindir
}

func system() finder {
	return finder{
		getenv: os.Getenv,
		globs: []string{
			"/usr/lib/postgresql/*/bin",
			"/usr/pgsql-*/bin",
			"/usr/lib64/pgsql/postgresql-*/bin",
			"/usr/libexec/postgresql*",
			"/opt/homebrew/opt/postgresql@*/bin",
			"/usr/local/opt/postgresql@*/bin",
			"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
			"/opt/local/lib/postgresql*/bin",
			"/Applications/Postgres.app/Contents/Versions/*/bin",
			"/usr/local/pgsql/bin",
			"/usr/local/bin",
		},
		version: programVersion,
		bindir: func() (string, error) {
			out, err := output("pg_config", "--bindir")
			return strings.TrimSpace(out), err
		},
	}
}

func (f finder) find(tool string, minMajor int) (string, int, error) {
	c := candidates{tool: tool, min: minMajor, version: f.version, seen: map[string]bool{}}
	if own := f.getenv(Env); own != "" {
		c.look(filepath.SplitList(own))
	} else {
		c.look(slices.DeleteFunc(filepath.SplitList(f.getenv("PATH")),
			func(d string) bool { return !filepath.IsAbs(d) }))
		for _, g := range f.globs {
			found, _ := filepath.Glob(g) // the only error is a bad pattern
			c.look(found)
		}
		if c.best == "" {
			if d, err := f.bindir(); err == nil && d != "" {
				c.look([]string{d})
			}
		}
	}
	if c.best == "" {
		return "", 0, f.missing(tool, minMajor, c.tooOld)
	}
	return c.best, c.major, nil
}

// candidates are the programs of a name that were found, and the best of them.
type candidates struct {
	tool    string
	min     int
	version func(path string) (int, error)
	seen    map[string]bool
	best    string
	major   int // of best
	tooOld  []string
}

func (c *candidates) look(dirs []string) {
	for _, dir := range dirs {
		path := filepath.Join(dir, c.tool)
		real, err := filepath.EvalSymlinks(path)
		if err != nil || c.seen[real] || filepath.Base(real) == "pg_wrapper" {
			continue
		}
		c.seen[real] = true
		major, err := c.version(path)
		switch {
		case err != nil:
		case major < c.min:
			c.tooOld = append(c.tooOld, fmt.Sprintf("%s is %d", path, major))
		case c.best == "" || major < c.major:
			c.best, c.major = path, major
		}
	}
}

func (f finder) missing(tool string, minMajor int, tooOld []string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "no %s of PostgreSQL %d or newer was found", tool, minMajor)
	if own := f.getenv(Env); own != "" {
		fmt.Fprintf(&b, " in %s=%s", Env, own)
	}
	if len(tooOld) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(tooOld, ", "))
	}
	fmt.Fprintf(&b, "; install it (%s) or set %s to the folder that holds it", advice(runtime.GOOS, tool, minMajor),
		Env)
	return errors.New(b.String())
}

// advice is the command that installs a program of that major.
func advice(goos, tool string, major int) string {
	if goos == "darwin" {
		return fmt.Sprintf("brew install postgresql@%d", major)
	}
	switch tool {
	case "postgres", "initdb", "pg_ctl":
		return fmt.Sprintf("apt-get install postgresql-%d, or dnf install postgresql%d-server", major, major)
	}
	return fmt.Sprintf("apt-get install postgresql-client-%d, or dnf install postgresql%d", major, major)
}

// versionText matches `pg_dump (PostgreSQL) 15.18 (Debian …)`, `… 18beta1`, `… 19devel`.
var versionText = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// asked holds the versions that programs gave, by the state of their file.
var asked sync.Map // of program → int

type program struct {
	path    string
	size    int64
	changed time.Time
}

func programVersion(path string) (int, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	key := program{path, info.Size(), info.ModTime()}
	if major, ok := asked.Load(key); ok {
		return major.(int), nil
	}
	out, err := output(path, "--version")
	if err != nil {
		return 0, err
	}
	major, err := parseVersion(out)
	if err == nil {
		asked.Store(key, major)
	}
	return major, err
}

func parseVersion(out string) (int, error) {
	m := versionText.FindStringSubmatch(out)
	if m == nil {
		return 0, errors.New("not a PostgreSQL program: its --version doesn't say so")
	}
	return strconv.Atoi(m[1])
}

func output(path string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = Environ()
	out, err := cmd.Output()
	return string(out), err
}

// inherited are the variables of this process that a program gets: what finds
// libraries, files and Kerberos tickets, and no secret.
var inherited = []string{"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
	"KRB5CCNAME", "KRB5_CONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF", "LSAN_OPTIONS", "ASAN_OPTIONS"}

// Environ is the environment of a program of PostgreSQL's, as KEY=value: messages are
// in English.
func Environ() []string {
	env := []string{"LC_ALL=C"}
	for _, k := range inherited {
		if v, ok := os.LookupEnv(k); ok {
			env = append(env, k+"="+v)
		}
	}
	return env
}
