package s3sink_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"refresher/internal/s3sink"
)

// traffic counts the bytes of objects that leave the server.
type traffic struct {
	http.ResponseWriter
	mu    *sync.Mutex
	bytes map[string]int64
	path  string
}

func (t traffic) Write(p []byte) (int, error) {
	n, err := t.ResponseWriter.Write(p)
	t.mu.Lock()
	t.bytes[t.path] += int64(n)
	t.mu.Unlock()
	return n, err
}

// An object that is looked through while it is read back is downloaded once, also by a
// reader that wants its end first and goes to and fro, as Parquet's does.
func TestEachObjectIsDownloadedOnce(t *testing.T) {
	const size = 60 << 20
	looks := map[string]s3sink.Look{
		"unread": nil,
		"in order": func(_ context.Context, _ s3sink.Object, c *s3sink.Content) error {
			_, err := io.Copy(io.Discard, c)
			return err
		},
		"footer first, then columns side by side": func(_ context.Context, _ s3sink.Object, c *s3sink.Content) error {
			buf := make([]byte, 64<<10)
			for _, off := range []int64{size - 8, size - 40_000, size - 1_500_000} {
				if _, err := c.ReadAt(buf[:8], off); err != nil {
					return err
				}
			}
			for group := int64(0); group < size; group += 10 << 20 {
				for at := int64(0); at < 2<<20; at += int64(len(buf)) {
					for column := int64(0); column < 10<<20; column += 2 << 20 {
						if _, err := c.ReadAt(buf, group+column+at); err != nil {
							return err
						}
					}
				}
			}
			return nil
		},
	}
	servers(t, func(t *testing.T, p *place) {
		seen := traffic{mu: &sync.Mutex{}, bytes: map[string]int64{}}
		p.between(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
			if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/runs/") {
				w = traffic{w, seen.mu, seen.bytes, r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]}
			}
			forward.ServeHTTP(w, r)
		})
		g := p.stage(run1)
		for name, look := range looks {
			_, err := g.Put(t.Context(), name, noise(3, size))
			must(t, err)
			must(t, g.Verify(t.Context(), look))
			// A download that is given up in its middle has some bytes under way.
			if got := seen.bytes[name]; got < size || got > size+2<<20 {
				t.Errorf("%s: %d bytes of an object of %d were downloaded", name, got, size)
			}
		}
	})
}

// What was found in other bytes than those that the run wrote is beside the point, and
// an object that changes while it is looked through is refused.
func TestLookingThroughWhatDiffers(t *testing.T) {
	broken := errors.New("this can't be read")
	suite(t, func(t *testing.T, p *place) {
		g := p.stage(run1)
		_, err := g.Put(t.Context(), "x", noise(1, 3<<20))
		must(t, err)
		key := prefix + "runs/" + run1 + "/x"
		same, _ := p.get(key)
		err = g.Verify(t.Context(), func(context.Context, s3sink.Object, *s3sink.Content) error { return broken })
		if !errors.Is(err, broken) {
			t.Errorf("the reader's own error became %v", err)
		}
		p.flip(key)
		r := refused(t, g.Verify(t.Context(), func(context.Context, s3sink.Object, *s3sink.Content) error {
			return broken
		}), "read-back")
		if len(r.Problems) != 1 || r.Problems[0].Text != "x: its SHA-256 differs" {
			t.Errorf("%q", r.Problems)
		}
		p.put(key, string(same))
		r = refused(t, g.Verify(t.Context(), func(_ context.Context, _ s3sink.Object, c *s3sink.Content) error {
			p.put(key, strings.Repeat("x", 3<<20))
			_, err := io.Copy(io.Discard, c)
			return err
		}), "read-back")
		if len(r.Problems) != 1 || r.Problems[0].Text != "x: it was replaced or removed while it was read" {
			t.Errorf("%q", r.Problems)
		}
		p.put(key, string(same))
		must(t, g.Verify(t.Context(), func(_ context.Context, _ s3sink.Object, c *s3sink.Content) error {
			got, err := io.ReadAll(c)
			if !bytes.Equal(got, same) {
				t.Errorf("read %d other bytes", len(got))
			}
			return err
		}))
	})
}

// What is here of an object is not downloaded again, and is hashed with the rest.
func TestFetchAfter(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		var whole bytes.Buffer
		must(t, noise(5, 3<<20+17)(&whole))
		p.published(run1, whole.String())
		c, err := p.sink().Current(t.Context())
		must(t, err)
		for _, n := range []int64{0, 1 << 20, 2 << 20, 3 << 20, int64(whole.Len())} {
			var rest bytes.Buffer
			have := bytes.NewReader(whole.Bytes()[:n])
			must(t, c.FetchAfter(t.Context(), c.Manifest.Objects[0], have, n, &rest))
			if !bytes.Equal(rest.Bytes(), whole.Bytes()[n:]) {
				t.Errorf("after %d bytes, %d came", n, rest.Len())
			}
		}
		other := bytes.NewReader(make([]byte, 1<<20))
		r := refused(t, c.FetchAfter(t.Context(), c.Manifest.Objects[0], other, 1<<20, io.Discard), "read-back")
		if !strings.Contains(r.Reason, "its SHA-256 differs") {
			t.Error(r)
		}
		short := bytes.NewReader(make([]byte, 100))
		if err := c.FetchAfter(t.Context(), c.Manifest.Objects[0], short, 1<<20, io.Discard); err == nil {
			t.Error("less is here than was said, and that is taken")
		}
	})
}
