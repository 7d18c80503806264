package s3sink_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"refresher/internal/fault"
	"refresher/internal/s3sink"
	"refresher/internal/testkit/s3server"
)

const (
	bucket = "acme-dev"
	prefix = "experimentation/"
	run1   = "20261108T030000Z-0001"
	run2   = "20261115T030000Z-0002"
	run3   = "20261121T030000Z-0003"
)

// place is a bucket on one server, or a folder.
type place struct {
	*s3server.Server
	t      *testing.T
	client *s3.Client
	front  string // endpoint, if not the server's own
	dir    string // where versitygw keeps its files, and where the folder is
	folder string // file:///…; empty: it is on a server
}

// suite runs a test against every kind of bucket: what holds for each of them is what the
// package promises.
func suite(t *testing.T, test func(t *testing.T, p *place)) {
	servers(t, test)
	t.Run("folder", func(t *testing.T) {
		dir := t.TempDir()
		test(t, &place{t: t, dir: dir, folder: filepath.Join(dir, bucket)})
	})
}

// servers runs a test against every kind of server.
func servers(t *testing.T, test func(t *testing.T, p *place)) {
	for _, k := range s3server.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			t.Setenv("AWS_MAX_ATTEMPTS", "2") // one retry is enough to see what a retry does
			p := &place{Server: s3server.New(t, k), t: t, dir: dir}
			p.client = p.Client()
			if err := p.CreateBucket(t.Context(), bucket); err != nil {
				t.Fatal(err)
			}
			test(t, p)
		})
	}
}

func (p *place) options() s3sink.Options {
	if p.folder != "" {
		return s3sink.Options{Name: "dev", URL: "file://" + p.folder + "/" + prefix}
	}
	endpoint := p.Endpoint
	if p.front != "" {
		endpoint = p.front
	}
	return s3sink.Options{
		Name: "dev", URL: "s3://" + bucket + "/" + prefix, Endpoint: endpoint, PathStyle: true, PartBytes: 5 << 20,
		Credentials: credentials.NewStaticCredentialsProvider(p.AccessKey, p.SecretKey, ""),
	}
}

func (p *place) sink() *s3sink.Sink {
	p.t.Helper()
	s, err := s3sink.Open(p.t.Context(), p.options())
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p *place) stage(run string) *s3sink.Staging {
	p.t.Helper()
	g, err := p.sink().Stage(p.t.Context(), run)
	if err != nil {
		p.t.Fatal(err)
	}
	return g
}

// keys lists the whole bucket.
func (p *place) keys() []string {
	p.t.Helper()
	if p.folder != "" {
		return slices.DeleteFunc(p.files(), isUpload)
	}
	out, err := p.client.ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	must(p.t, err)
	keys := []string{}
	for _, o := range out.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}

// files are those of a folder, in the order of their keys, and empty folders; but not its lock.
func (p *place) files() []string {
	files := []string{}
	err := filepath.WalkDir(p.folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		name, _ := filepath.Rel(p.folder, path)
		if d.IsDir() {
			if inside, _ := os.ReadDir(path); len(inside) > 0 || name+"/" == prefix || name == "." {
				return err
			}
			name += "/"
		}
		if name != prefix+".lock" {
			files = append(files, name)
		}
		return err
	})
	must(p.t, err)
	slices.Sort(files)
	return files
}

func isUpload(name string) bool { return strings.HasSuffix(name, ".upload") }

// uploads lists the unfinished uploads.
func (p *place) uploads() []string {
	p.t.Helper()
	keys := []string{}
	if p.folder != "" {
		for _, name := range p.files() {
			if isUpload(name) {
				dir, base := filepath.Split(name)
				keys = append(keys, dir+base[1:len(base)-len(".0123456789abcdef.upload")])
			}
		}
		return keys
	}
	out, err := p.client.ListMultipartUploads(context.Background(),
		&s3.ListMultipartUploadsInput{Bucket: aws.String(bucket)})
	var none smithy.APIError
	if errors.As(err, &none) && none.ErrorCode() == "NoSuchUpload" { // the fake's way to say none
		return keys
	}
	must(p.t, err)
	for _, u := range out.Uploads {
		keys = append(keys, *u.Key)
	}
	return keys
}

// upload begins one, as a program that is killed leaves it.
func (p *place) upload(key string) {
	p.t.Helper()
	if p.folder != "" {
		dir, base := filepath.Split(key)
		p.put(dir+"."+base+".0123456789abcdef.upload", "half of it")
		return
	}
	_, err := p.client.CreateMultipartUpload(p.t.Context(),
		&s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: &key})
	must(p.t, err)
}

// get is an object, and what a server calls its type.
func (p *place) get(key string) (body []byte, contentType string) {
	p.t.Helper()
	if p.folder != "" {
		b, err := os.ReadFile(filepath.Join(p.folder, key))
		must(p.t, err)
		return b, ""
	}
	out, err := p.client.GetObject(p.t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
	must(p.t, err)
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	must(p.t, err)
	return b, aws.ToString(out.ContentType)
}

// put is a write of another program.
func (p *place) put(key, body string) {
	p.t.Helper()
	if p.folder != "" {
		path := filepath.Join(p.folder, key)
		must(p.t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(p.t, os.WriteFile(path, []byte(body), 0o600))
		return
	}
	_, err := p.client.PutObject(p.t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key,
		Body: strings.NewReader(body)})
	must(p.t, err)
}

// remove is another program's, too.
func (p *place) remove(key string) {
	p.t.Helper()
	if p.folder != "" {
		must(p.t, os.Remove(filepath.Join(p.folder, key)))
		return
	}
	_, err := p.client.DeleteObject(p.t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: &key})
	must(p.t, err)
}

// between puts a proxy before the server. It sees every request first and may
// answer it itself, or replace the server's answer.
func (p *place) between(handle func(w http.ResponseWriter, r *http.Request, forward http.Handler)) {
	target, err := url.Parse(p.Endpoint)
	if err != nil {
		p.t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		// the signature covers the host
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handle(w, r, proxy) }))
	p.t.Cleanup(srv.Close)
	p.front = srv.URL
}

func answer(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>as the test wants</Message></Error>", code)
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

// noise writes n bytes that depend on seed.
func noise(seed uint64, n int) func(io.Writer) error {
	return func(w io.Writer) error {
		var s [32]byte
		s[0] = byte(seed)
		_, err := io.CopyN(w, rand.NewChaCha8(s), int64(n))
		return err
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err error, gate string) *fault.Refusal {
	t.Helper()
	var r *fault.Refusal
	if !errors.As(err, &r) || r.Gate != gate {
		t.Fatalf("error %v, want a refusal by %s", err, gate)
	}
	return r
}

// published stages and publishes a run of one object.
func (p *place) published(run, body string) {
	p.t.Helper()
	g := p.stage(run)
	_, err := g.Put(p.t.Context(), "experimentation.dump", text(body))
	must(p.t, err)
	_, err = g.Publish(p.t.Context(), passFor(p.t, run, "dev"), s3sink.Manifest{Content: "sample"})
	must(p.t, err)
}

func runObjects(run string, names ...string) []string {
	var keys []string
	for _, n := range names {
		keys = append(keys, prefix+"runs/"+run+"/"+n)
	}
	return keys
}

// fake is a bucket on the server in this process.
func fake(t *testing.T) *place { t.Helper(); return on(t, 0) }

// on is a bucket on a server of one kind.
func on(t *testing.T, kind int) *place {
	t.Helper()
	t.Setenv("AWS_MAX_ATTEMPTS", "2")
	p := &place{Server: s3server.New(t, s3server.Kinds()[kind]), t: t, dir: t.TempDir()}
	p.client = p.Client()
	must(t, p.CreateBucket(t.Context(), bucket))
	return p
}
