// Package host tells by its name alone whether a host is this machine: what goes there in
// plaintext crosses no network, and who listens there alone is reached from nowhere else.
//
//	localhost  LOCALHOST  localhost.  127.0.0.1  127.1.2.3  ::1  ::ffff:127.0.0.1     it is
//	localhost.evil.example  app.localhost  0.0.0.0  127.1  [::1]  localhost:8320      not known to be
//
// No name is looked up: what it leads to today, it may not tomorrow. 0.0.0.0 is every address of
// the machine, and addresses in short or octal forms are read differently by different programs.
// A host stands without its port and brackets, as url.URL.Hostname and net.SplitHostPort give it.
package host

import (
	"net/netip"
	"path/filepath"
	"strings"
)

// Loopback reports whether a name or address leads to this machine and to no other.
func Loopback(name string) bool {
	if strings.EqualFold(strings.TrimSuffix(name, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.Unmap().IsLoopback()
}

// Local is [Loopback] for a host of a connection to PostgreSQL, which can also be the folder of a
// Unix socket, or an abstract socket (@name).
func Local(of string) bool {
	return filepath.IsAbs(of) || strings.HasPrefix(of, "@") || Loopback(of)
}
