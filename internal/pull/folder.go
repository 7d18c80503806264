package pull

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"golang.org/x/sync/errgroup"

	"refresher/internal/fault"
	"refresher/internal/s3sink"
)

// partial is what follows the name of a folder while it is filled, and marker the file that says
// that a pull made it.
const (
	partial = ".partial"
	marker  = ".refresher-pull"
)

// Folder downloads a dataset's files of a format, and those that describe them, into a folder that is not
// there yet, or is empty. They are brought into one beside it, which takes its name when all are whole. An
// interrupted one stays, and the next Folder for the same name goes on with it.
func Folder(ctx context.Context, o Options, format, dir string, watch Observer) (*Result, error) {
	p := &pulling{Options: o, watch: watch, result: &Result{}}
	dir = filepath.Clean(dir)
	if err := free(dir); err != nil {
		return nil, err
	}
	if err := p.begin(ctx, format); err != nil {
		return nil, err
	}
	watch.Stage("download")
	to, err := begun(dir + partial)
	if err != nil {
		return nil, err
	}
	defer to.Close()
	if err := p.fill(ctx, to.Root); err != nil {
		return nil, err
	}
	if err := p.dataset.Unmoved(ctx); err != nil {
		return nil, err
	}
	err = to.Remove(marker)
	if err == nil {
		err = syscall.Rename(dir+partial, dir) // which, unlike os.Rename, replaces a folder, if it is empty
	}
	if err != nil {
		return nil, fmt.Errorf("finishing folder %s: %w", dir, err)
	}
	return p.result, p.Known.write(p.seen)
}

// free refuses a folder that holds something.
func free(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Dir(dir)); errors.Is(err, fs.ErrNotExist) {
			return fault.BadInput("folder %s, in which %s would be made, is not there: make it first",
				filepath.Dir(dir), filepath.Base(dir))
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking at folder %s: %w", dir, err)
	}
	if !info.IsDir() {
		return fault.BadInput("%s is no folder: name one that is not there yet, or is empty", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("looking at folder %s: %w", dir, err)
	}
	if len(entries) > 0 {
		return fault.BadInput("folder %s is not empty: name one that is not there yet, or remove it", dir)
	}
	return nil
}

// filling is a folder in which files are brought together. Its marker is locked until it is closed.
type filling struct {
	*os.Root
	marker *os.File
}

func (f *filling) Close() { _, _ = f.Root.Close(), f.marker.Close() } // files in it were closed before

// begun opens such a folder, or makes it.
func begun(dir string) (*filling, error) {
	err := os.Mkdir(dir, 0o700)
	made := err == nil
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	var f filling
	if err == nil {
		f.Root, err = os.OpenRoot(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("making a folder for what is downloaded: %w", err)
	}
	if _, err = f.Lstat(marker); !made && errors.Is(err, fs.ErrNotExist) {
		err = fault.BadInput("folder %s is in the way, and was not made by pull: rename it", dir)
		return nil, errors.Join(err, f.Root.Close())
	}
	if err := private(f.Root); err != nil { // made by another user, to see or change what is brought
		return nil, errors.Join(err, f.Root.Close())
	}
	f.marker, err = f.OpenFile(marker, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, fileMode)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making a folder for what is downloaded: %w", err), f.Root.Close())
	}
	if err := syscall.Flock(int(f.marker.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fault.Refuse("lock", "another pull fills %s at this moment: wait until that has ended", dir)
	}
	return &f, nil
}

// fileMode is for files that their owner alone reads and writes.
const fileMode = 0o600

// fill brings all objects, and the manifest with its signature, into a folder. What is there already
// is hashed, and not downloaded again.
func (p *pulling) fill(ctx context.Context, root *os.Root) error {
	missing, err := p.missing(root)
	if err != nil {
		return err
	}
	p.result.Kept = p.result.Bytes - missing
	p.watch.Expect(0, missing)
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, p.Jobs))
	for _, o := range p.objects {
		group.Go(func() error { return p.bring(gctx, root, o) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for name, text := range map[string][]byte{s3sink.ManifestName: p.manifest, s3sink.SignatureName: p.signature} {
		if err := root.WriteFile(name, text, fileMode); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	return nil
}

// missing is how many bytes of the objects are not in a folder yet. Files of another run are removed.
func (p *pulling) missing(root *os.Root) (bytes int64, err error) {
	wanted := map[string]s3sink.Object{marker: {}}
	for _, o := range p.objects {
		wanted[o.Name] = o
	}
	bytes = p.result.Bytes
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		o, ok := wanted[name]
		if !ok {
			return root.Remove(name)
		}
		info, err := d.Info()
		if err == nil && name != marker {
			bytes -= kept(info.Size(), o)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("looking at what was downloaded before: %w", err)
	}
	return bytes, nil
}

// bring makes one object a file.
func (p *pulling) bring(ctx context.Context, root *os.Root, o s3sink.Object) error {
	if err := root.MkdirAll(path.Dir(o.Name), 0o700); err != nil {
		return fmt.Errorf("making a folder for %s: %w", o.Name, err)
	}
	f, err := root.OpenFile(o.Name, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, fileMode)
	if err != nil {
		return fmt.Errorf("making a file for %s: %w", o.Name, err)
	}
	err = p.resume(ctx, o, f)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
