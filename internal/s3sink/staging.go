package s3sink

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"refresher/internal/fault"
)

// Staging is a run's objects before they are published. Put may be called from
// several goroutines; the other methods belong to the one that started the run.
type Staging struct {
	*Run
	// Sign makes the signature file of a manifest; nil: it has none.
	Sign func(manifest []byte) ([]byte, error)

	etag   string // of latest.json when the run was staged, empty if there was none
	claims names

	mu      sync.Mutex
	objects []Object
	checked map[string]bool // read back and found equal
	done    bool            // published or discarded
}

// Stage opens a run. It fails if the run has objects already.
func (s *Sink) Stage(ctx context.Context, run string) (*Staging, error) {
	if !runID.MatchString(run) {
		return nil, fmt.Errorf("bucket %q: %q is not a run's id", s.bucket, run)
	}
	_, etag, err := s.latest(ctx)
	if err != nil {
		return nil, err
	}
	err = s.store.list(ctx, s.runKey(run, ""), func(key string, _ int64) error {
		return &Error{Bucket: s.bucket, Op: "ListObjectsV2", Key: key, Reason: "run " + run +
			" has objects already; a run is staged once"}
	})
	if err != nil {
		return nil, err
	}
	return &Staging{Run: &Run{sink: s, id: run}, etag: etag, checked: map[string]bool{}}, nil
}

// Put stores what write writes as object name (a path below the run's prefix),
// while it is written. If write or the upload fails nothing is stored, and the
// error is write's own where that came first.
func (g *Staging) Put(ctx context.Context, name string, write func(io.Writer) error) (Object, error) {
	s := g.sink
	if !goodName(name) || name == manifestName || name == signatureName {
		return Object{}, fmt.Errorf("bucket %q: %q is not an object's name", s.bucket, name)
	}
	if !g.claims.claim(name) {
		return Object{}, fmt.Errorf("bucket %q: object %s is put twice in run %s", s.bucket, name, g.id)
	}
	r, w := io.Pipe()
	sending, cancel := lingering(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
	defer stop()
	sum := &summer{w: w, max: s.maxObject}
	wrote := make(chan error, 1)
	go func() {
		err := write(sum)
		w.CloseWithError(err)
		wrote <- err
	}()
	key := s.runKey(g.id, name)
	err := s.store.upload(sending, key, r)
	if err != nil {
		r.CloseWithError(err)
	}
	werr := <-wrote
	switch {
	case ctx.Err() != nil && (err != nil || werr != nil):
		return Object{}, fmt.Errorf("bucket %q: storing %s: %w", s.bucket, key, ctx.Err())
	case werr != nil && (err == nil || !errors.Is(werr, err)):
		return Object{}, fmt.Errorf("writing %s: %w", name, werr)
	case err != nil:
		return Object{}, err
	}
	o := Object{Name: name, Size: sum.n, SHA256: sum.hex()}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.objects = append(g.objects, o)
	return o, nil
}

// linger is how long parts under way may go on after a Put was cancelled.
const linger = 10 * time.Second

// lingering is ctx, cancelled later. A cancelled Put ends by its body's error: parts
// under way arrive, and then the upload is aborted. An abort that overtakes a part
// leaves the upload behind (Amazon S3 API Reference, AbortMultipartUpload).
func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var timer atomic.Pointer[time.Timer]
	stop := context.AfterFunc(ctx, func() { timer.Store(time.AfterFunc(linger, cancel)) })
	return out, func() {
		stop()
		if t := timer.Load(); t != nil {
			t.Stop()
		}
		cancel()
	}
}

// Objects lists what was put so far, by name.
func (g *Staging) Objects() []Object {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := slices.Clone(g.objects)
	slices.SortFunc(out, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Verify reads back every object that was not read back before, compares size and
// SHA-256, and has it looked through by look, if that isn't nil, in the same download;
// it also looks for objects in the run that were never put. What differs is a
// *fault.Refusal.
func (g *Staging) Verify(ctx context.Context, look Look) error {
	objects := g.Objects()
	todo := slices.DeleteFunc(slices.Clone(objects), func(o Object) bool { return g.checked[o.Name] })
	if err := g.verify(ctx, todo, look); err != nil {
		return err
	}
	if err := g.onlyThese(ctx, objects); err != nil {
		return err
	}
	for _, o := range todo {
		g.checked[o.Name] = true
	}
	return nil
}

// Discard removes the run: its objects and unfinished uploads. It works on a
// cancelled context, and does nothing after Publish.
func (g *Staging) Discard(ctx context.Context) error {
	if g.done {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	// A Publish whose answer was lost may have succeeded.
	latest, _, err := g.sink.latest(ctx)
	if err != nil {
		return err
	}
	if latest.Run == g.id {
		g.done = true
		return nil
	}
	prefix := g.sink.runKey(g.id, "")
	if _, err := g.sink.store.abort(ctx, prefix, func(string) bool { return true }); err != nil {
		return err
	}
	if err := g.sink.removeAll(ctx, prefix, prefix+manifestName); err != nil {
		return err
	}
	g.done = true
	return nil
}

// errTooLarge is why an object is not stored.
var errTooLarge = errors.New("the object is larger than 10,000 parts, the most that S3 takes; dump less, or write " +
	"Parquet, which comes in many objects")

// summer hashes and counts what passes, up to max bytes.
type summer struct {
	w   io.Writer
	n   int64
	max int64
	sum interface {
		io.Writer
		Sum([]byte) []byte
	}
}

func (s *summer) Write(p []byte) (int, error) {
	if s.sum == nil {
		s.sum = sha256.New()
	}
	if s.n+int64(len(p)) > s.max {
		return 0, errTooLarge
	}
	n, err := s.w.Write(p)
	_, _ = s.sum.Write(p[:n]) // never fails
	s.n += int64(n)
	return n, err
}

func (s *summer) hex() string {
	if s.sum == nil {
		s.sum = sha256.New()
	}
	return hex.EncodeToString(s.sum.Sum(nil))
}

// errNoPass is why a run without a verification's pass is refused.
func errNoPass(run, name string) error {
	return fault.Refuse("verify", "bucket %q: run %s has no pass of its verification, so nothing is published", name,
		run)
}
