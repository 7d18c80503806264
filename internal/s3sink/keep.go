package s3sink

import (
	"context"
	"slices"
	"strings"

	"refresher/internal/fault"
)

// runs lists the runs that have objects, oldest first, and which of them have a
// manifest.
func (s *Sink) runs(ctx context.Context) (ids []string, complete map[string]bool, err error) {
	names, err := s.store.folders(ctx, s.prefix+runsPrefix)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range names {
		if runID.MatchString(id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	complete = map[string]bool{}
	for _, id := range ids {
		_, _, ok, err := s.store.head(ctx, s.runKey(id, manifestName))
		if err != nil {
			return nil, nil, err
		}
		complete[id] = ok
	}
	return ids, complete, nil
}

// Sweep removes what killed runs left: the objects of runs that were never
// published, unfinished multipart uploads, and probes. Runs in alive are left
// alone; the caller holds the lock that makes every other run dead. It returns the
// ids of the runs of which something was removed.
func (s *Sink) Sweep(ctx context.Context, alive ...string) ([]string, error) {
	var swept []string
	note := func(run string) {
		if run != "" && !slices.Contains(swept, run) {
			swept = append(swept, run)
		}
	}
	dead := func(key string) bool {
		run := s.runOf(key)
		return run != "" && !slices.Contains(alive, run) || strings.HasPrefix(key, s.prefix+probePrefix)
	}
	aborted, err := s.store.abort(ctx, s.prefix+runsPrefix, dead)
	for _, key := range aborted {
		note(s.runOf(key))
	}
	if err != nil {
		return swept, err
	}
	if err := s.store.list(ctx, s.prefix+probePrefix, func(key string, _ int64) error {
		return s.store.remove(ctx, key)
	}); err != nil {
		return swept, err
	}
	latest, _, err := s.latest(ctx)
	if err != nil {
		return swept, err
	}
	ids, complete, err := s.runs(ctx)
	if err != nil {
		return swept, err
	}
	for _, id := range ids {
		published := id == latest.Run || complete[id] && id < latest.Run
		if published || slices.Contains(alive, id) {
			continue
		}
		if err := s.removeRun(ctx, id); err != nil {
			return swept, err
		}
		note(id)
	}
	slices.Sort(swept)
	return swept, nil
}

// Retain removes published runs but the newest keep (at least 1), and never the
// one that latest.json names. It returns the ids of the runs it removed.
func (s *Sink) Retain(ctx context.Context, keep int) ([]string, error) {
	if keep < 1 {
		return nil, fault.BadInput("bucket %q: keep is %d; at least the current run is kept", s.name, keep)
	}
	ids, err := s.published(ctx)
	if err != nil {
		return nil, err
	}
	var removed []string
	for _, id := range ids[:max(0, len(ids)-keep)] {
		if err := s.removeRun(ctx, id); err != nil {
			return removed, err
		}
		removed = append(removed, id)
	}
	return removed, nil
}

// Staying are the published runs, oldest first, that [Sink.Retain] leaves beside the run
// that is published next.
func (s *Sink) Staying(ctx context.Context, keep int) ([]string, error) {
	ids, err := s.published(ctx)
	return ids[max(0, len(ids)-max(0, keep-1)):], err
}

// Remove deletes an older run. It refuses the one that latest.json names.
func (s *Sink) Remove(ctx context.Context, run string) error {
	latest, _, err := s.latest(ctx)
	if err != nil {
		return err
	}
	if run == latest.Run || !runID.MatchString(run) {
		return fault.Refuse("publish", "bucket %q: run %s is the current one, and is not removed", s.name, run)
	}
	return s.removeRun(ctx, run)
}

// published are the runs that readers may use, oldest first: the one that latest.json
// names is the last.
func (s *Sink) published(ctx context.Context) ([]string, error) {
	latest, _, err := s.latest(ctx)
	if err != nil || latest.Run == "" {
		return nil, err
	}
	ids, complete, err := s.runs(ctx)
	return slices.DeleteFunc(ids, func(id string) bool {
		return id > latest.Run || !complete[id] && id != latest.Run
	}), err
}

// removeRun deletes a run, its manifest first: what a kill leaves over is then no
// published run any more, and the next Sweep removes it.
func (s *Sink) removeRun(ctx context.Context, id string) error {
	prefix := s.runKey(id, "")
	return s.removeAll(ctx, prefix, prefix+manifestName)
}

// runOf is the run that a key belongs to, empty if none.
func (s *Sink) runOf(key string) string {
	rest, ok := strings.CutPrefix(key, s.prefix+runsPrefix)
	id, _, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 || !runID.MatchString(id) {
		return ""
	}
	return id
}
