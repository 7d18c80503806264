package s3sink

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
	"syscall"
	"time"
)

// open opens a file that is no link and nothing else than a file.
func (f *folder) open(key string) (*os.File, fs.FileInfo, error) {
	root, rel, err := f.reach(key)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = root.Close() }()
	seen, err := root.Lstat(rel)
	if err != nil {
		return nil, nil, f.fail(err, "reading", key)
	}
	if !seen.Mode().IsRegular() {
		return nil, nil, &Error{Bucket: f.base, Op: "reading", Key: key,
			Reason: "it is a link, a folder or a device, and no file of refresher's; remove it"}
	}
	file, err := root.Open(rel)
	if err != nil {
		return nil, nil, f.fail(err, "reading", key)
	}
	info, err := file.Stat()
	if err == nil && !os.SameFile(seen, info) {
		err = errReplaced
	}
	if err != nil {
		_ = file.Close() // it was only read
		return nil, nil, f.fail(err, "reading", key)
	}
	return file, info, nil
}

// get hashes the file for its ETag: it is a small one.
func (f *folder) get(_ context.Context, key string) (io.ReadCloser, string, error) {
	file, _, err := f.open(key)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.New()
	if _, err = io.Copy(sum, file); err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = file.Close() // it was only read
		return nil, "", f.fail(err, "reading", key)
	}
	return file, hex.EncodeToString(sum.Sum(nil)), nil
}

func (f *folder) head(_ context.Context, key string) (size int64, version string, ok bool, err error) {
	if info, err := os.Stat("/" + key); err == nil && info.IsDir() {
		return 0, "", false, nil // a prefix of keys
	}
	file, info, err := f.open(key)
	if notFound(err) {
		return 0, "", false, nil
	}
	if err != nil {
		return 0, "", false, err
	}
	return info.Size(), versionOf(info), true, f.fail(file.Close(), "reading", key)
}

func (f *folder) headers(context.Context, string) (string, error) { return "", nil }

// versionOf tells one state of a file from the next.
func versionOf(info fs.FileInfo) string {
	inode := uint64(0)
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = st.Ino
	}
	return fmt.Sprintf("%d-%d-%d", inode, info.Size(), info.ModTime().UnixNano())
}

func (f *folder) read(_ context.Context, key, version string, from, n int64) (io.ReadCloser, error) {
	file, info, err := f.open(key)
	if err != nil {
		return nil, err
	}
	if version != "" && versionOf(info) != version {
		_ = file.Close() // it was only read
		return nil, &Error{Bucket: f.base, Op: "reading", Key: key, Code: "PreconditionFailed",
			status: http.StatusPreconditionFailed, Reason: errReplaced.Error()}
	}
	if n < 0 {
		n = max(0, info.Size()-from)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(file, from, n), file}, nil
}

func (f *folder) list(ctx context.Context, prefix string, fn func(key string, size int64) error) error {
	dir := strings.TrimSuffix(prefix[:strings.LastIndexByte(prefix, '/')+1], "/")
	root, rel, err := f.reach(dir)
	if notFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if "/"+dir == f.base { // reach looked at it as at a file
		_ = root.Close()
		if root, err = os.OpenRoot(f.base); errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return f.fail(err, "listing", prefix)
		}
		rel = "."
	}
	defer func() { _ = root.Close() }()
	return f.walk(ctx, root, rel, prefix, fn)
}

// walk goes through a folder, in the order of the keys.
func (f *folder) walk(ctx context.Context, root *os.Root, dir, prefix string,
	fn func(key string, size int64) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	names, err := entries(root, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // removed meanwhile
	}
	if err != nil {
		return f.fail(err, "listing", prefix)
	}
	for _, name := range names {
		rel := path.Join(dir, name)
		key := strings.TrimPrefix(f.base+"/"+rel, "/")
		if sub, ok := strings.CutSuffix(name, "/"); ok {
			if strings.HasPrefix(key+"/", prefix) || strings.HasPrefix(prefix, key+"/") {
				if err := f.walk(ctx, root, path.Join(dir, sub), prefix, fn); err != nil {
					return err
				}
			}
			continue
		}
		info, err := root.Lstat(rel)
		if errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(key, prefix) {
			continue
		}
		if err != nil {
			return f.fail(err, "listing", prefix)
		}
		if rel == lockName && info.Mode().IsRegular() && info.Size() == 0 {
			continue
		}
		if err := fn(key, info.Size()); err != nil {
			return err
		}
	}
	return nil
}

func (f *folder) folders(_ context.Context, prefix string) ([]string, error) {
	root, rel, err := f.reach(strings.TrimSuffix(prefix, "/"))
	if notFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	found, err := entries(root, rel)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, name := range found {
		if sub, ok := strings.CutSuffix(name, "/"); ok {
			names = append(names, sub)
		}
	}
	return names, f.fail(err, "listing", prefix)
}

// lockPause is how long a lock that another process has is waited for before it is tried
// again; it is had for no longer than a small file is written.
const lockPause = 5 * time.Millisecond

// lock keeps other processes from replacing an object on a condition.
func (f *folder) lock(ctx context.Context, root *os.Root) (unlock func(), err error) {
	file, err := root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, f.fail(err, "locking", lockName)
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil // which unlocks
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			break
		}
		select {
		case <-ctx.Done():
			_ = file.Close() // it holds nothing
			return nil, f.fail(ctx.Err(), "locking", lockName)
		case <-time.After(lockPause):
		}
	}
	_ = file.Close() // it holds nothing
	return nil, &Error{Bucket: f.base, Op: "locking", Key: lockName,
		Reason: fmt.Sprintf("the file system has no locks (%v); conditional writes need them", err)}
}

// fail says of an error of the system what to do.
func (f *folder) fail(err error, op, key string) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	e := &Error{Bucket: f.base, Op: op, Key: strings.TrimPrefix("/"+key, f.base+"/")}
	switch {
	case e.cancelled(err):
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		e.Code, e.status, e.Reason = "NoSuchKey", http.StatusNotFound, "it is not there"
	case errors.Is(err, errReplaced):
		e.Code, e.status, e.Reason = "PreconditionFailed", http.StatusPreconditionFailed, errReplaced.Error()
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Reason = "the disk is full; free some or lower `keep`"
	case errors.Is(err, fs.ErrPermission):
		e.Reason = "permission denied; the folder must belong to the user that runs refresher"
	case errors.Is(err, syscall.EROFS):
		e.Reason = "the file system is read-only"
	default:
		var errno syscall.Errno
		e.Reason = err.Error()
		if errors.As(err, &errno) {
			e.Reason = errno.Error()
		}
	}
	return e
}
