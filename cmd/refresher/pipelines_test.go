package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"refresher/internal/fault"
	"refresher/internal/serve"
)

// The gravest end decides, and an interruption counts more than all that ended before it.
func TestTheGravestPipelineDecides(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	refused, invalid, failed := fault.Refuse("survivors", "3"), fault.BadInput("no such transform"),
		errors.New("no route")
	for _, tt := range []struct {
		ctx  context.Context
		s    several
		want int
	}{
		{t.Context(), several{errs: []error{failed, refused}}, exitRefused},
		{t.Context(), several{errs: []error{failed, refused, invalid}}, exitInput},
		{t.Context(), several{errs: []error{failed}}, exitEnvironment},
		{stopped, several{errs: []error{refused, context.Canceled}, stopped: true}, exitInterrupted},
	} {
		if got := exitCode(outcomeOf(tt.ctx, &tt.s)); got != tt.want {
			t.Errorf("%v: exit code %d, want %d", tt.s.errs, got, tt.want)
		}
	}
}

func TestRunsAreChosen(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	at := func(day int, outcome fault.Outcome) serve.Summary {
		return serve.Summary{Started: time.Date(2026, 11, day, 3, 0, 0, 0, time.UTC), Outcome: string(outcome)}
	}
	for _, tt := range []struct {
		f    runsFlags
		run  serve.Summary
		want bool
	}{
		{runsFlags{}, at(1, fault.Lost), true},
		{runsFlags{outcomes: []string{"refused", "failed"}}, at(1, fault.Failed), true},
		{runsFlags{outcomes: []string{"refused", "failed"}}, at(1, fault.Done), false},
		{runsFlags{since: "2026-11-22"}, at(22, fault.Done), true},
		{runsFlags{since: "2026-11-22"}, at(21, fault.Done), false},
		{runsFlags{since: "2026-11-22T04:00:00+02:00"}, at(22, fault.Done), true},
		{runsFlags{since: "7d"}, at(22, fault.Done), false}, // nine hours too old
		{runsFlags{since: "8d"}, at(22, fault.Done), true},
		{runsFlags{since: "36h"}, at(28, fault.Done), true},
		{runsFlags{since: "36h"}, at(27, fault.Done), false},
	} {
		tt.f.format = "text"
		match, err := tt.f.match(nil, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := match(tt.run); got != tt.want {
			t.Errorf("%+v chooses the run of %s: %t", tt.f, tt.run.Started, got)
		}
	}
}

// Pipelines that sign with different keys have no key in common.
func TestSigningKeyOfSeveralPipelines(t *testing.T) {
	config := filepath.Join(t.TempDir(), "refresher.yaml")
	text := "key: env:K\npipelines:\n" +
		"  a: {source: {url: postgres://h/a}, staging: {url: postgres://s/a}, rules: [r]}\n" +
		"  b: {source: {url: postgres://h/b}, staging: {url: postgres://s/b}, rules: [r], key: env:L}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a := &app{configPath: config, getenv: os.LookupEnv}
	var input *fault.Input
	if _, err := a.loadSigning(); !errors.As(err, &input) {
		t.Errorf("%v", err)
	}
	a.pipeline = "b"
	if c, err := a.loadSigning(); err != nil || c.Key.Name() != "env:L" {
		t.Errorf("%v, %v", c, err)
	}
}
