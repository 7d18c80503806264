package pgserver_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/testkit/pgserver"
	"refresher/internal/testkit/watchdog"
)

// TestMain lets the test binary play the owner that is killed.
func TestMain(m *testing.M) {
	if os.Getenv("PGTEST_OWNER") != "" {
		own()
	}
	os.Exit(m.Run())
}

// own starts a cluster, says where it is, and waits to be killed.
func own() {
	c, err := pgserver.Start(context.Background(), pgserver.Options{})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(c.Dir())
	select {}
}

func TestStandbyStreams(t *testing.T) {
	ctx := t.Context()
	primary := pgserver.New(t)
	standby := pgserver.NewStandby(t, primary)
	staging := pgserver.New(t)

	pgserver.Exec(t, primary.URL("postgres"), `CREATE TABLE t (n int); INSERT INTO t VALUES (42)`)
	if err := primary.WaitReplay(ctx, standby); err != nil {
		t.Fatal(err)
	}
	if n := query[int](t, standby, `SELECT n FROM t`); n != 42 {
		t.Errorf("the standby has row %d, want 42", n)
	}
	if !query[bool](t, standby, `SELECT pg_is_in_recovery()`) || query[bool](t, primary, `SELECT pg_is_in_recovery()`) {
		t.Error("only the standby should be in recovery")
	}
	if s := query[string](t, standby, `SHOW hot_standby_feedback`); s != "on" {
		t.Errorf("hot_standby_feedback is %s", s)
	}
	if n := query[int](t, primary, `SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'physical' AND active`); n != 1 {
		t.Errorf("%d active physical slots, want 1", n)
	}
	id := `SELECT system_identifier::text FROM pg_control_system()`
	p, s, other := query[string](t, primary, id), query[string](t, standby, id), query[string](t, staging, id)
	if p != s || p == other {
		t.Errorf("system identifiers: primary %s, standby %s, staging %s", p, s, other)
	}
}

func TestWaitReplayCoversAsynchronousCommits(t *testing.T) {
	primary := pgserver.New(t, pgserver.Options{Config: map[string]string{"synchronous_commit": "off"}})
	standby := pgserver.NewStandby(t, primary)
	pgserver.Exec(t, primary.URL("postgres"), `CREATE TABLE t (n int)`)
	conn := pgserver.Conn(t, primary.URL("postgres"))
	for i := range 20 {
		if _, err := conn.Exec(t.Context(), `INSERT INTO t VALUES ($1)`, i); err != nil {
			t.Fatal(err)
		}
		if err := primary.WaitReplay(t.Context(), standby); err != nil {
			t.Fatal(err)
		}
		if n := query[int](t, standby, `SELECT count(*) FROM t`); n != i+1 {
			t.Fatalf("the standby has %d rows, want %d", n, i+1)
		}
	}
}

func TestCrashAndRestart(t *testing.T) {
	c := pgserver.New(t)
	pgserver.Exec(t, c.URL("postgres"), `CREATE TABLE t (n int); INSERT INTO t VALUES (7)`)
	port := c.Port()
	c.Kill()
	if _, err := pgx.Connect(t.Context(), c.URL("postgres")); err == nil {
		t.Fatal("a killed server accepts connections")
	}
	for range 2 { // after a crash, and after an orderly stop
		if err := c.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c.Port() != port || query[int](t, c, `SELECT n FROM t`) != 7 {
			t.Fatal("a restart lost the port or the row")
		}
	}
}

func TestConfig(t *testing.T) {
	c := pgserver.New(t, pgserver.Options{Config: map[string]string{"work_mem": "5MB", "cluster_name": "it's"}})
	if err := c.Configure(t.Context(), map[string]string{"lock_timeout": "3s"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"work_mem": "5MB", "cluster_name": "it's", "fsync": "off", "lock_timeout": "3s", "server_encoding": "UTF8"} {
		deadline := time.Now().Add(10 * time.Second) // a reload arrives when the server pleases
		got := query[string](t, c, "SHOW "+name)
		for got != want && time.Now().Before(deadline) {
			got = query[string](t, c, "SHOW "+name)
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if err := c.Configure(t.Context(), map[string]string{"no_such_setting": "1"}); err == nil {
		t.Error("an unknown setting was accepted")
	}
}

func TestStartSaysWhyAServerDoesNotStart(t *testing.T) {
	_, err := pgserver.Start(t.Context(), pgserver.Options{Config: map[string]string{"no_such_setting": "1"}})
	if err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Fatalf("error %v doesn't name the setting", err)
	}
}

func TestStopLeavesNothing(t *testing.T) {
	primary := pgserver.New(t)
	standby := pgserver.NewStandby(t, primary)
	dirs := []string{primary.Dir(), standby.Dir()}
	pids := []int{postmaster(t, dirs[0]), postmaster(t, dirs[1])}
	for range 2 {
		if err := primary.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range dirs {
		gone(t, dirs[i], pids[i])
	}
	if err := primary.Restart(t.Context()); err == nil {
		t.Error("a removed cluster restarted")
	}
}

func TestKilledOwnerLeavesNothing(t *testing.T) {
	owner, dir := startOwner(t)
	pid := postmaster(t, dir)
	kill(t, owner)
	await(t, "the watchdog to clean up", func() bool {
		_, err := os.Stat(dir)
		return os.IsNotExist(err)
	})
	gone(t, dir, pid)
}

func TestNextStartSweepsWhenTheWatchdogWasKilledToo(t *testing.T) {
	owner, dir := startOwner(t)
	pid := postmaster(t, dir)
	for _, dog := range watchdogs(t, dir) {
		if err := syscall.Kill(dog, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	kill(t, owner)
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("the server ended by itself, nothing is left to sweep: %v", err)
	}
	pgserver.New(t)
	gone(t, dir, pid)
}

func TestDBsAreApart(t *testing.T) {
	var urls []string
	t.Run("inner", func(t *testing.T) {
		for range 2 {
			url := pgserver.DB(t)
			pgserver.Exec(t, url, `CREATE TABLE only_mine (n int)`)
			urls = append(urls, url)
		}
		pgserver.Conn(t, urls[0]) // an open session doesn't hinder the drop
	})
	if urls[0] == urls[1] {
		t.Error("two calls gave one database")
	}
	for _, url := range urls {
		if _, err := pgx.Connect(t.Context(), url); err == nil {
			t.Errorf("%s is still there after its test", url)
		}
	}
}

func query[T any](t *testing.T, c *pgserver.Cluster, sql string) (v T) {
	t.Helper()
	if err := pgserver.Conn(t, c.URL("postgres")).QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// startOwner runs a process that owns a cluster.
func startOwner(t *testing.T) (owner *exec.Cmd, dir string) {
	t.Helper()
	owner = exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), "PGTEST_OWNER=yes")
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if dir = strings.TrimSpace(line); !filepath.IsAbs(dir) {
		t.Fatalf("the owner said %q", line)
	}
	return owner, dir
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // "signal: killed"
}

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(b), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func watchdogs(t *testing.T, dir string) (pids []int) {
	t.Helper()
	out, err := exec.Command("ps", "-eo", "pid=,args=").Output()
	if err != nil {
		t.Skip("needs ps")
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, watchdog.Name+" "+dir) {
			pid, err := strconv.Atoi(strings.Fields(line)[0])
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
	}
	if len(pids) == 0 {
		t.Fatal("no watchdog found")
	}
	return pids
}

func gone(t *testing.T, dir string, pid int) {
	t.Helper()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there (%v)", dir, err)
	}
	await(t, "the server's process to end", func() bool {
		args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // empty for a zombie
		return syscall.Kill(pid, 0) != nil || err == nil && len(args) == 0
	})
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
