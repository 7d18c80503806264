package main

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/config"
	"refresher/internal/dataset/parquet"
	"refresher/internal/fault"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/s3sink"
	"refresher/internal/s3sink/fingerprints"
	"refresher/internal/verify"
)

// ours reports a target that holds what a run made, table by table.
func (p *proof) ours(target string) bool {
	return target == "staging" || p.config.Bucket(target) != nil
}

// target looks through what a target names.
func (p *proof) target(ctx context.Context, target string) error {
	c := p.config
	switch {
	case target == "-":
		in := interruptible(ctx, p.app.stdin())
		defer in.Close()
		return p.file(ctx, verify.Input{Name: "standard input", R: in})
	case target == "staging":
		if p.in == nil {
			return fault.BadInput("staging is named by a configuration; give --config, or another --target")
		}
		cfg, err := c.StagingConfig()
		if err != nil {
			return fault.BadInput("staging.url is not a PostgreSQL connection URL")
		}
		return p.database(ctx, cfg)
	case strings.HasPrefix(target, "postgres://"), strings.HasPrefix(target, "postgresql://"):
		cfg, err := pgx.ParseConfig(target)
		if err != nil {
			return fault.BadInput("--target is not a PostgreSQL connection URL")
		}
		if err := config.Secure(cfg); err != nil {
			return err
		}
		return p.database(ctx, cfg)
	case strings.HasPrefix(target, "s3://"):
		return p.prefix(ctx, target)
	}
	if b := c.Bucket(target); b != nil {
		return p.bucket(ctx, b.Name, b.URL)
	}
	info, err := os.Stat(target)
	switch {
	case err == nil && info.IsDir():
		return p.folder(ctx, target)
	case err == nil:
		return p.path(ctx, target)
	}
	return fault.BadInput(
		"--target %q is neither staging, nor a bucket of the configuration, nor a postgres:// or s3:// URL, nor a file or folder, nor -",
		target,
	)
}

func (p *proof) database(ctx context.Context, cfg *pgx.ConnConfig) error {
	result, err := p.verifier.Database(ctx, cfg, p.tables)
	if err != nil {
		return err
	}
	p.verdict.Results = append(p.verdict.Results, result)
	return nil
}

// bucket verifies the dataset that latest.json names: its bytes, then its rows.
func (p *proof) bucket(ctx context.Context, name, url string) error {
	sink, err := p.app.sink(ctx, p.config, name, url)
	if err != nil {
		return err
	}
	current, err := sink.Current(ctx)
	if err != nil {
		return err
	}
	if current == nil {
		return fault.Refuse("datasets", "nothing was published under %s yet", url)
	}
	return p.dataset(ctx, sink, current)
}

func (p *proof) dataset(ctx context.Context, sink *s3sink.Sink, current *s3sink.Published) error {
	if err := current.Verify(ctx); err != nil {
		return err
	}
	for _, o := range current.Manifest.Objects {
		result, err := refresh.VerifyObject(ctx, p.verifier, p.tables, current.Run, o)
		if err != nil {
			return err
		}
		if result != nil {
			p.verdict.Results = append(p.verdict.Results, result)
		}
	}
	return p.beside(ctx, sink, current)
}

// beside looks through what else lies under a dataset's prefix: objects that no
// manifest names, and the datasets of other runs, which are only counted for a
// bucket's name.
func (p *proof) beside(ctx context.Context, sink *s3sink.Sink, current *s3sink.Published) error {
	strays, unread := 0, 0
	var runs []string // those unread
	err := sink.Beside(ctx, current, func(b s3sink.Beside) error {
		switch {
		case b.Of == nil:
			strays++
		case !p.older:
			if unread++; !slices.Contains(runs, b.Run) {
				runs = append(runs, b.Run)
			}
			return nil
		}
		return p.besideFile(ctx, sink, b)
	})
	if err != nil {
		return err
	}
	if strays > 0 {
		p.note("objects that no run's manifest names: %d, looked through as files", strays)
	}
	if n := len(runs); n > 0 {
		p.note(
			"not looked into: %d objects of other runs (%d); --target %sruns/%s looks into one of these, --target %s into all",
			unread,
			n,
			sink.URL(),
			runs[n-1],
			sink.URL(),
		)
	}
	return nil
}

// besideFile looks through an object as a file, but not through a run's own report.
func (p *proof) besideFile(ctx context.Context, sink *s3sink.Sink, b s3sink.Beside) error {
	switch b.Path {
	case report.JSONName, report.HTMLName, report.JSONName + signature.Suffix:
		if same, err := sink.Unchanged(ctx, b); err != nil || same {
			return err
		}
	}
	body, at, err := sink.OpenEntry(ctx, b.Entry)
	if s3sink.Gone(err) { // retention took it, or a run that was refused
		p.note("gone before it was looked into: %s", p.label(b.Name))
		return nil
	}
	if err != nil {
		return err
	}
	defer body.Close()
	known := false
	err = p.file(ctx, verify.Input{Name: b.Name, R: body, At: at, Size: b.Size, Table: func(name string) verify.Table {
		t := verify.Table{SourceRows: -1}
		t.Name.Schema, t.Name.Name = "file", name
		if table, _, ok := parquet.ParsePath(b.Path); ok && b.Run != "" {
			known = true
			t = refresh.TableNamed(p.tables, table)
			t.Rest, t.RowsNone = true, false // today's rules need not be those of its run
		}
		return t
	}})
	if n := len(p.verdict.Results); known && n > 0 && err == nil {
		p.verdict.Results[n-1].Subject = "parquet " + b.Name
	}
	return err
}

// prefix verifies a dataset or one run's, or else every object under an s3:// URL.
func (p *proof) prefix(ctx context.Context, url string) error {
	sink, err := p.app.sink(ctx, p.config, "target", url)
	if err != nil {
		return err
	}
	current, err := sink.Current(ctx)
	if err != nil {
		return err
	}
	if current != nil {
		return p.dataset(ctx, sink, current)
	}
	if of, run := sink.OfRun(); of != nil {
		ok, err := of.RunObjects(ctx, run, func(b s3sink.Beside) error { return p.besideFile(ctx, of, b) })
		if err != nil || ok {
			return err
		}
	}
	n := 0
	err = sink.Entries(ctx, func(e s3sink.Entry) error {
		n++
		body, at, err := sink.OpenEntry(ctx, e)
		if err != nil {
			return err
		}
		defer body.Close()
		return p.file(ctx, verify.Input{Name: e.Name, R: body, At: at, Size: e.Size})
	})
	if err == nil && n == 0 {
		return fault.Refuse("datasets", "nothing was published under %s yet, and there is no other object", url)
	}
	return err
}

// folder verifies every file in a folder and below it.
func (p *proof) folder(ctx context.Context, dir string) error {
	n := 0
	dumps := map[string]map[string]bool{} // the files of dumps in directory format, by folder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case d.IsDir():
			p.title(d.Name())
			files, err := verify.DumpFiles(path)
			if err != nil || files == nil {
				return err
			}
			n++
			dumps[path] = files
			result, err := p.verifier.DumpFolder(ctx, p.label(path), path)
			if err != nil {
				return err
			}
			p.verdict.Results = append(p.verdict.Results, result)
			return nil
		case !d.Type().IsRegular():
			p.note("not followed: %s", p.label(path))
			p.title(title(dir, path))
			return nil
		case dumps[filepath.Dir(path)][d.Name()]: // by a name of pg_dump's own
			return nil
		}
		n++
		return p.pathIn(ctx, dir, path)
	})
	if err == nil && n == 0 {
		return fault.BadInput("%s holds no file", dir)
	}
	return err
}

func (p *proof) path(ctx context.Context, path string) error {
	return p.pathIn(ctx, filepath.Dir(path), path)
}

func (p *proof) pathIn(ctx context.Context, dir, path string) error {
	f, err := open(ctx, path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	in := verify.Input{
		Name:  path,
		Title: title(dir, path),
		R:     f,
		Table: func(string) verify.Table { return p.parquetTable(dir, path) },
	}
	if info.Mode().IsRegular() {
		in.At, in.Size = f, info.Size()
	} else {
		r := interruptible(ctx, f)
		defer r.Close()
		in.R = r
	}
	return p.file(ctx, in)
}

// file verifies one file; a fingerprint set, by its name and header, is none.
func (p *proof) file(ctx context.Context, in verify.Input) error {
	if strings.HasSuffix(in.Name, fingerprints.Suffix) {
		var head bytes.Buffer
		h, err := fingerprint.ReadHeader(io.TeeReader(in.R, &head))
		if err != nil || h.Run == "" {
			in.R = io.MultiReader(&head, in.R)
			return p.look(ctx, in)
		}
		p.note("not looked into, being a fingerprint set: %s", p.label(in.Name))
		name := in.Title
		if name == "" {
			name = in.Name
		}
		p.title(name)
		return nil
	}
	return p.look(ctx, in)
}

func (p *proof) look(ctx context.Context, in verify.Input) error {
	results, err := p.verifier.File(ctx, in)
	p.verdict.Results = append(p.verdict.Results, results...)
	return err
}

// title is as much of a path as is the target's own: from the folder's name on.
func title(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil {
		return rel
	}
	return filepath.Base(path)
}

// title looks through the name of what is not looked into as a file.
func (p *proof) title(name string) {
	if r := p.verifier.FileName(name); r != nil {
		p.verdict.Results = append(p.verdict.Results, r)
	}
}

// label is a path as it may be printed.
func (p *proof) label(path string) string {
	if p.verifier.Printable(path) {
		return path
	}
	return "a file whose name is a finding"
}

// parquetTable finds the table of a file laid out as in a bucket, and otherwise
// takes the file's name for it.
func (p *proof) parquetTable(dir, path string) verify.Table {
	rel, err := filepath.Rel(dir, path)
	if err == nil {
		if name, _, ok := parquet.ParsePath(filepath.ToSlash(rel)); ok {
			return refresh.TableNamed(p.tables, name)
		}
	}
	t := verify.Table{SourceRows: -1}
	t.Name.Schema, t.Name.Name = "file", filepath.Base(path)
	return t
}
