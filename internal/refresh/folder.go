package refresh

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// folder is a private folder of one process among several on a machine. It is locked (flock(2)) while
// its process lives.
type folder struct {
	path string
	lock *os.File
}

// newFolder makes a folder in parent, in the system's for temporary files if that is empty, and removes
// those of processes that were killed. Those of other users stay.
func newFolder(parent, prefix string) (*folder, error) {
	parent = cmp.Or(parent, os.TempDir())
	old, err := filepath.Glob(filepath.Join(parent, prefix+"*"))
	if err != nil {
		return nil, fmt.Errorf("looking for folders that killed processes left: %w", err)
	}
	for _, path := range old {
		if f, err := lockFolder(path); err == nil {
			_ = f.remove()
		}
	}
	for try := 1; ; try++ {
		path, err := os.MkdirTemp(parent, prefix)
		if err != nil {
			return nil, fmt.Errorf("making a temporary folder: %w", err)
		}
		f, err := lockFolder(path)
		if err == nil || try == 5 { // another process that was just looking for old ones may have taken it for one
			return f, err
		}
	}
}

func lockFolder(path string) (*folder, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening a temporary folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("locking a temporary folder: %w", err), f.Close())
	}
	return &folder{path, f}, nil
}

func (f *folder) remove() error {
	return errors.Join(os.RemoveAll(f.path), f.lock.Close())
}
