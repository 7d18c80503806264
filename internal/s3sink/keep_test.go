package s3sink_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/s3sink"
)

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
		kept := []string{prefix + "README.txt", prefix + "runs/notes.txt", prefix + "runs/by-hand/x", "other/runs/" +
			dead + "/a"}
		for _, k := range kept {
			p.put(k, "x")
		}
		p.put(prefix+"runs/.probe-0123456789abcdef", "x")
		for _, k := range append(runObjects(dead, "big"), append(runObjects(live, "big"),
			"other/runs/"+dead+"/big")...) {
			p.upload(k)
		}
		swept, err := p.sink().Sweep(ctx, live)
		must(t, err)
		if want := []string{older, dead, complete}; !slices.Equal(swept, want) {
			t.Errorf("swept %v, want %v", swept, want)
		}
		want := slices.Concat(kept, runObjects(run1, "experimentation.dump", "manifest.json"),
			runObjects(run2, "experimentation.dump", "manifest.json"), runObjects(live, "c"),
			[]string{prefix + "latest.json"})
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

// Before the first publication nothing is published, even if it looks so.
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
		want := slices.Concat([]string{prefix + "latest.json"}, runObjects(runs[3], "experimentation.dump",
			"manifest.json"),
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
		must(t, c.Verify(ctx, nil))
	})
}

func TestTheLaterPublicationLoses(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		for _, names := range [][2]string{{"20261116T030000Z-000a", "20261117T030000Z-000b"}, {"20261118T030000Z-000c",
			"20261119T030000Z-000d"}} {
			var g [2]*s3sink.Staging
			for i, run := range names {
				g[i] = p.stage(run)
				_, err := g[i].Put(t.Context(), "x", text(run))
				must(t, err)
			}
			var wg sync.WaitGroup
			var errs [2]error
			for i, run := range names {
				p := passFor(t, run, "dev")
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
			must(t, c.Verify(t.Context(), nil))
			if c.ID() != names[winner] || slices.ContainsFunc(p.keys(),
				func(k string) bool { return strings.Contains(k, names[1-winner]) }) {
				t.Errorf("current is %s of %v; keys %v", c.ID(), names, p.keys())
			}
		}
	})
}
