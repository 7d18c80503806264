package client

import (
	"context"
	"net"

	"github.com/jackc/pgx/v5"
)

// refusedTLS is the error of a connection to a server that answered N to an SSLRequest
// (PostgreSQL docs, 55.2.11 SSL Session Encryption).
type refusedTLS struct{ error }

func (e refusedTLS) Unwrap() error { return e.error }

// connectTLS is connect, and tells by [refusedTLS] that a server has no TLS.
func connectTLS(ctx context.Context, cfg *pgx.ConnConfig) (*pgx.Conn, error) {
	if cfg.TLSConfig == nil {
		return connect(ctx, cfg)
	}
	refused := false
	dial := cfg.DialFunc
	cfg.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &sslReply{Conn: conn, refused: &refused}, nil
	}
	conn, err := connect(ctx, cfg)
	if err != nil && refused {
		err = refusedTLS{err}
	}
	return conn, err
}

// sslReply is a connection whose first answer is looked at: the one byte that answers an
// SSLRequest.
type sslReply struct {
	net.Conn
	answered bool
	refused  *bool
}

func (c *sslReply) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if !c.answered && n > 0 {
		c.answered = true
		*c.refused = *c.refused || len(b) == 1 && b[0] == 'N'
	}
	return n, err
}
