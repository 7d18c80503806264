package s3sink

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
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
func (r *Run) URL() string { return "s3://" + r.sink.bucket + "/" + r.sink.runKey(r.id, "") }

// Open reads an object from its start.
func (r *Run) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	key := r.sink.runKey(r.id, name)
	out, err := r.sink.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &r.sink.bucket, Key: &key})
	if err != nil {
		return nil, r.sink.fail(err, "GetObject", key)
	}
	return &body{ReadCloser: out.Body, ctx: ctx, sink: r.sink, key: key, etag: out.ETag}, nil
}

// body is an object that is read on where it broke off, as long as it is the same
// object; it gives errors their place.
type body struct {
	io.ReadCloser
	ctx  context.Context // of Open: io.Reader has none of its own
	sink *Sink
	key  string
	etag *string
	off  int64

	broken int // how often it broke off
}

func (b *body) Read(p []byte) (int, error) {
	for {
		n, err := b.ReadCloser.Read(p)
		b.off += int64(n)
		if err == nil || err == io.EOF {
			return n, err
		}
		if again := b.reopen(); !again {
			return n, b.sink.fail(err, "GetObject", b.key)
		}
		if n > 0 {
			return n, nil
		}
	}
}

func (b *body) reopen() bool {
	if b.broken++; b.broken >= reads || b.ctx.Err() != nil {
		return false
	}
	out, err := b.sink.client.GetObject(b.ctx, &s3.GetObjectInput{Bucket: &b.sink.bucket, Key: &b.key, IfMatch: b.etag, Range: aws.String(fmt.Sprintf("bytes=%d-", b.off))})
	if err != nil {
		return false
	}
	_ = b.ReadCloser.Close()
	b.ReadCloser = out.Body
	return true
}

// readers is how many objects are read back at once.
const readers = 4

// verify compares objects with what the bucket holds.
func (r *Run) verify(ctx context.Context, objects []Object) error {
	var mu sync.Mutex
	refusal := fault.Refuse("read-back", "bucket %q does not hold what run %s wrote", r.sink.name, r.id)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for _, o := range objects {
		group.Go(func() error {
			problem, err := r.compare(ctx, o)
			if problem != "" {
				mu.Lock()
				defer mu.Unlock()
				refusal.Add("%s: %s", o.Name, problem)
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

// ownChecksum leaves out the SDK's comparison with the checksum that the server
// stored: a flipped byte is to be found by our own, and reported as such.
func ownChecksum(o *s3.Options) {
	o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
}

func (r *Run) compare(ctx context.Context, o Object) (problem string, err error) {
	for try := 1; ; try++ {
		var broken bool
		if problem, broken, err = r.compareOnce(ctx, o); !broken || try == reads || ctx.Err() != nil {
			return problem, err
		}
	}
}

// compareOnce reads an object once; broken is true if its body broke off.
func (r *Run) compareOnce(ctx context.Context, o Object) (problem string, broken bool, err error) {
	key := r.sink.runKey(r.id, o.Name)
	out, err := r.sink.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &r.sink.bucket, Key: &key}, ownChecksum)
	if notFound(err) {
		return "it is gone", false, nil
	}
	if err != nil {
		return "", false, r.sink.fail(err, "GetObject", key)
	}
	defer out.Body.Close()
	sum := &summer{w: io.Discard}
	if _, err := io.Copy(sum, out.Body); err != nil {
		return "", true, r.sink.fail(err, "GetObject", key)
	}
	switch {
	case sum.n != o.Size:
		return fmt.Sprintf("it has %d bytes instead of %d", sum.n, o.Size), false, nil
	case sum.hex() != o.SHA256:
		return "its SHA-256 differs", false, nil
	}
	return "", false, nil
}

// strangers refuses objects below the run's prefix that are not among objects.
func (r *Run) strangers(ctx context.Context, objects []Object) error {
	known := map[string]bool{manifestName: true}
	for _, o := range objects {
		known[o.Name] = true
	}
	prefix := r.sink.runKey(r.id, "")
	refusal := fault.Refuse("read-back", "bucket %q holds objects in run %s that the run did not write", r.sink.name, r.id)
	err := r.sink.list(ctx, prefix, func(key string) error {
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
	if missing || hash(b) != l.SHA256 || json.Unmarshal(b, &p.Manifest) != nil || p.Manifest.Run != l.Run {
		return nil, fault.Refuse("read-back", "bucket %q: manifest.json of run %s is not the one that latest.json names", s.name, l.Run)
	}
	return p, p.within()
}

// Verify compares every object with the manifest.
func (p *Published) Verify(ctx context.Context) error { return p.verify(ctx, p.Manifest.Objects) }

// blockSize and blocks bound an object reader's memory. A Parquet reader walks the
// columns of a row group side by side: one block for each.
const (
	blockSize = 1 << 20
	blocks    = 24
)

// ReaderAt reads an object at random, by ranges of a mebibyte of which it keeps the
// last 24. It fails if the object is replaced meanwhile. ctx bounds all its reads.
func (r *Run) ReaderAt(ctx context.Context, name string) (io.ReaderAt, int64, error) {
	key := r.sink.runKey(r.id, name)
	out, err := r.sink.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &r.sink.bucket, Key: &key})
	if err != nil {
		return nil, 0, r.sink.fail(err, "HeadObject", key)
	}
	size := aws.ToInt64(out.ContentLength)
	return &objectReader{ctx: ctx, sink: r.sink, key: key, etag: out.ETag, size: size}, size, nil
}

type objectReader struct {
	ctx  context.Context // io.ReaderAt has none of its own
	sink *Sink
	key  string
	etag *string
	size int64

	mu    sync.Mutex
	cache []block // the latest used first
}

type block struct {
	index int64
	data  []byte
}

func (o *objectReader) ReadAt(p []byte, off int64) (n int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for n < len(p) && off < o.size {
		b, err := o.block(off / blockSize)
		if err != nil {
			return n, err
		}
		c := copy(p[n:], b[off%blockSize:])
		n, off = n+c, off+int64(c)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (o *objectReader) block(index int64) ([]byte, error) {
	for i, b := range o.cache {
		if b.index == index {
			copy(o.cache[1:i+1], o.cache[:i])
			o.cache[0] = b
			return b.data, nil
		}
	}
	data, broken, err := o.fetch(index)
	for try := 1; broken && try < reads && o.ctx.Err() == nil; try++ {
		data, broken, err = o.fetch(index)
	}
	if err != nil {
		return nil, err
	}
	if len(o.cache) < blocks {
		o.cache = append(o.cache, block{})
	}
	copy(o.cache[1:], o.cache)
	o.cache[0] = block{index, data}
	return data, nil
}

// fetch reads one block; broken is true if its body broke off.
func (o *objectReader) fetch(index int64) (data []byte, broken bool, err error) {
	from, to := index*blockSize, min((index+1)*blockSize, o.size)
	out, err := o.sink.client.GetObject(o.ctx, &s3.GetObjectInput{Bucket: &o.sink.bucket, Key: &o.key,
		IfMatch: o.etag, Range: aws.String(fmt.Sprintf("bytes=%d-%d", from, to-1))})
	if err != nil {
		return nil, false, o.sink.fail(err, "GetObject", o.key)
	}
	defer out.Body.Close()
	data = make([]byte, to-from)
	if _, err := io.ReadFull(out.Body, data); err != nil {
		return nil, true, o.sink.fail(err, "GetObject", o.key)
	}
	return data, false, nil
}
