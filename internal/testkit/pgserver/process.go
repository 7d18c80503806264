package pgserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopSignal is one of the postmaster's shutdown modes
// (PostgreSQL documentation, "Shutting Down the Server").
type stopSignal = syscall.Signal

const (
	fast      = syscall.SIGINT  // cut sessions off, checkpoint, end
	immediate = syscall.SIGQUIT // end at once; recovery at the next start
)

// runAs is the user that PostgreSQL's processes run as.
type runAs struct{ cred *syscall.Credential } // nil: as ourselves

// unprivileged picks another user when this process is root's, which
// PostgreSQL refuses.
func unprivileged() (runAs, error) {
	if os.Geteuid() != 0 {
		return runAs{}, nil
	}
	for _, name := range []string{"postgres", "_postgres", "pgsql", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return runAs{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
		}
	}
	return runAs{}, fmt.Errorf("PostgreSQL can't run as root, and there is no user postgres or nobody to run it as")
}

// own gives a file or folder to the user.
func (r runAs) own(path string) error {
	if r.cred == nil {
		return nil
	}
	return os.Chown(path, int(r.cred.Uid), int(r.cred.Gid))
}

// command runs a program as the user in a session of its own, so that Ctrl-C on
// the owner's terminal doesn't reach it, and without the owner's PG* variables.
func (h *home) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = h.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: h.run.cred}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") && !strings.HasPrefix(kv, "LC_") && !strings.HasPrefix(kv, "LANG") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C", "HOME="+h.dir)
	return cmd
}

// run runs one of the installation's programs to its end.
func (c *Cluster) run(ctx context.Context, tool string, args ...string) error {
	cmd := c.home.command(ctx, c.Tool(tool), args...)
	cmd.WaitDelay = 5 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("running %s: %w\n%s", tool, err, out)
	}
	return nil
}

// process is a running postmaster.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and was reaped
}

// spawn starts the postmaster with its output appended to the log.
func (h *home) spawn(path string, args ...string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(h.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := h.command(context.Background(), path, args...) // ends by signal, not with a caller's context
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	h.dog.Watch(cmd.Process.Pid)
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // how it ended is in its log
		h.dog.Watch(0)
	}()
	return p, nil
}

// end signals the postmaster and waits for it; after 20 seconds it is killed.
func (p *process) end(sig stopSignal) {
	_ = p.cmd.Process.Signal(sig) // ended already: fine
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	select {
	case <-p.done:
	case <-limit.C:
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// postmasterPID reads the pid that a server noted in its data folder; 0 if none.
func postmasterPID(data string) int {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(first))
	return pid
}

// endForeign ends a postmaster that is no child of this process, if the pid is
// still that postmaster's.
func endForeign(pid int, data string) {
	for wait := 0; wait < 200 && isPostmaster(pid, data); wait++ {
		sig := immediate
		if wait > 100 {
			sig = syscall.SIGKILL
		}
		if wait%100 == 0 || wait == 101 {
			_ = syscall.Kill(pid, sig)
		}
		time.Sleep(50 * time.Millisecond) // a process that isn't a child can only be polled
	}
}

// isPostmaster reports whether the process was started on that data folder.
func isPostmaster(pid int, data string) bool {
	args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		args, err = exec.Command("ps", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	}
	return err == nil && strings.Contains(string(args), data)
}
