package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A crash writes no core, although whoever started refresher allows it.
func TestACrashLeavesNoCore(t *testing.T) {
	t.Parallel()
	allowed := exec.Command("sh", "-c", "ulimit -c unlimited; kill -ABRT $$")
	allowed.Dir = t.TempDir()
	_ = allowed.Run()
	if status, ok := allowed.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.CoreDump() {
		t.Skip("this machine writes no cores at all")
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // a server that never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	dir := t.TempDir()
	server := "postgres://refresher@" + silent.Addr().String() + "/app?sslmode=disable"
	for name, text := range map[string]string{
		"refresher.yaml": fmt.Sprintf("source: {url: %q}\nstaging: {url: %q}\nrules: [rules.yaml]\nkey: env:KEY\n", server, server),
		"rules.yaml":     "version: 1\ntables: {public.users: {columns: {id: keep}}}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `ulimit -c unlimited; exec "$0" "$@"`, self, "run")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "REFRESHER_TEST_MAIN=1", "GOTRACEBACK=crash", "KEY="+testKey)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	conn, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := cmd.Process.Signal(syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.CoreDump() {
		t.Errorf("it ended with %v", cmd.ProcessState)
	}
	if cores, _ := filepath.Glob(filepath.Join(dir, "core*")); len(cores) > 0 {
		t.Errorf("it left %v", cores)
	}
}

// Neither what the processes of a run are called with nor what the service says and shows holds a secret.
func TestSecretsAreShownNowhere(t *testing.T) {
	t.Parallel()
	s := newSmallSite(t)
	secrets := map[string]string{"key": testKey, "token": keyOf("a token"), "password": keyOf("a password")[:24]}
	for _, side := range []string{"SOURCE", "STAGING"} {
		u, err := url.Parse(s.vars[side])
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(u.User.Username(), secrets["password"])
		s.vars[side] = u.String()
	}
	s.vars["TOKEN"] = secrets["token"]
	s.edit("refresher.yaml", "workers: 2",
		"workers: 2\nlisten: 127.0.0.1:0\nserve: {token: env:TOKEN}\nschedule: {cron: off}")
	cmd := s.process("serve")
	watch := s.stages(cmd)
	watch.awaitText("address=http://")
	address := regexp.MustCompile(`address=(http://\S+)`).FindStringSubmatch(watch.text())[1]
	ask := func(method, path string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+secrets["token"])
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode >= 300 {
			t.Fatalf("%s %s: %s, %v\n%s", method, path, res.Status, err, body)
		}
		return string(body)
	}
	for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C { // until the service has its staging server
		res, err := http.Get(address + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			break
		}
	}
	var started struct{ Run string }
	if err := json.Unmarshal([]byte(ask("POST", "/api/v1/pipelines/default/runs")), &started); err != nil {
		t.Fatal(err)
	}
	programs := map[string]bool{}
	for tick := time.NewTicker(2 * time.Millisecond); !strings.Contains(watch.text(), `msg="run ended"`); <-tick.C {
		for name, line := range commandLines(t) {
			programs[name] = true
			noSecret(t, secrets, "the command line of "+name, line)
		}
	}
	if !programs["pg_dump"] || !programs["pg_restore"] {
		t.Errorf("the run's programs were not seen: %v", programs)
	}
	for _, path := range []string{"/", "/runs", "/runs/" + started.Run, "/runs/" + started.Run + "/report.json", "/pipelines/default", "/status",
		"/metrics", "/api/v1/pipelines", "/api/v1/runs", "/api/v1/runs/" + started.Run, "/api/v1/openapi.json"} {
		noSecret(t, secrets, path, ask("GET", path))
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("serve did not stop cleanly: %v", err)
	}
	noSecret(t, secrets, "the log", watch.text())
}

// commandLines are those of all processes, as ps shows them, by the program's name.
func commandLines(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for _, f := range files {
		if text, err := os.ReadFile(f); err == nil && len(text) > 0 { // the process may be gone
			program, _, _ := strings.Cut(string(text), "\x00")
			lines[filepath.Base(program)] += string(text) + "\n"
		}
	}
	return lines
}

func noSecret(t *testing.T, secrets map[string]string, where, text string) {
	t.Helper()
	for name, secret := range secrets {
		if strings.Contains(strings.ToLower(text), secret) {
			t.Errorf("%s shows the %s", where, name)
		}
	}
}
