package s3sink_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"go.uber.org/goleak"

	"refresher/internal/fault"
	"refresher/internal/s3sink"
	"refresher/internal/s3test"
)

func TestFailedPutsLeaveNothing(t *testing.T) {
	broken := errors.New("the source broke")
	suite(t, func(t *testing.T, p *place) {
		var parts atomic.Int32
		p.between(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
			q := r.URL.Query()
			if strings.HasSuffix(r.URL.Path, "denied") && q.Has("partNumber") && parts.Add(1) == 2 || strings.HasSuffix(r.URL.Path, "denied-small") && r.Method == "PUT" {
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
			goleak.VerifyNone(t, leaks, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
				goleak.IgnoreAnyFunction("net/http.(*conn).serve"), goleak.IgnoreAnyFunction("internal/poll.runtime_pollWait"))
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
			if !errors.As(err, &e) || e.Code != "AccessDenied" || !strings.Contains(err.Error(), "s3:PutObject on arn:aws:s3:::acme-dev/experimentation/*") {
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
	srv := s3test.New(t, s3test.Kinds()[1])
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

func TestSweep(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		ctx := t.Context()
		p.published(run1, "one")
		p.published(run2, "two")
		dead, complete, live := "20261120T030000Z-dead", "20261121T010000Z-d0ed", "20261121T020000Z-beef"
		older := "20261101T030000Z-dead"
		for _, k := range append(runObjects(dead, "a", "tables/x.y/part-00000.parquet"), runObjects(older, "b")...) {
			p.put(k, "x")
		}
		for _, k := range append(runObjects(complete, "a", "manifest.json"), runObjects(live, "c")...) {
			p.put(k, "x") // complete was killed between manifest.json and latest.json
		}
		// Not ours to delete.
		kept := []string{prefix + "README.txt", prefix + "runs/notes.txt", prefix + "runs/by-hand/x", "other/runs/" + dead + "/a"}
		for _, k := range kept {
			p.put(k, "x")
		}
		p.put(prefix+"runs/.probe-0123456789abcdef", "x")
		for _, k := range append(runObjects(dead, "big"), append(runObjects(live, "big"), "other/runs/"+dead+"/big")...) {
			_, err := p.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: &k})
			must(t, err)
		}
		swept, err := p.sink().Sweep(ctx, live)
		must(t, err)
		if want := []string{older, dead, complete}; !slices.Equal(swept, want) {
			t.Errorf("swept %v, want %v", swept, want)
		}
		want := slices.Concat(kept, runObjects(run1, "experimentation.dump", "manifest.json"),
			runObjects(run2, "experimentation.dump", "manifest.json"), runObjects(live, "c"), []string{prefix + "latest.json"})
		slices.Sort(want)
		if got := p.keys(); !slices.Equal(got, want) {
			t.Errorf("left %q, want %q", got, want)
		}
		ups := p.uploads()
		slices.Sort(ups)
		if want := append(runObjects(live, "big"), "other/runs/"+dead+"/big"); !slices.Equal(ups, want) {
			t.Errorf("uploads %v, want %v", ups, want)
		}
		if swept, err := p.sink().Sweep(ctx, live); err != nil || len(swept) != 0 {
			t.Errorf("a second sweep: %v, %v", swept, err)
		}
	})
}

// Before the first publication nothing is published, whatever it looks like.
func TestSweepBeforeTheFirstPublication(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		for _, k := range runObjects(run1, "a", "manifest.json") {
			p.put(k, "x")
		}
		swept, err := p.sink().Sweep(t.Context())
		if err != nil || !slices.Equal(swept, []string{run1}) || len(p.keys()) != 0 {
			t.Errorf("swept %v, %v, left %v", swept, err, p.keys())
		}
	})
}

func TestRetain(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		ctx := t.Context()
		var runs []string
		for i := range 5 {
			runs = append(runs, fmt.Sprintf("202611%02dT030000Z-000%d", i+1, i))
			p.published(runs[i], fmt.Sprint(i))
		}
		for _, k := range runObjects(run3, "unpublished") {
			p.put(k, "x")
		}
		for _, bad := range []int{0, -1} {
			var in *fault.Input
			if _, err := p.sink().Retain(ctx, bad); !errors.As(err, &in) {
				t.Errorf("keep %d: error %v", bad, err)
			}
		}
		if removed, err := p.sink().Retain(ctx, 5); err != nil || len(removed) != 0 {
			t.Errorf("keep 5: removed %v, %v", removed, err)
		}
		if removed, err := p.sink().Retain(ctx, 2); err != nil || !slices.Equal(removed, runs[:3]) {
			t.Errorf("keep 2: removed %v, %v, want %v", removed, err, runs[:3])
		}
		want := slices.Concat([]string{prefix + "latest.json"}, runObjects(runs[3], "experimentation.dump", "manifest.json"),
			runObjects(runs[4], "experimentation.dump", "manifest.json"), runObjects(run3, "unpublished"))
		if got := p.keys(); !slices.Equal(got, want) {
			t.Errorf("left %q, want %q", got, want)
		}
		// Somebody set latest.json back by hand: what it names stays.
		c, err := p.sink().Current(ctx)
		must(t, err)
		l, _ := p.get(prefix + "latest.json")
		p.put(prefix+"latest.json", strings.ReplaceAll(string(l), runs[4], runs[3]))
		if removed, err := p.sink().Retain(ctx, 1); err != nil || len(removed) != 0 {
			t.Errorf("keep 1: removed %v, %v", removed, err)
		}
		p.put(prefix+"latest.json", string(l))
		must(t, c.Verify(ctx))
	})
}

func TestTheLaterPublicationLoses(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		for _, names := range [][2]string{{"20261116T030000Z-000a", "20261117T030000Z-000b"}, {"20261118T030000Z-000c", "20261119T030000Z-000d"}} {
			var g [2]*s3sink.Staging
			for i, run := range names {
				g[i] = p.stage(run)
				_, err := g[i].Put(t.Context(), "x", text(run))
				must(t, err)
			}
			var wg sync.WaitGroup
			var errs [2]error
			for i, run := range names {
				p := pass(t, run, "dev")
				wg.Go(func() { _, errs[i] = g[i].Publish(t.Context(), p, s3sink.Manifest{}) })
			}
			wg.Wait()
			winner := 0
			if errs[0] != nil {
				winner = 1
			}
			must(t, errs[winner])
			refused(t, errs[1-winner], "publish")
			must(t, g[1-winner].Discard(t.Context()))
			c, err := p.sink().Current(t.Context())
			must(t, err)
			must(t, c.Verify(t.Context()))
			if c.ID() != names[winner] || slices.ContainsFunc(p.keys(), func(k string) bool { return strings.Contains(k, names[1-winner]) }) {
				t.Errorf("current is %s of %v; keys %v", c.ID(), names, p.keys())
			}
		}
	})
}

// An answer that is lost must neither lose the race against oneself nor delete
// what was published.
func TestLostAnswers(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
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
	suite(t, func(t *testing.T, p *place) {
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
		if _, err := g.Publish(t.Context(), pass(t, run1, "dev"), s3sink.Manifest{}); err == nil {
			t.Fatal("published without an answer")
		}
		if err := g.Discard(t.Context()); err == nil {
			t.Error("discarded without knowing what is published")
		}
		p.front, down = "", atomic.Bool{}
		must(t, g.Discard(t.Context()))
		c, err := p.sink().Current(t.Context())
		must(t, err)
		must(t, c.Verify(t.Context()))
	})
}

func TestDiscardWorksAfterCancel(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		g := p.stage(run1)
		_, err := g.Put(t.Context(), "x", noise(1, 6<<20))
		must(t, err)
		_, err = p.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String(prefix + "runs/" + run1 + "/y")})
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		must(t, g.Discard(ctx))
		if keys, ups := p.keys(), p.uploads(); len(keys)+len(ups) != 0 {
			t.Errorf("left %v %v", keys, ups)
		}
		if _, err := g.Publish(t.Context(), pass(t, run1, "dev"), s3sink.Manifest{}); err == nil {
			t.Error("published after Discard")
		}
	})
}

func TestServersWithoutConditionalWritesAreFound(t *testing.T) {
	for _, header := range []string{"If-None-Match", "If-Match"} {
		suite(t, func(t *testing.T, p *place) {
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

func TestErrorsSayWhatToDo(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
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
			"no list":   {set: deny(func(r *http.Request) bool { return r.URL.Query().Has("list-type") }), want: []string{"s3:ListBucket on arn:aws:s3:::acme-dev"}},
			"no delete": {set: deny(func(r *http.Request) bool { return r.Method == "DELETE" && !r.URL.Query().Has("uploadId") }), want: []string{"s3:DeleteObject on"}},
			"no abort":  {set: deny(func(r *http.Request) bool { return r.Method == "DELETE" && r.URL.Query().Has("uploadId") }), want: []string{"s3:AbortMultipartUpload on"}},
			"no uploads": {set: deny(func(r *http.Request) bool { return r.Method == "GET" && r.URL.Query().Has("uploads") }),
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
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) || strings.Contains(err.Error(), p.SecretKey) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: unfit for a log: %q", name, err)
			}
		}
	})
}

func TestForeignLatestIsNotReplaced(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		for _, body := range []string{"hello", "{}", `{"run":"../x","manifest":"y","sha256":"z"}`, strings.Repeat(" ", 100_000)} {
			p.put(prefix+"latest.json", body)
			if _, err := p.sink().Stage(t.Context(), run1); err == nil || !strings.Contains(err.Error(), "latest.json") {
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
	for url, want := range map[string][2]string{
		"s3://bucket": {"bucket", ""}, "s3://bucket/": {"bucket", ""}, "s3://bucket/a/b/": {"bucket", "a/b/"}, "s3://my.bucket/a": {"my.bucket", "a/"},
	} {
		if b, p, err := s3sink.ParseURL(url); err != nil || b != want[0] || p != want[1] {
			t.Errorf("ParseURL(%q) = %q, %q, %v", url, b, p, err)
		}
	}
}
