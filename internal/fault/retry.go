package fault

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
)

// Passing makes an error that passes by itself, for package-level values.
func Passing(text string) error { return &passing{text} }

type passing struct{ text string }

func (p *passing) Error() string { return p.text }
func (p *passing) Passes() bool  { return true }

// Retry reports whether the same work can succeed when it is done again, with
// nothing changed by a person: a connection that was cut or refused, a server that
// restarts, a recovery conflict, a deadlock, no free connection. An error says so
// by a method Passes() bool, by its SQLSTATE (a method SQLState() string), or by
// being one of the network's. All else does not pass by itself. Whether the
// caller's own context ended is for the caller to look at first.
func Retry(err error) bool {
	if err == nil || Decided(err) {
		return false
	}
	var p interface{ Passes() bool }
	if errors.As(err, &p) && p.Passes() {
		return true
	}
	var s interface{ SQLState() string }
	if errors.As(err, &s) && s.SQLState() != "" {
		return passingStates[s.SQLState()] || strings.HasPrefix(s.SQLState(), "08") // connection exceptions
	}
	var ne net.Error
	return errors.As(err, &ne) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.DeadlineExceeded)
}

// passingStates are SQLSTATEs (PostgreSQL docs, appendix A).
var passingStates = map[string]bool{
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
