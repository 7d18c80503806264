package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The help of every command is a golden file: scripts and habits rest on it.
func TestHelp(t *testing.T) {
	probe := &app{out: &bytes.Buffer{}, err: &bytes.Buffer{}, getenv: func(string) (string, bool) { return "", false }}
	names := []string{"refresher"}
	for _, c := range probe.root().Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			args := []string{name, "--help"}
			if name == "refresher" {
				args = args[1:]
			}
			a := &app{out: &out, err: &out, getenv: probe.getenv}
			if code := run(t.Context(), args, a); code != exitClean {
				t.Fatalf("exit code %d", code)
			}
			file := filepath.Join("../../testdata/help", name+".txt")
			if *update {
				if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Errorf("the help of %s changed (-update rewrites it):\n%s", name, diff)
			}
		})
	}
}
