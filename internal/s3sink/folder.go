package s3sink

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const (
	folderMode = 0o700
	fileMode   = 0o600
	// lockName is a file in the folder, locked (flock) while a condition is checked and
	// the object replaced.
	lockName = ".lock"
	// unfinished ends the name of a file that is being written: .NAME.<16 hex>.upload.
	unfinished = ".upload"
	maxFile    = 1 << 62
)

// folder is a [store] on this machine's disks: keys are absolute paths without their
// first slash, all below base. A file is written under another name beside its own,
// flushed to the disk and renamed. Links are listed as objects and never followed.
type folder struct{ base string }

func (f *folder) url() string { return "file:///" }

// ready refuses a folder in which other users could put files in the place of these.
func (f *folder) ready(context.Context) error {
	root, err := f.writable()
	if err == nil {
		err = f.fail(root.Close(), "closing", "")
	}
	return err
}

// reach opens the folder that a key lies in, and says where in it.
func (f *folder) reach(key string) (root *os.Root, rel string, err error) {
	dir := f.base
	rel, ok := strings.CutPrefix("/"+key, f.base+"/")
	if "/"+key == f.base { // the URL names a file
		dir, rel, ok = path.Dir(f.base), path.Base(f.base), true
	}
	if !ok {
		return nil, "", &Error{Bucket: f.base, Op: "opening", Key: key, Reason: "it lies outside of the folder"}
	}
	root, err = os.OpenRoot(dir)
	return root, path.Clean(rel), f.fail(err, "opening", key)
}

// writable opens the folder, which is made if it is not there.
func (f *folder) writable() (*os.Root, error) {
	if err := os.MkdirAll(f.base, folderMode); err != nil {
		return nil, f.fail(err, "making the folder", "")
	}
	if err := private(f.base); err != nil {
		return nil, &Error{Bucket: f.base, Op: "opening", Reason: err.Error()}
	}
	root, err := os.OpenRoot(f.base)
	return root, f.fail(err, "opening", "")
}

// private refuses a folder into which every user may write, itself or a folder above it,
// and one that another user made in a folder that everybody may write to (/tmp).
func private(base string) error {
	dir, err := filepath.EvalSymlinks(base)
	if err != nil {
		return err
	}
	for child := ""; ; child, dir = dir, filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		open, sticky := info.Mode().Perm()&0o002 != 0, info.Mode()&fs.ModeSticky != 0
		switch {
		case open && child == "":
			return fmt.Errorf("every user may write into it; chmod o-w %s", dir)
		case open && !sticky:
			return fmt.Errorf("every user may write into %s above it; chmod o-w, or choose another folder", dir)
		case open && !ownedByUs(child):
			return fmt.Errorf("%s lies in a folder that every user may write to, and another user made it; choose "+
				"another folder", child)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

func ownedByUs(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(st.Uid) == os.Geteuid() || st.Uid == 0)
}

func (f *folder) put(ctx context.Context, key string, body []byte, ifMatch, ifNoneMatch string) error {
	root, err := f.writable()
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if ifMatch != "" || ifNoneMatch != "" {
		unlock, err := f.lock(ctx, root)
		if err != nil {
			return err
		}
		defer unlock()
		if err := f.holds(ctx, key, ifMatch); err != nil {
			return err
		}
	}
	return f.write(ctx, root, key, bytes.NewReader(body))
}

// holds is the error of a condition that does not hold: without ifMatch, that the object
// is not there.
func (f *folder) holds(ctx context.Context, key, ifMatch string) error {
	body, etag, err := f.get(ctx, key)
	if err == nil {
		_ = body.Close() // it was only read
	}
	switch {
	case ifMatch == "" && notFound(err):
		return nil
	case err != nil: // that the object is missing, too
		return err
	case ifMatch == "" || etag != ifMatch:
		return &Error{Bucket: f.base, Op: "writing", Key: key, Code: "PreconditionFailed",
			status: http.StatusPreconditionFailed, Reason: "it is not what it was"}
	}
	return nil
}

func (f *folder) upload(ctx context.Context, key string, body io.Reader) error {
	root, err := f.writable()
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return f.write(ctx, root, key, body)
}

// write writes a file beside its name, and renames it when it is on the disk.
func (f *folder) write(ctx context.Context, root *os.Root, key string, body io.Reader) error {
	file, temp, err := f.create(root, key)
	if err != nil {
		return err
	}
	name, _ := uploadOf(temp)
	_, err = io.Copy(file, &cancellable{ctx, body})
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = root.Rename(temp, name)
	}
	if err == nil {
		err = flush(root, path.Dir(name))
	}
	if err != nil {
		_ = root.Remove(temp) // the first error is the one that matters
		prune(root, path.Dir(name))
		if cause := ctx.Err(); cause != nil {
			err = cause
		}
	}
	return f.fail(err, "writing", key)
}

// create makes the file under which an object is written, and its folders.
func (f *folder) create(root *os.Root, key string) (file *os.File, temp string, err error) {
	name, ok := strings.CutPrefix("/"+key, f.base+"/")
	if !ok {
		return nil, "", &Error{Bucket: f.base, Op: "writing", Key: key, Reason: "it lies outside of the folder"}
	}
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	dir := path.Dir(name)
	temp = path.Join(dir, "."+path.Base(name)+"."+hex.EncodeToString(id[:])+unfinished)
	for {
		if err = makeFolders(root, dir); err == nil {
			file, err = root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
		}
		if !errors.Is(err, fs.ErrNotExist) { // else it was pruned meanwhile
			return file, temp, f.fail(err, "writing", key)
		}
	}
}

// makeFolders makes a folder and those above it, each on the disk before the next.
func makeFolders(root *os.Root, dir string) error {
	if dir == "." {
		return nil
	}
	if info, err := root.Lstat(dir); err == nil && info.IsDir() {
		return nil
	}
	if err := makeFolders(root, path.Dir(dir)); err != nil {
		return err
	}
	if err := root.Mkdir(dir, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return flush(root, path.Dir(dir))
}

// flush brings a folder's names to the disk.
func flush(root *os.Root, dir string) error {
	d, err := root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// prune removes a folder and those above it as far as they are empty.
func prune(root *os.Root, dir string) {
	for dir != "." && root.Remove(dir) == nil {
		dir = path.Dir(dir)
	}
}

// cancellable is a reader that ends with its context.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

func (f *folder) remove(_ context.Context, key string) error {
	root, rel, err := f.reach(key)
	if notFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return f.fail(discard(root, rel), "removing", key)
}

func discard(root *os.Root, rel string) error {
	err := root.Remove(rel)
	if err == nil {
		err = flush(root, path.Dir(rel))
		prune(root, path.Dir(rel))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (f *folder) clear(_ context.Context, prefix string) error {
	root, rel, err := f.reach(strings.TrimSuffix(prefix, "/"))
	if notFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err = root.RemoveAll(rel); err == nil {
		prune(root, path.Dir(rel))
	}
	return f.fail(err, "removing", prefix)
}

func (f *folder) begin(_ context.Context, key string) (func(context.Context), error) {
	root, err := f.writable()
	if err != nil {
		return nil, err
	}
	file, _, err := f.create(root, key)
	if err = errors.Join(err, root.Close()); err != nil {
		return nil, err
	}
	return func(context.Context) { _ = os.Remove(file.Name()) }, f.fail(file.Close(), "writing", key)
}

func (f *folder) abort(ctx context.Context, prefix string, dead func(key string) bool) ([]string, error) {
	var keys []string
	err := f.list(ctx, prefix[:strings.LastIndexByte(prefix, '/')+1], func(file string, _ int64) error {
		key, ok := uploadOf(file)
		if !ok || !strings.HasPrefix(key, prefix) || !dead(key) {
			return nil
		}
		keys = append(keys, key)
		return f.remove(ctx, file)
	})
	return keys, err
}

// uploadOf is the key of the object that a file is to become; ok is false if it is none
// that is being written.
func uploadOf(file string) (key string, ok bool) {
	dir, name := path.Split(file)
	name, ok1 := strings.CutSuffix(name, unfinished)
	name, ok2 := strings.CutPrefix(name, ".")
	i := strings.LastIndexByte(name, '.')
	if !ok1 || !ok2 || i < 1 || len(name)-i != 17 || strings.Trim(name[i+1:], "0123456789abcdef") != "" {
		return "", false
	}
	return dir + name[:i], true
}

// entries are the names in a folder; that of a folder has a slash at its end, so that
// they sort as keys do.
func entries(root *os.Root, dir string) ([]string, error) {
	d, err := root.Open(dir)
	if err != nil {
		return nil, err
	}
	found, err := d.ReadDir(-1)
	if err = errors.Join(err, d.Close()); err != nil {
		return nil, err
	}
	names := make([]string, len(found))
	for i, e := range found {
		names[i] = e.Name()
		if e.IsDir() {
			names[i] += "/"
		}
	}
	slices.Sort(names)
	return names, nil
}
