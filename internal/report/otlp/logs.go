package otlp

import (
	"context"
	"log/slog"
	"time"
)

// maxPending is how many records wait for the next Flush; the oldest go when there are more.
const maxPending = 2000

// logRecord is OTLP's LogRecord.
type logRecord struct {
	Time       string         `json:"timeUnixNano"`
	Severity   int            `json:"severityNumber"`
	Level      string         `json:"severityText"`
	Body       map[string]any `json:"body"`
	Attributes []attribute    `json:"attributes"`
}

// Handler passes records to next, and keeps them for the collector. It is next if there is none.
func (e *Exporter) Handler(next slog.Handler) slog.Handler {
	if e == nil || e.logs == "" {
		return next
	}
	return &handler{Handler: next, exporter: e}
}

type handler struct {
	slog.Handler
	exporter *Exporter
	attrs    []attribute
	group    string
}

// Handle is part of slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	rec := logRecord{Time: nanos(r.Time), Level: r.Level.String(),
		Severity: 9 + int(r.Level), // INFO is 9 here and 0 there, in steps of 4
		Body:     map[string]any{"stringValue": r.Message}, Attributes: h.attrs[:len(h.attrs):len(h.attrs)]}
	r.Attrs(func(a slog.Attr) bool { rec.Attributes = flatten(rec.Attributes, h.group, a); return true })
	e := h.exporter
	e.mu.Lock()
	e.pending = append(e.pending, rec)
	if more := len(e.pending) - maxPending; more > 0 {
		e.pending = e.pending[more:]
	}
	e.mu.Unlock()
	return h.Handler.Handle(ctx, r)
}

func flatten(to []attribute, group string, a slog.Attr) []attribute {
	v := a.Value.Resolve()
	if v.Kind() != slog.KindGroup {
		return append(to, text(group+a.Key, v.String()))
	}
	for _, inner := range v.Group() {
		to = flatten(to, group+a.Key+".", inner)
	}
	return to
}

// WithAttrs is part of slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := &handler{h.Handler.WithAttrs(attrs), h.exporter, h.attrs[:len(h.attrs):len(h.attrs)], h.group}
	for _, a := range attrs {
		out.attrs = flatten(out.attrs, h.group, a)
	}
	return out
}

// WithGroup is part of slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{h.Handler.WithGroup(name), h.exporter, h.attrs, h.group + name + "."}
}

// Flush sends the records that wait. Those that could not be sent are gone: they stand on stderr.
func (e *Exporter) Flush(ctx context.Context) error {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	records := e.pending
	e.pending = nil
	e.mu.Unlock()
	if len(records) == 0 {
		return nil
	}
	return e.send(ctx, e.logs, map[string]any{"resourceLogs": []any{map[string]any{
		"resource":  map[string]any{"attributes": e.resource},
		"scopeLogs": []any{map[string]any{"scope": map[string]any{"name": "refresher"}, "logRecords": records}}}}})
}

// FlushEvery sends records at each interval until ctx ends.
func (e *Exporter) FlushEvery(ctx context.Context, interval time.Duration) {
	if e == nil {
		return
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = e.Flush(ctx) // the next ones may arrive
		}
	}
}
