package workqueue

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/riverqueue/river/rivertype"

	"refresher/internal/fault"
)

// failure is an error on its way from a worker to the run, as the output of a job.
type failure struct {
	Gate     string          `json:"gate,omitempty"` // of a refusal
	Reason   string          `json:"reason,omitempty"`
	Problems []fault.Problem `json:"problems,omitempty"` // of a refusal, or of input
	Text     string          `json:"text,omitempty"`     // of any other error
	Code     string          `json:"code,omitempty"`     // its SQLSTATE
	Passes   bool            `json:"passes,omitempty"`
}

// Failure is an error of a worker that is neither a refusal nor input.
type Failure struct {
	Worker string
	f      failure
}

func (e *Failure) Error() string    { return fmt.Sprintf("worker %s: %s", e.Worker, e.f.Text) }
func (e *Failure) SQLState() string { return e.f.Code }

// Passes is for fault.Retry.
func (e *Failure) Passes() bool { return e.f.Passes }

// failed is an error as it goes to the run. Errors hold no value of a row.
func failed(err error) failure {
	var refusal *fault.Refusal
	var input *fault.Input
	switch {
	case errors.As(err, &refusal):
		return failure{Gate: refusal.Gate, Reason: refusal.Reason, Problems: refusal.Problems}
	case errors.As(err, &input):
		return failure{Problems: input.Problems}
	}
	f := failure{Text: err.Error(), Passes: fault.Retry(err)}
	var s interface{ SQLState() string }
	if errors.As(err, &s) {
		f.Code = s.SQLState()
	}
	return f
}

// failureOf is the error of a job that ended without success.
func failureOf(job *rivertype.JobRow) error {
	by := "?"
	if len(job.AttemptedBy) > 0 {
		by = job.AttemptedBy[len(job.AttemptedBy)-1]
	}
	var f failure
	switch err := json.Unmarshal(job.Output(), &f); {
	case err != nil: // without a word: it was tried as often as it may be
		return &Failure{by, failure{Text: "a chunk was given up after several attempts; the worker's log says why", Passes: true}}
	case f.Gate != "":
		return &fault.Refusal{Gate: f.Gate, Reason: f.Reason, Problems: f.Problems}
	case len(f.Problems) > 0:
		return &fault.Input{Problems: f.Problems}
	}
	return &Failure{by, f}
}
