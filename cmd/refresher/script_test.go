package main

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts in testdata/script show the command line as a shell sees it. They run
// side by side, each in a folder of its own, so refresher is a process here.
func TestScripts(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: func(env *testscript.Env) error { env.Setenv("GOOD_KEY", testKey); return nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": func(ts *testscript.TestScript, neg bool, args []string) {
				// exits CODE ARGS…: run refresher and want its exit code.
				cmd := exec.Command(self, args[1:]...)
				cmd.Dir, cmd.Stdout, cmd.Stderr = ts.Getenv("WORK"), ts.Stdout(), ts.Stderr()
				cmd.Env = append(os.Environ(), "REFRESHER_TEST_MAIN=1", "AWS_REGION=us-east-1")
				for _, name := range []string{"REFRESHER_CONFIG", "REFRESHER_KEY"} {
					cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
				}
				var exit *exec.ExitError
				if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
					ts.Fatalf("%v", err)
				}
				want := map[string]int{"clean": exitClean, "refused": exitRefused, "input": exitInput, "environment": exitEnvironment}[args[0]]
				if code := cmd.ProcessState.ExitCode(); code != want {
					ts.Fatalf("exit code %d, want %d (%s)", code, want, args[0])
				}
			},
		},
	})
}
