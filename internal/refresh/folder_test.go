package refresh

import (
	"os"
	"path/filepath"
	"testing"
)

// A folder stays while its process holds it; what a killed one left goes with the next.
func TestFolders(t *testing.T) {
	parent := t.TempDir()
	first, err := newFolder(parent, "refresher-worker-a-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(first.path, "grams"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	second, err := newFolder(parent, "refresher-worker-a-")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(first.path); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("%v, %v", info, err)
	}
	_ = first.lock.Close() // as the kernel does for a process that was killed
	other, err := newFolder(parent, "refresher-worker-b-")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(first.path); err != nil {
		t.Error("the folder of another staging database is gone")
	}
	third, err := newFolder(parent, "refresher-worker-a-")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(first.path); !os.IsNotExist(err) {
		t.Errorf("the folder of a killed process: %v", err)
	}
	for _, f := range []*folder{second, other, third} {
		if err := f.remove(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(parent); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if _, err := newFolder(filepath.Join(parent, "none"), "x"); err == nil {
		t.Error("a folder in none")
	}
}
