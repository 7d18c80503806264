package metrics_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/serve"
	"refresher/internal/serve/metrics"
	"refresher/internal/serve/servetest"
	"refresher/internal/verify"
)

func newMetrics(e *servetest.Engine) *metrics.Metrics {
	return metrics.New(e, "1.2.3", slog.New(slog.DiscardHandler))
}

// scrape returns our lines of /metrics, without comments.
func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	problems, err := promlint.New(strings.NewReader(w.Body.String())).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}
	var ours []string
	for _, line := range strings.Split(w.Body.String(), "\n") {
		if strings.HasPrefix(line, "refresher_") {
			ours = append(ours, line)
		}
	}
	return strings.Join(ours, "\n") + "\n"
}

func wants(t *testing.T, got string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("lacks %s", line)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

var end = time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)

func run(id string, outcome fault.Outcome, at time.Time) serve.Run {
	return serve.Run{ID: id, Pipeline: "mlflow", Started: at.Add(-time.Hour), Finished: &at, Outcome: outcome}
}

func lastReport() *report.Report {
	lag := 12.5
	rep := &report.Report{Run: "r1", Source: report.Server{Lag: &lag},
		Hooks:        []report.Hook{{Kind: "sql"}, {Kind: "redis", Error: "connection refused"}},
		Stages:       []report.Stage{{Name: "guard", Seconds: 1}, {Name: "data", Seconds: 3000}},
		Verification: []report.Subject{{Results: []*verify.Result{{Survivors: 1, Detected: 2, Weak: 3}, {Weak: 4}}}}}
	for i := range 60 {
		rep.Tables = append(rep.Tables, report.Table{Name: fmt.Sprintf("public.t%02d", i), Rows: int64(100 - i), Bytes: 10})
	}
	return rep
}

// What is known of the last run comes from the history: a service that has just started has it.
func TestTheLastRunSurvivesARestart(t *testing.T) {
	e := servetest.New("mlflow", "metabase")
	e.Add(run("r0", fault.Refused, end.Add(-24*time.Hour)), nil)
	e.Add(run("r1", fault.Done, end), lastReport())
	due := end.Add(7 * 24 * time.Hour)
	e.Change("mlflow", func(p *serve.PipelineState) { p.Next = &due })
	got := scrape(t, newMetrics(e))
	wants(t, got,
		`refresher_run_in_progress{pipeline="mlflow"} 0`, `refresher_run_in_progress{pipeline="metabase"} 0`,
		`refresher_history_up{pipeline="mlflow"} 1`, `refresher_paused{pipeline="mlflow"} 0`,
		fmt.Sprintf(`refresher_last_success_timestamp_seconds{pipeline="mlflow"} %v`, float64(end.Unix())),
		fmt.Sprintf(`refresher_last_run_timestamp_seconds{outcome="done",pipeline="mlflow"} %v`, float64(end.Unix())),
		fmt.Sprintf(`refresher_last_run_timestamp_seconds{outcome="refused",pipeline="mlflow"} %v`, float64(end.Add(-24*time.Hour).Unix())),
		fmt.Sprintf(`refresher_next_run_timestamp_seconds{pipeline="mlflow"} %v`, float64(due.Unix())),
		`refresher_stage_duration_seconds{pipeline="mlflow",stage="data"} 3000`,
		`refresher_findings{check="survivors",pipeline="mlflow",strength="strong"} 1`,
		`refresher_findings{check="detectors",pipeline="mlflow",strength="strong"} 2`,
		`refresher_findings{check="any",pipeline="mlflow",strength="weak"} 7`,
		`refresher_failed_hooks{pipeline="mlflow"} 1`, `refresher_source_lag_seconds{pipeline="mlflow"} 12.5`, `refresher_workers{pipeline="mlflow"} 4`,
		`refresher_rows_total{pipeline="mlflow",table="public.t00"} 100`,
		`refresher_rows_total{pipeline="mlflow",table="other"} 455`, // 41 to 50
		`refresher_bytes_total{pipeline="mlflow"} 600`,
		`refresher_runs_total{outcome="done",pipeline="mlflow"} 0`,
	)
	if n := strings.Count(got, `refresher_rows_total{pipeline="mlflow"`); n != 51 {
		t.Errorf("%d series of rows", n)
	}
	if !strings.Contains(got, `version="1.2.3"`) {
		t.Error("refresher_build_info lacks the version")
	}
}

// Each run that ends is counted once, however many end between two scrapes.
func TestRunsAreCountedOnce(t *testing.T) {
	e := servetest.New("mlflow")
	e.Add(run("r1", fault.Done, end), nil)
	m := newMetrics(e)
	scrape(t, m)
	for i, o := range []fault.Outcome{fault.Skipped, fault.Failed, fault.Done, fault.Done} {
		e.Add(run(fmt.Sprint("n", i), o, end.Add(time.Duration(i)*time.Hour)), nil)
	}
	for range 2 {
		wants(t, scrape(t, m), `refresher_runs_total{outcome="done",pipeline="mlflow"} 2`,
			`refresher_runs_total{outcome="skipped",pipeline="mlflow"} 1`, `refresher_runs_total{outcome="lost",pipeline="mlflow"} 0`,
			`refresher_run_duration_seconds_bucket{outcome="done",pipeline="mlflow",le="3600"} 2`,
			fmt.Sprintf(`refresher_last_run_timestamp_seconds{outcome="failed",pipeline="mlflow"} %v`, float64(end.Add(time.Hour).Unix())))
	}
	m.Notified("mlflow", "sent")
	wants(t, scrape(t, m), `refresher_notifications_total{pipeline="mlflow",result="sent"} 1`)
}

func TestARunThatGoesOn(t *testing.T) {
	e := servetest.New("mlflow")
	e.Add(run("r1", fault.Done, end), lastReport())
	if _, err := e.Start(t.Context(), "mlflow", "schedule"); err != nil {
		t.Fatal(err)
	}
	var watch serve.Watch
	watch.Copied("public.runs", 70, 700)
	e.Change("mlflow", func(p *serve.PipelineState) { p.Running.Progress = watch.Progress() })
	got := scrape(t, newMetrics(e))
	wants(t, got, `refresher_run_in_progress{pipeline="mlflow"} 1`, `refresher_bytes_total{pipeline="mlflow"} 700`,
		`refresher_rows_total{pipeline="mlflow",table="public.runs"} 70`, `refresher_rows_total{pipeline="mlflow",table="other"} 0`)
	if strings.Contains(got, "public.t00") {
		t.Error("tables of the last run are shown beside those of the one that goes on")
	}
}

// While the staging server is down, what was known stays, and it is said.
func TestStagingIsDown(t *testing.T) {
	e := servetest.New("mlflow")
	e.Add(run("r1", fault.Done, end), lastReport())
	m := newMetrics(e)
	scrape(t, m)
	e.Down(errors.New("connection refused"))
	wants(t, scrape(t, m), `refresher_history_up{pipeline="mlflow"} 0`,
		fmt.Sprintf(`refresher_last_success_timestamp_seconds{pipeline="mlflow"} %v`, float64(end.Unix())),
		`refresher_findings{check="survivors",pipeline="mlflow",strength="strong"} 1`)
	fresh := newMetrics(e)
	wants(t, scrape(t, fresh), `refresher_history_up{pipeline="mlflow"} 0`)
	e.Down(nil)
	wants(t, scrape(t, fresh), `refresher_findings{check="survivors",pipeline="mlflow",strength="strong"} 1`)
}

// docs/metrics.md describes each metric, and no other.
func TestEachMetricIsDocumented(t *testing.T) {
	e := servetest.New("mlflow")
	e.Add(run("r1", fault.Done, end), lastReport())
	due := end.Add(time.Hour)
	e.Change("mlflow", func(p *serve.PipelineState) { p.Next = &due })
	m := newMetrics(e)
	scrape(t, m)
	e.Add(run("r2", fault.Done, end), lastReport())
	m.Notified("mlflow", "sent")
	names := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(scrape(t, m)), "\n") {
		name := line[:strings.IndexAny(line, "{ ")]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, suffix)
		}
		names[name] = true
	}
	var have, described []string
	for name := range names {
		have = append(have, name)
	}
	for _, found := range regexp.MustCompile("(?m)^\\| `(refresher_[a-z_]+)").FindAllStringSubmatch(readDocs(t), -1) {
		described = append(described, found[1])
	}
	slices.Sort(have)
	slices.Sort(described)
	if !slices.Equal(have, described) {
		t.Errorf("served:\n%s\ndescribed:\n%s", strings.Join(have, "\n"), strings.Join(described, "\n"))
	}
}
