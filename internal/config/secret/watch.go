package secret

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Watch fetches secrets again and again while a service runs, so that it takes what was rotated, and
// knows of those that it could not fetch when it needs them.
type Watch struct {
	log     *slog.Logger
	mu      sync.Mutex
	watched []*watched
}

// watched is a secret and what is known of it.
type watched struct {
	Text
	name    string
	every   time.Duration
	changed func(secret string) error // nil: nobody keeps it
	last    string                    // that was taken; only where changed is set
	good    time.Time                 // when it was fetched last, and could be taken
	failing bool
}

// patience is how many times a secret is not fetched before it is stale: a store that is away for a
// moment changes nothing, since what was fetched before is still good.
const patience = 3

// NewWatch returns a watch of nothing.
func NewWatch(log *slog.Logger) *Watch { return &Watch{log: log} }

// Add watches a secret, which was fetched a moment ago; of one at hand there is nothing to watch. A secret that
// changed is given to changed, which may refuse it; nil only looks whether it can be fetched. A reference that is
// watched already is not added.
func (w *Watch) Add(t Text, every time.Duration, last string, changed func(secret string) error) {
	if !t.IsReference() || slices.ContainsFunc(w.watched, func(s *watched) bool { return s.Same(t) }) {
		return
	}
	w.watched = append(w.watched, &watched{Text: t, name: t.get().place.Field, every: every, last: last,
		changed: changed, good: time.Now()})
}

// Run fetches the secrets, each at its time, until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, s := range w.watched {
		all.Go(func() {
			tick := time.NewTicker(s.every)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					w.look(ctx, s, time.Now())
				}
			}
		})
	}
	all.Wait()
}

// look fetches a secret.
func (w *Watch) look(ctx context.Context, s *watched, now time.Time) {
	limited, cancel := context.WithTimeout(ctx, max(s.every, time.Second))
	defer cancel()
	got, err := s.Fetch(limited)
	taken := err == nil && s.changed != nil && got != s.last
	if taken {
		if err = s.changed(got); err == nil {
			s.last = got
		}
	}
	if ctx.Err() != nil {
		return
	}
	w.mu.Lock()
	said := s.failing
	if s.failing = err != nil; err == nil {
		s.good = now
	}
	w.mu.Unlock()
	switch {
	case err != nil && !said:
		w.log.Warn("a secret could not be fetched anew; what was fetched before is still used",
			"setting", s.name, "error", err)
	case err == nil && said:
		w.log.Info("a secret could be fetched again", "setting", s.name)
	case taken:
		w.log.Info("a secret was changed and is used from now on", "setting", s.name)
	}
}

// Stale are the settings whose secret could not be fetched for three times its interval.
func (w *Watch) Stale() []string { return w.stale(time.Now()) }

func (w *Watch) stale(now time.Time) (names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.watched {
		if s.failing && now.Sub(s.good) >= patience*s.every {
			names = append(names, s.name)
		}
	}
	return names
}
