package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// A run and what is logged of it reach the collector; a collector that refuses is a warning.
func TestRunIsTraced(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var mu sync.Mutex
	got, status := map[string]string{}, http.StatusOK
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path] += string(body)
		w.WriteHeader(status)
	}))
	defer collector.Close()
	s.vars["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.URL
	s.must(exitClean, "run", "--log-format", "json")
	for path, wants := range map[string][]string{
		"/v1/traces": {`"name":"refresh"`, `"name":"verify"`, `{"key":"refresher.outcome","value":{"stringValue":"done"}}`},
		"/v1/logs":   {`"stage ended"`},
	} {
		for _, want := range wants {
			if !strings.Contains(got[path], want) {
				t.Errorf("%s lacks %s:\n%s", path, want, got[path])
			}
		}
	}
	status = http.StatusBadRequest
	if _, said := s.must(exitClean, "run"); !strings.Contains(said, "trace could not be sent: sending to the OpenTelemetry collector: the server answered 400") {
		t.Error(said)
	}
}
