package deploycheck

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"sigs.k8s.io/yaml"
)

// stages are the stages of the Dockerfile by their names, and what each starts from.
func stages(t *testing.T) map[string]instructions.Stage {
	t.Helper()
	result, err := parser.Parse(bytes.NewReader(read(t, "deploy/Dockerfile")))
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Warnings) > 0 {
		t.Errorf("%v", result.Warnings)
	}
	docker := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) {
		t.Errorf("%s: %s", rule, message)
	}})
	list, _, err := instructions.Parse(result.AST, docker)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]instructions.Stage{}
	for _, s := range list {
		all[s.Name] = s
	}
	return all
}

func TestDockerfile(t *testing.T) {
	all := stages(t)
	for _, target := range []string{"service", "release", "check", "check-release"} {
		var user string
		var entry, health bool
		for name := target; all[name].Name != ""; name = all[name].BaseName {
			s, last := all[name], ""
			for _, c := range s.Commands {
				switch c := c.(type) {
				case *instructions.UserCommand:
					last = c.User
				case *instructions.EntrypointCommand:
					entry = true
				case *instructions.HealthCheckCommand:
					health = true
				}
			}
			if user == "" {
				user = last
			}
		}
		if user != "10001:10001" || !entry || !health {
			t.Errorf("%s runs as %q, has an entry point: %t, a health check: %t", target, user, entry, health)
		}
	}
	text := string(read(t, "deploy/Dockerfile"))
	for major := 14; major <= 18; major++ {
		if !strings.Contains(text, fmt.Sprintf("postgresql-client-%d", major)) {
			t.Errorf("the client of PostgreSQL %d is missing", major)
		}
	}
	for name, s := range all {
		if strings.HasSuffix(s.BaseName, ":latest") || !strings.Contains(s.BaseName, ":") &&
			all[s.BaseName].Name == "" {
			t.Errorf("%s starts from %s, which says no version", name, s.BaseName)
		}
		for _, c := range s.Commands {
			run, ok := c.(*instructions.RunCommand)
			if !ok {
				continue
			}
			script := strings.Join(run.CmdLine, " ")
			if strings.Contains(script, "apt-get install") && (!strings.Contains(script,
				"rm -rf /var/lib/apt/lists/*") ||
				strings.Count(script, "apt-get install") != strings.Count(script, "--no-install-recommends")) {
				t.Errorf("%s leaves lists or installs what is only recommended: %s", name, script)
			}
		}
	}
	runs(t, all)
	// The program stands where units and charts look for it.
	if strings.Count(text, " /usr/bin/refresher\n") != 4 {
		t.Error("a stage puts the program elsewhere")
	}
}

// runs checks what RUN says as scripts of the shell that runs it, and that CMD and ENTRYPOINT need no shell,
// which would keep a signal from the program.
func runs(t *testing.T, all map[string]instructions.Stage) {
	t.Helper()
	for name, s := range all {
		for i, c := range s.Commands {
			switch c := c.(type) {
			case *instructions.RunCommand:
				file := filepath.Join(t.TempDir(), fmt.Sprintf("%s-%d.sh", name, i))
				script := "#!/bin/bash\n" + strings.Join(c.CmdLine, " ") + "\n"
				if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
					t.Fatal(err)
				}
				shellcheck(t, file)
			case *instructions.CmdCommand:
				if c.PrependShell {
					t.Errorf("%s: CMD is not a list", name)
				}
			case *instructions.EntrypointCommand:
				if c.PrependShell {
					t.Errorf("%s: ENTRYPOINT is not a list", name)
				}
			}
		}
	}
}

// Every file names the image that a release pushes.
func TestImageName(t *testing.T) {
	var values struct{ Image struct{ Repository string } }
	if err := yaml.Unmarshal(read(t, "deploy/helm/refresher/values.yaml"), &values); err != nil {
		t.Fatal(err)
	}
	registry, name, _ := strings.Cut(values.Image.Repository, "/refresher/")
	pushed := fmt.Sprintf(`{{ envOrDefault "REGISTRY" "%s/refresher" }}/%s`, registry, name)
	for file, want := range map[string]string{
		".goreleaser.yaml": pushed, "deploy/ci/gitlab.yml": "REFRESHER_IMAGE: " + values.Image.Repository + "\n",
		"deploy/kubernetes/serve.yaml": values.Image.Repository + ":", "deploy/kubernetes/cronjob.yaml": values.Image.Repository + ":",
		"docs/install.md": "`" + values.Image.Repository + "`",
	} {
		if strings.Count(string(read(t, file)), want) != 1 {
			t.Errorf("%s doesn't say %s once", file, want)
		}
	}
}
