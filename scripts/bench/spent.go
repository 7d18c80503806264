package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"

	"refresher/internal/testkit/pgserver"
)

// ticks a second of /proc: USER_HZ, which is 100 on every architecture of Linux that Go knows.
const ticks = 100

// spent is the processor time of a server until now, in seconds: of its first process with those that
// it waited for, and of those that live (proc(5), /proc/PID/stat).
func spent(c *pgserver.Cluster) float64 {
	first, err := os.ReadFile(filepath.Join(c.Dir(), "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	pid, _, _ := bytes.Cut(first, []byte("\n"))
	total := 0
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range all {
		stat, err := os.ReadFile(path)
		_, rest, ok := bytes.Cut(stat, []byte(") ")) // the name may hold spaces
		f := bytes.Fields(rest)
		if err != nil || !ok || len(f) < 15 {
			continue // it has ended
		}
		switch {
		case string(f[1]) == string(pid):
			total += number(f[11]) + number(f[12])
		case filepath.Base(filepath.Dir(path)) == string(pid):
			total += number(f[11]) + number(f[12]) + number(f[13]) + number(f[14])
		}
	}
	return float64(total) / ticks
}

func number(b []byte) int {
	n, _ := strconv.Atoi(string(b))
	return n
}
