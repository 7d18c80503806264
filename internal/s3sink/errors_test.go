package s3sink_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"refresher/internal/fault"
	"refresher/internal/s3sink"
)

func TestServersWithoutConditionalWritesAreFound(t *testing.T) {
	for _, header := range []string{"If-None-Match", "If-Match"} {
		servers(t, func(t *testing.T, p *place) {
			var seen atomic.Int32
			p.between(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
				if r.Header.Get(header) != "" && r.Method == "PUT" && (header == "If-Match" || seen.Add(1) > 1) {
					io.Copy(io.Discard, r.Body)
					w.Header().Set("ETag", `"x"`)
					return
				}
				forward.ServeHTTP(w, r)
			})
			err := p.sink().Probe(t.Context())
			if err == nil || !strings.Contains(err.Error(), "ignores "+header) {
				t.Errorf("error %v", err)
			}
			if len(p.keys()) != 0 {
				t.Errorf("the probe left %v", p.keys())
			}
		})
	}
}

// So is one that can't list unfinished uploads, and the probe's own is ended there.
func TestServersThatListNoUploadsAreFound(t *testing.T) {
	p := fake(t)
	p.between(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if r.Method == http.MethodGet && asks(r, "uploads") {
			answer(w, http.StatusNotImplemented, "NotImplemented")
			return
		}
		forward.ServeHTTP(w, r)
	})
	err := p.sink().Probe(t.Context())
	if err == nil || !strings.Contains(err.Error(), "ListMultipartUploads") || !strings.Contains(err.Error(), "does not implement it") {
		t.Errorf("error %v", err)
	}
	if left := append(p.keys(), p.uploads()...); len(left) > 0 {
		t.Errorf("the probe left %v", left)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	servers(t, func(t *testing.T, p *place) {
		const secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYSECRET"
		deny := func(match func(*http.Request) bool) func() {
			return func() {
				p.between(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
					if match(r) {
						answer(w, http.StatusForbidden, "AccessDenied")
						return
					}
					forward.ServeHTTP(w, r)
				})
			}
		}
		for name, c := range map[string]struct {
			set  func()
			opts func(*s3sink.Options)
			want []string
		}{
			"missing bucket": {opts: func(o *s3sink.Options) { o.URL = "s3://nosuchbucket/x" },
				want: []string{`bucket "nosuchbucket"`, "PutObject", "there is no such bucket", "create it"}},
			"wrong secret": {opts: func(o *s3sink.Options) {
				o.Credentials = credentials.NewStaticCredentialsProvider(p.AccessKey, secret, "")
			}, want: []string{`bucket "acme-dev"`, "does not accept the credentials", "AWS_SECRET_ACCESS_KEY"}},
			"wrong key": {opts: func(o *s3sink.Options) {
				o.Credentials = credentials.NewStaticCredentialsProvider("AKIANOSUCHKEY", secret, "")
			}, want: []string{"does not accept the credentials", "AWS_ACCESS_KEY_ID"}},
			"unreachable": {opts: func(o *s3sink.Options) { o.Endpoint = "http://127.0.0.1:1" },
				want: []string{"can't be reached", "127.0.0.1:1", "check the endpoint"}},
			"no host": {opts: func(o *s3sink.Options) { o.Endpoint = "http://nosuch.invalid" },
				want: []string{`host "nosuch.invalid" can't be resolved`}},
			"no write": {set: deny(func(r *http.Request) bool { return r.Method == "PUT" }),
				want: []string{"access denied", "s3:PutObject on arn:aws:s3:::acme-dev/experimentation/*"}},
			"no read": {set: deny(func(r *http.Request) bool {
				return r.Method == "GET" && !r.URL.Query().Has("list-type") && !r.URL.Query().Has("uploads")
			}), want: []string{"s3:GetObject on"}},
			"no list": {set: deny(func(r *http.Request) bool { return r.URL.Query().Has("list-type") }),
				want: []string{"s3:ListBucket on arn:aws:s3:::acme-dev"}},
			"no delete": {set: deny(func(r *http.Request) bool {
				return r.Method == "DELETE" &&
					!r.URL.Query().Has("uploadId")
			}), want: []string{"s3:DeleteObject on"}},
			"no abort": {set: deny(func(r *http.Request) bool {
				return r.Method == "DELETE" &&
					r.URL.Query().Has("uploadId")
			}), want: []string{"s3:AbortMultipartUpload on"}},
			"no uploads": {set: deny(func(r *http.Request) bool {
				return r.Method == "GET" &&
					r.URL.Query().Has("uploads")
			}),
				want: []string{"s3:ListBucketMultipartUploads on"}},
			"no credentials": {opts: func(o *s3sink.Options) {
				o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return aws.Credentials{}, errors.New("no provider, tried " + secret)
				})
			}, want: []string{"the AWS SDK found none", "AWS_PROFILE"}},
		} {
			p.front = ""
			if c.set != nil {
				c.set()
			}
			opts := p.options()
			if c.opts != nil {
				c.opts(&opts)
			}
			sink, err := s3sink.Open(t.Context(), opts)
			must(t, err)
			err = sink.Probe(t.Context())
			if err == nil {
				t.Errorf("%s: no error", name)
				continue
			}
			var in *fault.Input
			var r *fault.Refusal
			if errors.As(err, &in) || errors.As(err, &r) {
				t.Errorf("%s: %v is no fault of the environment", name, err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%s: %q lacks %q", name, err, w)
				}
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) || strings.Contains(err.Error(),
				p.SecretKey) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: unfit for a log: %q", name, err)
			}
		}
	})
}

func TestForeignLatestIsNotReplaced(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		for _, body := range []string{"hello", "{}", `{"run":"../x","manifest":"y","sha256":"z"}`,
			strings.Repeat(" ", 100_000)} {
			p.put(prefix+"latest.json", body)
			if _, err := p.sink().Stage(t.Context(), run1); err == nil || !strings.Contains(err.Error(),
				"latest.json") {
				t.Errorf("error %v", err)
			}
		}
	})
}

func TestManifestIsCheckedAgainstLatest(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		p.published(run1, "one")
		key := prefix + "runs/" + run1 + "/manifest.json"
		b, _ := p.get(key)
		p.put(key, string(bytes.Replace(b, []byte(`"content": "sample"`), []byte(`"content": "stolen"`), 1)))
		_, err := p.sink().Current(t.Context())
		refused(t, err, "read-back")
	})
}

func TestBadOptionsAreInput(t *testing.T) {
	for _, change := range []func(*s3sink.Options){
		func(o *s3sink.Options) { o.URL = "" },
		func(o *s3sink.Options) { o.URL = "https://bucket.s3.amazonaws.com/x" },
		func(o *s3sink.Options) { o.URL = "s3://" },
		func(o *s3sink.Options) { o.URL = "s3:///x" },
		func(o *s3sink.Options) { o.URL = "s3://b" },
		func(o *s3sink.Options) { o.URL = "s3://KEY:topsecret@bucket/x" },
		func(o *s3sink.Options) { o.URL = "s3://bucket/a//b" },
		func(o *s3sink.Options) { o.URL = "s3://bucket/../b" },
		func(o *s3sink.Options) { o.URL = "s3://bucket/a?versionId=1" },
		func(o *s3sink.Options) { o.Endpoint = "localhost:9000" },
		func(o *s3sink.Options) { o.Endpoint = "ftp://localhost" },
		func(o *s3sink.Options) { o.Endpoint = "http://KEY:topsecret@localhost" },
		func(o *s3sink.Options) { o.Endpoint = "http://KEY:topsecret@local host" },
		func(o *s3sink.Options) { o.PartBytes = 1 << 20 },
		func(o *s3sink.Options) { o.Endpoint, o.Region = "", "" },
	} {
		for _, k := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"} {
			t.Setenv(k, "")
		}
		t.Setenv("AWS_CONFIG_FILE", "/dev/null")
		o := s3sink.Options{Name: "dev", URL: "s3://bucket/prefix", Endpoint: "http://localhost:9000"}
		change(&o)
		_, err := s3sink.Open(t.Context(), o)
		var in *fault.Input
		if !errors.As(err, &in) || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%+v: error %v, want a fault.Input without secrets", o, err)
		}
	}
	for url, want := range map[string]s3sink.Place{
		"s3://bucket":          {Bucket: "bucket"},
		"s3://bucket/":         {Bucket: "bucket"},
		"s3://bucket/a/b/":     {Bucket: "bucket", Prefix: "a/b/"},
		"s3://my.bucket/a":     {Bucket: "my.bucket", Prefix: "a/"},
		"file:///srv/data":     {Folder: true, Prefix: "srv/data/"},
		"file:///srv/my%20app": {Folder: true, Prefix: "srv/my app/"},
	} {
		if got, err := s3sink.ParseURL(url); err != nil || got != want {
			t.Errorf("ParseURL(%q) = %+v, %v", url, got, err)
		}
	}
	for _, url := range []string{"file:///", "file://host/srv", "file:srv", "file:///srv/../etc", "file:///srv/%zz",
		"file:///srv//a", "file:///srv?x", "file:///srv%00", "/srv"} {
		var in *fault.Input
		if _, err := s3sink.ParseURL(url); !errors.As(err, &in) {
			t.Errorf("ParseURL(%q): %v, want a *fault.Input", url, err)
		}
	}
}
