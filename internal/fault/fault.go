// Package fault sorts errors into the three kinds that a caller of refresher
// can act on, so that only the command line needs to know exit codes.
//
//   - a [Refusal]: a gate did its work (PII found, a column without a rule, a
//     failed verification). Nothing is broken; nothing was published.
//   - an [Input]: flags, configuration or rules are wrong; all problems of a
//     file come together.
//   - anything else: the environment (a server, a bucket, a disk).
package fault

import (
	"fmt"
	"strings"
)

// Refusal is an error by which a gate stops a run.
type Refusal struct {
	Gate     string   // "coverage", "survivors", "detectors", "staging", …
	Reason   string   // one sentence
	Problems []string // each one line, naming table and column, never a value
}

func (r *Refusal) Error() string { return lines("refused by "+r.Gate+": "+r.Reason, r.Problems) }

// Refuse makes a Refusal.
func Refuse(gate, format string, args ...any) *Refusal {
	return &Refusal{Gate: gate, Reason: fmt.Sprintf(format, args...)}
}

// Input is a mistake in what the user wrote.
type Input struct {
	Problems []Problem
}

// Problem is one mistake and where it stands.
type Problem struct {
	File      string // empty for flags
	Line, Col int    // 1-based; 0 unknown
	Text      string // one sentence that names the fix
}

func (p Problem) String() string {
	switch {
	case p.File == "":
		return p.Text
	case p.Line == 0:
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Text)
}

func (e *Input) Error() string {
	text := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		text[i] = p.String()
	}
	if len(text) == 1 {
		return text[0]
	}
	return lines(fmt.Sprintf("%d problems", len(text)), text)
}

// BadInput makes an Input of one problem without a place.
func BadInput(format string, args ...any) *Input {
	return &Input{Problems: []Problem{{Text: fmt.Sprintf(format, args...)}}}
}

func lines(head string, rest []string) string {
	if len(rest) == 0 {
		return head
	}
	return head + "\n  " + strings.Join(rest, "\n  ")
}
