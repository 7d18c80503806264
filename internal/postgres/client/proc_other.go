//go:build unix && !linux

package client

import "syscall"

// endWithParent does nothing: only Linux has parent-death signals. The program
// ends when it next writes to a pipe of ours or its server session is ended.
func endWithParent(*syscall.SysProcAttr) {}
