package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"refresher/internal/config"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/report/visible"
)

// silent reports that stderr is not for reading along: --quiet, or records for machines.
func (a *app) silent() bool { return a.quiet || a.logFormat == "json" }

// log writes records to stderr, with the pipeline if one was named.
func (a *app) log() *slog.Logger {
	h := a.telemetry.Handler(a.handler())
	if a.pipeline != "" {
		h = h.WithAttrs([]slog.Attr{slog.String("pipeline", a.pipeline)})
	}
	return slog.New(h)
}

func (a *app) handler() slog.Handler {
	if a.logFormat != "json" {
		return slog.NewTextHandler(a.err, nil)
	}
	if r, ok := a.err.(*records); ok {
		return slog.NewJSONHandler(r.w, nil)
	}
	return slog.NewJSONHandler(a.err, nil)
}

// records is stderr. Where the log's format is json, each line that is printed there for people
// becomes a record, too, so that a machine can read all that any command says.
type records struct {
	a *app
	w io.Writer

	mu   sync.Mutex
	line []byte // that has no end yet
}

func (r *records) Write(p []byte) (int, error) {
	if r.a.logFormat != "json" {
		return r.w.Write(p)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.line = append(r.line, p...)
	for {
		line, rest, found := bytes.Cut(r.line, []byte("\n"))
		if !found {
			return len(p), nil
		}
		r.record(string(line))
		r.line = rest
	}
}

func (r *records) record(line string) {
	level, text := slog.LevelInfo, strings.TrimSpace(line)
	if warning, ok := strings.CutPrefix(text, "warning: "); ok {
		level, text = slog.LevelWarn, warning
	}
	if text != "" {
		r.a.log().Log(context.Background(), level, text)
	}
}

// Close writes what is left.
func (r *records) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.record(string(r.line))
	r.line = nil
}

// observer hears of a run until it is closed.
type observer interface {
	refresh.Observer
	Close()
}

// progress is how a long command shows what it does.
func (a *app) progress() observer {
	switch {
	case a.logFormat == "json":
		return &logged{log: a.log(), quiet: a.quiet}
	case a.quiet:
		return warnings{a}
	}
	return newProgress(a.raw, a.terminal)
}

// warnings shows nothing else.
type warnings struct{ a *app }

func (warnings) Stage(string)                {}
func (warnings) Expect(int64, int64)         {}
func (warnings) Copied(string, int64, int64) {}
func (warnings) Close()                      {}
func (w warnings) Warn(text string)          { fmt.Fprintf(w.a.err, "warning: %s\n", visible.Text(text)) }

// logged writes a record for each stage that ended and each warning.
type logged struct {
	log   *slog.Logger
	quiet bool
	stage string
	began time.Time
}

// Stage ends the stage before it.
func (l *logged) Stage(name string) {
	l.end()
	l.stage, l.began = name, time.Now()
}

func (l *logged) end() {
	if l.stage != "" && !l.quiet {
		l.log.Info("stage ended", "stage", l.stage, "seconds", time.Since(l.began).Seconds())
	}
	l.stage = ""
}

// Expect is part of refresh.Observer.
func (l *logged) Expect(int64, int64) {}

// Copied is part of refresh.Observer: the report counts rows.
func (l *logged) Copied(string, int64, int64) {}

// Warn writes a warning.
func (l *logged) Warn(text string) { l.log.Warn(text) }

// Close ends the last stage.
func (l *logged) Close() { l.end() }

// Times of telemetry.
const (
	flushEvery = 10 * time.Second
	flushTime  = 15 * time.Second // at most, at the end and after a run
)

// flush sends to the collector what was logged last. What it doesn't take stands on stderr already.
func (a *app) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	_ = a.telemetry.Flush(ctx)
}

// traced is refresh.Run, and tells MLflow and the collector of it. Where it can't be told is a warning, and
// no more.
func (a *app) traced(ctx context.Context, c *config.Config, o refresh.Options, watch refresh.Observer,
	warn func(string)) (*report.Report, error) {
	rep, err := refresh.Run(ctx, o, watch)
	a.tracked(ctx, c, o, rep, warn)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	if terr := a.telemetry.Run(ctx, o.Pipeline, rep); terr != nil {
		warn("the run's trace could not be sent: " + terr.Error())
	}
	return rep, err
}
