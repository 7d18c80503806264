package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Every command has a page that names each of its flags, and that roff reads without a warning.
func TestManPages(t *testing.T) {
	dir := t.TempDir()
	a := &app{out: &bytes.Buffer{}, err: &bytes.Buffer{}, getenv: func(string) (string, bool) { return "", false }}
	if code := run(t.Context(), []string{"man", dir}, a); code != exitClean {
		t.Fatalf("exit code %d: %s", code, a.err)
	}
	for _, c := range a.root().Commands() {
		if c.Hidden {
			continue
		}
		page := readFile(t, filepath.Join(dir, "refresher-"+c.Name()+".1"))
		for flag := range strings.FieldsSeq(c.NonInheritedFlags().FlagUsages()) {
			if name, ok := strings.CutPrefix(flag, "--"); ok && !strings.Contains(page, roff("--"+strings.TrimRight(name, ",;.:"))) {
				t.Errorf("the page of %s lacks --%s", c.Name(), name)
			}
		}
	}
	if groff, err := exec.LookPath("groff"); err == nil {
		pages, _ := filepath.Glob(filepath.Join(dir, "*.1"))
		for _, p := range pages {
			if out, err := exec.Command(groff, "-man", "-ww", "-z", p).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%s: %v: %s", filepath.Base(p), err, out)
			}
		}
	}
}

// Shells complete values: tables, buckets, formats, transforms, packs.
func TestCompletions(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("rules.yaml", "version: 1\ntables: {public.users: {rows: none}, public.orders: {rows: none}}\n")
	config := write("refresher.yaml", `source: {url: "postgres://a/b"}
staging: {url: "postgres://c/d"}
rules: [rules.yaml]
key: env:KEY
buckets: [{name: dev, url: "s3://x/y", content: full, formats: [parquet]}]
`)
	set := func(name string) (string, bool) {
		v, ok := map[string]string{"REFRESHER_CONFIG": config}[name]
		return v, ok
	}
	for line, want := range map[string]string{
		"preview ": "public.orders\npublic.users\n", "verify --target ": "staging\nprevious\ndev\n",
		"verify --format ": "text\njson\njunit\nsarif\n", "runs --format ": "text\njson\nhtml\n",
		"transforms ": "email\n", "packs ": "devise\n", "--log-format ": "text\njson\n", "verify --fingerprints ": "dev\n",
	} {
		var out bytes.Buffer
		a := &app{out: &out, err: &bytes.Buffer{}, getenv: set}
		args := append([]string{"__complete"}, strings.Split(line, " ")...)
		if code := run(t.Context(), args, a); code != exitClean || !strings.Contains(out.String(), want) {
			t.Errorf("%q completes to %q, want %q (exit %d)", line, out.String(), want, code)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var out bytes.Buffer
		a := &app{out: &out, err: &bytes.Buffer{}, getenv: func(string) (string, bool) { return "", false }}
		if code := run(t.Context(), []string{"completion", shell}, a); code != exitClean || out.Len() == 0 {
			t.Errorf("no completion for %s", shell)
		}
	}
}
