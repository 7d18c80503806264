package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// What outlived its time on the staging server is dropped while the service goes on, and said.
func TestExpiredIsDropped(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 100)
	s := newService(t, staging(t), "0 3 * * 0", func(context.Context, int) error { return nil }, func(p *Pipeline) {
		p.Expire = func(context.Context) ([]string, error) {
			defer func() { asked <- struct{}{} }()
			return []string{"dropped branch pr-42"}, errors.New("another one could not be dropped")
		}
	})
	select {
	case <-asked:
	case <-time.After(patience):
		t.Fatal("the service does not look for what has expired")
	}
	late := time.Now().Add(patience)
	for _, want := range []string{"dropped branch pr-42", "another one could not be dropped"} {
		for tick := time.NewTicker(time.Millisecond); !strings.Contains(s.log.String(), want); <-tick.C {
			if time.Now().After(late) {
				t.Fatalf("the log does not say %q:\n%s", want, s.log)
			}
		}
	}
	s.stop()
	if n := len(asked); n > 0 {
		t.Errorf("it was looked for %d times more within moments", n)
	}
}
