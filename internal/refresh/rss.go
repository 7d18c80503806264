package refresh

import (
	"runtime"
	"syscall"
)

// peakRSS is the most memory the process has had resident, in bytes
// (getrusage(2): ru_maxrss is in kB, on macOS in bytes).
func peakRSS() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return u.Maxrss
	}
	return u.Maxrss * 1024
}
