package target_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/verify"
	"refresher/internal/verify/target"
)

// Links in a folder are not followed, but what they name is part of the folder.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"zero": "/dev/zero", "self": dir,
		"gone": "/home/hanna.quistorp@posteo.de/mail"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		r := &target.Reader{Verifier: verify.New(verify.Options{Run: "r", Workers: 1})}
		if err := r.Folder(context.Background(), dir); err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, result := range r.Results {
			found += int(result.Detected)
		}
		if (found > 0) != strings.Contains(to, "@") {
			t.Errorf("%s: %d found", to, found)
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}
