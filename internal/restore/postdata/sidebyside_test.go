package postdata

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
)

// Every build runs once, in a session that runs nothing else, the heaviest first,
// and never beside one whose locks conflict with its own.
func TestSideBySide(t *testing.T) {
	var builds []build
	for i := range 200 {
		b := build{sql: fmt.Sprint(i), weight: int64(i * 7919 % 200), locks: locks{fmt.Sprint("t", i%17): i%3 == 0}}
		if i%5 == 0 {
			b.locks["tree"] = i%10 == 0
		}
		builds = append(builds, b)
	}
	const n = 4
	var mu sync.Mutex
	running := map[int]build{}
	var order []string
	err := sideBySide(t.Context(), n, builds, func(_ context.Context, session int, b build) error {
		mu.Lock()
		if other, busy := running[session]; busy {
			t.Errorf("%s in the session of %s", b.sql, other.sql)
		}
		for other := range maps.Values(running) {
			for name, exclusive := range b.locks {
				if theirs, both := other.locks[name]; both && (exclusive || theirs) {
					t.Errorf("%s beside %s: both lock %s", b.sql, other.sql, name)
				}
			}
		}
		running[session], order = b, append(order, b.sql)
		mu.Unlock()
		mu.Lock()
		delete(running, session)
		mu.Unlock()
		return nil
	})
	if err != nil || len(order) != len(builds) {
		t.Fatalf("%d of %d ran: %v", len(order), len(builds), err)
	}
	// In a single session the order is plain.
	order = nil
	_ = sideBySide(t.Context(), 1, builds, func(_ context.Context, _ int, b build) error {
		order = append(order, b.sql)
		return nil
	})
	slices.SortStableFunc(builds, func(a, b build) int { return cmp.Compare(b.weight, a.weight) })
	for i, b := range builds {
		if order[i] != b.sql {
			t.Fatalf("%s ran in the place of %s", order[i], b.sql)
		}
	}
}

// The first error ends it, also when builds wait for the locks of the failed one.
func TestSideBySideStops(t *testing.T) {
	broken := errors.New("broken")
	builds := slices.Repeat([]build{{locks: locks{"t": true}}}, 100)
	ran := 0
	err := sideBySide(t.Context(), 2, builds, func(context.Context, int, build) error {
		ran++ // one at a time, by the lock
		return broken
	})
	if !errors.Is(err, broken) || ran != 1 {
		t.Errorf("%d ran: %v", ran, err)
	}
}
