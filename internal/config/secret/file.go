package secret

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// file reads a file that others than its owner can't read. The links on the way to it
// are followed, as Kubernetes mounts a secret.
func (r request) file(path string) ([]byte, error) {
	f, err := os.Open(r.path(path))
	if err != nil {
		return nil, r.bad("cannot read the secret file: %v", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, r.unreachable(err, "reading the secret file")
	}
	owner := -1
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		owner = int(st.Uid)
	}
	if problem := exposed(info.Mode(), owner, os.Geteuid()); problem != "" {
		return nil, r.bad("%s %s", r.path(path), problem)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch {
	case err != nil:
		return nil, r.bad("cannot read the secret file: %v", err)
	case len(b) > maxSecret:
		return nil, r.bad("%s is larger than a secret can be (1 MiB)", r.path(path))
	}
	return b, nil
}

func (r request) path(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.Dir, path)
}

// exposed says what is wrong with the mode of a secret's file, by libpq's rule for private
// keys (PostgreSQL docs, 34.19.2): 0600 or less, or 0640 or less where root owns it and
// another reads it by its group, as Kubernetes mounts a secret with an fsGroup. Root itself
// needs no group.
func exposed(mode fs.FileMode, owner, reader int) string {
	allowed, shared := fs.FileMode(0o600), owner == 0 && reader != 0
	if shared {
		allowed = 0o640
	}
	switch perm := mode.Perm(); {
	case mode.IsDir():
		return "is a folder, and must be the file with the secret"
	case perm&0o077&^allowed == 0:
		return ""
	case shared && perm&0o007 != 0:
		return fmt.Sprintf("can be read by everybody on this machine (mode %04o): chmod 640 it; for a secret that "+
			"Kubernetes mounts set defaultMode: 0440 and fsGroup", perm)
	default:
		return fmt.Sprintf("can be read by others than its owner (mode %04o): chmod 600 it; only what root owns "+
			"and another reads may be group-readable (0440, 0640)", perm)
	}
}
