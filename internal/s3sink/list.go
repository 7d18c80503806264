package s3sink

import (
	"context"
	"sync"
)

// removeAll deletes every object whose key starts with prefix, first before the rest.
func (s *Sink) removeAll(ctx context.Context, prefix, first string) error {
	if err := s.store.remove(ctx, first); err != nil {
		return err
	}
	return s.store.clear(ctx, prefix)
}

// names is a set that several goroutines fill.
type names struct {
	mu  sync.Mutex
	set map[string]bool
}

// claim reports whether name is new, and takes it.
func (n *names) claim(name string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.set[name] {
		return false
	}
	if n.set == nil {
		n.set = map[string]bool{}
	}
	n.set[name] = true
	return true
}
