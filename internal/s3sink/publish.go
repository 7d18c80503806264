package s3sink

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"refresher/internal/fault"
	"refresher/internal/verify/pass"
)

// publishTries is how often latest.json is written while another write to it is
// under way (409 ConditionalRequestConflict).
const publishTries = 5

// Publish makes the run the bucket's current one. verified must be for this run and
// this bucket's name. What Verify did not read back yet is read back now. m is
// completed (version, run, objects) and written as manifest.json, with its signature
// beside it; latest.json is written last. If another run was published since Stage, or
// the pass is missing, it is a *fault.Refusal and latest.json is as it was.
func (g *Staging) Publish(ctx context.Context, verified pass.Pass, m Manifest) (Latest, error) {
	s := g.sink
	if !verified.For(g.id, s.name) {
		return Latest{}, errNoPass(g.id, s.name)
	}
	if g.done {
		return Latest{}, fmt.Errorf("bucket %q: run %s was published or discarded before", s.bucket, g.id)
	}
	if err := g.Verify(ctx, nil); err != nil {
		return Latest{}, err
	}
	m.Version, m.Run, m.Objects = 1, g.id, g.Objects()
	manifest, err := encode(m)
	if err != nil {
		return Latest{}, fmt.Errorf("bucket %q: encoding the manifest: %w", s.bucket, err)
	}
	if err := g.putSignature(ctx, manifest); err != nil {
		return Latest{}, err
	}
	key := s.runKey(g.id, manifestName)
	if err := s.store.put(ctx, key, manifest, "", ""); err != nil {
		return Latest{}, err
	}
	sum := hexHash(manifest)
	if err := g.verify(ctx, []Object{{Name: manifestName, Size: int64(len(manifest)), SHA256: sum}}, nil); err != nil {
		return Latest{}, err
	}
	l := Latest{Run: g.id, Manifest: runsPrefix + g.id + "/" + manifestName, SHA256: sum}
	if err := g.announce(ctx, l); err != nil {
		return Latest{}, err
	}
	g.done = true
	return l, nil
}

// putSignature puts the manifest's signature, before the manifest: a run that has one is
// complete.
func (g *Staging) putSignature(ctx context.Context, manifest []byte) error {
	if g.Sign == nil {
		return nil
	}
	text, err := g.Sign(manifest)
	if err != nil {
		return fmt.Errorf("bucket %q: signing the manifest: %w", g.sink.bucket, err)
	}
	key := g.sink.runKey(g.id, signatureName)
	if err := g.sink.store.put(ctx, key, text, "", ""); err != nil {
		return err
	}
	return g.verify(ctx, []Object{{Name: signatureName, Size: int64(len(text)), SHA256: hexHash(text)}}, nil)
}

// announce writes latest.json if it is still the one that Stage saw.
func (g *Staging) announce(ctx context.Context, l Latest) error {
	s, key := g.sink, g.sink.prefix+latestName
	text, err := encode(l)
	if err != nil {
		return fmt.Errorf("bucket %q: encoding latest.json: %w", s.bucket, err)
	}
	for try := 1; ; try++ {
		ifNoneMatch := ""
		if g.etag == "" {
			ifNoneMatch = "*"
		}
		werr := s.store.put(ctx, key, text, g.etag, ifNoneMatch)
		if werr == nil {
			return nil
		}
		// The answer to a write that succeeded may be lost, and the SDK's own retry
		// then finds the condition broken: what the bucket holds decides.
		now, etag, missing, err := s.get(ctx, key, maxLatest)
		switch {
		case err == nil && !missing && bytes.Equal(now, text):
			return nil
		case !conditionFailed(werr):
			return werr
		case err != nil:
			return err
		case status(werr) == http.StatusConflict && etag == g.etag && try < publishTries:
			continue
		case etag == g.etag:
			return werr
		}
		return fault.Refuse("publish", "bucket %q: latest.json was changed since run %s was staged, so another run "+
			"was published first; latest.json stays as it is", s.name, g.id)
	}
}
