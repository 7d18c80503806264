package verify_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
)

// What lies beside a dump's own files is not taken for one of them.
func TestFilesOfADumpFolder(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE a (x text); INSERT INTO a VALUES ('x'); CREATE TABLE b (x text); INSERT INTO b VALUES ('y'); SELECT lo_from_bytea(0, 'x')`)
	dir := filepath.Join(t.TempDir(), "d")
	if out, err := exec.Command(pgserver.Shared(t).Tool("pg_dump"), "-Fd", "-f", dir, "-d",
		url).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var own []string
	for _, e := range entries {
		own = append(own, e.Name())
	}
	files := func() []string {
		t.Helper()
		known, err := verify.DumpFiles(dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for name := range known {
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	if len(own) < 5 || !slices.Equal(files(), own) {
		t.Errorf("%v of %v are the dump's", files(), own)
	}
	for _, name := range []string{"notes.txt", "1.dat.gz", "blob_1.dat.gz", "blobs_1.toc", "toc.dat.old"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(files(), own) {
		t.Errorf("now %v are the dump's", files())
	}
	if none, err := verify.DumpFiles(t.TempDir()); none != nil || err != nil {
		t.Errorf("an empty folder is a dump: %v, %v", none, err)
	}
}
