package otlp

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"refresher/internal/fault"
	"refresher/internal/report"
)

func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

// collector is strict about what OTLP/HTTP asks for, and keeps the bodies by path.
func collector(t *testing.T, answers ...int) (*httptest.Server, map[string][]string) {
	t.Helper()
	got := map[string][]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || !json.Valid(body) {
			t.Errorf("%s %v %s", r.Method, r.Header, body)
		}
		if r.Header.Get("Authorization") != "Bearer a b" {
			t.Errorf("headers: %v", r.Header)
		}
		got[r.URL.Path] = append(got[r.URL.Path], string(body))
		if len(answers) > 0 {
			w.WriteHeader(answers[0])
			answers = answers[1:]
		}
	}))
	t.Cleanup(server.Close)
	return server, got
}

func exporter(t *testing.T, vars map[string]string) *Exporter {
	t.Helper()
	vars["OTEL_EXPORTER_OTLP_HEADERS"] = "Authorization=Bearer%20a%20b"
	e, err := New(environment(vars), "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	e.retry.Pause = time.Millisecond
	return e
}

var start = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

func refused() *report.Report {
	return &report.Report{Run: "20261122T030000Z-7f3a", Started: start, Finished: start.Add(12 * time.Second), Outcome: fault.Refused, Stage: "verify",
		Error: "3 values survived", Stages: []report.Stage{{Name: "guard", Seconds: 2}, {Name: "verify", Seconds: 10}},
		Tables: []report.Table{{Rows: 5, Bytes: 50}}}
}

// A run is a trace of itself and its stages, one after the other.
func TestARunIsATrace(t *testing.T) {
	server, got := collector(t, 503, 200)
	e := exporter(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL + "/", "OTEL_RESOURCE_ATTRIBUTES": "service.name=x,site=berlin%2C%20de",
		"OTEL_SERVICE_NAME": "staging"})
	if err := e.Run(t.Context(), "mlflow", refused()); err != nil {
		t.Fatal(err)
	}
	bodies := got["/v1/traces"]
	if len(bodies) != 2 || bodies[0] != bodies[1] {
		t.Fatalf("a busy collector was asked %d times", len(bodies))
	}
	var doc struct {
		ResourceSpans []struct {
			Resource   struct{ Attributes []attribute }
			ScopeSpans []struct{ Spans []span }
		}
	}
	if err := json.Unmarshal([]byte(bodies[0]), &doc); err != nil {
		t.Fatal(err)
	}
	named := func(attrs []attribute, key string) any {
		for _, a := range attrs {
			if a.Key == key {
				for _, v := range a.Value {
					return v
				}
			}
		}
		return nil
	}
	resource := doc.ResourceSpans[0].Resource.Attributes
	if named(resource, "service.name") != "staging" || named(resource, "site") != "berlin, de" || named(resource, "service.version") != "1.2.3" {
		t.Errorf("resource: %v", resource)
	}
	spans := doc.ResourceSpans[0].ScopeSpans[0].Spans
	if len(spans) != 3 {
		t.Fatalf("%d spans", len(spans))
	}
	root := spans[0]
	if len(root.TraceID) != 32 || len(root.SpanID) != 16 || root.ParentID != "" || root.Name != "refresh" ||
		named(root.Attributes, "refresher.rows") != "5" || root.Status["code"] != 2.0 {
		t.Errorf("%+v", root)
	}
	at := start
	for i, seconds := range []int{2, 10} {
		s, end := spans[i+1], at.Add(time.Duration(seconds)*time.Second)
		if s.ParentID != root.SpanID || s.TraceID != root.TraceID || s.SpanID == root.SpanID || s.Start != nanos(at) || s.End != nanos(end) ||
			named(s.Attributes, "refresher.outcome") != "refused" || named(s.Attributes, "refresher.pipeline") != "mlflow" {
			t.Errorf("%+v", s)
		}
		at = end
	}
	if spans[1].Status["code"] != 1.0 || spans[2].Status["code"] != 2.0 {
		t.Error("the stage that ended the run is not the one that failed")
	}
	if strings.Contains(bodies[0], "survived") {
		t.Error("the error's text is sent")
	}
}

func TestRecordsAreSent(t *testing.T) {
	server, got := collector(t)
	e := exporter(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL})
	var local strings.Builder
	log := slog.New(e.Handler(slog.NewTextHandler(&local, nil))).With("pipeline", "mlflow")
	log.Warn("run ended", slog.Group("took", "seconds", 3))
	if err := e.Flush(t.Context()); err != nil || !strings.Contains(local.String(), "run ended") {
		t.Fatal(err, local.String())
	}
	body := strings.Join(got["/v1/logs"], "\n")
	for _, want := range []string{`"severityNumber":13,"severityText":"WARN","body":{"stringValue":"run ended"}`,
		`{"key":"pipeline","value":{"stringValue":"mlflow"}},{"key":"took.seconds","value":{"stringValue":"3"}}`} {
		if !strings.Contains(body, want) {
			t.Errorf("lacks %s:\n%s", want, body)
		}
	}
	if err := e.Flush(t.Context()); err != nil || len(got["/v1/logs"]) != 1 {
		t.Errorf("sent again: %v", err)
	}
}

// Without an endpoint there is nothing; what is wrong is said without its value.
func TestTheEnvironment(t *testing.T) {
	for _, vars := range []map[string]string{{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}} {
		e, err := New(environment(vars), "")
		next := slog.DiscardHandler
		if e != nil || err != nil || e.Run(t.Context(), "x", refused()) != nil || e.Flush(t.Context()) != nil || e.Handler(next) != next {
			t.Errorf("%v: %v %v", vars, e, err)
		}
	}
	for name, value := range map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector-s3cret:4317", "OTEL_EXPORTER_OTLP_HEADERS": "s3cret",
		"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TIMEOUT": "s3cret", "OTEL_RESOURCE_ATTRIBUTES": "a=%zz"} {
		vars := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
		vars[name] = value
		_, err := New(environment(vars), "")
		var input *fault.Input
		if !errors.As(err, &input) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A collector that refuses, or isn't there, is an error that repeats no address, and no more.
func TestCollectorsThatDoNotTake(t *testing.T) {
	server, got := collector(t, 500)
	e := exporter(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL, "OTEL_LOGS_EXPORTER": "none"})
	if err := e.Run(t.Context(), "x", refused()); err == nil || len(got["/v1/traces"]) != 1 {
		t.Errorf("%v after %d", err, len(got["/v1/traces"]))
	}
	if e.Handler(slog.DiscardHandler) != slog.DiscardHandler {
		t.Error("logs are kept though they are off")
	}
	server.Close()
	address := strings.Replace(server.URL, "http://", "http://user:s3cret@", 1)
	e = exporter(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": address})
	if err := e.Run(t.Context(), "x", refused()); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v", err)
	}
}
