package restore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// The folder is private and has a name that nobody can know; what a killed run left is
// removed, and what another user put there under such a name stops no run.
func TestWorkDir(t *testing.T) {
	s, parent := &Server{cfg: &pgx.ConnConfig{}, live: "app"}, t.TempDir()
	first, err := s.WorkDir(parent, "refresher-", "run-")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(first); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	prefix := first[:strings.LastIndex(first, "run-")]
	strange := prefix + "of-another"
	if err := os.Mkdir(strange, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // only root gives folders away
		if err := os.Chown(strange, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	link := prefix + "link"
	if err := os.Symlink(parent, link); err != nil {
		t.Fatal(err)
	}
	second, err := s.WorkDir(parent, "refresher-", "run-")
	if err != nil || second == first {
		t.Fatalf("%s, %v", second, err)
	}
	if _, err := os.Stat(first); !os.IsNotExist(err) {
		t.Error("the folder of a killed run is left")
	}
	if _, err := os.Stat(strange); (err == nil) != (os.Geteuid() == 0) {
		t.Errorf("the other folder: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(parent, "*")); err != nil || len(left) == 0 {
		t.Errorf("a link was followed: %v, %v", left, err)
	}
}
