package s3sink

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"time"
)

// Sink is one bucket prefix, on an S3 server or in a folder. It is safe for concurrent use.
type Sink struct {
	name   string
	bucket string // what errors call the store
	prefix string // empty, or with a slash at its end
	store  store

	maxObject int64 // bytes of the largest object that can be put
}

// Open prepares a sink; it does not talk to the server. A bad URL or option is a
// *fault.Input.
func Open(ctx context.Context, opts Options) (*Sink, error) {
	place, err := ParseURL(opts.URL)
	if err != nil {
		return nil, err
	}
	if err := opts.check(); err != nil {
		return nil, err
	}
	s := &Sink{name: opts.Name, bucket: place.Bucket, prefix: place.Prefix, maxObject: maxParts * opts.PartBytes}
	if place.Folder {
		s.bucket, s.maxObject = "/"+strings.TrimSuffix(place.Prefix, "/"), maxFile
		s.store = &folder{base: s.bucket}
		return s, nil
	}
	s.store, err = openServer(ctx, place, opts)
	return s, err
}

// maxParts is of how many parts S3 makes an object at most (Amazon S3 User Guide, Multipart
// upload limits).
const maxParts = 10_000

// cleanUpTime is how long cleaning up may go on after a run was cancelled.
const cleanUpTime = time.Minute

// Name is the bucket's name in the configuration.
func (s *Sink) Name() string { return s.name }

// URL is where the sink writes, e.g. s3://bucket/prefix/.
func (s *Sink) URL() string { return s.store.url() + s.prefix }

const (
	latestName   = "latest.json"
	runsPrefix   = "runs/"
	manifestName = "manifest.json"
	probePrefix  = runsPrefix + ".probe-"
)

func (s *Sink) runKey(run, name string) string { return s.prefix + runsPrefix + run + "/" + name }

// getTries is how often an object is read whose bytes don't come whole.
const getTries = 4

// get reads a small object. missing is true, without an error, if it does not
// exist. A server may answer with the bytes of one version and the checksum of
// the next while the object is being replaced: then it is read again.
func (s *Sink) get(ctx context.Context, key string, limit int64) (body []byte, etag string, missing bool, err error) {
	for range getTries {
		body, etag, missing, err = s.getOnce(ctx, key, limit)
		var e *Error
		if err == nil || ctx.Err() != nil || !errors.As(err, &e) || !e.torn {
			break
		}
	}
	return body, etag, missing, err
}

// Get reads a small object, such as a report, by its name below the prefix; ok is
// false if there is none.
func (s *Sink) Get(ctx context.Context, name string) (body []byte, ok bool, err error) {
	body, _, missing, err := s.get(ctx, s.prefix+name, maxManifest)
	return body, err == nil && !missing, err
}

func (s *Sink) getOnce(ctx context.Context, key string, limit int64) (body []byte, etag string, missing bool,
	err error) {
	in, etag, err := s.store.get(ctx, key)
	if notFound(err) {
		return nil, "", true, nil
	}
	if err != nil {
		return nil, "", false, err
	}
	defer func() { _ = in.Close() }() // it was only read
	body, err = io.ReadAll(io.LimitReader(in, limit+1))
	if err = s.fail(err, "GetObject", key); err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.torn = true
		}
		return nil, "", false, err
	}
	if int64(len(body)) > limit {
		return nil, "", false, &Error{Bucket: s.bucket, Op: "GetObject", Key: key,
			Reason: "it is far larger than anything that refresher writes there"}
	}
	return body, etag, false, nil
}

// Probe checks credentials, bucket, permissions and conditional writes by writing
// and removing a small object and a multipart upload of its own. It is meant to be
// called before any work is done.
func (s *Sink) Probe(ctx context.Context) error {
	if err := s.store.ready(ctx); err != nil {
		return err
	}
	for try := 1; ; try++ {
		var id [8]byte
		_, _ = rand.Read(id[:]) // never fails
		key := s.prefix + probePrefix + hex.EncodeToString(id[:])
		err := s.probe(ctx, key)
		var e *Error
		if err == nil || !errors.As(err, &e) || !e.odd || try == probes {
			return err
		}
	}
}

// probes is how often a server may behave oddly before it is believed: another run's
// Sweep takes probes away, and then conditions hold that should not.
const probes = 3

// probe probes under one key.
func (s *Sink) probe(ctx context.Context, key string) error {
	body := []byte("refresher writes and removes this object to see that it can\n")
	if err := s.store.put(ctx, key, body, "", "*"); err != nil {
		return err
	}
	if err := s.probeObject(ctx, key, body); err != nil {
		c, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
		defer cancel()
		_ = s.store.remove(c, key) // the first error is the one that matters
		return err
	}
	if err := s.store.remove(ctx, key); err != nil {
		return err
	}
	return s.probeUpload(ctx, key)
}

func (s *Sink) probeObject(ctx context.Context, key string, body []byte) error {
	for _, c := range []struct{ header, ifMatch, ifNoneMatch string }{
		{"If-None-Match", "", "*"},
		{"If-Match", `"00000000000000000000000000000000"`, ""},
	} {
		err := s.store.put(ctx, key, body, c.ifMatch, c.ifNoneMatch)
		if err == nil {
			return &Error{odd: true, Bucket: s.bucket, Op: "PutObject", Key: key, Reason: "the server ignores " +
				c.header +
				"; conditional writes are needed so that two runs can't overwrite each other's latest.json: use a " +
				"server that has them"}
		}
		if !conditionFailed(err) {
			return err
		}
	}
	if err := s.store.asAsked(ctx, key); err != nil {
		return err
	}
	got, _, missing, err := s.get(ctx, key, 1<<10)
	if err != nil {
		return err
	}
	if missing || !bytes.Equal(got, body) {
		return &Error{odd: true, Bucket: s.bucket, Op: "GetObject", Key: key,
			Reason: "the server does not give back what was just written"}
	}
	found := false
	err = s.store.list(ctx, key, func(k string, _ int64) error {
		found = found || k == key
		return nil
	})
	if err == nil && !found {
		err = &Error{odd: true, Bucket: s.bucket, Op: "ListObjectsV2", Key: key,
			Reason: "the server does not list what was just written"}
	}
	return err
}

func (s *Sink) probeUpload(ctx context.Context, key string) error {
	undo, err := s.store.begin(ctx, key)
	if err != nil {
		return err
	}
	if _, err = s.store.abort(ctx, key, func(string) bool { return true }); err != nil {
		undo(ctx)
	}
	return err
}
