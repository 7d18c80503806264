package postdata

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
)

// build is a statement that takes its time.
type build struct {
	sql    string
	weight int64 // bytes to read
	locks  locks
}

// locks are what a statement locks, and whether exclusively.
type locks map[string]bool

// sideBySide runs builds in n sessions, those that take longest first, so that no
// long one is left to the end, and never two at once whose locks conflict: they
// would wait for one another, or deadlock. The first error stops the rest.
func sideBySide(ctx context.Context, n int, builds []build,
	run func(ctx context.Context, session int, b build) error) error {
	todo := slices.Clone(builds)
	slices.SortStableFunc(todo, func(a, b build) int { return cmp.Compare(b.weight, a.weight) })
	var idle []int
	for i := range n {
		idle = append(idle, i)
	}
	type end struct {
		session int
		locks   locks
		err     error
	}
	ends := make(chan end, n)
	held := holding{}
	group, running := errgroup.WithContext(ctx)
	for len(todo) > 0 && running.Err() == nil {
		next := slices.IndexFunc(todo, func(b build) bool { return held.allows(b.locks) })
		if len(idle) == 0 || next < 0 {
			e := <-ends
			if e.err != nil {
				break
			}
			idle = append(idle, e.session)
			held.give(e.locks)
			continue
		}
		b, session := todo[next], idle[len(idle)-1]
		todo, idle = slices.Delete(todo, next, next+1), idle[:len(idle)-1]
		held.take(b.locks)
		group.Go(func() error {
			err := run(running, session, b)
			ends <- end{session, b.locks, err}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// holding counts who holds what: so many shares, or -1 for exclusively.
type holding map[string]int

func (h holding) allows(want locks) bool {
	for name, exclusive := range want {
		if h[name] < 0 || exclusive && h[name] > 0 {
			return false
		}
	}
	return true
}

func (h holding) take(l locks) {
	for name, exclusive := range l {
		if exclusive {
			h[name] = -1
		} else {
			h[name]++
		}
	}
}

func (h holding) give(l locks) {
	for name, exclusive := range l {
		if exclusive {
			h[name] = 0
		} else {
			h[name]--
		}
	}
}
