package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"refresher/internal/fault"
)

type state string

func (s state) Error() string    { return "server: " + string(s) }
func (s state) SQLState() string { return string(s) }

// An error has one answer: how the run ended, and whether it is tried again.
func TestOutcomeAndRetry(t *testing.T) {
	running, cancel := context.WithCancel(t.Context())
	stopped, stop := context.WithCancel(t.Context())
	stop()
	late, end := context.WithTimeout(t.Context(), 0)
	defer end()
	defer cancel()
	input, refusal := fault.BadInput("no such transform"), fault.Refuse("survivors", "3 values survived")
	passes := fault.Passing("the lock was lost")
	for _, tt := range []struct {
		name  string
		ctx   context.Context
		err   error
		want  fault.Outcome
		retry bool
	}{
		{"no error", running, nil, fault.Done, false},
		{"done although a signal came", stopped, nil, fault.Done, false},
		{"input", running, fmt.Errorf("rules: %w", input), fault.Invalid, false},
		{"a gate", running, fmt.Errorf("in stage verify: %w", refusal), fault.Refused, false},
		{"input and a gate: the input is to be mended first", running, errors.Join(refusal, input), fault.Invalid, false},
		{"a gate decided before the signal", stopped, refusal, fault.Refused, false},
		{"another run is going", running, &fault.Refusal{Gate: "lock", Busy: true}, fault.Skipped, false},
		{"a signal", stopped, fmt.Errorf("copying: %w", context.Canceled), fault.Stopped, false},
		{"a signal that shows as a broken connection", stopped, io.ErrUnexpectedEOF, fault.Stopped, true},
		{"cancelled from within is no signal", running, context.Canceled, fault.Failed, false},
		{"a deadline is no signal", late, context.DeadlineExceeded, fault.Failed, true},
		{"disk full", running, state("53100"), fault.Failed, false},
		{"server restarts", running, fmt.Errorf("copying: %w", state("57P01")), fault.Failed, true},
		{"any connection exception", running, state("08006"), fault.Failed, true},
		{"no connection", running, &net.OpError{Op: "dial", Err: errors.New("refused")}, fault.Failed, true},
		{"says itself that it passes", running, fmt.Errorf("%w: %w", passes, state("42P01")), fault.Failed, true},
		{"a gate's decision over a cut connection", running, errors.Join(io.EOF, refusal), fault.Refused, false},
		{"unknown", running, errors.New("connection refused"), fault.Failed, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := fault.OutcomeOf(tt.ctx, tt.err); got != tt.want {
				t.Errorf("outcome %q, want %q", got, tt.want)
			}
			if got := fault.Retry(tt.err); got != tt.retry {
				t.Errorf("retry %t, want %t", got, tt.retry)
			}
		})
	}
}

func TestProblemsNameTheirPlace(t *testing.T) {
	for want, p := range map[string]fault.Problem{
		"unknown flag":                {Text: "unknown flag"},
		"a.yaml: can't be read":       {File: "a.yaml", Text: "can't be read"},
		"a.yaml:3:7: no such column":  {File: "a.yaml", Line: 3, Col: 7, Text: "no such column"},
		"t.c has no rule; write keep": {Table: "t", Column: "c", Text: "t.c has no rule", Fix: "write keep"},
	} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	two := &fault.Input{Problems: fault.Problems([]string{"one", "two"})}
	if got := two.Error(); got != "2 problems\n  one\n  two" {
		t.Errorf("%q", got)
	}
	refusal := fault.Refuse("coverage", "1 column")
	refusal.Add("%s: no rule", "t.c")
	if got := refusal.Error(); got != "refused by coverage: 1 column\n  t.c: no rule" {
		t.Errorf("%q", got)
	}
}
