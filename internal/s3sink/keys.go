package s3sink

import "context"

// Made is a published run, and the fingerprint of the masking key that made it.
type Made struct {
	Run     string
	Key     string // empty: its manifest says nothing
	Current bool   // latest.json names it
}

// Made lists the published runs, oldest first, and the keys that made them.
func (s *Sink) Made(ctx context.Context) ([]Made, error) {
	latest, _, err := s.latest(ctx)
	if err != nil {
		return nil, err
	}
	ids, err := s.published(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Made, len(ids))
	for i, id := range ids {
		all[i] = Made{Run: id, Current: id == latest.Run}
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
