package s3sink_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"refresher/internal/s3sink"
	"refresher/internal/testkit/s3server"
)

// A server that answers, while latest.json is being replaced, with the bytes of
// one version and the checksum of the other is asked again; one that never
// agrees with itself is an error.
func TestATornReadIsReadAgain(t *testing.T) {
	srv := s3server.New(t, s3server.Kinds()[0])
	must(t, srv.CreateBucket(t.Context(), "acme-dev"))
	target, err := url.Parse(srv.Endpoint)
	must(t, err)
	var torn, reads atomic.Int64
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ModifyResponse: func(r *http.Response) error {
			if r.Request.Method == http.MethodGet && strings.HasSuffix(r.Request.URL.Path, "latest.json") {
				reads.Add(1)
				if torn.Add(-1) >= 0 {
					r.Header.Set("X-Amz-Checksum-Crc32", "AAAAAA==")
				}
			}
			return nil
		},
	})
	defer proxy.Close()
	s, err := s3sink.Open(t.Context(), s3sink.Options{Name: "dev", URL: "s3://acme-dev/p", Endpoint: proxy.URL,
		Region: s3server.Region, PathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(srv.AccessKey, srv.SecretKey, "")})
	must(t, err)
	run := "20261116T030000Z-000a"
	g, err := s.Stage(t.Context(), run)
	must(t, err)
	_, err = g.Put(t.Context(), "x", text(run))
	must(t, err)
	_, err = g.Publish(t.Context(), passFor(t, run, "dev"), s3sink.Manifest{})
	must(t, err)
	reads.Store(0)
	torn.Store(1)
	if l, ok, err := s.Latest(t.Context()); err != nil || !ok || l.Run != run || reads.Load() != 2 {
		t.Errorf("got %v %t %v after %d reads", l, ok, err, reads.Load())
	}
	torn.Store(1000)
	if _, _, err := s.Latest(t.Context()); err == nil {
		t.Error("bytes that never fit their checksum were accepted")
	}
}
