package config

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"refresher/internal/config/host"
	"refresher/internal/fault"
)

// Secure keeps cfg from speaking plaintext to another machine: of the ways to
// connect that its sslmode allows (prefer and allow have one without TLS), it
// takes out those without TLS as soon as any of its hosts isn't this machine.
// What is left of sslmode prefer, the default, is then what require means. A
// configuration with no other way is a [fault.Input].
//
// This machine is what [host.Local] says: another name isn't, even if it resolves to one today.
func Secure(cfg *pgx.ConnConfig) error {
	ways := append(
		[]*pgconn.FallbackConfig{{Host: cfg.Host, Port: cfg.Port, TLSConfig: cfg.TLSConfig}},
		cfg.Fallbacks...)
	remote := false
	var secured []*pgconn.FallbackConfig
	for _, w := range ways {
		remote = remote || !host.Local(w.Host)
		if w.TLSConfig != nil {
			secured = append(secured, w)
		}
	}
	if !remote {
		return nil
	}
	if len(secured) == 0 {
		return fault.BadInput("the URL %s", plaintext)
	}
	first := secured[0]
	cfg.Host, cfg.Port, cfg.TLSConfig, cfg.Fallbacks = first.Host, first.Port, first.TLSConfig, secured[1:]
	return nil
}

const (
	plaintext = "connects to another machine without TLS, and rows must not travel in the clear: " +
		"write sslmode=verify-full (with sslrootcert, for a CA of your own) instead of sslmode=disable"
	allowPlaintext = plaintext + ", or allow_plaintext: true beside it if the way is safe by other means"
)
