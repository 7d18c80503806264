package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/dataset/synthetic"
	"refresher/internal/testkit/pgserver"
)

// syntheticBucket adds a bucket beside the others, and returns its URL.
func (s *site) syntheticBucket() string {
	s.t.Helper()
	url := "file://" + filepath.Join(s.dir, "synthetic")
	s.edit("refresher.yaml", "buckets:\n", "buckets:\n  - {name: invented, url: "+url+
		", content: synthetic, formats: [pgdump, parquet], synthetic: {seed: 7, tables: {public.users: 500, public.api_keys: 40}}}\n")
	return url
}

// A synthetic dataset is one as any other: verified, signed, and loaded by pull with all its constraints. It
// has as many rows as were asked for, no value of production, and none of staging's fakes.
func (s *site) invented(t *testing.T, url string) {
	s.must(exitClean, "verify", "--target", "invented")
	to := s.staging.URL(s.db + "_invented")
	t.Cleanup(func() {
		pgserver.Exec(t, s.staging.URL("postgres"), "DROP DATABASE IF EXISTS "+s.db+"_invented")
	})
	_, said := s.must(exitClean, "pull", url, "--to", to)
	got := s.one(to, "SELECT (SELECT count(*) FROM users) || ' ' || (SELECT count(*) FROM api_keys) || ' ' || "+
		"(SELECT count(*) FROM events e JOIN users u ON u.id = e.user_id) || ' ' || nextval('users_id_seq')")
	if !strings.HasPrefix(got, "500 40 ") || !strings.HasSuffix(got, " 501") || strings.Contains(got, " 0 ") ||
		!strings.Contains(said, "(synthetic)") {
		t.Errorf("users, keys, events, next id: %s; %s", got, said)
	}
	text := s.dump(to)
	if found := s.leaks(text); len(found) > 0 {
		t.Errorf("%d source identifiers are in the bucket, such as %q", len(found), found[0])
	}
	for _, v := range s.foundOf(s.staging.URL(s.db), text) {
		if strings.Contains(v, "@") || len(v) > 24 {
			t.Errorf("the dataset has %q of staging", v)
		}
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimPrefix(url, "file://"), "runs", "*", synthetic.Name))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if stats, err := synthetic.Read(f); err != nil || stats.Method.K != 20 {
		t.Errorf("%+v: %v", stats, err)
	}
}
