package deploycheck

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func compose(t *testing.T, path string, env map[string]string) *types.Project {
	t.Helper()
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	o, err := cli.NewProjectOptions([]string{filepath.Join(root, path)}, cli.WithEnv(list),
		cli.WithProfiles([]string{"*"}))
	if err != nil {
		t.Fatal(err)
	}
	project, err := o.LoadProject(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return project
}

func TestComposeOfTests(t *testing.T) { compose(t, "docker-compose.test.yml", nil) }

// The local environment: every port that people know, on the loopback only; every service that
// stays up has a health check; every mounted file is there.
func TestComposeOfTheLocalEnvironment(t *testing.T) {
	const file = "deploy/docker-compose.local.yml"
	env := variables(t, "deploy/.env.local.example")
	project := compose(t, file, env)
	var ports []string
	for name, s := range project.Services {
		for _, p := range s.Ports {
			ports = append(ports, p.Published)
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is open beyond this machine", name, p.Published)
			}
		}
		if s.Restart != "" && s.HealthCheck == nil && s.Build == nil {
			t.Errorf("%s has no health check", name)
		}
		for _, v := range s.Volumes {
			if _, err := os.Stat(v.Source); v.Type == types.VolumeTypeBind && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s.Build != nil && s.Build.DockerfileInline == "" {
			if _, err := os.Stat(filepath.Join(s.Build.Context, s.Build.Dockerfile)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, want := range []string{"5432", "5000", "9000", "6379", "3000", "8320"} {
		if !slices.Contains(ports, want) {
			t.Errorf("nothing listens on %s", want)
		}
	}
	r := project.Services["refresher"]
	if !r.ReadOnly || !slices.Contains(r.CapDrop, "ALL") || !slices.Contains(r.SecurityOpt, "no-new-privileges:true") {
		t.Error("refresher's container may write or gain rights")
	}
	for _, on := range []string{"standby", "staging"} {
		if r.DependsOn[on].Condition != types.ServiceConditionHealthy {
			t.Errorf("refresher starts before %s is up", on)
		}
	}
	// The variables of the file are those of the example, and the configuration's those of the service.
	for _, m := range regexp.MustCompile(`\$\{(\w+)`).FindAllSubmatch(read(t, file), -1) {
		if _, ok := env[string(m[1])]; !ok {
			t.Errorf("%s is not in .env.local.example", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`\$\{(\w+)|env:(\w+)`).FindAllSubmatch(read(t, "deploy/local/refresher.yaml"), -1) {
		if name := string(m[1]) + string(m[2]); r.Environment[name] == nil {
			t.Errorf("%s is not given to refresher", name)
		}
	}
}

// All three examples name what the environments share; only the one where refresher runs has the
// replica and the masking key.
func TestEnvironmentExamples(t *testing.T) {
	shared := []string{"MLFLOW_TRACKING_URI", "MLFLOW_S3_ENDPOINT_URL", "ASSIGNMENT_SERVICE_URL", "EVENT_SERVICE_URL"}
	production, staging := variables(t, "deploy/.env.production.example"), variables(t, "deploy/.env.staging.example")
	for name, vars := range map[string]map[string]string{"local": variables(t, "deploy/.env.local.example"),
		"production": production, "staging": staging} {
		for _, want := range shared {
			if _, ok := vars[want]; !ok {
				t.Errorf("%s lacks %s", name, want)
			}
		}
	}
	for _, name := range []string{"DATABASE_REPLICA_URL", "REFRESHER_KEY"} {
		if _, ok := production[name]; !ok {
			t.Errorf("production lacks %s", name)
		}
		if _, ok := staging[name]; ok {
			t.Errorf("staging has %s", name)
		}
	}
	for _, name := range []string{"DATABASE_URL", "REDIS_URL"} {
		if !slices.Contains(slices.Collect(maps.Keys(staging)), name) {
			t.Errorf("staging lacks %s", name)
		}
	}
}
