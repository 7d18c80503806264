package metrics

import (
	"cmp"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"refresher/internal/report"
	"refresher/internal/serve"
)

// gauges collects what the last look at the engine has told: each pipeline as it is now, and its
// last run.
type gauges struct {
	m *Metrics

	running, paused, workers, reaches, next, success, ended, stages, rows, size, findings, hooks, lag *prometheus.Desc
}

func newGauges(m *Metrics) *gauges {
	return &gauges{m: m,
		running: describe("refresher_run_in_progress", "Whether a run is going on."),
		paused:  describe("refresher_paused", "Whether the times of the schedule are left out."),
		workers: describe("refresher_workers", "How many tables are copied at once: by the service, or by all workers that are there."),
		reaches: describe("refresher_history_up", "Whether the history on the staging server could be read."),
		next:    describe("refresher_next_run_timestamp_seconds", "When the next run is due."),
		success: describe("refresher_last_success_timestamp_seconds", "When the last run that was done and clean ended."),
		ended:   describe("refresher_last_run_timestamp_seconds", "When a run last ended with that outcome.", "outcome"),
		stages:  describe("refresher_stage_duration_seconds", "How long each stage of the last run took.", "stage"),
		rows: describe("refresher_rows_total", "Rows that the run copied that is going on, else the last one; "+
			"the 50 largest tables, and the others together.", "table"),
		size:     describe("refresher_bytes_total", "Bytes that the run copied that is going on, else the last one."),
		findings: describe("refresher_findings", "What the verification of the last run found.", "check", "strength"),
		hooks: describe("refresher_failed_hooks",
			"How many hooks of the last run failed, those after the promote, too, which no run fails by."),
		lag: describe("refresher_source_lag_seconds",
			"How long ago the source, a hot standby, had replayed a transaction "+
				"when the last run began."),
	}
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, append([]string{"pipeline"}, labels...), nil)
}

// Describe is part of prometheus.Collector.
func (g *gauges) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{g.running, g.paused, g.workers, g.reaches, g.next, g.success, g.ended, g.stages,
		g.rows, g.size, g.findings, g.hooks, g.lag} {
		out <- d
	}
}

// Collect is part of prometheus.Collector.
func (g *gauges) Collect(out chan<- prometheus.Metric) {
	for _, p := range g.m.state {
		s := sender{g, out, p.Name}
		s.gauge(s.running, truth(p.Running != nil))
		s.gauge(s.paused, truth(p.Paused))
		s.gauge(s.workers, float64(p.Workers))
		s.gauge(s.reaches, truth(p.Problem == ""))
		if p.Next != nil {
			s.gauge(s.next, unix(*p.Next))
		}
		if p.Done != nil && p.Done.Finished != nil {
			s.gauge(s.success, unix(*p.Done.Finished))
		}
		var last *report.Report
		if k := g.m.known[p.Name]; k != nil {
			last = k.report
			for outcome, at := range k.ended {
				s.gauge(s.ended, unix(at), string(outcome))
			}
		}
		s.copied(p.Running, last)
		if last != nil {
			s.report(last)
		}
	}
}

// sender sends the metrics of a pipeline.
type sender struct {
	*gauges
	out      chan<- prometheus.Metric
	pipeline string
}

func (s sender) gauge(d *prometheus.Desc, value float64, labels ...string) {
	s.out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{s.pipeline}, labels...)...)
}

func (s sender) counter(d *prometheus.Desc, value int64, labels ...string) {
	s.out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), append([]string{s.pipeline}, labels...)...)
}

// copied sends rows and bytes. They are counters that begin anew with each run.
func (s sender) copied(now *serve.Running, last *report.Report) {
	var tables []serve.TableProgress
	var bytes, others int64
	switch {
	case now != nil:
		tables, bytes, others = slices.Clone(now.Tables), now.Bytes, now.Rows
		for _, t := range tables {
			others -= t.Rows
		}
	case last != nil:
		_, bytes = last.Totals()
		for _, t := range last.Tables {
			tables = append(tables, serve.TableProgress{Table: t.Name, Rows: t.Rows, Bytes: t.Bytes})
		}
	default:
		return
	}
	slices.SortFunc(tables, func(a, b serve.TableProgress) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Table, b.Table))
	})
	for i, t := range tables {
		if i >= maxTables {
			others += t.Rows
			continue
		}
		s.counter(s.rows, t.Rows, t.Table)
	}
	s.counter(s.rows, others, "other")
	s.counter(s.size, bytes)
}

func (s sender) report(last *report.Report) {
	seconds := map[string]float64{}
	for _, stage := range last.Stages {
		seconds[stage.Name] += stage.Seconds
	}
	for stage, n := range seconds {
		s.gauge(s.stages, n, stage)
	}
	var survivors, detected, weak int64
	for _, subject := range last.Verification {
		for _, r := range subject.Results {
			survivors, detected, weak = survivors+r.Survivors, detected+r.Detected, weak+r.Weak
		}
	}
	s.gauge(s.findings, float64(survivors), "survivors", "strong")
	s.gauge(s.findings, float64(detected), "detectors", "strong")
	s.gauge(s.findings, float64(weak), "any", "weak")
	failed := 0
	for _, h := range last.Hooks {
		if h.Error != "" {
			failed++
		}
	}
	s.gauge(s.hooks, float64(failed))
	if last.Source.Lag != nil {
		s.gauge(s.lag, *last.Source.Lag)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
