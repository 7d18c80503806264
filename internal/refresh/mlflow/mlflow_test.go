package mlflow

import (
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/testkit/mlflowserver"
	"refresher/internal/verify"
)

func env(pairs ...string) func(string) (string, bool) {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(k string) (string, bool) { v, ok := m[k]; return v, ok }
}

func ended(run string, outcome fault.Outcome) Run {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	lag := 1.5
	rep := &report.Report{Run: run, Version: "1.2.3", Started: at, Finished: at.Add(90 * time.Second), Outcome: outcome,
		RulesetHash: strings.Repeat("a", 64), KeyFingerprint: "0123456789abcdef", Promoted: outcome == fault.Done,
		Staging: report.Server{Database: "app", Version: 160002}, Source: report.Server{Database: "prod", Lag: &lag},
		Tables:       []report.Table{{Name: "public.t", Rows: 7, Bytes: 70, Columns: []report.Column{{Keep: true}, {}}}},
		Stages:       []report.Stage{{Name: "pre-data", Seconds: 2, PeakRSS: 5}, {Name: "data", Seconds: 3, PeakRSS: 9}},
		Verification: []report.Subject{{Results: []*verify.Result{{Survivors: 1, Detected: 2, Weak: 3}}}},
		Signed:       &report.Signed{Document: []byte(`{"run":"` + run + `"}`), Signature: []byte("signed")}}
	if outcome != fault.Done {
		rep.Stage, rep.Error = "verify", "refused by detectors: 2 findings\n  public.t.c: e-mail"
	}
	return Run{Pipeline: "shop", By: "schedule", Host: "h", Report: rep}
}

func serving(t *testing.T, s *mlflowserver.Server, vars ...string) Server {
	t.Helper()
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return Server{URI: secret.NewText(h.URL), Experiment: "refresher", Getenv: env(vars...), Pause: time.Millisecond}
}

// A run has its parameters, metrics, tags and the report, and ends as it ended; the next is in the same experiment.
func TestLog(t *testing.T) {
	at := &mlflowserver.Server{Authorization: "Basic cm9ib3Q6aHVudGVyMg=="}
	s := serving(t, at, "MLFLOW_TRACKING_USERNAME", "robot", "MLFLOW_TRACKING_PASSWORD", "hunter2")
	for i, end := range []struct {
		outcome fault.Outcome
		status  string
	}{{fault.Done, "FINISHED"}, {fault.Refused, "FAILED"}, {fault.Stopped, "KILLED"}, {fault.Failed, "FAILED"}} {
		if err := s.Log(t.Context(), ended(string(end.outcome), end.outcome)); err != nil {
			t.Fatal(err)
		}
		if r := at.Runs()[i]; r.Status != end.status || r.Name != string(end.outcome) || r.Experiment != "1" || r.End-r.Start != 90_000 {
			t.Errorf("%s: %+v", end.outcome, r)
		}
	}
	r := at.Runs()[1]
	for key, want := range map[string]float64{"rows": 7, "bytes": 70, "seconds": 90, "tables": 1, "columns": 2, "columns_masked": 1,
		"survivors": 1, "detector_findings": 2, "weak_findings": 3, "promoted": 0, "warnings": 0, "seconds.data": 3,
		"seconds.pre-data": 2, "peak_rss_bytes": 9, "source_lag_seconds": 1.5} {
		if got, ok := r.Metrics[key]; !ok || got != want {
			t.Errorf("the metric %s is %v, want %v", key, got, want)
		}
	}
	for key, want := range map[string]string{"refresher_version": "1.2.3", "ruleset_sha256": strings.Repeat("a", 64),
		"key_fingerprint": "0123456789abcdef", "staging_database": "app", "staging_server_version": "160002", "source_database": "prod"} {
		if r.Params[key] != want {
			t.Errorf("the parameter %s is %q", key, r.Params[key])
		}
	}
	for key, want := range map[string]string{"mlflow.source.type": "JOB", "mlflow.source.name": "refresher", "mlflow.user": "refresher",
		"refresher.run": "refused", "refresher.pipeline": "shop", "refresher.outcome": "refused", "refresher.stage": "verify",
		"refresher.reason": "refused by detectors: 2 findings", "refresher.by": "schedule", "refresher.host": "h"} {
		if r.Tags[key] != want {
			t.Errorf("the tag %s is %q", key, r.Tags[key])
		}
	}
	if page := string(at.Artefact(r.ID, "report.html")); string(at.Artefact(r.ID, "report.json")) != `{"run":"refused"}` ||
		string(at.Artefact(r.ID, "report.json.sig")) != "signed" || !strings.Contains(page, "<html") {
		t.Errorf("artefacts: %q", page)
	}
}

// An experiment that was deleted is restored; a lost answer makes no second run; what is busy is asked again.
func TestWhatPasses(t *testing.T) {
	at := &mlflowserver.Server{}
	s := serving(t, at, "MLFLOW_TRACKING_TOKEN", "t")
	if err := s.Log(t.Context(), ended("one", fault.Done)); err != nil {
		t.Fatal(err)
	}
	at.Delete("refresher")
	seen := map[string]int{}
	at.Fail = func(path string) (int, bool) {
		if seen[path]++; seen[path] > 1 {
			return 0, false
		}
		return 503, strings.HasSuffix(path, "runs/create")
	}
	if err := s.Log(t.Context(), ended("two", fault.Done)); err != nil {
		t.Fatal(err)
	}
	if runs := at.Runs(); len(runs) != 2 || runs[1].Name != "two" || runs[1].Status != "FINISHED" || runs[1].Metrics["rows"] != 7 ||
		at.Artefact(runs[1].ID, "report.json") == nil {
		t.Errorf("%+v", runs)
	}
}

// What can't be logged is said in a sentence with the API's code, and without the address.
func TestFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		server *mlflowserver.Server
		vars   []string
		want   string
		status string // of the run that is there nevertheless
	}{
		"no credentials": {&mlflowserver.Server{Authorization: "Bearer x"}, nil, "MLflow: looking for the experiment: the server answered 401 Unauthorized", ""},
		"down":           {&mlflowserver.Server{Fail: func(string) (int, bool) { return 500, false }}, nil, "looking for the experiment: the server answered 500", ""},
		"artefacts elsewhere": {&mlflowserver.Server{Root: "gs://hunter2/mlflow/"}, nil,
			"the report was not uploaded: artefacts of this experiment lie at gs://, and refresher uploads to s3:// and", "FINISHED"},
		"no room for artefacts": {&mlflowserver.Server{Fail: func(p string) (int, bool) {
			if strings.Contains(p, "mlflow-artifacts") {
				return 507, false
			}
			return 0, false
		}}, nil, "MLflow: uploading report.json: the server answered 507", "FINISHED"},
	} {
		s := serving(t, tc.server, tc.vars...)
		err := s.Log(t.Context(), ended("r", fault.Done))
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
		if runs := tc.server.Runs(); tc.status == "" && len(runs) > 0 || tc.status != "" && (len(runs) != 1 || runs[0].Status != tc.status) {
			t.Errorf("%s: %+v", name, runs)
		}
	}
	if err := (Server{URI: secret.NewText("http://127.0.0.1:1"), Getenv: env(), Pause: time.Millisecond}).Log(t.Context(),
		ended("r", fault.Done)); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("%v", err)
	}
}

// The variables are those of MLflow's client, and a wrong one is named without its value.
func TestSettings(t *testing.T) {
	cert := httptest.NewTLSServer(&mlflowserver.Server{Authorization: "Bearer token"})
	defer cert.Close()
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, vars := range [][]string{
		{"MLFLOW_TRACKING_SERVER_CERT_PATH", ca, "MLFLOW_TRACKING_TOKEN", "token", "MLFLOW_TRACKING_USERNAME", "ignored"},
		{"MLFLOW_TRACKING_INSECURE_TLS", "1", "MLFLOW_TRACKING_TOKEN", "token"},
	} {
		s := Server{URI: secret.NewText(cert.URL + "/"), Experiment: "e", Getenv: env(vars...)}
		if err := s.Log(t.Context(), ended("r", fault.Done)); err != nil {
			t.Errorf("%v: %v", vars[0], err)
		}
	}
	for want, vars := range map[string][]string{
		"MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD must be set both": {"MLFLOW_TRACKING_PASSWORD", "hunter2"},
		"MLFLOW_TRACKING_INSECURE_TLS must be true or false":                     {"MLFLOW_TRACKING_INSECURE_TLS", "hunter2"},
		"can't both be set":                                           {"MLFLOW_TRACKING_INSECURE_TLS", "true", "MLFLOW_TRACKING_SERVER_CERT_PATH", ca},
		"ways to log in that refresher doesn't know":                  {"MLFLOW_TRACKING_AWS_SIGV4", "true"},
		"MLFLOW_TRACKING_CLIENT_CERT_PATH must be a file in PEM":      {"MLFLOW_TRACKING_CLIENT_CERT_PATH", ca},
		"MLFLOW_S3_ENDPOINT_URL is not a URL":                         {"MLFLOW_S3_ENDPOINT_URL", "hunter2"},
		"MLFLOW_S3_IGNORE_TLS must be true or false":                  {"MLFLOW_S3_IGNORE_TLS", "hunter2"},
		"MLFLOW_HTTP_REQUEST_TIMEOUT must be a whole number":          {"MLFLOW_HTTP_REQUEST_TIMEOUT", "hunter2"},
		"MLFLOW_TRACKING_SERVER_CERT_PATH: reading a file":            {"MLFLOW_TRACKING_SERVER_CERT_PATH", dir + "/none"},
		"MLFLOW_TRACKING_TOKEN and MLFLOW_WORKSPACE must be one line": {"MLFLOW_TRACKING_TOKEN", "a\nhunter2"},
	} {
		err := Server{URI: secret.NewText(cert.URL), Getenv: env(vars...)}.Check(t.Context())
		var input *fault.Input
		if !errors.As(err, &input) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", want, err)
		}
	}
	var input *fault.Input
	if err := (Server{URI: secret.NewText("databricks://hunter2"), Getenv: env()}).Check(t.Context()); !errors.As(err, &input) ||
		strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}
