package s3sink_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/s3sink"
)

func folderPlace(t *testing.T) *place {
	t.Helper()
	return &place{t: t, folder: filepath.Join(t.TempDir(), "data sets")}
}

func (p *place) path(elem ...string) string {
	return filepath.Join(append([]string{p.folder, prefix}, elem...)...)
}

// Nobody but the user that runs refresher gets at what is in a folder.
func TestAFolderIsPrivate(t *testing.T) {
	p := folderPlace(t)
	p.published(run1, "one")
	err := filepath.WalkDir(p.path(), func(path string, d fs.DirEntry, err error) error {
		must(t, err)
		info, err := d.Info()
		must(t, err)
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
		}
		return nil
	})
	must(t, err)
}

func TestAFolderThatOthersWriteToIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		open func(p *place) string
		mode fs.FileMode
		want string
	}{
		"itself":        {func(p *place) string { return p.path() }, 0o777, "every user may write into it; chmod o-w"},
		"as /tmp":       {func(p *place) string { return p.path() }, 0o777 | fs.ModeSticky, "every user may write into it"},
		"one above it":  {func(p *place) string { return p.folder }, 0o777, "above it"},
		"/tmp above it": {func(p *place) string { return p.folder }, 0o777 | fs.ModeSticky, ""},
		"group":         {func(p *place) string { return p.path() }, 0o770, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := folderPlace(t)
			must(t, os.MkdirAll(p.path(), 0o700))
			must(t, os.Chmod(c.open(p), c.mode))
			err := p.sink().Probe(t.Context())
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// A link, a pipe or a folder in the place of an object is found, and never followed.
func TestLinksAreNotFollowed(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.WriteFile(outside, []byte("two"), 0o600))
	within := []string{"runs", run2, "experimentation.dump"}
	for name, plant := range map[string]func(p *place){
		"link out of it": func(p *place) { must(t, os.Symlink(outside, p.path(within...))) },
		"link within it": func(p *place) {
			must(t, os.Symlink(p.path("runs", run1, "experimentation.dump"), p.path(within...)))
		},
		"hanging link": func(p *place) { must(t, os.Symlink("nowhere", p.path(within...))) },
	} {
		t.Run(name, func(t *testing.T) {
			p := folderPlace(t)
			p.published(run1, "two")
			p.published(run2, "two")
			p.remove(prefix + filepath.Join(within...))
			plant(p)
			c, err := p.sink().Current(t.Context())
			must(t, err)
			err = c.Verify(t.Context(), nil)
			var e *s3sink.Error
			if !errors.As(err, &e) || !strings.Contains(e.Reason, "link") {
				t.Errorf("read: %v", err)
			}
			g := p.stage(run3)
			_, err = g.Put(t.Context(), "x", text("x"))
			must(t, err)
			must(t, os.Symlink(outside, p.path("runs", run3, "raw.csv")))
			refused(t, g.Verify(t.Context(), nil), "read-back")
			must(t, g.Discard(t.Context()))
			_, err = p.sink().Retain(t.Context(), 1)
			must(t, err)
			must(t, p.sink().Remove(t.Context(), run1))
			if b, err := os.ReadFile(outside); err != nil || string(b) != "two" {
				t.Errorf("what the link points at: %q, %v", b, err)
			}
		})
	}
}

// A folder of a dataset that is a link to elsewhere holds nothing, and nothing is written there.
func TestAFolderThatIsALinkElsewhere(t *testing.T) {
	p := folderPlace(t)
	p.published(run1, "one")
	elsewhere := t.TempDir()
	g := p.stage(run2)
	must(t, os.MkdirAll(p.path("runs", run2), 0o700))
	must(t, os.Symlink(elsewhere, p.path("runs", run2, "tables")))
	_, err := g.Put(t.Context(), "tables/public.users/part-00000.parquet", text("x"))
	if err == nil {
		t.Error("written through a link")
	}
	if left, _ := os.ReadDir(elsewhere); len(left) > 0 {
		t.Errorf("in it is %v", left)
	}
}

// A failed write leaves nothing, and its error is the writer's own.
func TestAFailedWriteToAFolder(t *testing.T) {
	p := folderPlace(t)
	g := p.stage(run1)
	broken := errors.New("the server went away")
	_, err := g.Put(t.Context(), "tables/public.users/part-00000.csv.gz", func(w io.Writer) error {
		_, _ = io.WriteString(w, "half a row")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if files := p.files(); len(files) > 0 {
		t.Errorf("left %q", files)
	}
}
