package mlflow

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"refresher/internal/report"
)

// pair is a parameter or a tag.
type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// metric is one number of a run.
type metric struct {
	Key       string  `json:"key"`
	Value     float64 `json:"value"`
	Timestamp int64   `json:"timestamp"` // milliseconds
	Step      int64   `json:"step"`
}

// maxValue is how long a parameter or tag may be for servers of any age.
const maxValue = 500

func cut(s string) string {
	if len(s) <= maxValue {
		return s
	}
	s = s[:maxValue]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}

// tags say whose run it is and how it ended.
func tags(run Run) (list []pair) {
	rep := run.Report
	reason, _, _ := strings.Cut(rep.Error, "\n")
	for _, p := range []pair{
		{"mlflow.source.type", "JOB"}, {"mlflow.source.name", "refresher"}, {"mlflow.user", "refresher"},
		{"refresher.run", rep.Run}, {"refresher.pipeline", run.Pipeline}, {"refresher.outcome", string(rep.Outcome)},
		{"refresher.stage", rep.Stage}, {"refresher.reason", reason}, {"refresher.by", run.By},
		{"refresher.host", run.Host},
	} {
		if p.Value = cut(p.Value); p.Value != "" {
			list = append(list, p)
		}
	}
	return list
}

// params are what a run was made by.
func params(rep *report.Report) (list []pair) {
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	for _, p := range []pair{
		{"refresher_version", rep.Version}, {"ruleset_sha256", rep.RulesetHash}, {"schema_sha256", rep.SchemaHash},
		{"key_fingerprint", rep.KeyFingerprint}, {"staging_database", rep.Staging.Database},
		{"staging_server_version", number(rep.Staging.Version)}, {"source_database", rep.Source.Database},
		{"source_server_version", number(rep.Source.Version)},
	} {
		if p.Value = cut(p.Value); p.Value != "" {
			list = append(list, p)
		}
	}
	return list
}

// metrics are the figures of a run.
func metrics(rep *report.Report) (list []metric) {
	at := rep.Finished.UnixMilli()
	add := func(key string, value float64) { list = append(list, metric{key, value, at, 0}) }
	rows, bytes := rep.Totals()
	sum := rep.Summary()
	var weak int64
	for _, v := range rep.Verification {
		for _, r := range v.Results {
			weak += r.Weak
		}
	}
	add("seconds", rep.Finished.Sub(rep.Started).Seconds())
	add("rows", float64(rows))
	add("bytes", float64(bytes))
	add("tables", float64(len(rep.Tables)))
	add("columns", float64(sum.Columns))
	add("columns_masked", float64(sum.Masked))
	add("identifiers_looked_for", float64(sum.Looked))
	add("survivors", float64(sum.Survivors))
	add("detector_findings", float64(sum.Detected))
	add("weak_findings", float64(weak))
	add("warnings", float64(len(rep.Warnings)))
	add("promoted", map[bool]float64{true: 1}[rep.Promoted])
	var most int64
	for _, s := range rep.Stages {
		add("seconds."+s.Name, s.Seconds)
		most = max(most, s.PeakRSS)
	}
	add("peak_rss_bytes", float64(most))
	if rep.Source.Lag != nil {
		add("source_lag_seconds", *rep.Source.Lag)
	}
	return list
}
