package s3sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"refresher/internal/fault"
)

// Run reads the objects of one run.
type Run struct {
	sink *Sink
	id   string
}

// ID is the run's id.
func (r *Run) ID() string { return r.id }

// URL is where the run's objects are, e.g. s3://bucket/prefix/runs/20261121T030000Z-7f3a/.
func (r *Run) URL() string { return r.sink.store.url() + r.sink.runKey(r.id, "") }

// Look is what looks through an object while it is read back. It may leave some of
// it unread: all is hashed in any case.
type Look func(ctx context.Context, o Object, c *Content) error

// readers is how many objects are read back at once. Who looks through them has
// several goroutines of its own: then two, so that one downloads while one is looked at.
const readers = 4

// verify compares objects with what the bucket holds, and has them looked through by
// look, if that isn't nil, in the same download.
func (r *Run) verify(ctx context.Context, objects []Object, look Look) error {
	var mu sync.Mutex
	refusal := fault.Refuse("read-back", "bucket %q does not hold what run %s wrote", r.sink.name, r.id)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	if look != nil {
		group.SetLimit(readers / 2)
	}
	for _, o := range objects {
		group.Go(func() error {
			problem, err := r.compare(ctx, o, look)
			if problem != "" {
				mu.Lock()
				defer mu.Unlock()
				refusal.Problems = append(refusal.Problems, o.differs(problem))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if len(refusal.Problems) > 0 {
		return refusal
	}
	return nil
}

// compare reads an object once. What look says of other bytes than those that were
// written doesn't count: the problem is then that they differ.
func (r *Run) compare(ctx context.Context, o Object, look Look) (problem string, err error) {
	c, err := r.sink.open(ctx, r.sink.runKey(r.id, o.Name))
	switch {
	case err != nil:
		return "", err
	case c == nil:
		return "it is gone", nil
	case c.size != o.Size:
		return fmt.Sprintf("it has %d bytes instead of %d", c.size, o.Size), nil
	}
	defer func() { _ = c.Close() }() // it was only read
	if look != nil {
		if err = look(ctx, o, c); ctx.Err() != nil {
			return "", errors.Join(err, ctx.Err())
		}
	}
	switch sum, herr := c.SHA256(); {
	case errors.Is(herr, errReplaced):
		return errReplaced.Error(), nil
	case herr != nil:
		return "", herr
	case sum != o.SHA256:
		return "its SHA-256 differs", nil
	}
	return "", err
}

// differs says that an object is not what its manifest says.
func (o Object) differs(problem string) fault.Problem {
	p := fault.Problem{Text: o.Name + ": " + problem}
	if o.from != "" {
		p.Fix = "it was changed after it was published: delete " + o.from +
			", and the next run makes it anew from its source"
	}
	return p
}

// Present are the names of the run's objects that are there. They are not read.
func (r *Run) Present(ctx context.Context) (map[string]bool, error) {
	names, prefix := map[string]bool{}, r.sink.runKey(r.id, "")
	err := r.sink.store.list(ctx, prefix, func(key string, _ int64) error {
		names[strings.TrimPrefix(key, prefix)] = true
		return nil
	})
	return names, err
}

// onlyThese refuses objects below the run's prefix that are not among objects.
func (r *Run) onlyThese(ctx context.Context, objects []Object) error {
	known := map[string]bool{manifestName: true, signatureName: true}
	for _, o := range objects {
		known[o.Name] = true
	}
	prefix := r.sink.runKey(r.id, "")
	refusal := fault.Refuse("read-back", "bucket %q holds objects in run %s that the run did not write", r.sink.name,
		r.id)
	err := r.sink.store.list(ctx, prefix, func(key string, _ int64) error {
		if name := strings.TrimPrefix(key, prefix); !known[name] {
			refusal.Add("%s", name)
		}
		return nil
	})
	if err == nil && len(refusal.Problems) > 0 {
		return refusal
	}
	return err
}

// Published is a run that was published: the bucket's current one, or an older one.
type Published struct {
	*Run
	Manifest Manifest
	latest   Latest // that named it; empty for an older one
}

// Current opens the run that latest.json names, its manifest checked against the
// hash there; nil, without an error, if nothing was published yet.
func (s *Sink) Current(ctx context.Context) (*Published, error) {
	l, etag, err := s.latest(ctx)
	if err != nil || etag == "" {
		return nil, err
	}
	key := s.prefix + l.Manifest
	b, _, missing, err := s.get(ctx, key, maxManifest)
	if err != nil {
		return nil, err
	}
	p := &Published{Run: &Run{sink: s, id: l.Run}, latest: l}
	if missing || hexHash(b) != l.SHA256 || json.Unmarshal(b, &p.Manifest) != nil || p.Manifest.Run != l.Run {
		return nil, fault.Refuse("read-back",
			"bucket %q: manifest.json of run %s is not the one that latest.json names", s.name, l.Run)
	}
	return p, p.within()
}

// Verify compares every object with the manifest, and has it looked through by look,
// if that isn't nil, in the same download. What differs is a *fault.Refusal.
func (p *Published) Verify(ctx context.Context, look Look) error {
	return p.verify(ctx, p.Manifest.Objects, look)
}
