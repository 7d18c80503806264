//go:build !linux

package main

import "testing"

func smallDisk(t *testing.T, _ int64) string {
	t.Skip("a small file system is made on Linux only")
	return ""
}

func fillDisk(*testing.T, string, int64) string { return "" }
