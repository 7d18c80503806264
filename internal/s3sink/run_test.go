package s3sink_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/s3sink"
	"refresher/internal/verify/pass"
)

func TestARunsLife(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		ctx := t.Context()
		sink := p.sink()
		must(t, sink.Probe(ctx))
		if keys, ups := p.keys(), p.uploads(); len(keys)+len(ups) != 0 {
			t.Errorf("the probe left %v %v", keys, ups)
		}
		if _, ok, err := sink.Latest(ctx); ok || err != nil {
			t.Errorf("latest of an empty bucket: %v, %v", ok, err)
		}
		if c, err := sink.Current(ctx); c != nil || err != nil {
			t.Errorf("current run of an empty bucket: %v, %v", c, err)
		}
		g := p.stage(run1)
		writes := map[string]func(io.Writer) error{
			"experimentation.dump":                              noise(1, 13<<20),
			"tables/public.users/part-00000.parquet":            noise(2, 5<<20),
			"tables/Odd%20Schema.a%2Eb/part-00000.parquet":      noise(3, 5<<20-1),
			"tables/public.empty/part-00000.parquet":            text(""),
			"report.html":                                       text("<html>"),
			"tables/public.users/part-00001.parquet":            noise(4, 10<<20),
			"tables/Odd%2FSchema.%C3%BC%20b/part-00000.parquet": text("odd"),
		}
		var want []s3sink.Object
		var mu sync.Mutex
		var wg sync.WaitGroup
		for name, write := range writes {
			wg.Go(func() {
				sum := sha256.New()
				var n countWriter
				if err := write(io.MultiWriter(sum, &n)); err != nil {
					t.Error(err)
				}
				o, err := g.Put(ctx, name, write)
				if w := (s3sink.Object{Name: name, Size: int64(n),
					SHA256: hex.EncodeToString(sum.Sum(nil))}); err != nil || o != w {
					t.Errorf("put %v, %v, want %v", o, err, w)
				}
				mu.Lock()
				defer mu.Unlock()
				want = append(want, o)
			})
		}
		wg.Wait()
		slices.SortFunc(want, func(a, b s3sink.Object) int { return strings.Compare(a.Name, b.Name) })
		must(t, g.Verify(ctx, nil))
		if slices.ContainsFunc(p.keys(), func(k string) bool { return strings.HasSuffix(k, ".json") }) {
			t.Errorf("a manifest before Publish: %v", p.keys())
		}
		l, err := g.Publish(ctx, passFor(t, run1, "dev"), s3sink.Manifest{Database: "experimentation",
			Content: "sample",
			Tables:  []s3sink.Table{{Name: "public.users", Rows: 3}}, Report: json.RawMessage(`{"ok":true}`)})
		must(t, err)

		body, ct := p.get(prefix + "latest.json")
		var got map[string]string
		must(t, json.Unmarshal(body, &got))
		manifest, _ := p.get(prefix + "runs/" + run1 + "/manifest.json")
		sum := sha256.Sum256(manifest)
		if got["run"] != run1 || got["manifest"] != "runs/"+run1+"/manifest.json" ||
			got["sha256"] != hex.EncodeToString(sum[:]) || len(got) != 3 || l.Run != run1 {
			t.Errorf("latest.json is %s", body)
		}
		if ct != "application/json" && p.folder == "" {
			t.Errorf("latest.json is %q", ct)
		}
		c, err := sink.Current(ctx)
		must(t, err)
		if c.ID() != run1 || !slices.Equal(c.Manifest.Objects, want) || c.Manifest.Version != 1 ||
			c.Manifest.Tables[0].Rows != 3 {
			t.Errorf("manifest %+v", c.Manifest)
		}
		must(t, c.Verify(ctx, nil))
		if len(p.uploads()) != 0 {
			t.Errorf("uploads left: %v", p.uploads())
		}
		for name, ct := range map[string]string{"report.html": "text/html; charset=utf-8",
			"experimentation.dump":                   "application/octet-stream",
			"tables/public.users/part-00001.parquet": "application/vnd.apache.parquet"} {
			if _, got := p.get(prefix + "runs/" + run1 + "/" + name); got != ct && p.folder == "" {
				t.Errorf("%s is %q", name, got)
			}
		}
		readBack(t, c, "experimentation.dump", noise(1, 13<<20))

		// Publishing again, or discarding what is published, changes nothing.
		if _, err := g.Publish(ctx, passFor(t, run1, "dev"), s3sink.Manifest{}); err == nil {
			t.Error("published twice")
		}
		must(t, g.Discard(ctx))
		must(t, c.Verify(ctx, nil))
		if _, err := sink.Stage(ctx, run1); err == nil {
			t.Error("staged twice")
		}
	})
}

type countWriter int64

func (c *countWriter) Write(p []byte) (int, error) { *c += countWriter(len(p)); return len(p), nil }

// readBack reads an object of a run in one go and at random places, while it is
// compared with the manifest.
func readBack(t *testing.T, run *s3sink.Published, name string, write func(io.Writer) error) {
	t.Helper()
	var want bytes.Buffer
	must(t, write(&want))
	looked := false
	must(t, run.Verify(t.Context(), func(_ context.Context, o s3sink.Object, c *s3sink.Content) error {
		if o.Name != name {
			return nil
		}
		looked = true
		if c.Size() != int64(want.Len()) {
			t.Errorf("%s: size %d", name, c.Size())
		}
		random := rand.New(rand.NewPCG(1, 2))
		for range 50 {
			off := random.Int64N(c.Size())
			buf := make([]byte, random.IntN(3<<20))
			n, err := c.ReadAt(buf, off)
			if wantErr := off+int64(len(buf)) > c.Size(); wantErr != (err == io.EOF) || !wantErr && err != nil {
				t.Fatalf("read %d at %d: %v", len(buf), off, err)
			}
			if !bytes.Equal(buf[:n], want.Bytes()[off:off+int64(n)]) {
				t.Fatalf("read %d at %d: other bytes", len(buf), off)
			}
		}
		if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s: read %d bytes, %v", name, len(got), err)
		}
		return nil
	}))
	if !looked {
		t.Errorf("%s was not read back", name)
	}
}

// latest.json is written last, after everything was read back.
func TestOrder(t *testing.T) {
	servers(t, func(t *testing.T, p *place) {
		var mu sync.Mutex
		var log []string
		p.between(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
			mu.Lock()
			log = append(log, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/"+bucket+"/"+prefix))
			mu.Unlock()
			forward.ServeHTTP(w, r)
		})
		p.published(run1, "one")
		var writes []string
		lastRead := ""
		for _, l := range log {
			if strings.HasPrefix(l, "PUT") {
				writes = append(writes, l)
			} else if len(writes) == 2 {
				lastRead = l
			}
		}
		runs := "runs/" + run1 + "/"
		if want := []string{"PUT " + runs + "experimentation.dump", "PUT " + runs + "manifest.json",
			"PUT latest.json"}; !slices.Equal(writes, want) {
			t.Errorf("writes %q, want %q", writes, want)
		}
		if want := "GET " + runs + "manifest.json"; lastRead != want ||
			!slices.Contains(log, "GET "+runs+"experimentation.dump") {
			t.Errorf("log %q", log)
		}
		if log[len(log)-1] != "PUT latest.json" {
			t.Errorf("last request %q", log[len(log)-1])
		}
	})
}

func TestNothingIsPublishedWithoutItsPass(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		p.published(run1, "one")
		before, _ := p.get(prefix + "latest.json")
		g := p.stage(run2)
		_, err := g.Put(t.Context(), "x", text("two"))
		must(t, err)
		for name, bad := range map[string]pass.Pass{
			"zero": {}, "other run": passFor(t, run1, "dev"), "other bucket": passFor(t, run2, "staging"),
		} {
			_, err := g.Publish(t.Context(), bad, s3sink.Manifest{})
			r := refused(t, err, "verify")
			if !strings.Contains(r.Reason, run2) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if now, _ := p.get(prefix + "latest.json"); !bytes.Equal(now, before) {
			t.Errorf("latest.json changed to %s", now)
		}
		if got := p.keys(); slices.Contains(got, prefix+"runs/"+run2+"/manifest.json") {
			t.Errorf("keys %v", got)
		}
	})
}

func TestReadBackFindsWhatDiffers(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		p.published(run1, "one")
		latest, _ := p.get(prefix + "latest.json")
		g := p.stage(run2)
		for name, n := range map[string]int{"flipped": 6 << 20, "small": 100, "longer": 10, "gone": 10, "fine": 10} {
			_, err := g.Put(t.Context(), name, noise(9, n))
			must(t, err)
		}
		must(t, g.Verify(t.Context(), nil))
		// What was verified is not read again by the same staging, so use one that
		// has not verified yet.
		g = p.stage(run3)
		for name, n := range map[string]int{"flipped": 6 << 20, "small": 100, "longer": 10, "gone": 10, "fine": 10} {
			_, err := g.Put(t.Context(), name, noise(9, n))
			must(t, err)
		}
		key := func(name string) string { return prefix + "runs/" + run3 + "/" + name }
		p.flip(key("flipped"))
		p.flip(key("small"))
		p.put(key("longer"), "longer than it was")
		p.remove(key("gone"))
		r := refused(t, g.Verify(t.Context(), nil), "read-back")
		slices.SortFunc(r.Problems, func(a, b fault.Problem) int { return strings.Compare(a.Text, b.Text) })
		want := []string{"flipped: its SHA-256 differs", "gone: it is gone", "longer: it has 18 bytes instead of 10",
			"small: its SHA-256 differs"}
		if !slices.Equal(r.Problems, fault.Problems(want)) {
			t.Errorf("found %q, want %q", r.Problems, want)
		}
		_, err := g.Publish(t.Context(), passFor(t, run3, "dev"), s3sink.Manifest{})
		refused(t, err, "read-back")
		if now, _ := p.get(prefix + "latest.json"); !bytes.Equal(now, latest) {
			t.Errorf("latest.json changed to %s", now)
		}
		must(t, g.Discard(t.Context()))
	})
}

func TestReadBackFindsStrangers(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		g := p.stage(run1)
		_, err := g.Put(t.Context(), "x", text("x"))
		must(t, err)
		p.put(prefix+"runs/"+run1+"/tables/raw.csv", "planted")
		if r := refused(t, g.Verify(t.Context(), nil), "read-back"); !slices.Equal(r.Problems,
			fault.Problems([]string{"tables/raw.csv"})) {
			t.Errorf("problems %q", r.Problems)
		}
	})
}

// flip changes one byte of an object: in versitygw's file, behind its back; in the
// fake, which keeps objects in memory, by a write of another client.
func (p *place) flip(key string) {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "*", "buckets", bucket, filepath.FromSlash(key)))
	must(p.t, err)
	if len(files) == 0 {
		b, _ := p.get(key)
		b[len(b)/2] ^= 1
		p.put(key, string(b))
		return
	}
	f, err := os.OpenFile(files[0], os.O_RDWR, 0)
	must(p.t, err)
	defer f.Close()
	var b [1]byte
	_, err = f.ReadAt(b[:], 50)
	must(p.t, err)
	b[0] ^= 1
	_, err = f.WriteAt(b[:], 50)
	must(p.t, err)
}
