// Package fingerprints keeps fingerprint sets where a configuration says: in a folder,
// or under a prefix of a bucket of their own.
//
// A set is a file RUN.fingerprints (package fingerprint says what is in it). Run
// ids begin with their time, so the newest set is the last by name. Sets are
// found again by the URL or path of one of them, or of the place, which means the
// newest.
package fingerprints

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/s3sink"
)

// Suffix ends the name of a set.
const Suffix = ".fingerprints"

// Place is where sets are kept.
type Place struct {
	url  string
	path string       // folder or file; empty if it is a bucket
	sink *s3sink.Sink // nil if it is a folder
}

// Kept is a set that was put somewhere.
type Kept struct {
	URL    string `json:"url"`
	Size   int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Open names a place: s3://bucket/prefix or s3://bucket/object, reached as opts
// say, or a folder or file. It looks at nothing yet.
func Open(ctx context.Context, url string, opts s3sink.Options) (*Place, error) {
	if !strings.HasPrefix(url, "s3://") {
		if strings.Contains(url, "://") {
			return nil, fault.BadInput("fingerprints are kept in a folder or under s3://bucket/prefix, not at %.12q",
				url)
		}
		return &Place{url: url, path: url}, nil
	}
	opts.Name, opts.URL = "fingerprints", url
	sink, err := s3sink.Open(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &Place{url: strings.TrimSuffix(url, "/"), sink: sink}, nil
}

// Probe finds out, before any work is done, whether sets can be put here.
func (p *Place) Probe(ctx context.Context) error {
	if p.sink != nil {
		return p.sink.Probe(ctx)
	}
	if err := os.MkdirAll(p.path, 0o700); err != nil {
		return fmt.Errorf("making the folder of fingerprint sets: %w", err)
	}
	f, err := os.CreateTemp(p.path, ".probe-")
	if err != nil {
		return fmt.Errorf("writing into the folder of fingerprint sets: %w", err)
	}
	return errorOr(os.Remove(f.Name()), f.Close())
}

// Put keeps the set that write writes, under a run's name.
func (p *Place) Put(ctx context.Context, run string, write func(io.Writer) error) (Kept, error) {
	if p.sink != nil {
		o, err := p.sink.PutEntry(ctx, run+Suffix, write)
		return Kept{URL: p.url + "/" + run + Suffix, Size: o.Size, SHA256: o.SHA256}, err
	}
	name := filepath.Join(p.path, run+Suffix)
	f, err := os.CreateTemp(p.path, ".writing-") // mode 0600
	if err != nil {
		return Kept{}, fmt.Errorf("writing a fingerprint set: %w", err)
	}
	defer os.Remove(f.Name()) // unless it has its name by then
	sum := sha256.New()
	err = write(io.MultiWriter(f, sum))
	if err == nil {
		err = f.Sync()
	}
	info, statErr := f.Stat()
	if err = errorOr(err, statErr, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return Kept{}, fmt.Errorf("writing a fingerprint set: %w", err)
	}
	return Kept{URL: name, Size: info.Size(), SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

func errorOr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Remove removes a run's set, if there is one.
func (p *Place) Remove(ctx context.Context, run string) error {
	if p.sink != nil {
		return p.sink.RemoveEntry(ctx, run+Suffix)
	}
	if err := os.Remove(filepath.Join(p.path, run+Suffix)); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("removing a fingerprint set: %w", err)
	}
	return nil
}

// Retain removes all sets but the newest.
func (p *Place) Retain(ctx context.Context, keep int) error {
	sets, err := p.list(ctx)
	if err != nil {
		return err
	}
	for len(sets) > keep {
		if err := p.Remove(ctx, strings.TrimSuffix(sets[0].Name, Suffix)); err != nil {
			return err
		}
		sets = sets[1:]
	}
	return nil
}

// Runs are the runs of which there are sets, the oldest first.
func (p *Place) Runs(ctx context.Context) ([]string, error) {
	sets, err := p.list(ctx)
	runs := make([]string, len(sets))
	for i, e := range sets {
		runs[i] = strings.TrimSuffix(e.Name, Suffix)
	}
	return runs, err
}

// list are the sets of the place, the oldest first.
func (p *Place) list(ctx context.Context) (sets []s3sink.Entry, err error) {
	if p.sink != nil {
		err = p.sink.Entries(ctx, func(e s3sink.Entry) error {
			if strings.HasSuffix(e.Name, Suffix) && !strings.Contains(e.Name, "/") {
				sets = append(sets, e)
			}
			return nil
		})
	} else {
		var names []string
		names, err = filepath.Glob(filepath.Join(escapeGlob(p.path), "*"+Suffix))
		for _, n := range names {
			sets = append(sets, s3sink.Entry{Name: filepath.Base(n)})
		}
	}
	slices.SortFunc(sets, func(a, b s3sink.Entry) int { return strings.Compare(a.Name, b.Name) })
	return sets, err
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// Fetch opens the set that the place names, or its newest one. One in a bucket is
// copied to a file without a name in dir: a set is read at random. Nothing there
// is a *fault.Input.
func (p *Place) Fetch(ctx context.Context, dir string) (*os.File, error) {
	path := p.path
	if p.sink == nil {
		if info, err := os.Stat(path); err != nil {
			return nil, fault.BadInput("there is no fingerprint set at %s", p.url)
		} else if !info.IsDir() {
			return open(path)
		}
	}
	sets, err := p.list(ctx)
	if err != nil {
		return nil, err
	}
	if len(sets) == 0 {
		return nil, fault.BadInput("there is no fingerprint set (RUN%s) at %s", Suffix, p.url)
	}
	newest := sets[len(sets)-1]
	if p.sink == nil {
		return open(filepath.Join(path, newest.Name))
	}
	return p.download(ctx, newest, dir)
}

func open(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the fingerprint set: %w", err)
	}
	return f, nil
}

func (p *Place) download(ctx context.Context, e s3sink.Entry, dir string) (*os.File, error) {
	body, err := p.sink.OpenEntry(ctx, e)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }() // it was only read
	f, err := os.CreateTemp(dir, "refresher-fingerprints-")
	if err != nil {
		return nil, fmt.Errorf("making a file for the fingerprint set: %w", err)
	}
	_ = os.Remove(f.Name()) // it is gone when it is closed
	if _, err := io.Copy(f, body); err != nil {
		f.Close()
		return nil, fmt.Errorf("copying the fingerprint set: %w", err)
	}
	return f, nil
}
