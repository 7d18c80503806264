// Package fault says whose fault an error is, for the whole program:
//
//   - an [Input]: flags, configuration or rules are wrong; all problems of a
//     file come together.
//   - a [Refusal]: a gate did its work (PII found, a column without a rule, a
//     failed verification). Nothing is broken; nothing was published.
//   - anything else: the environment (a server, a bucket, a disk), or the end
//     of the context (an interruption).
//
// [OutcomeOf] gives the answer for an error: history and reports record it, and
// only the command line turns it into an exit code. [Retry] says whether the same
// work can succeed when it is done again. Both look at types and codes, never at
// an error's text.
package fault

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Refusal is an error by which a gate stops a run.
type Refusal struct {
	Gate     string    // "coverage", "survivors", "detectors", "staging", …
	Reason   string    // one sentence
	Problems []Problem // without values
	Busy     bool      // another run was going, so this one did nothing
}

func (r *Refusal) Error() string {
	return lines("refused by "+r.Gate+": "+r.Reason, texts(r.Problems))
}

// Refuse makes a Refusal.
func Refuse(gate, format string, args ...any) *Refusal {
	return &Refusal{Gate: gate, Reason: fmt.Sprintf(format, args...)}
}

// Add adds a problem of which only the text is known.
func (r *Refusal) Add(format string, args ...any) {
	r.Problems = append(r.Problems, Problem{Text: fmt.Sprintf(format, args...)})
}

// Input is a mistake in what the user wrote.
type Input struct {
	Problems []Problem
}

func (e *Input) Error() string {
	text := texts(e.Problems)
	if len(text) == 1 {
		return text[0]
	}
	return lines(fmt.Sprintf("%d problems", len(text)), text)
}

// BadInput makes an Input of one problem without a place.
func BadInput(format string, args ...any) *Input {
	return &Input{Problems: []Problem{{Text: fmt.Sprintf(format, args...)}}}
}

// Kind is what is wrong, for code that decides by it. Most problems have none.
type Kind string

// The kinds of problems.
const (
	NoTableRule  Kind = "table without rules"
	NoColumnRule Kind = "column without a rule"
	Unreviewed   Kind = "a column that a pattern keeps and that came after its last review"
	WrongType    Kind = "a rule that doesn't serve the column's type"
)

// Problem is one thing that is wrong, and where. Problems can be compared.
type Problem struct {
	Kind      Kind
	File      string // empty for flags, and for what stands in no file
	Line, Col int    // from 1; 0 unknown
	Field     string // of a configuration: schedule.cron
	Table     string // schema.table; empty if it isn't of one table
	Column    string
	Text      string // one sentence
	Fix       string // what to do or to paste, empty if Text says it; with a line break it is shown below the text
}

func (p Problem) String() string {
	text := p.Text
	if p.Field != "" {
		text = p.Field + ": " + text
	}
	switch {
	case strings.Contains(p.Fix, "\n"):
		text = lines(text, strings.Split(strings.TrimPrefix(p.Fix, "\n"), "\n"))
	case p.Fix != "":
		text += "; " + p.Fix
	}
	switch {
	case p.File == "":
		return text
	case p.Line == 0:
		return p.File + ": " + text
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, text)
}

// Place is where the problem stands, without what it is.
func (p Problem) Place() Problem { return Problem{File: p.File, Line: p.Line, Col: p.Col} }

// Problems makes problems of texts.
func Problems(texts []string) []Problem {
	var out []Problem
	for _, t := range texts {
		out = append(out, Problem{Text: t})
	}
	return out
}

func texts(problems []Problem) []string {
	out := make([]string, len(problems))
	for i, p := range problems {
		out[i] = p.String()
	}
	return out
}

func lines(head string, rest []string) string {
	if len(rest) == 0 {
		return head
	}
	return head + "\n  " + strings.ReplaceAll(strings.Join(rest, "\n"), "\n", "\n  ")
}

// Outcome is how a run ended.
type Outcome string

// The outcomes.
const (
	Running Outcome = "running"
	Done    Outcome = "done"
	Refused Outcome = "refused" // a gate stopped it
	Failed  Outcome = "failed"  // the environment
	Invalid Outcome = "invalid" // flags, configuration or rules
	Stopped Outcome = "stopped" // by a signal
	Skipped Outcome = "skipped" // another run was going
	Lost    Outcome = "lost"    // killed: it left no report

	// RolledBack is no run's: a person brought the previous staging database back.
	RolledBack Outcome = "rolled_back"
)

// OutcomeOf says how work under ctx ended that returned err. What a gate or the
// user's input decided stays so, even if ctx has ended since.
func OutcomeOf(ctx context.Context, err error) Outcome {
	var input *Input
	var refusal *Refusal
	switch {
	case err == nil:
		return Done
	case errors.As(err, &input):
		return Invalid
	case errors.As(err, &refusal) && refusal.Busy:
		return Skipped
	case refusal != nil:
		return Refused
	case errors.Is(ctx.Err(), context.Canceled):
		return Stopped
	}
	return Failed
}

// Decided reports whether an error is a gate's or the user's input's: the same
// work gives it again.
func Decided(err error) bool {
	var input *Input
	var refusal *Refusal
	return errors.As(err, &input) || errors.As(err, &refusal)
}
