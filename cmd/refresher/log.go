package main

import (
	"fmt"
	"log/slog"
	"time"

	"refresher/internal/refresh"
	"refresher/internal/report/visible"
)

// silent reports that stderr is not for reading along: --quiet, or records for machines.
func (a *app) silent() bool { return a.quiet || a.logFormat == "json" }

// log writes records to stderr, with the pipeline if one was named.
func (a *app) log() *slog.Logger {
	var h slog.Handler = slog.NewTextHandler(a.err, nil)
	if a.logFormat == "json" {
		h = slog.NewJSONHandler(a.err, nil)
	}
	if a.pipeline != "" {
		h = h.WithAttrs([]slog.Attr{slog.String("pipeline", a.pipeline)})
	}
	return slog.New(h)
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
