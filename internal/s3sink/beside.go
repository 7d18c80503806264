package s3sink

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
)

// Beside is an object under the prefix that is not of the current run's manifest.
type Beside struct {
	Entry
	Run  string  // the run under whose name it lies; empty: under none
	Path string  // below that run, or below the prefix
	Of   *Object // as its run's manifest names it; nil if none does, or with another size
}

// Beside calls fn with every object under the prefix but those that the current
// run's manifest names, latest.json and the runs' manifests.
func (s *Sink) Beside(ctx context.Context, current *Published, fn func(Beside) error) error {
	return s.beside(ctx, s.prefix, current, fn)
}

// RunObjects calls fn with every object of a run but its manifest. ok is false,
// and nothing is called, if it has no manifest.
func (s *Sink) RunObjects(ctx context.Context, run string, fn func(Beside) error) (ok bool, err error) {
	if m, err := s.manifest(ctx, nil, run); err != nil || m == nil {
		return false, err
	}
	return true, s.beside(ctx, s.runKey(run, ""), nil, fn)
}

// OfRun is the sink whose run the prefix is, and that run; nil if it is none's.
func (s *Sink) OfRun() (*Sink, string) {
	rest := strings.TrimSuffix(s.prefix, "/")
	id := rest[strings.LastIndexByte(rest, '/')+1:]
	prefix, ok := strings.CutSuffix(rest, runsPrefix+id)
	if !ok || !runID.MatchString(id) || prefix != "" && !strings.HasSuffix(prefix, "/") {
		return nil, ""
	}
	of := *s
	of.prefix = prefix
	if _, ok := s.store.(*folder); ok {
		of.bucket = "/" + strings.TrimSuffix(prefix, "/")
		of.store = &folder{base: of.bucket}
	}
	return &of, id
}

func (s *Sink) beside(ctx context.Context, prefix string, current *Published, fn func(Beside) error) error {
	run, named := "", map[string]Object(nil) // of one run at a time: keys come in order
	return s.entries(ctx, prefix, func(e Entry) error {
		b := Beside{Entry: e, Run: s.runOf(e.key), Path: e.Name}
		if b.Run == "" {
			if e.Name == latestName {
				return nil
			}
			return fn(b)
		}
		b.Path = strings.TrimPrefix(e.key, s.runKey(b.Run, ""))
		if b.Run != run {
			m, err := s.manifest(ctx, current, b.Run)
			if err != nil {
				return err
			}
			run, named = b.Run, nil
			if m != nil {
				named = map[string]Object{}
				for _, o := range m.Objects {
					named[o.Name] = o
				}
			}
		}
		o, ok := named[b.Path]
		switch {
		case named != nil && (b.Path == manifestName || b.Path == signatureName), ok && current != nil &&
			b.Run == current.id:
			return nil
		case ok && o.Size == e.Size:
			b.Of = &o
		}
		return fn(b)
	})
}

// manifest is that of a run; nil if it has none.
func (s *Sink) manifest(ctx context.Context, current *Published, run string) (*Manifest, error) {
	if current != nil && run == current.id {
		return &current.Manifest, nil
	}
	text, _, missing, err := s.get(ctx, s.runKey(run, manifestName), maxManifest)
	if err != nil || missing {
		return nil, err
	}
	m := &Manifest{}
	if json.Unmarshal(text, m) != nil || m.Run != run {
		return nil, nil
	}
	return m, nil
}

// Gone reports whether err says that an object is not there any more.
func Gone(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == "NoSuchKey"
}
