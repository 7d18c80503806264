package config

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestPrints(t *testing.T) {
	const buckets = "buckets: [{name: dev, url: s3://b/data, content: full, formats: [parquet]}]\n"
	for text, want := range map[string]string{
		"fingerprints: {url: s3://prints/app}":          "",
		"fingerprints: {url: sets, keep: 2}":            "",
		"fingerprints: {url: 'bucket:dev'}":             "",
		"fingerprints: {url: 'bucket:prod'}":            "fingerprints.url names a bucket that is not among buckets",
		"fingerprints: {url: 'gs://x/y'}":               "fingerprints.url must be s3://bucket/prefix, a folder, or bucket:NAME",
		"fingerprints: {url: s3://b/data/prints}":       "fingerprints.url lies in the prefix of a dataset",
		"fingerprints: {url: s3://b/database}":          "",
		"fingerprints: {url: s3://prints/app, keep: 0}": "fingerprints.keep must be at least 1",
		"verify: {memory_mib: 0}":                       "verify.memory_mib must be at least 1",
	} {
		c, err := load(t, minimal+buckets+text+"\n", env("REPLICA", "postgres://h/app"))
		switch {
		case want == "" && err != nil,
			want != "" && (err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), ": ", " "), strings.ReplaceAll(want, ": ", " "))):
			t.Errorf("%s: %v, want %q", text, err, want)
		case err == nil && strings.Contains(text, "sets") && (!filepath.IsAbs(c.Prints.URL) || c.Prints.Keep != 2):
			t.Errorf("%+v", c.Prints)
		case err == nil && (c.Verify.MemoryMiB != 128 || strings.Contains(text, "app}") && c.Prints.Keep != 4):
			t.Errorf("defaults: %+v %+v", c.Prints, c.Verify)
		}
	}
}
