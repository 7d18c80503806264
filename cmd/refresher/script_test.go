package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts in testdata/script show the command line as a shell sees it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": func(ts *testscript.TestScript, neg bool, args []string) {
				// exits CODE ARGS…: run refresher and want its exit code.
				getenv := func(name string) (string, bool) { v := ts.Getenv(name); return v, v != "" }
				wd, err := os.Getwd()
				ts.Check(err)
				ts.Check(os.Chdir(ts.Getenv("WORK")))
				defer func() { ts.Check(os.Chdir(wd)) }()
				code := run(context.Background(), args[1:], &app{out: ts.Stdout(), err: ts.Stderr(), getenv: getenv})
				want := map[string]int{"clean": exitClean, "refused": exitRefused, "input": exitInput, "environment": exitEnvironment}[args[0]]
				if code != want {
					ts.Fatalf("exit code %d, want %d (%s)", code, want, args[0])
				}
			},
		},
	})
}
