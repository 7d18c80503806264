package client

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Transient reports whether the same work can succeed when it is done again, with
// nothing changed by a person: a connection that was cut or refused, a server that
// restarts, a recovery conflict, a deadlock, no free connection. Everything that is
// not known to pass by itself is not transient. Whether the caller's own context
// ended is for the caller to look at first.
func Transient(err error) bool {
	if err == nil {
		return false
	}
	if code := Code(err); code != "" {
		return transient[code] || strings.HasPrefix(code, "08") // connection exceptions
	}
	return cut(err) || errors.Is(err, context.DeadlineExceeded)
}

// transient are SQLSTATEs (PostgreSQL docs, appendix A).
var transient = map[string]bool{
	"25P03": true, // idle_in_transaction_session_timeout
	"25P04": true, // transaction_timeout
	"40001": true, // a standby's recovery conflict, or a serialization failure
	"40P01": true, // deadlock
	"53300": true, // too many connections
	"57P01": true, // ended by an administrator, or the server goes down
	"57P02": true, // another session crashed
	"57P03": true, // starting up, going down, or in recovery
	"57P05": true, // idle_session_timeout
	"72000": true, // snapshot too old
}

// cut reports an error of the network, or of a connection that is gone.
func cut(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, pgconn.ErrConnClosed)
}
