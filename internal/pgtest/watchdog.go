package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// watchdog is a shell that outlives this process and then cleans up. It reads
// pids from a pipe, one a line, 0 for "no server"; the pipe's end means that
// the owner is gone, however it died.
type watchdog struct {
	cmd  *exec.Cmd
	once sync.Once

	mu   sync.Mutex
	pipe *os.File
}

const watchdogScript = `
pid=0
while read -r line; do pid=$line; done
if [ "$pid" != 0 ]; then
	kill -QUIT "$pid"
	n=0
	while [ -e "$1/data/postmaster.pid" ] && kill -0 "$pid" && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done
	[ $n -lt 100 ] || kill -KILL "$pid"
fi
rm -rf "$1"
`

func newWatchdog(dir string) (*watchdog, error) {
	r, w, err := os.Pipe() // both ends close on exec: no other child holds them
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", watchdogScript, "refresher-pgtest-watchdog", dir)
	cmd.Dir = "/"
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is for the owner
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, err
	}
	return &watchdog{cmd: cmd, pipe: w}, nil
}

// watch names the process to end; 0 for none.
func (d *watchdog) watch(pid int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintln(d.pipe, pid) // a dead watchdog is made up for by the next sweep
}

// release lets the watchdog end and waits for it.
func (d *watchdog) release() {
	d.once.Do(func() {
		d.mu.Lock()
		d.pipe.Close()
		d.mu.Unlock()
		_ = d.cmd.Wait()
	})
}
