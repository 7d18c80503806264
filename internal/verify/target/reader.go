package target

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/dataset/layout"
	"refresher/internal/fault"
	"refresher/internal/s3sink/fingerprints"
	"refresher/internal/verify"
)

// Reader looks through targets, and gathers what is found.
type Reader struct {
	Verifier *verify.Verifier
	Tables   []verify.Table // what the rules decided; nil: unknown
	Older    bool           // datasets of other runs than the current one are looked through, too

	Results []*verify.Result
	Notes   []string // what was not looked into and why, in sentences
}

func (r *Reader) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// Database looks through a database.
func (r *Reader) Database(ctx context.Context, cfg *pgx.ConnConfig) error {
	result, err := r.Verifier.Database(ctx, cfg, r.Tables)
	if err != nil {
		return err
	}
	r.Results = append(r.Results, result)
	return nil
}

// Stream looks through what comes from in until it ends or ctx does.
func (r *Reader) Stream(ctx context.Context, name string, in io.Reader) error {
	body := interruptible(ctx, in)
	defer body.Close()
	return r.file(ctx, verify.Input{Name: name, R: body})
}

// Folder looks through every file in a folder and below it.
func (r *Reader) Folder(ctx context.Context, dir string) error {
	n := 0
	dumps := map[string]map[string]bool{} // the files of dumps in directory format, by folder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case d.IsDir():
			r.title(d.Name())
			files, err := verify.DumpFiles(path)
			if err == nil && files == nil {
				return nil
			}
			n++
			var result *verify.Result
			if err == nil {
				result, err = r.Verifier.DumpFolder(ctx, r.label(path), path)
			}
			if err == nil {
				dumps[path] = files
				// its files are read one by one
			} else if result = r.Verifier.Unreadable(r.label(path), err); result == nil {
				return err
			}
			r.Results = append(r.Results, result)
			return nil
		case !d.Type().IsRegular():
			r.note("not followed: %s", r.label(path))
			r.title(title(dir, path))
			if to, err := os.Readlink(path); err == nil {
				r.title(to)
			}
			return nil
		case dumps[filepath.Dir(path)][d.Name()]: // by a name of pg_dump's own
			return nil
		}
		n++
		return r.path(ctx, dir, path)
	})
	if err == nil && n == 0 {
		return fault.BadInput("%s holds no file", dir)
	}
	return err
}

// File looks through one file.
func (r *Reader) File(ctx context.Context, path string) error {
	return r.path(ctx, filepath.Dir(path), path)
}

func (r *Reader) path(ctx context.Context, dir, path string) error {
	f, err := open(ctx, path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	of, known := part(dir, path)
	in := verify.Input{Name: path, Title: title(dir, path), R: f, Rows: known && of.Format != layout.Parquet}
	in.Table = func(string) verify.Table {
		if known {
			return verify.TableNamed(r.Tables, of.Table)
		}
		return fileTable(filepath.Base(path))
	}
	if info.Mode().IsRegular() {
		in.At, in.Size = f, info.Size()
	} else {
		body := interruptible(ctx, f)
		defer body.Close()
		in.R = body
	}
	return r.file(ctx, in)
}

// file looks through one file; but not through a fingerprint set that nothing but a
// run with this key can have made, byte for byte.
func (r *Reader) file(ctx context.Context, in verify.Input) error {
	if strings.HasSuffix(in.Name, fingerprints.Suffix) && in.At != nil {
		sealed, err := r.Verifier.Sealed(in.At, in.Size)
		if err != nil {
			return fmt.Errorf("reading %s: %w", r.label(in.Name), err)
		}
		if sealed {
			r.note("not looked into, being a fingerprint set: %s", r.label(in.Name))
			name := in.Title
			if name == "" {
				name = in.Name
			}
			r.title(name)
			return nil
		}
	}
	results, err := r.Verifier.File(ctx, in)
	r.Results = append(r.Results, results...)
	return err
}

// title looks through the name of what is not looked into as a file.
func (r *Reader) title(name string) {
	if result := r.Verifier.FileName(name); result != nil {
		r.Results = append(r.Results, result)
	}
}

// title is as much of a path as is the target's own: from the folder's name on.
func title(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil {
		return rel
	}
	return filepath.Base(path)
}

// label is a path as it may be printed.
func (r *Reader) label(path string) string {
	if r.Verifier.Printable(path) {
		return path
	}
	return "a file whose name is a finding"
}

// part is what a file laid out as in a bucket is a part of.
func part(dir, path string) (f layout.File, ok bool) {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return f, false
	}
	return layout.Parse(filepath.ToSlash(rel))
}

// fileTable is the table of a file of which no rule says anything.
func fileTable(name string) verify.Table {
	t := verify.Table{SourceRows: -1}
	t.Name.Schema, t.Name.Name = "file", name
	return t
}
