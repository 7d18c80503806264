package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"refresher/internal/config/secret"
	"refresher/internal/pull"
	"refresher/internal/refresh"
	"refresher/internal/report/signature"
	"refresher/internal/s3sink"
	"refresher/internal/testkit/pgserver"
)

// through puts a proxy before the S3 server: handle sees each answer, and may cut it.
func (d *desk) through(handle func(r *http.Response)) {
	d.t.Helper()
	target, err := url.Parse(d.s3.Endpoint)
	if err != nil {
		d.t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), FlushInterval: -1,
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ModifyResponse: func(r *http.Response) error { handle(r); return nil },
	})
	d.t.Cleanup(proxy.Close)
	d.vars["AWS_ENDPOINT_URL_S3"] = proxy.URL
}

// stuck is a body of which nothing comes any more after n bytes.
type stuck struct {
	io.ReadCloser
	n   int64
	ctx context.Context
}

func (s *stuck) Read(p []byte) (int, error) {
	if s.n == 0 {
		<-s.ctx.Done()
		return 0, s.ctx.Err()
	}
	n, err := s.ReadCloser.Read(p[:min(int64(len(p)), s.n)])
	s.n -= int64(n)
	return n, err
}

// bulky publishes a dataset with a dump of some 4 MB.
func (d *desk) bulky(prefix string) {
	d.t.Helper()
	db := "bulky_" + d.db
	pgserver.Exec(d.t, d.admin(), "CREATE DATABASE "+db)
	defer pgserver.Exec(d.t, d.admin(), "DROP DATABASE "+db+" WITH (FORCE)")
	pgserver.Exec(d.t, d.staging.URL(db),
		"CREATE TABLE noise AS SELECT i, sha512(i::text::bytea) AS h FROM generate_series(1, 60000) i")
	out, err := exec.Command(d.staging.Tool("pg_dump"), "-Fc", d.staging.URL(db)).Output()
	if err != nil {
		d.t.Fatal(err)
	}
	d.publish(prefix, func(p *parcel) {
		p.dump, p.reseal = out, true
		p.manifest.Tables = []s3sink.Table{{Name: "public.noise", Rows: 60000}}
	})
}

// cached is the only download that waits, which others can't read; empty if there is none.
func (d *desk) cached() string {
	d.t.Helper()
	dir := filepath.Join(d.vars["XDG_CACHE_HOME"], "refresher", "datasets")
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) > 1 {
		d.t.Fatalf("%v wait, %v", files, err)
	}
	if len(files) == 0 {
		return ""
	}
	for path, mode := range map[string]os.FileMode{files[0]: 0o600, dir: 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			d.t.Errorf("%s has mode %v, want %v, %v", path, info.Mode(), mode, err)
		}
	}
	return files[0]
}

// broken interrupts a pull when two of the dump's mebibytes are here.
func (d *desk) broken(from, to string) (file string) {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d.through(func(r *http.Response) {
		if strings.HasSuffix(r.Request.URL.Path, ".dump") && r.Request.Method == http.MethodGet {
			r.Body = &stuck{r.Body, 5 << 19, r.Request.Context()}
		}
	})
	ended := make(chan int)
	go func() {
		code, _ := d.pull(ctx, nil, from, "--to", to)
		ended <- code
	}()
	for {
		if file = d.cached(); file != "" {
			if info, err := os.Stat(file); err == nil && info.Size() >= 2<<20 {
				break
			}
		}
		select {
		case code := <-ended:
			d.t.Fatalf("the pull ended by itself: exit %d", code)
		case <-time.After(5 * time.Millisecond):
		}
	}
	cancel()
	if code := <-ended; code != exitInterrupted {
		d.t.Errorf("interrupted: exit %d", code)
	}
	d.tidy()
	return file
}

// A pull that is interrupted keeps what it downloaded, and the next one goes on there; what was
// kept is hashed with the rest, so a byte that changed meanwhile is downloaded again.
func pullResumes(t *testing.T, d *desk) {
	d.vars["XDG_CACHE_HOME"] = t.TempDir()
	from, to := d.prefix("bulky"), d.to(d.name)
	d.bulky("bulky")
	for _, tt := range []struct {
		name   string
		change func(file string)
		want   []string
		said   string
	}{
		{"as it was", func(string) {}, []string{"bytes=2097152-"}, "(2.1 MB of them were here)"},
		{"changed", func(file string) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			b[1000] ^= 1
			if err := os.WriteFile(file, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}, []string{"bytes=2097152-", ""}, "holds run"},
	} {
		tt.change(d.broken(from, to))
		if tt.name == "as it was" && d.databases() != "" {
			t.Errorf("interrupted, and there is %s", d.databases())
		}
		var ranges []string
		d.before(func(r *http.Request) {
			if r.Method == http.MethodGet {
				ranges = append(ranges, r.Header.Get("Range"))
			}
		})
		d.pulls(exitClean, tt.said, from, "--to", to)
		if len(ranges) > 1 && ranges[1] == "bytes=0-" {
			ranges[1] = ""
		}
		if !slices.Equal(ranges, tt.want) {
			t.Errorf("%s: the dump was asked for by %q, want %q", tt.name, ranges, tt.want)
		}
		if n := d.one(to, "SELECT count(*)::text FROM noise WHERE h = sha512(i::text::bytea)"); n != "60000" {
			t.Errorf("%s: %s rows are whole", tt.name, n)
		}
		if left := d.cached(); left != "" {
			t.Errorf("%s: it left %s", tt.name, left)
		}
	}

	// A download of last week is given up, and a folder that others can write to is not used.
	file := d.broken(from, to)
	old := time.Now().Add(-8 * 24 * time.Hour)
	if err := os.Rename(file, filepath.Join(filepath.Dir(file), strings.Repeat("0", 64))); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(d.cached(), old, old); err != nil {
		t.Fatal(err)
	}
	d.vars["AWS_ENDPOINT_URL_S3"] = d.s3.Endpoint
	d.pulls(exitClean, "holds run", from, "--to", to)
	if left := d.cached(); left != "" {
		t.Errorf("it left %s", left)
	}
	if err := os.Chmod(filepath.Dir(file), 0o770); err != nil {
		t.Fatal(err)
	}
	d.pulls(exitInput, "is open to other users", from, "--to", to)
}

// --only loads the rows of some tables and of those that their foreign keys lead to: all of them
// and of no other, and every constraint holds.
func pullOnly(t *testing.T, d *desk) {
	from, to := d.prefix("data"), d.to(d.name)
	code, said := d.pull(t.Context(), nil, from, "--to", to, "--only", "assignments", "--jobs", "3")
	if code != exitClean || !strings.Contains(said, "; with the rows of ") || !strings.Contains(said, "public.users") {
		t.Fatalf("exit %d\n%s", code, said)
	}
	_, also, _ := strings.Cut(said, "; with the rows of ")
	also, _, _ = strings.Cut(also, ", to which")
	loaded := append(strings.Split(also, ", "), "public.assignments")
	for _, table := range d.manifest.Tables {
		want := int64(0)
		if slices.Contains(loaded, table.Name) {
			want = table.Rows
		}
		if n := d.one(to, "SELECT count(*)::text FROM "+table.Name); n != fmt.Sprint(want) {
			t.Errorf("%s has %s rows, want %d", table.Name, n, want)
		}
	}
	if n := d.one(to, "SELECT count(*)::text FROM pg_constraint WHERE contype = 'f' AND NOT convalidated"); n != "0" {
		t.Errorf("%s foreign keys are not valid", n)
	}
	if slices.Contains(loaded, "public.events") {
		t.Errorf("nothing leads to events, and they are loaded: %s", said)
	}
	before := d.databases()
	d.pulls(exitInput, `the dataset has no table public.asignments (did you mean "public.assignments"?)`, from, "--to", to,
		"--only", "public.asignments,users")
	if d.databases() != before {
		t.Errorf("%s became %s", before, d.databases())
	}
}

// --list says of each run what is in it, and what a pull would think of its signature.
func pullLists(t *testing.T, d *desk) {
	d.vars["XDG_CONFIG_HOME"] = t.TempDir()
	list := func(args ...string) (runs []pull.Listed) {
		t.Helper()
		out, _ := d.must(exitClean, append([]string{"pull", "--list", "--format", "json"}, args...)...)
		if err := json.Unmarshal([]byte(out), &runs); err != nil {
			t.Fatal(err)
		}
		return runs
	}
	runs := list(d.prefix("data"))
	want := d.manifest
	if len(runs) != 1 || runs[0].Run != want.Run || !runs[0].Latest || runs[0].Signature != pull.New ||
		runs[0].Content != "sample" ||
		!slices.Equal(runs[0].Formats, []string{"pgdump", "parquet", "csv"}) || runs[0].ServerMajor != d.staging.Major() ||
		runs[0].Tables != len(want.Tables) || runs[0].Key != d.signer().Public().String() || runs[0].Bytes == 0 {
		t.Errorf("%+v", runs)
	}
	mine := d.signer().Public().String()
	if runs = list(d.prefix("data"), "--key", mine); runs[0].Signature != pull.Trusted {
		t.Errorf("%+v", runs)
	}

	other, err := signature.Derive(secret.KeyOf([]byte("another key's text, of 32 bytes!")))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for i, verdict := range []string{pull.Missing, pull.Foreign, pull.Broken, pull.Trusted} {
		id := refresh.NewID(time.Date(2026, 11, i+1, 3, 0, 0, 0, time.UTC))
		d.publish("listed", func(p *parcel) { p.manifest.Run = id })
		ids[id] = verdict
		at := "listed/runs/" + id + "/manifest.json"
		switch verdict {
		case pull.Missing:
			gone := &s3.DeleteObjectInput{Bucket: &d.db, Key: aws.String(at + ".sig")}
			if _, err := d.s3.Client().DeleteObject(t.Context(), gone); err != nil {
				t.Fatal(err)
			}
		case pull.Foreign:
			d.put(at+".sig", d.sign(other, d.object(at)))
		case pull.Broken:
			d.put(at, append(d.object(at)[:len(d.object(at))-1], []byte(`,"more":1}`)...))
		}
	}
	got := map[string]string{}
	for _, r := range list(d.prefix("listed"), "--key", mine) {
		got[r.Run] = r.Signature
	}
	if !maps.Equal(got, ids) {
		t.Errorf("%v, want %v", got, ids)
	}
	_, said := d.pull(t.Context(), nil, d.prefix("listed"), "--list", "--key", mine)
	for _, words := range []string{"of another key than the trusted one", "missing", "broken", "trusted, the latest",
		"pgdump parquet csv"} {
		if !strings.Contains(said, words) {
			t.Errorf("%q is not in\n%s", words, said)
		}
	}
	d.pulls(exitClean, "nothing was published under", d.prefix("nowhere"), "--list")
}

// What the manifest tells is enough to refuse a server that is too old: nothing is downloaded.
func pullRefusesEarly(t *testing.T, d *desk) {
	d.publish("newer", func(p *parcel) { p.manifest.ServerMajor = 99 })
	d.before(func(*http.Request) { t.Error("the dump is asked for") })
	d.pulls(exitRefused, "older than the 99 that the dump is from", d.prefix("newer"), "--to", d.to(d.name))

	// Another machine needs a word; 0.0.0.0 is not known to be this one, and leads here.
	d.vars["AWS_ENDPOINT_URL_S3"] = d.s3.Endpoint
	remote := strings.Replace(d.to(d.name), "127.0.0.1", "0.0.0.0", 1)
	d.pulls(exitInput, "--yes-remote", d.prefix("data"), "--to", remote)
	if d.databases() != "" {
		t.Errorf("refused, and there is %s", d.databases())
	}
	d.pulls(exitClean, "holds run", d.prefix("data"), "--to", remote, "--yes-remote", "--jobs", "4")
}
