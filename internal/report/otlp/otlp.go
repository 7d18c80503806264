// Package otlp tells an OpenTelemetry collector of runs and of what is logged, by OTLP/HTTP in
// JSON (opentelemetry.io/docs/specs/otlp), with the environment variables of the OpenTelemetry
// specification. Where OTEL_EXPORTER_OTLP_ENDPOINT is not set there is no Exporter, and nothing
// is done.
//
//	e, err := otlp.New(getenv, version)                   // nil without an endpoint
//	log := slog.New(e.Handler(handler))                   // records go to both
//	err = e.Run(ctx, pipeline, rep)                       // a trace: the run, and its stages below it
//	err = e.Flush(ctx)                                    // what was logged
//
// No value of a row is sent: a trace has the run's id, its pipeline, outcome, stages and counts. The
// official exporter would bring gRPC along and start it in every command; decision 0015 has the numbers.
package otlp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"refresher/internal/fault"
	"refresher/internal/refresh/outbound"
	"refresher/internal/report"
)

// Exporter sends to a collector. A nil Exporter sends nothing.
type Exporter struct {
	traces, logs string // addresses; "" if that signal is off
	headers      http.Header
	resource     []attribute
	client       *outbound.Client
	retry        outbound.Retry

	mu      sync.Mutex
	pending []logRecord
}

// New reads the environment. It returns nil if no endpoint is set or OTEL_SDK_DISABLED is true.
// What is wrong with the variables is a *fault.Input.
func New(getenv func(string) (string, bool), version string) (*Exporter, error) {
	env := func(name string) string { v, _ := getenv(name); return strings.TrimSpace(v) }
	base := env("OTEL_EXPORTER_OTLP_ENDPOINT")
	if base == "" || strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") {
		return nil, nil
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fault.BadInput("OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// URL, " +
			"such as http://collector:4318")
	}
	if env("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		return nil, fault.BadInput("OTEL_EXPORTER_OTLP_PROTOCOL is grpc, and refresher sends by HTTP alone: " +
			"leave it out, and give the collector's port for HTTP (4318) in OTEL_EXPORTER_OTLP_ENDPOINT")
	}
	e := &Exporter{headers: http.Header{}, retry: outbound.Retry{Tries: 3, Pause: time.Second}}
	timeout := 10 * time.Second
	if text := env("OTEL_EXPORTER_OTLP_TIMEOUT"); text != "" {
		ms, err := strconv.Atoi(text)
		if err != nil || ms < 1 {
			return nil, fault.BadInput("OTEL_EXPORTER_OTLP_TIMEOUT must be a number of milliseconds")
		}
		timeout = time.Duration(ms) * time.Millisecond
	}
	e.client = outbound.NewClient(nil, timeout)
	if env("OTEL_TRACES_EXPORTER") != "none" {
		e.traces = strings.TrimRight(base, "/") + "/v1/traces"
	}
	if env("OTEL_LOGS_EXPORTER") != "none" {
		e.logs = strings.TrimRight(base, "/") + "/v1/logs"
	}
	headers, err := pairs("OTEL_EXPORTER_OTLP_HEADERS", env("OTEL_EXPORTER_OTLP_HEADERS"))
	if err != nil {
		return nil, err
	}
	for _, h := range headers {
		e.headers.Add(h.name, h.value)
	}
	resource, err := pairs("OTEL_RESOURCE_ATTRIBUTES", env("OTEL_RESOURCE_ATTRIBUTES"))
	if err != nil {
		return nil, err
	}
	service := "refresher"
	for _, r := range resource {
		if r.name == "service.name" {
			service = r.value
			continue
		}
		e.resource = append(e.resource, text(r.name, r.value))
	}
	if name := env("OTEL_SERVICE_NAME"); name != "" {
		service = name
	}
	e.resource = append(e.resource, text("service.name", service), text("service.version", version))
	return e, nil
}

type pair struct{ name, value string }

// pairs reads name=value,… with percent encoding. Its error repeats no value: headers hold tokens.
func pairs(variable, list string) (out []pair, err error) {
	for part := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if name = strings.TrimSpace(name); !ok || err != nil || name == "" {
			return nil, fault.BadInput("%s must be name=value pairs with commas between them, percent-encoded",
				variable)
		}
		out = append(out, pair{name, value})
	}
	return out, nil
}

// attribute is OTLP's KeyValue.
type attribute struct {
	Key   string         `json:"key"`
	Value map[string]any `json:"value"`
}

func text(key, value string) attribute { return attribute{key, map[string]any{"stringValue": value}} }

func number(key string, n int64) attribute {
	return attribute{key, map[string]any{"intValue": strconv.FormatInt(n, 10)}}
}

// span is OTLP's Span.
type span struct {
	TraceID    string         `json:"traceId"`
	SpanID     string         `json:"spanId"`
	ParentID   string         `json:"parentSpanId,omitempty"`
	Name       string         `json:"name"`
	Kind       int            `json:"kind"` // 1: internal
	Start      string         `json:"startTimeUnixNano"`
	End        string         `json:"endTimeUnixNano"`
	Attributes []attribute    `json:"attributes"`
	Status     map[string]any `json:"status"`
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// id is made from the run's, so that a run's trace can be found by it.
func id(bytes int, of ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(of, "\x00")))
	return hex.EncodeToString(sum[:bytes])
}

// Run sends a run and its stages as a trace.
func (e *Exporter) Run(ctx context.Context, pipeline string, rep *report.Report) error {
	if e == nil || e.traces == "" {
		return nil
	}
	trace, root := id(16, rep.Run), id(8, rep.Run, "run")
	common := []attribute{text("refresher.pipeline", pipeline), text("refresher.run", rep.Run),
		text("refresher.outcome", string(rep.Outcome))}
	status := func(failed bool) map[string]any {
		if failed {
			return map[string]any{"code": 2}
		}
		return map[string]any{"code": 1}
	}
	rows, size := rep.Totals()
	failed := rep.Outcome != fault.Done
	spans := []span{{TraceID: trace, SpanID: root, Name: "refresh", Kind: 1, Start: nanos(rep.Started),
		End: nanos(rep.Finished), Status: status(failed), Attributes: append(common[:3:3],
			number("refresher.rows", rows), number("refresher.bytes", size), text("refresher.stage", rep.Stage))}}
	begin := rep.Started
	for i, s := range rep.Stages {
		end := begin.Add(time.Duration(s.Seconds * float64(time.Second)))
		spans = append(spans, span{TraceID: trace, SpanID: id(8, rep.Run, strconv.Itoa(i), s.Name), ParentID: root,
			Name: s.Name, Kind: 1, Start: nanos(begin), End: nanos(end), Attributes: append(common[:3:3], text("refresher.stage", s.Name)),
			Status: status(failed && s.Name == rep.Stage && i == len(rep.Stages)-1)})
		begin = end
	}
	return e.send(ctx, e.traces, map[string]any{"resourceSpans": []any{map[string]any{
		"resource":   map[string]any{"attributes": e.resource},
		"scopeSpans": []any{map[string]any{"scope": map[string]any{"name": "refresher"}, "spans": spans}}}}})
}

// send posts a document. A collector that is busy is asked again, three times in all.
func (e *Exporter) send(ctx context.Context, to string, doc any) error {
	body, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("writing OTLP: %w", err)
	}
	_, err = e.retry.Do(ctx, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
		if err != nil {
			return outbound.Final(errors.New("OTEL_EXPORTER_OTLP_ENDPOINT is no URL"))
		}
		req.Header = e.headers.Clone()
		req.Header.Set("Content-Type", "application/json")
		_, err = e.client.Do(req)
		var status *outbound.StatusError
		if errors.As(err, &status) && !slices.Contains(busy, status.Status) {
			return outbound.Final(err)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("sending to the OpenTelemetry collector: %w", err)
	}
	return nil
}

// busy are the answers after which OTLP/HTTP allows another try, and no others.
var busy = []int{http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable,
	http.StatusGatewayTimeout}
