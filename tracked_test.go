package refresher_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What was built is not in the repository: no file of it is large or a program. `go build ./cmd/refresher`
// writes one into the root.
func TestNothingBuiltIsTracked(t *testing.T) {
	list, err := exec.Command("git", "ls-files", "-z").Output()
	if err != nil {
		t.Skipf("not a clone of the repository: %v", err)
	}
	const most = 2 << 20
	for path := range strings.SplitSeq(strings.Trim(string(list), "\x00"), "\x00") {
		info, err := os.Lstat(path)
		if err != nil {
			continue // removed and not yet committed
		}
		if info.Size() > most {
			t.Errorf("%s has %d bytes, and the largest file may have %d", path, info.Size(), most)
		}
	}
}
