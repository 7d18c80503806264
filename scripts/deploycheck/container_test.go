package deploycheck

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
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
	list, _, err := instructions.Parse(result.AST, nil)
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
	// The program stands where units and charts look for it.
	if strings.Count(text, " /usr/bin/refresher\n") != 4 {
		t.Error("a stage puts the program elsewhere")
	}
}
