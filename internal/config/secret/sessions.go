package secret

import (
	"context"
	"sync"
	"time"
)

// Sessions keeps what outlives one fetch: the log-ins to Vault, whose tokens and leases
// are renewed while it is open. Those of a context are found by [Text.Fetch].
type Sessions struct {
	mu    sync.Mutex
	vault map[login]*vaultSession
}

type sessionsKey struct{}

// WithSessions returns a context in which fetches share log-ins, and the function that
// ends them: tokens of log-ins and leases are revoked then. Without it each fetch logs in for
// itself, and its leases run out by themselves.
func WithSessions(ctx context.Context) (_ context.Context, end func()) {
	s := &Sessions{vault: map[login]*vaultSession{}}
	return context.WithValue(ctx, sessionsKey{}, s), s.end
}

func (s *Sessions) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, v := range s.vault {
		v.end(ctx)
	}
	clear(s.vault)
}
