// Package metrics is GET /metrics, in Prometheus' format: docs/metrics.md describes each metric.
//
// What stands of the last run comes from the history, so that a restart doesn't lose it. Counters
// of runs begin at zero with the service, and count what the history has gained since: several
// services of one staging database each count all of its runs.
package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/serve"
)

const (
	// scrapeTime is how long the staging server may take: Prometheus gives up after 10 seconds.
	scrapeTime = 8 * time.Second
	// maxTables is how many tables have rows of their own; the rest is "other".
	maxTables = 50
)

// Outcomes are those that a run can end with.
func Outcomes() []fault.Outcome {
	return []fault.Outcome{fault.Done, fault.Refused, fault.Failed, fault.Invalid, fault.Stopped, fault.Skipped, fault.Lost}
}

// Metrics serves the metrics of an engine.
type Metrics struct {
	control       serve.Control
	log           *slog.Logger
	handler       http.Handler
	runs          *prometheus.CounterVec
	duration      *prometheus.HistogramVec
	notifications *prometheus.CounterVec

	mu    sync.Mutex // one scrape at a time
	known map[string]*pipeline
	state []serve.PipelineState
}

// pipeline is what was learnt of a pipeline's history.
type pipeline struct {
	newest string                      // the id of the newest run that was counted
	ended  map[fault.Outcome]time.Time // when a run last ended so
	report *report.Report              // of the newest run that has one
}

// New serves the metrics of control, of a refresher of that version.
func New(control serve.Control, version string, log *slog.Logger) *Metrics {
	labels := []string{"pipeline", "outcome"}
	m := &Metrics{control: control, log: log, known: map[string]*pipeline{},
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "refresher_runs_total",
			Help: "Runs that ended since the service started."}, labels),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "refresher_run_duration_seconds",
			Help:    "How long the runs took that ended since the service started.",
			Buckets: []float64{10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 57600, 86400}}, labels),
		notifications: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "refresher_notifications_total",
			Help: "Notifications since the service started, by result."}, []string{"pipeline", "result"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "refresher_build_info", Help: "Always 1.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()}})
	info.Set(1)
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.runs, m.duration, m.notifications, info, newGauges(m),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{DisableCompression: true})
	return m
}

// Notified counts a notification: its result is "sent" or "failed".
func (m *Metrics) Notified(pipeline, result string) {
	m.notifications.WithLabelValues(pipeline, result).Inc()
}

// ServeHTTP looks at the engine and answers with what it is doing now. If the staging server
// doesn't answer, it answers with what was known before.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ctx, cancel := context.WithTimeout(r.Context(), scrapeTime)
	defer cancel()
	m.state = m.control.Pipelines(ctx)
	for _, p := range m.state {
		if err := m.learn(ctx, p); err != nil {
			m.log.Warn("metrics lack what the history knows", "pipeline", p.Name, "error", err)
		}
	}
	m.handler.ServeHTTP(w, r)
}

// learn counts the runs that ended since the last time, and reads the newest report. The first
// time it only notes what the history holds.
func (m *Metrics) learn(ctx context.Context, p serve.PipelineState) error {
	k := m.known[p.Name]
	if k == nil {
		for _, o := range Outcomes() {
			m.runs.WithLabelValues(p.Name, string(o))
		}
		for _, result := range []string{"sent", "failed"} {
			m.notifications.WithLabelValues(p.Name, result)
		}
		k = &pipeline{ended: map[fault.Outcome]time.Time{}}
		for _, o := range Outcomes() {
			runs, err := m.control.Runs(ctx, serve.Filter{Pipeline: p.Name, Outcome: o, Limit: 1})
			if err != nil {
				return err
			}
			for _, r := range runs {
				k.note(r)
			}
		}
		if p.Last != nil {
			k.newest = p.Last.ID
		}
		m.known[p.Name] = k
	} else if p.Last != nil && p.Last.ID != k.newest {
		if err := m.count(ctx, p, k); err != nil {
			return err
		}
	}
	return m.readReport(ctx, p, k)
}

// count counts the runs that ended after the newest one that is known.
func (m *Metrics) count(ctx context.Context, p serve.PipelineState, k *pipeline) error {
	runs, err := m.control.Runs(ctx, serve.Filter{Pipeline: p.Name, Limit: 100})
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.ID == k.newest {
			break
		}
		if r.Finished == nil {
			continue
		}
		m.runs.WithLabelValues(p.Name, string(r.Outcome)).Inc()
		m.duration.WithLabelValues(p.Name, string(r.Outcome)).Observe(r.Seconds())
		k.note(r)
	}
	k.newest = p.Last.ID
	return nil
}

func (k *pipeline) note(r serve.Run) {
	if r.Finished != nil && r.Finished.After(k.ended[r.Outcome]) {
		k.ended[r.Outcome] = *r.Finished
	}
}

// readReport reads the report of the newest run that left one, if it isn't known yet.
func (m *Metrics) readReport(ctx context.Context, p serve.PipelineState, k *pipeline) error {
	newest := p.Last
	if newest == nil || !newest.Reported {
		newest = p.Done
	}
	if newest == nil || !newest.Reported || k.report != nil && k.report.Run == newest.ID {
		return nil
	}
	rep, err := m.control.Report(ctx, newest.ID)
	if err == nil {
		k.report = rep
	}
	return err
}
