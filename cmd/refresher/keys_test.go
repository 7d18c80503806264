package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A key that leaked is changed as the docs say: a new one beside it, a run, and then nothing is left
// that the old one made. Before that run nothing is removed.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	s := newSmallSite(t)
	s.edit("refresher.yaml", "s3: {", "fingerprints: {url: prints}\ns3: {")
	s.oneObject()
	s.must(exitClean, "run")
	first := s.lastReport()
	name, _ := s.must(exitClean, "keys", "fingerprint")
	old := strings.TrimSpace(name)
	if old != first.KeyFingerprint {
		t.Errorf("fingerprint %s, the report has %s", old, first.KeyFingerprint)
	}
	file := filepath.Join(s.dir, "second.key")
	_, said := s.must(exitClean, "keys", "rotate", "--out", file)
	dataset, set := "dataset "+first.Run+" in bucket dev (pipeline default), the current one", "fingerprint set of run "+first.Run
	objects := "dataset " + first.Run + " in bucket processed (pipeline default)"
	for _, want := range []string{"old key  " + old + "  env:KEY", "file:" + file, dataset, objects + ", the current one", set, "--retire " + old, "public-key"} {
		if !strings.Contains(said, want) {
			t.Errorf("missing %q in\n%s", want, said)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || strings.Contains(said, strings.TrimSpace(readFile(t, file))) {
		t.Errorf("the new key: %v, %v", info, err)
	}
	before := readFile(t, file)
	if _, said := s.must(exitInput, "keys", "rotate", "--out", file); !strings.Contains(said, "never overwritten") || readFile(t, file) != before {
		t.Error(said)
	}
	if _, said := s.must(exitRefused, "keys", "rotate", "--retire", old); !strings.Contains(said, "pipeline default: key: names it") {
		t.Error(said)
	}
	s.edit("refresher.yaml", "key: env:KEY", "key: file:second.key")
	if _, said := s.must(exitRefused, "keys", "rotate", "--retire", old); !strings.Contains(said, "run with the new key first") {
		t.Error(said)
	}
	s.must(exitClean, "run")
	if again := s.lastReport(); again.KeyFingerprint == old {
		t.Error("the run took the old key")
	}
	_, said = s.must(exitClean, "keys", "rotate", "--retire", old)
	for _, want := range []string{strings.TrimSuffix(dataset, ", the current one"), objects, set} {
		if !strings.Contains(said, "removed: "+want) {
			t.Errorf("%q was not removed:\n%s", want, said)
		}
	}
	for _, key := range s.keys() {
		if strings.Contains(key, "/runs/"+first.Run+"/") {
			t.Errorf("%s is there still", key)
		}
	}
	if now := s.copies("lake/"); len(now) != 1 || strings.Contains(now["users.csv"], "zanzibar") {
		t.Errorf("the new key's copies: %v", now)
	}
	if _, said = s.must(exitClean, "keys", "rotate", "--retire", old); !strings.Contains(said, "nothing in the buckets was made with") {
		t.Error(said)
	}
	s.must(exitClean, "verify", "--target", "dev")
}
