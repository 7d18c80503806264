//go:build unix

// Package cputime measures what a test costs in processor time, which other programs disturb less than the clock.
package cputime

import (
	"syscall"
	"testing"
	"time"
)

// Used is what the test's process has used until now.
func Used(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
