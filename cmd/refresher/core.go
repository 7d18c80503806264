package main

import "syscall"

// noCore keeps the system from writing memory, and with it rows and keys, to a disk when this program, or one that it
// starts, crashes. Where that can't be set nothing else changes.
func noCore() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) }
