// Package watchdog ends servers and removes folders when the process that
// started them is gone, however it died: SIGKILL and os.Exit included.
package watchdog

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// Watchdog is a shell that outlives this process and then cleans up. It reads
// pids from a pipe, one a line, 0 for "no server"; the pipe's end means that
// the owner is gone.
type Watchdog struct {
	cmd  *exec.Cmd
	once sync.Once

	mu   sync.Mutex
	pipe *os.File
}

// SIGQUIT is PostgreSQL's immediate shutdown and ends a Go program too. A zombie
// that nobody reaps (some containers' first process doesn't) counts as ended.
const script = `
pid=0
while read -r line; do pid=$line; done
if [ "$pid" != 0 ]; then
	kill -QUIT "$pid"
	n=0
	while [ $n -lt 100 ] && kill -0 "$pid"; do
		if [ -r "/proc/$pid/stat" ] && read -r stat <"/proc/$pid/stat"; then
			case $stat in *") Z "*) break ;; esac
		fi
		sleep 0.1
		n=$((n + 1))
	done
	[ $n -lt 100 ] || kill -KILL "$pid"
fi
rm -rf "$1"
`

// Name is the first argument of a watchdog's process after the shell's own; the
// folder comes after it.
const Name = "refresher-watchdog"

// New starts a watchdog for a folder, which must be an absolute path.
func New(dir string) (*Watchdog, error) {
	r, w, err := os.Pipe() // both ends close on exec: no other child holds them
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", script, Name, dir)
	cmd.Dir = "/"
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is for the owner
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, fmt.Errorf("starting the watchdog of %s: %w", dir, err)
	}
	return &Watchdog{cmd: cmd, pipe: w}, nil
}

// Watch names the process to end, instead of the one before; 0 for none.
func (d *Watchdog) Watch(pid int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintln(d.pipe, pid) // fails only after Release or the watchdog's own death
}

// Release ends the process that is watched, if any, removes the folder, and
// waits for that. Calling it again does nothing.
func (d *Watchdog) Release() {
	d.once.Do(func() {
		d.mu.Lock()
		d.pipe.Close()
		d.mu.Unlock()
		_ = d.cmd.Wait()
	})
}
