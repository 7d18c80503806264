package client

import "syscall"

// endWithParent asks the kernel to end the program when this process ends.
func endWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGTERM }
