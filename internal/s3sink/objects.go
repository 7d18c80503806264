package s3sink

import (
	"context"
	"io"
	"net/http"
	"strings"
)

// Entry is an object under the sink's prefix that need not belong to a run.
type Entry struct {
	Name string // the key without the prefix
	Size int64
	key  string
}

// Entries calls fn with every object under the prefix; if the URL names an object
// itself, with that one alone.
func (s *Sink) Entries(ctx context.Context, fn func(Entry) error) error {
	if key := strings.TrimSuffix(s.prefix, "/"); key != "" {
		size, _, ok, err := s.store.head(ctx, key)
		if err != nil {
			return err
		}
		if ok {
			return fn(Entry{Name: key[strings.LastIndexByte(key, '/')+1:], Size: size, key: key})
		}
	}
	return s.entries(ctx, s.prefix, fn)
}

// entries calls fn with every object whose key starts with prefix (a full key).
func (s *Sink) entries(ctx context.Context, prefix string, fn func(Entry) error) error {
	return s.store.list(ctx, prefix, func(key string, size int64) error {
		if strings.HasSuffix(key, "/") && size == 0 {
			return nil // a folder, as consoles make them
		}
		return fn(Entry{Name: strings.TrimPrefix(key, s.prefix), Size: size, key: key})
	})
}

// OpenEntry opens an object. ctx bounds all reads. One that is gone is an error for
// which [Gone] holds.
func (s *Sink) OpenEntry(ctx context.Context, e Entry) (*Content, error) {
	c, err := s.open(ctx, e.key)
	if err == nil && c == nil {
		err = &Error{Bucket: s.bucket, Op: "GetObject", Key: e.key, Code: "NoSuchKey", status: http.StatusNotFound,
			Reason: "it is gone"}
	}
	return c, err
}

// PutEntry stores what write writes as an object under the prefix, while it is
// written. If write or the upload fails nothing is stored.
func (s *Sink) PutEntry(ctx context.Context, name string, write func(io.Writer) error) (Object, error) {
	r, w := io.Pipe()
	sum := &summer{w: w, max: s.maxObject}
	go func() { w.CloseWithError(write(sum)) }()
	key := s.prefix + name
	if err := s.store.upload(ctx, key, r); err != nil {
		r.CloseWithError(err)
		return Object{}, err
	}
	return Object{Name: name, Size: sum.n, SHA256: sum.hex()}, nil
}

// RemoveEntry removes an object under the prefix; one that is not there is no error.
func (s *Sink) RemoveEntry(ctx context.Context, name string) error {
	return s.store.remove(ctx, s.prefix+name)
}
