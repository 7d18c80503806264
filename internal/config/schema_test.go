package config

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"refresher/internal/fault"
)

// The schema takes what Load takes, and refuses a field that there isn't.
func TestSchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("refresher", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("refresher")
	if err != nil {
		t.Fatal(err)
	}
	const good = `
source: {url: "${DATABASE_REPLICA_URL}", require_replica: true}
staging: {url: "${DATABASE_URL}"}
rules: [rules/app.yaml]
key: env:REFRESHER_KEY
buckets: [{name: dev, url: s3://acme/app, content: sample, formats: [pgdump], sample: {roots: [public.users], percent: 1.5}, keep: 4}]
workers: ${WORKERS:-2}
`
	for text, ok := range map[string]bool{good: true, three: true, "pipelines: {}\n": false,
		three + "source: {url: x}\n": false, three + "  a b: {}\n": false, three + "  other: {source: {url: x}}\n": false,
		strings.Replace(three, "    workers: 1", "    log: {format: json}", 1): false,
		strings.Replace(three, "key: env:REFRESHER_KEY\n", "", 1):              true, // Load says which pipelines have no key
		good + "notify: [{on: [all], slack: env:S, retries: 1}]\n":             true, good + "notify: [{slack: env:S}]\n": false,
		good + "wokers: 2\n": false, "source: {}\n": false,
		strings.Replace(good, "[rules/app.yaml]", "rules/app.yaml", 1): false} {
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != ok {
			t.Errorf("valid: %v, want %v: %v\n%s", err == nil, ok, err, text)
		}
	}
}

func TestReadEnvFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	text := "\ufeff# comment\r\nA=1\nexport B = 'two # words'\nC=\"it's\"\nD=plain # comment\nE=\n\nURL=postgres://u:p#w@h/d?x=y\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadEnvFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"A": "1", "B": "two # words", "C": "it's", "D": "plain", "E": "", "URL": "postgres://u:p#w@h/d?x=y"} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
	for _, value := range []string{"a b", "it's", `say "x"`, "p#w", ""} {
		line, ok := EnvLine("X", value)
		if err := os.WriteFile(path, []byte(line), 0o600); err != nil || !ok {
			t.Fatal(err)
		}
		if back, err := ReadEnvFile(path); err != nil || back["X"] != value {
			t.Errorf("%q comes back as %q, %v", value, back["X"], err)
		}
	}
	if err := os.WriteFile(path, []byte("A=1\nno secret here\nB='hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var input *fault.Input
	if _, err := ReadEnvFile(path); !errors.As(err, &input) || len(input.Problems) != 2 || input.Problems[1].Line != 3 || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

func FuzzReadEnvFile(f *testing.F) {
	f.Add("A=1\nexport B='x'\n")
	path := filepath.Join(f.TempDir(), ".env")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		vars, err := ReadEnvFile(path)
		if err != nil {
			return
		}
		for name := range vars {
			if !IsVariable(name) {
				t.Errorf("%q is a name", name)
			}
		}
	})
}
