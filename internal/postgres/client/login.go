package client

import (
	"context"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Login gives the user and the password of a connection that is about to be made. refused is a
// password that the server has just refused, empty if none was: another is wanted then, if there
// is one.
type Login func(ctx context.Context, refused string) (user, password string, err error)

type refusedKey struct{}

// SetLogin has each connection by cfg, and by copies of it, log in as login says: a pool's and
// pgx's own, too. [Open] and [Run] ask a second time when the server refuses a password.
func SetLogin(cfg *pgx.ConnConfig, login Login) {
	cfg.AfterNetConnect = func(ctx context.Context, c *pgconn.Config, conn net.Conn) (net.Conn, error) {
		refused, _ := ctx.Value(refusedKey{}).(string)
		user, password, err := login(ctx, refused)
		if err == nil {
			c.User, c.Password = user, password
		}
		return conn, err
	}
}

// LoggedIn is cfg with the user and the password of its login; cfg itself if it has none.
func LoggedIn(ctx context.Context, cfg *pgx.ConnConfig, refused string) (*pgx.ConnConfig, error) {
	if cfg.AfterNetConnect == nil {
		return cfg, nil
	}
	login := cfg.AfterNetConnect
	cfg = cfg.Copy()
	cfg.AfterNetConnect = nil
	_, err := login(context.WithValue(ctx, refusedKey{}, refused), &cfg.Config, nil)
	return cfg, err
}

// refusesLogin reports a SQLSTATE of a server that doesn't take a password: invalid_password and,
// for what is asked through PAM, invalid_authorization_specification.
func refusesLogin(code string) bool { return code == "28P01" || code == "28000" }

// connect connects, with another password if the first is refused and there is another.
func connect(ctx context.Context, cfg *pgx.ConnConfig) (*pgx.Conn, error) {
	now, err := LoggedIn(ctx, cfg, "")
	if err != nil {
		return nil, err
	}
	conn, err := connectPrepared(ctx, now)
	if cfg.AfterNetConnect == nil || !refusesLogin(Code(err)) {
		return conn, err
	}
	fresh, failed := LoggedIn(ctx, cfg, now.Password)
	switch {
	case failed != nil:
		return nil, failed
	case fresh.User == now.User && fresh.Password == now.Password:
		return nil, err
	}
	return connectPrepared(ctx, fresh)
}
