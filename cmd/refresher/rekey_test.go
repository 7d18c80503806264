package main

import (
	"strings"
	"testing"
)

// A sample with a key of its own shares no fake with staging that chance doesn't explain, holds no identifier of
// production, and restores with all constraints.
func TestRekeyedSample(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.edit("refresher.yaml", "percent: 10}", "percent: 30, rekey: env:DEV_KEY}")
	s.edit("refresher.yaml", "buckets:\n", "buckets:\n"+
		"  - {name: same, url: s3://"+s.db+"/same, content: sample, formats: [pgdump], sample: {roots: [public.users], percent: 30}}\n")
	s.vars["DEV_KEY"] = testKey
	if _, said := s.must(exitInput, "run", "--dry-run"); !strings.Contains(said, "bucket dev: rekey is the masking key itself") {
		t.Error(said)
	}
	s.vars["DEV_KEY"] = otherKey
	s.must(exitClean, "run")
	text := s.textBelow("data/")
	if found := s.leaks(text); len(found) > 0 {
		t.Errorf("%d source identifiers are in the bucket, such as %q", len(found), found[0])
	}
	for _, v := range s.foundOf(s.staging.URL(s.db), text) {
		if strings.Contains(v, "@") || len(v) > 24 {
			t.Errorf("the sample has %q of staging", v)
		}
	}
	rep := s.lastReport()
	same, rekeyed := rep.Datasets[0], rep.Datasets[1]
	r := rekeyed.Sample.Rekeyed // of 30 users or so, by a key of chance: some 700 values
	if same.Sample.Rekeyed != nil || r == nil || r.Values < 200 || r.Same*10 > r.Values || same.Rows != rekeyed.Rows ||
		r.KeyFingerprint == rep.KeyFingerprint || !strings.Contains(strings.Join(r.Joinable, " "), "public.users (id)") {
		t.Errorf("%+v: %+v", rekeyed, r)
	}
}
