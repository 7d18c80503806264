package pull

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/fault"
)

// Where others could have left a folder for a pull to fill (in /tmp, say), its owner could read and
// change what is brought: such a folder is refused.
func TestFoldersOfOthersAreNotFilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data"+partial)
	first, err := begun(dir)
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	again, err := begun(dir) // as an interrupted pull left it
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	var input *fault.Input
	if _, err := begun(dir); !errors.As(err, &input) || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("a folder that all can write to: %v", err)
	}
}
