package engine

import (
	"context"
	"testing"
)

// Who asked for a rollback is passed on, for the history.
func TestRollbackSaysWho(t *testing.T) {
	asked := ""
	s := newService(t, staging(t), "off", done, func(p *Pipeline) {
		p.Rollback = func(_ context.Context, by string) error { asked = by; return nil }
	}).ready(t)
	if err := s.Rollback(t.Context(), "shop", "ann"); err != nil || asked != "ann" {
		t.Errorf("asked by %q: %v", asked, err)
	}
}
