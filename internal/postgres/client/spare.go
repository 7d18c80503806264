package client

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// spareFor is how long a session waits for its next use, spareCheck how long it may
// take to show that it is still there.
const (
	spareFor   = 3 * time.Second
	spareCheck = 2 * time.Second
)

// Spare keeps a session from one short use to the next: opening one is what short
// uses cost most. Uses at the same time have a session each. One that nothing asks
// for again is closed after spareFor. The zero value is ready.
type Spare struct {
	mu    sync.Mutex
	conn  *pgx.Conn
	timer *time.Timer // closes conn
}

// Do runs fn on the spare session, or on one that open opens. A session that fn leaves
// in a transaction, or breaks, is closed. What fn sets must end with its transaction.
func (s *Spare) Do(ctx context.Context, open func(context.Context) (*pgx.Conn, error), fn func(*pgx.Conn) error) error {
	conn := s.take(ctx)
	if conn == nil {
		var err error
		if conn, err = open(ctx); err != nil {
			return err
		}
	}
	kept := false
	defer func() {
		if !kept {
			Close(ctx, conn)
		}
	}()
	err := fn(conn)
	kept = !conn.IsClosed() && !conn.PgConn().IsBusy() && conn.PgConn().TxStatus() == 'I' && s.put(conn)
	return err
}

// take returns the spare session if there is one and its server still answers.
func (s *Spare) take(ctx context.Context) *pgx.Conn {
	s.mu.Lock()
	conn := s.conn
	if s.conn = nil; conn != nil {
		s.timer.Stop()
	}
	s.mu.Unlock()
	if conn == nil {
		return nil
	}
	short, cancel := context.WithTimeout(ctx, spareCheck)
	defer cancel()
	if conn.Ping(short) != nil {
		Close(ctx, conn)
		return nil
	}
	return conn
}

// put keeps a session, unless there is one.
func (s *Spare) put(conn *pgx.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		return false
	}
	s.conn = conn
	s.timer = time.AfterFunc(spareFor, func() { s.drop(conn) })
	return true
}

// drop closes a session that is still the spare one.
func (s *Spare) drop(conn *pgx.Conn) {
	s.mu.Lock()
	mine := s.conn == conn
	if mine {
		s.conn = nil
	}
	s.mu.Unlock()
	if mine {
		Close(context.Background(), conn)
	}
}
