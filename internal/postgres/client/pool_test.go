package client_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"

	"refresher/internal/postgres/client"
)

// Every item is taken once, by workers that opened something of their own.
func TestEachTakesEveryItemOnce(t *testing.T) {
	items := make([]int, 1000)
	for i := range items {
		items[i] = i
	}
	for _, workers := range []int{0, 1, 7, 5000} {
		var mu sync.Mutex
		var got []int
		opened := 0
		err := client.Each(t.Context(), workers, items, func(_ context.Context, mine iter.Seq[int]) error {
			mu.Lock()
			opened++
			mu.Unlock()
			for i := range mine {
				mu.Lock()
				got = append(got, i)
				mu.Unlock()
			}
			return nil
		})
		slices.Sort(got)
		if err != nil || !slices.Equal(got, items) || opened != min(max(1, workers), len(items)) {
			t.Errorf("%d workers: %d items by %d, %v", workers, len(got), opened, err)
		}
	}
}

// The first error ends the others' work and the feed, which must not wait for a
// worker that is gone.
func TestEachEndsWithTheFirstError(t *testing.T) {
	cause := errors.New("the server is gone")
	err := client.Each(t.Context(), 3, make([]int, 100), func(ctx context.Context, mine iter.Seq[int]) error {
		for range mine {
			return cause
		}
		return nil
	})
	if !errors.Is(err, cause) {
		t.Errorf("a worker's: %v", err)
	}
	err = client.Stream(t.Context(), 2, func(ctx context.Context, put func(string) error) error {
		if err := put("one"); err != nil {
			return err
		}
		return cause
	}, func(_ context.Context, mine iter.Seq[string]) error {
		for range mine {
			continue
		}
		return nil
	})
	if !errors.Is(err, cause) {
		t.Errorf("the feed's: %v", err)
	}
}
