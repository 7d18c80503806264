package secret

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"refresher/internal/fault"
)

// fetch gets a reference with these variables, for a setting called key.
func fetch(ctx context.Context, dir string, vars map[string]string, ref string) (string, error) {
	f := Fetcher{Dir: dir, Getenv: func(s string) (string, bool) { v, ok := vars[s]; return v, ok }}
	return f.Text(ref, fault.Problem{File: "refresher.yaml", Line: 4, Col: 6, Field: "key"}).Fetch(ctx)
}

// program writes a program for exec: into dir.
func program(t *testing.T, dir, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}

// Each kind of reference gives its secret, or says in one sentence what is wrong and where; ! marks
// a mistake of the user's, ~ a fault of the environment.
func TestFetch(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("from the file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "..data"), 0o755); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{"mounted": "..data/mounted", "..data/mounted": "../key"} { // as Kubernetes mounts it
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("REFRESHER_KEY", "hush")
	t.Setenv("AZURE_CLIENT_ID", "the app")
	program(t, dir, "print", `printf '%s|' "$@"; echo`)
	program(t, dir, "env", "env")
	program(t, dir, "fail", "echo the-secret; echo the-secret >&2; exit 3")
	program(t, dir, "silent", "true")
	program(t, dir, "endless", "exec yes")
	vars := map[string]string{"K": "from env", "EMPTY": ""}
	for ref, want := range map[string]string{
		"env:K":                       "from env",
		"env:NONE":                    "!refresher.yaml:4:6: key: the environment variable NONE is not set",
		"env:EMPTY":                   "!EMPTY is not set",
		"env:":                        "!names nothing",
		"env:NOT A NAME":              "!followed by the name",
		"file:key":                    "from the file",
		"file:mounted":                "from the file",
		"file:none":                   "!cannot read",
		"file:..data":                 "!is a folder",
		"exec:./print a  'b c' \"d\"": "a|b c|d|",
		"exec:./print $HOME `id` *":   "$HOME|`id`|*|", // no shell
		"exec:./print 'a":             "!a quote is not closed",
		"exec:' '":                    "!can't be run",
		"exec:./none":                 "!the program ./none is not there",
		"exec:./fail":                 "~the program ./fail gave no secret: it ended with exit status 3",
		"exec:./silent":               "~printed nothing",
		"exec:./endless":              "~printed more than 64 KiB",
		"awssm:?stage=A":              "!awssm: is written as",
		"awssm:name?version=1":        "!awssm: is written as",
		"awskms:none":                 "!cannot read the envelope",
		"awskms:key":                  "!is no envelope",
		"vault:/#key":                 "!followed by a path",
		"vault:secret/data/x#key":     "!needs VAULT_ADDR",
	} {
		got, err := fetch(t.Context(), dir, vars, ref)
		var input *fault.Input
		switch mark, text := want[:1], want[1:]; {
		case mark != "!" && mark != "~":
			if err != nil || got != want {
				t.Errorf("%s: got %q, %v", ref, got, err)
			}
		case err == nil || !strings.Contains(err.Error(), text) || errors.As(err, &input) != (mark == "!") || strings.Contains(err.Error(), "the-secret"):
			t.Errorf("%s: got %v, want %q", ref, err, want)
		}
	}
	got, err := fetch(t.Context(), dir, vars, "exec:./env")
	if err != nil || strings.Contains(got, "hush") || !strings.Contains(got, "AZURE_CLIENT_ID=the app") || !strings.Contains(got, "PATH=") {
		t.Errorf("a program sees %q, %v", got, err)
	}
}

// A program that hangs ends with what it started: its child holds the pipe open until then.
func TestExecEndsInTime(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	program(t, dir, "hang", "sleep 600 > pipe & wait")
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error)
	go func() {
		_, err := fetch(ctx, dir, nil, "exec:./hang")
		ended <- err
	}()
	f, err := os.Open(pipe) // once the child has opened it
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	enough := errors.New("it took too long")
	cancel(enough)
	if err := <-ended; !errors.Is(err, enough) {
		t.Error(err)
	}
	if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Error(n, err)
	}
}

// Who may be able to read a secret's file besides its owner: nobody, and a group where root owns
// it and another than root reads it.
func TestExposed(t *testing.T) {
	for _, tt := range []struct {
		mode  fs.FileMode
		owner int
		ok    bool
	}{
		{0o600, 1000, true}, {0o400, 1000, true}, {0o640, 1000, false}, {0o440, 1000, false}, {0o604, 1000, false}, {0o644, 1000, false},
		{0o600, 0, true}, {0o440, 0, true}, {0o640, 0, true}, {0o660, 0, false}, {0o444, 0, false}, {0o644, 0, false}, {0o650, 0, false},
		{0o400, -1, true}, {0o440, -1, false}, {fs.ModeDir | 0o700, 0, false},
	} {
		if got := exposed(tt.mode, tt.owner, 1000); (got == "") != tt.ok {
			t.Errorf("%v of %d: %q", tt.mode, tt.owner, got)
		}
		if got := exposed(tt.mode, tt.owner, 0); (got == "") != (tt.ok && tt.mode.Perm()&0o077 == 0) {
			t.Errorf("%v of %d, read by root: %q", tt.mode, tt.owner, got)
		}
	}
}

// A literal that looks like no reference is itself, and a setting that wants a reference says so.
func TestLiterals(t *testing.T) {
	f := Fetcher{Getenv: os.LookupEnv}
	for value, wants := range map[string]bool{"postgres://u:p@h/d": true, "hunter2": true, "http://x": true, "": false} {
		text := f.Text(value, fault.Problem{})
		if got, err := text.Fetch(t.Context()); err != nil || got != value || text.IsReference() || text.Check(false) != "" {
			t.Errorf("%s: %q, %v", value, got, err)
		}
		if got := text.Check(true); (got != "") != wants || strings.Contains(got, "hunter2") {
			t.Errorf("%s: %q", value, got)
		}
	}
	if got := f.Text("exec:/bin/tool --password hunter2", fault.Problem{}).Name(); got != "exec:/bin/tool" {
		t.Error(got)
	}
	if got := NewText("env:HOME"); got.IsReference() || got.Name() != "" {
		t.Error("what is at hand is taken as it is")
	}
}
