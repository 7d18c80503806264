package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is read is never written, however the places are called.
func TestObjectsAreNotWrittenWhereTheyAreRead(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"lake", "other"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("lake", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	const in, bucket = "lies in the prefix that is read", "has the prefix of bucket"
	for places, want := range map[string]string{ // what is read, a target, a bucket
		"file://DIR/lake file://DIR/out file://DIR/b":          "",
		"file://DIR/lake file://DIR/lake2/out file://DIR/b":    "",
		"file://DIR/lake file://DIR/lake/ file://DIR/b":        in,
		"file://DIR/lake file://DIR/lake/out file://DIR/b":     in,
		"file://DIR/lake file://DIR/other/../lake s3://b/x":    in,
		"file://DIR/lake file://DIR//lake/out file://DIR/b":    in,
		"file://DIR/lake file://DIR/l%61ke/out file://DIR/b":   in,
		"file://DIR/lake file://DIR/link/out/new file://DIR/b": in,
		"file://DIR/link file://DIR/lake/out file://DIR/b":     in,
		"file://DIR/lake file://DIR/out file://DIR/lake/b":     bucket,
		"file://DIR/lake file://DIR/out file://DIR/link/b":     bucket,
		"s3://prod/lake s3://dev/lake s3://prod/lakes":         "",
		"s3://prod/lake s3://prod/lake/scrubbed s3://dev/x":    in,
		"s3://prod/lake s3://prod/l%61ke/x s3://dev/x":         in,
		"s3://prod/lake s3://dev/lake s3://prod/lake/dumps":    bucket,
	} {
		p := strings.Fields(strings.ReplaceAll(places, "DIR", dir))
		_, err := load(t, minimal+"buckets: [{name: dev, url: '"+p[2]+"', content: full, formats: [parquet]}]\n"+
			"objects: [{name: lake, from: '"+p[0]+"', to: ['"+p[1]+"']}]\n", env("REPLICA", "postgres://h/app"))
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", places, err, want)
		}
	}
}
