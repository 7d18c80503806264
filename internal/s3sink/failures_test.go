package s3sink_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"refresher/internal/s3sink"
	"refresher/internal/testkit/s3server"
)

func TestFailedPutsLeaveNothing(t *testing.T) {
	broken := errors.New("the source broke")
	servers(t, func(t *testing.T, p *place) {
		var parts atomic.Int32
		p.between(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
			q := r.URL.Query()
			if strings.HasSuffix(r.URL.Path, "denied") && q.Has("partNumber") && parts.Add(1) == 2 ||
				strings.HasSuffix(r.URL.Path, "denied-small") && r.Method == "PUT" {
				io.Copy(io.Discard, r.Body)
				answer(w, http.StatusForbidden, "AccessDenied")
				return
			}
			forward.ServeHTTP(w, r)
		})
		g := p.stage(run1)
		put := func(ctx context.Context, name string, write func(io.Writer) error) error {
			leaks := goleak.IgnoreCurrent()
			_, err := g.Put(ctx, name, write)
			if keys, ups := p.keys(), p.uploads(); len(keys)+len(ups) != 0 {
				t.Errorf("%s left %v %v", name, keys, ups)
			}
			http.DefaultClient.CloseIdleConnections()
			goleak.VerifyNone(t, leaks, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
				goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
				goleak.IgnoreAnyFunction("net/http.(*conn).serve"),
				goleak.IgnoreAnyFunction("internal/poll.runtime_pollWait"))
			return err
		}
		for _, n := range []int{0, 1000, 12 << 20} {
			name := fmt.Sprint("broken-", n)
			err := put(t.Context(), name, func(w io.Writer) error {
				if err := noise(1, n)(w); err != nil {
					return err
				}
				return broken
			})
			if !errors.Is(err, broken) || !strings.Contains(err.Error(), name) {
				t.Errorf("after %d bytes: error %v, want the writer's own", n, err)
			}
		}
		for _, name := range []string{"denied", "denied-small"} {
			n := map[string]int{"denied": 40 << 20, "denied-small": 100}[name]
			var e *s3sink.Error
			err := put(t.Context(), name, noise(1, n))
			if !errors.As(err, &e) || e.Code != "AccessDenied" || !strings.Contains(err.Error(),
				"s3:PutObject on arn:aws:s3:::acme-dev/experimentation/*") {
				t.Errorf("%s: error %v", name, err)
			}
		}
		for _, n := range []int{100, 12 << 20} {
			ctx, cancel := context.WithCancel(t.Context())
			err := put(ctx, fmt.Sprint("cancelled-", n), func(w io.Writer) error {
				if err := noise(1, n)(w); err != nil {
					return err
				}
				cancel()
				return noise(1, 20<<20)(w)
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled after %d bytes: error %v", n, err)
			}
		}
		if len(g.Objects()) != 0 {
			t.Errorf("objects %v", g.Objects())
		}
		for _, name := range []string{"", "/x", "../x", "a/../b", "a//b", ".", "manifest.json", "a/"} {
			if _, err := g.Put(t.Context(), name, text("x")); err == nil {
				t.Errorf("name %q is accepted", name)
			}
		}
		_, err := g.Put(t.Context(), "twice", text("1"))
		must(t, err)
		if _, err := g.Put(t.Context(), "twice", text("2")); err == nil {
			t.Error("an object is put twice")
		}
	})
}

// A Put holds a few parts, however large the object is.
func TestPutMemoryIsBounded(t *testing.T) {
	srv := s3server.New(t, s3server.Kinds()[1])
	must(t, srv.CreateBucket(t.Context(), bucket))
	p := &place{Server: srv, t: t}
	p.client = srv.Client()
	g := p.stage(run1)
	var peak uint64
	_, err := g.Put(t.Context(), "large", func(w io.Writer) error {
		for i := range 24 {
			if err := noise(uint64(i), 8<<20)(w); err != nil {
				return err
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
		return nil
	})
	must(t, err)
	t.Logf("peak heap %d MiB for 192 MiB in parts of 5 MiB", peak>>20)
	if peak > 96<<20 {
		t.Errorf("peak heap %d MiB, want at most 96", peak>>20)
	}
}

// An answer that is lost must neither lose the race against oneself nor delete
// what was published.
func TestLostAnswers(t *testing.T) {
	servers(t, func(t *testing.T, p *place) {
		var lose atomic.Int32 // this many answers to a write of latest.json
		p.between(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
			if strings.HasSuffix(r.URL.Path, "latest.json") && r.Method == "PUT" && lose.Add(-1) >= 0 {
				forward.ServeHTTP(httptest.NewRecorder(), r)
				answer(w, http.StatusInternalServerError, "InternalError")
				return
			}
			forward.ServeHTTP(w, r)
		})
		lose.Store(1) // the SDK tries again and finds the condition broken
		p.published(run1, "one")
		lose.Store(100) // every answer
		p.published(run2, "two")
		c, err := p.sink().Current(t.Context())
		must(t, err)
		if c.ID() != run2 {
			t.Errorf("current is %s", c.ID())
		}
	})
}

// Publish fails after latest.json was written and nothing can be read: Discard must
// find out for itself that the run is published.
func TestDiscardSparesWhatIsPublished(t *testing.T) {
	servers(t, func(t *testing.T, p *place) {
		var down atomic.Bool
		p.between(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
			if strings.HasSuffix(r.URL.Path, "latest.json") && r.Method == "PUT" {
				forward.ServeHTTP(httptest.NewRecorder(), r)
				down.Store(true)
			}
			if down.Load() {
				answer(w, http.StatusForbidden, "AccessDenied")
				return
			}
			forward.ServeHTTP(w, r)
		})
		g := p.stage(run1)
		_, err := g.Put(t.Context(), "x", text("x"))
		must(t, err)
		if _, err := g.Publish(t.Context(), passFor(t, run1, "dev"), s3sink.Manifest{}); err == nil {
			t.Fatal("published without an answer")
		}
		if err := g.Discard(t.Context()); err == nil {
			t.Error("discarded without knowing what is published")
		}
		p.front, down = "", atomic.Bool{}
		must(t, g.Discard(t.Context()))
		c, err := p.sink().Current(t.Context())
		must(t, err)
		must(t, c.Verify(t.Context(), nil))
	})
}

func TestDiscardWorksAfterCancel(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		g := p.stage(run1)
		_, err := g.Put(t.Context(), "x", noise(1, 6<<20))
		must(t, err)
		p.upload(prefix + "runs/" + run1 + "/y")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		must(t, g.Discard(ctx))
		if keys, ups := p.keys(), p.uploads(); len(keys)+len(ups) != 0 {
			t.Errorf("left %v %v", keys, ups)
		}
		if _, err := g.Publish(t.Context(), passFor(t, run1, "dev"), s3sink.Manifest{}); err == nil {
			t.Error("published after Discard")
		}
	})
}
