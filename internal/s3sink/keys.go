package s3sink

import "context"

// Made is a published run, and the fingerprint of the masking key that made it.
type Made struct {
	Run     string
	Key     string // empty: its manifest says nothing
	Current bool   // latest.json names it
}

// Runs are the published runs, oldest first, and the one that latest.json names.
func (s *Sink) Runs(ctx context.Context) (ids []string, current string, err error) {
	latest, _, err := s.latest(ctx)
	if err != nil {
		return nil, "", err
	}
	ids, err = s.published(ctx)
	return ids, latest.Run, err
}

// Made lists the published runs, oldest first, and the keys that made them.
func (s *Sink) Made(ctx context.Context) ([]Made, error) {
	ids, current, err := s.Runs(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Made, len(ids))
	for i, id := range ids {
		all[i] = Made{Run: id, Current: id == current}
		m, err := s.manifest(ctx, nil, id)
		if err != nil {
			return nil, err
		}
		if m != nil {
			all[i].Key = m.KeyFingerprint
		}
	}
	return all, nil
}
