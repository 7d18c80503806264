package s3sink_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"refresher/internal/s3sink"
	"refresher/internal/testkit/faultproxy"
	"refresher/internal/testkit/longform"
)

// What the process that is killed needs to know.
const (
	victimURL      = "REFRESHER_TEST_VICTIM_URL"
	victimEndpoint = "REFRESHER_TEST_VICTIM_ENDPOINT"
)

// steps are what a run does in a bucket, one after the other.
func steps(t *testing.T, sink *s3sink.Sink, run string) []func() error {
	ctx := t.Context()
	var g *s3sink.Staging
	put := func(name string, write func(io.Writer) error) func() error {
		return func() error { _, err := g.Put(ctx, name, write); return err }
	}
	return []func() error{
		func() error { return sink.Probe(ctx) },
		func() error { _, err := sink.Sweep(ctx); return err },
		func() (err error) { g, err = sink.Stage(ctx, run); return err },
		put("experimentation.dump", noise(7, 11<<20)), // in parts
		put("tables/public.users/part-00000.parquet", text("users")),
		put("report.json", text("{}")),
		func() error { _, err := g.Publish(ctx, passFor(t, run, "dev"), s3sink.Manifest{}); return err },
		func() error { _, err := sink.Retain(ctx, 1); return err },
	}
}

// TestVictim is the process that is killed; alone it does nothing. It says before each
// step which one comes.
func TestVictim(t *testing.T) {
	url := os.Getenv(victimURL)
	if url == "" {
		return
	}
	sink, err := s3sink.Open(t.Context(), s3sink.Options{Name: "dev", URL: url, Endpoint: os.Getenv(victimEndpoint),
		PathStyle: true, PartBytes: 5 << 20,
		Credentials: credentials.NewStaticCredentialsProvider("refresher-test", "refresher-test-secret", "")})
	must(t, err)
	for i, step := range steps(t, sink, run2) {
		fmt.Printf("step %d\n", i)
		must(t, step())
	}
}

// victim starts a process that publishes run2.
func victim(t *testing.T, url, endpoint string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestVictim$")
	cmd.Env = append(os.Environ(), victimURL+"="+url, victimEndpoint+"="+endpoint)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	return cmd, bufio.NewScanner(out)
}

// whole says whether readers find a dataset that is whole, and which one, and that the
// next run clears away the rest and publishes. A bucket after a kill is as good as any.
func (p *place) whole(where string) string {
	p.t.Helper()
	ctx := p.t.Context()
	p.front = ""
	c, err := p.sink().Current(ctx)
	if err != nil || c == nil {
		p.t.Fatalf("%s: nothing is published any more: %v", where, err)
	}
	if err := c.Verify(ctx, nil); err != nil {
		p.t.Errorf("%s: run %s is not whole: %v", where, c.ID(), err)
	}
	left := c.ID()
	_, err = p.sink().Sweep(ctx)
	must(p.t, err)
	p.published(run3, "three")
	_, err = p.sink().Retain(ctx, 1)
	must(p.t, err)
	want := append([]string{prefix + "latest.json"}, runObjects(run3, "experimentation.dump", "manifest.json")...)
	if keys, ups := p.keys(), p.uploads(); !slices.Equal(keys, want) || len(ups) > 0 {
		p.t.Errorf("%s: after the next run there are %q and uploads %q", where, keys, ups)
	}
	for _, key := range p.keys() {
		p.remove(key)
	}
	return left
}

// A run is killed before each request that it makes, or with REFRESHER_LONG unset before
// every fourth: what was published before it stays whole, until what it publishes is.
func TestKilledAtAnyRequest(t *testing.T) {
	stride := 4
	if longform.Asked() {
		stride = 1
	}
	servers(t, func(t *testing.T, p *place) {
		found := map[string]int{}
		for at := 1; ; at += stride {
			p.published(run1, "one")
			var dead atomic.Bool
			started := make(chan *exec.Cmd, 1)
			proxy, err := faultproxy.HTTP(p.Endpoint, func(n int, _ *http.Request) faultproxy.Action {
				if n == at {
					dead.Store(true)
					_ = (<-started).Process.Kill()
				}
				if n >= at {
					return faultproxy.ResetBefore
				}
				return faultproxy.Pass
			})
			must(t, err)
			cmd, out := victim(t, "s3://"+bucket+"/"+prefix, proxy.URL)
			started <- cmd
			said := []string{}
			for out.Scan() {
				said = append(said, out.Text())
			}
			err = cmd.Wait()
			proxy.Close()
			if !dead.Load() && err != nil {
				t.Fatalf("the run failed by itself: %v, %q", err, said)
			}
			found[p.whole(fmt.Sprintf("request %d", at))]++
			if !dead.Load() {
				break
			}
		}
		if found[run1] < 3 || found[run2] < 1 {
			t.Errorf("what was there after a kill: %v", found)
		}
	})
}

// The same in a folder, where a step is killed somewhere after it began.
func TestKilledAtAnyStep(t *testing.T) {
	p := &place{t: t, folder: t.TempDir()}
	found := map[string]int{}
	for at := range len(steps(t, nil, run2)) + 1 {
		p.published(run1, "one")
		cmd, out := victim(t, p.options().URL, "")
		for out.Scan() {
			if out.Text() == fmt.Sprint("step ", at) {
				must(t, cmd.Process.Kill())
			}
			if strings.HasPrefix(out.Text(), "--- FAIL") {
				t.Fatal(out.Text())
			}
		}
		_ = cmd.Wait() // it was killed, or done
		found[p.whole(fmt.Sprintf("step %d", at))]++
	}
	if found[run1] < 5 || found[run2] < 1 {
		t.Errorf("what was there after a kill: %v", found)
	}
}
