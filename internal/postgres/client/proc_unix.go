//go:build unix

package client

import (
	"os/exec"
	"runtime"
	"syscall"
)

// RunGroup runs a command as the leader of a process group of its own, and
// leaves none of the group behind.
func RunGroup(cmd *exec.Cmd) error {
	// A parent-death signal is sent when the thread that forked ends, so that
	// thread must stay while the program runs.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endWithParent(cmd.SysProcAttr)
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // ESRCH when all have ended
	return err
}
