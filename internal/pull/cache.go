package pull

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"refresher/internal/fault"
	"refresher/internal/s3sink"
)

// cacheAge is how long a download that was not used waits for the pull that goes on with it.
const cacheAge = 7 * 24 * time.Hour

// cache holds downloads that are not done with: a file for each object, named by the SHA-256
// that the signed manifest says, in a folder that only its owner can enter. What is in a file is
// not trusted: it is hashed anew with what follows it, and used when the whole has that SHA-256.
type cache struct{ root *os.Root }

// openCache opens or makes the folder, and removes what was left there for too long.
func openCache(dir string) (*cache, error) {
	doing := "opening the folder for downloads"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	if err := private(root); err != nil {
		_ = root.Close() // it was only read
		return nil, err
	}
	c := &cache{root}
	return c, c.sweep()
}

// private refuses a folder for downloads that others could put something into, or read.
func private(root *os.Root) error {
	info, err := root.Stat(".")
	if err != nil {
		return fmt.Errorf("looking at the folder for downloads: %w", err)
	}
	st, known := info.Sys().(*syscall.Stat_t)
	if known && int(st.Uid) != os.Geteuid() || info.Mode().Perm()&0o077 != 0 {
		return fault.BadInput("the folder for downloads %s is open to other users: run chmod 700 on it, or remove it",
			root.Name())
	}
	return nil
}

func (c *cache) sweep() error {
	entries, err := fs.ReadDir(c.root.FS(), ".")
	if err != nil {
		return fmt.Errorf("looking for old downloads: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || time.Since(info.ModTime()) < cacheAge {
			continue
		}
		f, err := c.lock(e.Name())
		if err != nil {
			return err
		}
		if f != nil {
			err = errors.Join(c.root.Remove(e.Name()), f.Close())
		}
		if err != nil {
			return fmt.Errorf("removing an old download: %w", err)
		}
	}
	return nil
}

// lock opens a file and keeps other pulls from it until it is closed; nil if one of them has it.
func (c *cache) lock(name string) (*os.File, error) {
	for {
		f, err := c.root.OpenFile(name, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, fmt.Errorf("opening a download: %w", err)
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			return nil, errors.Join(notBusy(err), f.Close())
		}
		here, err := f.Stat()
		there, serr := c.root.Lstat(name)
		if err == nil && serr == nil && os.SameFile(here, there) {
			return f, nil
		}
		if err = errors.Join(err, f.Close()); err != nil { // else the one who had it has removed it
			return nil, fmt.Errorf("opening a download: %w", err)
		}
	}
}

func notBusy(err error) error {
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	}
	return fmt.Errorf("locking a download: %w", err)
}

// download is an object that is here, whole and verified.
type download struct {
	cache *cache
	file  *os.File
	kept  int64 // bytes that an earlier pull had brought
}

// path is where it is.
func (d *download) path() string {
	return filepath.Join(d.cache.root.Name(), filepath.Base(d.file.Name()))
}

// end removes it if it was made use of, and leaves it for the next pull else.
func (d *download) end(used bool) (err error) {
	if used {
		err = d.cache.root.Remove(filepath.Base(d.file.Name()))
	}
	return errors.Join(err, d.file.Close(), d.cache.root.Close())
}

// fetch brings an object into the cache, or goes on where an earlier pull was interrupted; nil
// if another pull is at it.
func (p *pulling) fetch(ctx context.Context, o s3sink.Object) (*download, error) {
	c, err := openCache(p.Cache)
	if err != nil {
		return nil, err
	}
	f, err := c.lock(o.SHA256)
	if f == nil {
		return nil, errors.Join(err, c.root.Close())
	}
	d := &download{cache: c, file: f}
	info, err := f.Stat()
	if err == nil {
		d.kept = kept(info.Size(), o)
		p.watch.Expect(0, o.Size-d.kept)
		err = p.resume(ctx, o, f)
	}
	if err != nil {
		var refused *fault.Refusal // then it is of no use to anyone
		return nil, errors.Join(err, d.end(errors.As(err, &refused)))
	}
	return d, nil
}

// kept is how much of a file of that size can be the begin of an object, in whole blocks; all of
// one that is as long.
func kept(size int64, o s3sink.Object) int64 {
	switch {
	case size == o.Size:
		return size
	case size > o.Size:
		return 0
	}
	return size / s3sink.BlockSize * s3sink.BlockSize
}

// resume brings into a file what it lacks of an object. If the whole is not the object, what was
// there may be why: then all is brought once more.
func (p *pulling) resume(ctx context.Context, o s3sink.Object, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("looking at a download: %w", err)
	}
	kept := kept(info.Size(), o)
	for {
		if err := f.Truncate(kept); err != nil {
			return fmt.Errorf("going on with a download: %w", err)
		}
		w := &spool{io.NewOffsetWriter(f, kept), p.watch}
		err := p.dataset.FetchAfter(ctx, o, io.NewSectionReader(f, 0, kept), kept, w)
		var refused *fault.Refusal
		if kept == 0 || !errors.As(err, &refused) {
			return err
		}
		kept = 0
	}
}

// spool writes what comes of an object.
type spool struct {
	w     io.Writer
	watch Observer
}

func (s *spool) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	s.watch.Copied("", 0, int64(n))
	if err != nil {
		err = fmt.Errorf("writing what is downloaded: %w; name a folder with more room by XDG_CACHE_HOME, or by "+
			"temp_dir in the configuration", err)
	}
	return n, err
}
