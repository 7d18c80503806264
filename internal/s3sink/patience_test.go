package s3sink_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"refresher/internal/s3sink"
	"refresher/internal/testkit/faultproxy"
	"refresher/internal/testkit/s3server"
)

func open(t *testing.T, endpoint, bucket string, stall time.Duration) *s3sink.Sink {
	t.Helper()
	sink, err := s3sink.Open(t.Context(), s3sink.Options{Name: "b", URL: "s3://" + bucket + "/p", Endpoint: endpoint,
		PathStyle: true, Stall: stall,
		Credentials: credentials.NewStaticCredentialsProvider("refresher-test", "refresher-test-secret", "")})
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

// A server that takes the request and never answers ends the operation, and doesn't
// hang it.
func TestASilentServerIsGivenUp(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, c) }()
		}
	}()
	t.Setenv("AWS_MAX_ATTEMPTS", "2")
	_, _, err = open(t, "http://"+l.Addr().String(), "bucket", 50*time.Millisecond).Latest(t.Context())
	if err == nil || !strings.Contains(err.Error(), "check the endpoint and the network") {
		t.Errorf("got %v", err)
	}
}

// Another run's Sweep takes probes away. That says nothing about the bucket.
func TestAProbeThatIsSweptIsTriedAgain(t *testing.T) {
	for _, k := range s3server.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			srv := s3server.New(t, k)
			if err := srv.CreateBucket(t.Context(), "bucket"); err != nil {
				t.Fatal(err)
			}
			other := open(t, srv.Endpoint, "bucket", 0)
			for at := 2; at < 9; at++ {
				var swept atomic.Bool
				proxy, err := faultproxy.HTTP(srv.Endpoint, func(n int, _ *http.Request) faultproxy.Action {
					if n == at {
						swept.Store(true)
						if _, err := other.Sweep(t.Context()); err != nil {
							t.Error(err)
						}
					}
					return faultproxy.Pass
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := open(t, proxy.URL, "bucket", 0).Probe(t.Context()); err != nil || !swept.Load() {
					t.Errorf("swept (%t) before request %d: %v", swept.Load(), at, err)
				}
				proxy.Close()
			}
		})
	}
}

// An object whose body breaks off is read again.
func TestABrokenBodyIsReadAgain(t *testing.T) {
	srv := s3server.New(t, s3server.Kinds()[1])
	if err := srv.CreateBucket(t.Context(), "bucket"); err != nil {
		t.Fatal(err)
	}
	thing := []byte(strings.Repeat("0123456789", 100))
	for broken, want := range map[int32]bool{2: true, 9: false} {
		var left atomic.Int32
		left.Store(broken)
		proxy, err := faultproxy.HTTP(srv.Endpoint, func(_ int, r *http.Request) faultproxy.Action {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/thing") && left.Add(-1) >= 0 {
				return faultproxy.Truncate
			}
			return faultproxy.Pass
		})
		if err != nil {
			t.Fatal(err)
		}
		run, err := open(t, proxy.URL, "bucket", 0).Stage(t.Context(), map[bool]string{true: "20261121T030000Z-7f3a",
			false: "20261121T030000Z-7f3b"}[want])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := run.Put(t.Context(), "thing", func(w io.Writer) error {
			_,
				err := w.Write(thing)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var got []byte
		err = run.Verify(t.Context(), func(_ context.Context, _ s3sink.Object, c *s3sink.Content) (err error) {
			got, err = io.ReadAll(c)
			return err
		})
		if (err == nil) != want || want && !bytes.Equal(got, thing) {
			t.Errorf("broken off %d times: %d bytes, %v", broken, len(got), err)
		}
		proxy.Close()
	}
}
