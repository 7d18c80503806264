package client

import (
	"context"
	"iter"

	"golang.org/x/sync/errgroup"
)

// Each has up to n workers take the items, in their order and each item once. A
// worker opens what it needs, such as a session, and ranges over the items that it
// gets. The first error ends the others' context and is returned.
func Each[T any](ctx context.Context, n int, items []T,
	worker func(ctx context.Context, items iter.Seq[T]) error) error {
	feed := func(ctx context.Context, put func(T) error) error {
		for _, item := range items {
			if err := put(item); err != nil {
				return err
			}
		}
		return nil
	}
	if len(items) == 0 {
		return nil
	}
	return Stream(ctx, min(n, len(items)), feed, worker)
}

// Stream is Each for items that feed finds while the workers are at work: it puts
// one after another, and stops with put's error, which is that of a ctx that ended.
func Stream[T any](ctx context.Context, n int, feed func(ctx context.Context, put func(T) error) error,
	worker func(ctx context.Context, items iter.Seq[T]) error) error {
	queue := make(chan T)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(queue)
		return feed(ctx, func(item T) error {
			select {
			case queue <- item:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
	})
	items := func(yield func(T) bool) {
		for item := range queue {
			if !yield(item) {
				return
			}
		}
	}
	for range max(1, n) {
		group.Go(func() error { return worker(ctx, items) })
	}
	return group.Wait()
}
