package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"refresher/internal/config"
	"refresher/internal/scrub/rules"
)

// The configurations in deploy/ are ones that can be loaded, with the variables that the
// examples of environments name.
func TestConfigurationsOfDeploy(t *testing.T) {
	named := map[string]bool{}
	for _, file := range []string{"../../deploy/.env.production.example", "../../deploy/docker-compose.local.yml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^ *([A-Z0-9_]+)(=|: )`).FindAllStringSubmatch(string(text), -1) {
			named[m[1]] = true
		}
	}
	getenv := func(name string) (string, bool) {
		if name == "REDIS_URL" {
			return "redis://localhost/0", named[name]
		}
		if strings.HasSuffix(name, "_URL") && name != "MLFLOW_S3_ENDPOINT_URL" {
			return "postgres://u@localhost/" + strings.ToLower(name), named[name]
		}
		return "text", named[name]
	}
	var values struct{ Config string }
	text, err := os.ReadFile("../../deploy/helm/refresher/values.yaml")
	if err == nil {
		err = yaml.Unmarshal(text, &values)
	}
	chart := filepath.Join(t.TempDir(), "refresher.yaml")
	if err == nil {
		err = os.WriteFile(chart, []byte(values.Config), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"../../deploy/local/refresher.yaml", "../../deploy/packages/refresher.yaml", chart} {
		if _, err := config.LoadAll(file, getenv); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	local, err := config.LoadAll("../../deploy/local/refresher.yaml", getenv)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range local {
		if _, err := rules.Load(c.Rules); err != nil {
			t.Error(err)
		}
	}
}

// The rules of the local environment fit its sample application.
func TestRulesOfTheLocalEnvironment(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: &out, err: &out, getenv: os.LookupEnv}
	code := run(t.Context(), []string{"check", "--strict", "--schema", "../../deploy/local/sample.sql",
		"--rules", "../../deploy/local/rules/experimentation.yaml"}, a)
	if code != exitClean {
		t.Errorf("exit code %d: %s", code, out.String())
	}
}
