package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refresher/internal/fault"
)

func loadAll(t *testing.T, text string) ([]*Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "refresher.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return LoadAll(path, env("REPLICA", "postgres://h/app"))
}

const three = `key: env:REFRESHER_KEY
workers: 3
retry: {stall: 90s}
fingerprints: {url: prints}
serve: {listen: 127.0.0.1:9000}
pipelines:
  experimentation:
    source: {url: "${REPLICA}"}
    staging: {url: postgres://stage/app}
    rules: [rules/app.yaml]
    buckets: [{name: dev, url: s3://acme/app, content: full, formats: [parquet]}]
    schedule: {cron: "30 2 * * 6"}
  mlflow:
    source: {url: postgres://h/mlflow}
    staging: {url: postgres://stage/mlflow}
    rules: [builtin:mlflow]
    workers: 1
    retry: {restarts: 0}
  metabase:
    source: {url: postgres://h/metabase}
    staging: {url: postgres://stage:5433/app}
    rules: [builtin:metabase]
    fingerprints: {url: s3://acme/prints}
    key: env:OTHER_KEY
`

// Each pipeline runs by its own fields over those of the top. A field that is said again
// takes the place of the shared one as a whole.
func TestPipelines(t *testing.T) {
	all, err := loadAll(t, three)
	if err != nil {
		t.Fatal(err)
	}
	if names := Names(all); !slices.Equal(names, []string{"experimentation", "mlflow", "metabase"}) {
		t.Fatalf("pipelines %v", names)
	}
	app, mlflow, metabase := all[0], all[1], all[2]
	for _, c := range all {
		if c.Serve.Listen != "127.0.0.1:9000" || c.Retry.Patience != "5m" {
			t.Errorf("%s: what is shared: %+v", c.Pipeline, c)
		}
	}
	if app.Key.Name() != "env:REFRESHER_KEY" || app.Workers != 3 || app.Retry.Stall != "90s" || app.Schedule.Cron != "30 2 * * 6" || app.Bucket("dev") == nil {
		t.Errorf("experimentation: %+v", app)
	}
	if mlflow.Workers != 1 || mlflow.Retry.Restarts != "0" || mlflow.Retry.Stall != "10m" || mlflow.Schedule.Cron != "0 3 * * 0" {
		t.Errorf("mlflow: %+v", mlflow)
	}
	if metabase.Key.Name() != "env:OTHER_KEY" || metabase.Prints.URL != "s3://acme/prints" {
		t.Errorf("metabase: %+v", metabase)
	}
	// A place that is shared holds the sets of each pipeline below its name.
	if dir := filepath.Dir(app.File); app.Prints.URL != dir+"/prints/experimentation" || mlflow.Prints.URL != dir+"/prints/mlflow" {
		t.Errorf("fingerprints in %s and %s", app.Prints.URL, mlflow.Prints.URL)
	}
}

func TestAFileWithoutPipelinesHasOne(t *testing.T) {
	all, err := loadAll(t, minimal)
	if err != nil || len(all) != 1 || all[0].Pipeline != "default" {
		t.Fatalf("%v, %v", all, err)
	}
}

func TestPick(t *testing.T) {
	all, err := loadAll(t, three)
	if err != nil {
		t.Fatal(err)
	}
	picked, err := Pick(all, "mlflow", "experimentation", "mlflow")
	if err != nil || !slices.Equal(Names(picked), []string{"mlflow", "experimentation"}) {
		t.Errorf("%v, %v", Names(picked), err)
	}
	if picked, err := Pick(all); err != nil || len(picked) != 3 {
		t.Errorf("%v, %v", picked, err)
	}
	_, err = Pick(all, "mlfow", "x")
	for _, want := range []string{`there is no pipeline "mlfow" in `, `(did you mean "mlflow"?)`,
		`there is no pipeline "x" in `, "; there are experimentation, mlflow, metabase"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if _, err := One(all, ""); err == nil || !strings.Contains(err.Error(), "has several pipelines: say which one (experimentation, mlflow, metabase)") {
		t.Error(err)
	}
	if c, err := One(all, "mlflow"); err != nil || c.Pipeline != "mlflow" {
		t.Error(err)
	}
	if c, err := One(all[:1], ""); err != nil || c.Pipeline != "experimentation" {
		t.Error(err)
	}
}

// Every mistake is one sentence at its place, and what is shared is told once.
func TestMistakesInPipelines(t *testing.T) {
	const one = "    source: {url: postgres://h/a}\n    staging: {url: postgres://s/a}\n    rules: [r.yaml]\n"
	other := strings.ReplaceAll(one, "/a}", "/b}")
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"empty": {"key: env:K\npipelines:\n", []string{"2:1: pipelines is empty: name one"}},
		"no mapping of fields": {"key: env:K\npipelines:\n  a:\n  b:\n" + one,
			[]string{"3:3: pipelines.a must be a mapping with the fields source, staging, rules"}},
		"a list": {"key: env:K\npipelines: [a]\n", []string{"2:1: pipelines must be a mapping of names"}},
		"names": {"key: env:K\npipelines:\n  a b:\n" + one + "  \"\":\n" + one + "  a.b:\n" + one, []string{
			`3:3: a pipeline can't have the name "a b": take 1 to 63 letters`, `7:3: a pipeline can't have the name ""`,
			`11:3: a pipeline can't have the name "a.b"`}},
		"a name twice": {"key: env:K\npipelines:\n  a:\n" + one + "  a:\n" + other,
			[]string{`7:3: there is a pipeline "a" already, in line 3`}},
		"a field twice": {"key: env:K\nkey: env:L\npipelines:\n  a:\n" + one + "    rules: [x]\n",
			[]string{"2:1: key is given twice, first in line 1", "8:5: pipelines.a.rules is given twice, first in line 7"}},
		"at the top too": {"key: env:K\nsource: {url: x}\nbuckets: []\npipelines:\n  a:\n" + one,
			[]string{"2:1: source stands beside pipelines: write it in each of them", "3:1: buckets stands beside pipelines"}},
		"of the service": {"key: env:K\npipelines:\n  a:\n" + one + "    serve: {listen: x}\n    log: {format: json}\n", []string{
			"7:5: pipelines.a.serve belongs to the service, which all pipelines share: write it at the top", "8:5: pipelines.a.log belongs"}},
		"unknown": {"key: env:K\nwokers: 2\npipelines:\n  a:\n" + one + "    rule: x\n", []string{
			`2:1: unknown field "wokers" in the file; known are source, `, `8:5: unknown field "rule" in pipelines.a; known are source, `}},
		"missing": {"key: env:K\npipelines:\n  a: {rules: [x]}\n  b:\n" + one, []string{
			"3:3: pipelines.a.source is missing: the production replica", "3:3: pipelines.a.staging is missing"}},
		"missing in all": {"pipelines:\n  a:\n" + one + "  b:\n" + other, []string{"1:10: key is missing: secret reference"}},
		"shared and own": {"key: env:K\nworkers: many\nretry: {stall: x}\npipelines:\n  a:\n" + one + "    workers: few\n  b:\n" + other,
			[]string{"2:10: workers must be a whole number", "9:14: pipelines.a.workers must be a whole number"}},
		"validated": {"key: env:K\nretry: {stall: x}\npipelines:\n  a:\n" + one + "    schedule: {cron: x}\n  b:\n" + other, []string{
			"2:16: retry.stall must be a duration", "8:22: pipelines.a.schedule.cron not a cron expression"}},
		"one staging database": {"key: env:K\npipelines:\n  a:\n" + one + "  b:\n" + strings.ReplaceAll(one, "//s/a", "//S:5432/a?connect_timeout=3"),
			[]string{`9:20: pipelines.b.staging.url is the database that pipeline "a" replaces; each needs one of its own`}},
		"the database before": {"key: env:K\npipelines:\n  a:\n" + one + "  b:\n" + strings.ReplaceAll(one, "//s/a", "//s/a_previous"),
			[]string{`9:20: pipelines.b.staging.url is the name under which pipeline "a" keeps the database before`}},
		"one prefix": {"key: env:K\npipelines:\n  a:\n" + one + "    buckets: [{name: x, url: s3://b/p, content: full, formats: [parquet]}]\n  b:\n" +
			other + "    buckets: [{name: x, url: s3://b/p/, content: full, formats: [parquet]}]\n",
			[]string{`12:30: pipelines.b.buckets[0].url is used by pipeline "a" too; each dataset needs a prefix`}},
		"one place of fingerprints": {"key: env:K\npipelines:\n  a:\n" + one + "    fingerprints: {url: s3://b/f}\n  b:\n" + other + "    fingerprints: {url: s3://b/f}\n",
			[]string{`12:25: pipelines.b.fingerprints.url is used by pipeline "a" too`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadAll(t, tc.text)
			var in *fault.Input
			if !errors.As(err, &in) {
				t.Fatalf("want fault.Input, got %v", err)
			}
			if len(in.Problems) != len(tc.want) {
				t.Errorf("%d problems, want %d:\n%v", len(in.Problems), len(tc.want), err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), "refresher.yaml:"+want) {
					t.Errorf("missing %q in:\n%v", want, err)
				}
			}
		})
	}
}
