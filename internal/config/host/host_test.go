package host_test

import (
	"testing"

	"refresher/internal/config/host"
)

func TestThisMachine(t *testing.T) {
	const loopback, socket, other = "loopback", "socket", "other"
	for name, want := range map[string]string{
		"localhost": loopback, "LOCALHOST": loopback, "LocalHost": loopback, "localhost.": loopback,
		"127.0.0.1": loopback, "127.1.2.3": loopback, "127.255.255.254": loopback,
		"::1": loopback, "0:0:0:0:0:0:0:1": loopback, "::1%lo": loopback,
		"::ffff:127.0.0.1": loopback, "::ffff:7f00:1": loopback,

		"/run/postgresql": socket, "/": socket, "@refresher": socket, "@": socket,

		"": other, ".": other, "localhost..": other, " localhost": other, "localhost ": other, "local": other,
		"localhost.evil.example": other, "evil-localhost": other, "app.localhost": other, "localhost.localdomain": other,
		"127.0.0.1.evil.example": other, "127.0.0.1.": other, "0.0.0.0": other, "::": other, "128.0.0.1": other,
		"10.0.0.1": other, "fe80::1%eth0": other, "::ffff:10.0.0.1": other, "::127.0.0.1": other, "2001:db8::1": other,
		"127.1": other, "2130706433": other, "0x7f.0.0.1": other, "0177.0.0.1": other,
		"[::1]": other, "[::1]:8320": other, "localhost:8320": other, "127.0.0.1:5432": other,
		"run/postgresql": other, "ｌocalhost": other, "localhost\x00": other, "db.acme.example": other,
	} {
		if got := host.Loopback(name); got != (want == loopback) {
			t.Errorf("Loopback(%q) is %v", name, got)
		}
		if got := host.Local(name); got != (want != other) {
			t.Errorf("Local(%q) is %v", name, got)
		}
	}
}
