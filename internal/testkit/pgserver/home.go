package pgserver

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"refresher/internal/testkit/watchdog"
)

// home is the folder of one cluster: data/, the socket, log, the owner's lock.
type home struct {
	dir  string
	run  runAs
	lock *os.File // "owner", locked while this process lives
	dog  *watchdog.Watchdog
}

const ownerFile = "owner"

// newHome makes the folder, and first removes those that dead owners left.
func newHome(opts Options) (*home, error) {
	run, err := unprivileged()
	if err != nil {
		return nil, err
	}
	base := opts.Dir
	if base == "" {
		if base, err = baseDir(); err != nil {
			return nil, err
		}
	}
	unlock, err := lockDir(base)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := sweep(base); err != nil {
		return nil, fmt.Errorf("removing what an earlier process left in %s: %w", base, err)
	}
	h := &home{dir: filepath.Join(base, "c"+randomHex(4)), run: run}
	if len(h.dir) > 80 {
		return nil, fmt.Errorf("%s is too long for a Unix socket's path", base)
	}
	if err := h.create(); err != nil {
		return nil, errors.Join(err, h.remove())
	}
	return h, nil
}

func (h *home) create() (err error) {
	if err := os.Mkdir(h.dir, 0o700); err != nil {
		return err
	}
	if h.lock, err = os.OpenFile(filepath.Join(h.dir, ownerFile), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	if err := syscall.Flock(int(h.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("locking %s: %w", h.lock.Name(), err)
	}
	if h.dog, err = watchdog.New(h.dir); err != nil {
		return err
	}
	return h.run.own(h.dir)
}

// remove deletes the folder and lets the watchdog go.
func (h *home) remove() error {
	err := os.RemoveAll(h.dir)
	if h.dog != nil {
		h.dog.Release()
	}
	if h.lock != nil {
		h.lock.Close()
	}
	return err
}

// write makes a file that the server may read.
func (h *home) write(name, text string) error {
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return h.run.own(path)
}

func (h *home) log() string {
	b, _ := os.ReadFile(filepath.Join(h.dir, "log")) // no log yet is an empty log
	return string(b)
}

func (h *home) logContains(text string) bool { return strings.Contains(h.log(), text) }

// logTail is the end of the log, for the error of a server that doesn't start.
func (h *home) logTail() string {
	lines := strings.Split(strings.TrimSpace(h.log()), "\n")
	lines = lines[max(0, len(lines)-8):]
	if lines[0] == "" {
		return ""
	}
	return "\n  " + strings.Join(lines, "\n  ")
}

// DirEnv is the environment variable that names the folder for clusters instead of
// /tmp: one in memory makes tests faster, which create and drop databases all the time.
const DirEnv = "REFRESHER_PGTEST_DIR"

// baseDir is this user's folder for clusters.
func baseDir() (string, error) {
	tmp := os.Getenv(DirEnv)
	if tmp == "" {
		tmp = "/tmp" // $TMPDIR is too long for sockets on some systems
	}
	if _, err := os.Stat(tmp); err != nil {
		tmp = os.TempDir()
	}
	base := filepath.Join(tmp, "refresher-pg-"+strconv.Itoa(os.Geteuid()))
	if err := os.Mkdir(base, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(base) // /tmp is everybody's: don't use a folder that isn't ours
	if err != nil {
		return "", err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || !info.IsDir() || int(st.Uid) != os.Geteuid() {
		return "", fmt.Errorf("%s exists and doesn't belong to this user", base)
	}
	return base, os.Chmod(base, 0o711) // with any umask
}

// lockDir keeps other processes from sweeping while a folder is made.
func lockDir(base string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(base, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("locking %s: %w", f.Name(), err)
	}
	return func() { f.Close() }, nil
}

// sweep removes the clusters whose owner is dead.
func sweep(base string) error {
	owners, _ := filepath.Glob(filepath.Join(base, "c????????", ownerFile)) // the only error is a bad pattern
	for _, path := range owners {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue // its owner is just removing it
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			err = destroy(filepath.Dir(path))
		} else {
			err = nil // alive
		}
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// destroy ends the server of a folder that nobody owns and removes the folder.
func destroy(dir string) error {
	data := filepath.Join(dir, "data")
	if pid := postmasterPID(data); pid > 0 {
		endForeign(pid, data)
	}
	return os.RemoveAll(dir)
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
