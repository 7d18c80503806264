package s3sink

import (
	"context"
	"io"
	"slices"

	"refresher/internal/fault"
)

// Published opens a run by its id, be it the current one or an older one; nil,
// without an error, if there is no such run, or it was not published. The hash in
// latest.json vouches for the current run's manifest only.
func (s *Sink) Published(ctx context.Context, run string) (*Published, error) {
	if !runID.MatchString(run) {
		return nil, fault.BadInput("%q is not a run's id, such as 20261121T030000Z-7f3a", run)
	}
	l, ok, err := s.Latest(ctx)
	switch {
	case err != nil || !ok || run > l.Run:
		return nil, err
	case run == l.Run:
		return s.Current(ctx)
	}
	m, err := s.manifest(ctx, nil, run)
	if err != nil || m == nil {
		return nil, err
	}
	p := &Published{Run: &Run{sink: s, id: run}, Manifest: *m}
	return p, p.within()
}

// within refuses a manifest that names objects outside of its run.
func (p *Published) within() error {
	for _, o := range p.Manifest.Objects {
		if !goodName(o.Name) {
			return fault.Refuse("read-back",
				"bucket %q: manifest.json of run %s names an object that is not in the run's own folder", p.sink.name,
				p.id)
		}
	}
	return nil
}

// Signed reads the run's manifest as it is stored, and its signature file, nil if it has
// none. The manifest is the one that this Published was opened by, or it is refused.
func (p *Published) Signed(ctx context.Context) (manifest, signature []byte, err error) {
	manifest, _, missing, err := p.sink.get(ctx, p.sink.runKey(p.id, manifestName), maxManifest)
	if err != nil {
		return nil, nil, err
	}
	if missing || p.latest != (Latest{}) && hexHash(manifest) != p.latest.SHA256 {
		return nil, nil, fault.Refuse("read-back",
			"bucket %q: manifest.json of run %s is not the one that latest.json names",
			p.sink.name, p.id)
	}
	signature, _, missing, err = p.sink.get(ctx, p.sink.runKey(p.id, signatureName), maxSignature)
	if err != nil || missing {
		return manifest, nil, err
	}
	return manifest, signature, nil
}

// Unannounced opens a run that latest.json may not name yet, for [Published.Signed].
func (s *Sink) Unannounced(_ context.Context, run string) (*Published, error) {
	if !runID.MatchString(run) {
		return nil, fault.BadInput("%q is not a run's id, such as 20261121T030000Z-7f3a", run)
	}
	return &Published{Run: &Run{sink: s, id: run}}, nil
}

// Newer are the runs behind this one that have a manifest, oldest first.
func (p *Published) Newer(ctx context.Context) ([]string, error) {
	ids, complete, err := p.sink.runs(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id string) bool { return !complete[id] || id <= p.id }), nil
}

// Fetch reads an object into w and compares it with the manifest, which is a
// *fault.Refusal if it differs. w has got its bytes by then.
func (p *Published) Fetch(ctx context.Context, o Object, w io.Writer) error {
	return p.FetchAfter(ctx, o, nil, 0, w)
}

// FetchAfter is [Published.Fetch] for an object of which n bytes, all or a
// multiple of [BlockSize], are here already: have reads these, and w gets what follows them. The
// hash is of both.
func (p *Published) FetchAfter(ctx context.Context, o Object, have io.Reader, n int64, w io.Writer) error {
	problem, err := p.compare(ctx, o, func(_ context.Context, _ Object, c *Content) error {
		if err := c.skip(have, n); err != nil {
			return err
		}
		_, err := io.Copy(w, c)
		return err
	})
	if problem != "" {
		return fault.Refuse("read-back", "bucket %q: %s of run %s is not the one that its manifest names: %s",
			p.sink.name, o.Name, p.id, problem)
	}
	return err
}

// Unmoved refuses if latest.json names another run, or another manifest, since the
// current run was opened. It says nothing of a run that was opened by its id.
func (p *Published) Unmoved(ctx context.Context) error {
	if p.latest == (Latest{}) {
		return nil
	}
	now, _, err := p.sink.Latest(ctx)
	if err == nil && now != p.latest {
		err = fault.Refuse("read-back", "bucket %q: latest.json was changed while run %s was read, so another run "+
			"was published or this one withdrawn: try again", p.sink.name, p.id)
	}
	return err
}
