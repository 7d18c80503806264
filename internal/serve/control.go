package serve

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"refresher/internal/fault"
	"refresher/internal/report"
)

// Control is the engine as the page, the API and the metrics see it. Its methods may be called
// from any goroutine and answer within seconds: an error that is none of ErrNotFound and
// Conflict means that the staging server does not answer, or refuses.
//
// by is who asked, for the record: the name that a trusted proxy gave, or "token".
type Control interface {
	// Pipelines are all that are configured, in their order. A staging server that does not
	// answer is no error: it stands in the state's Problem.
	Pipelines(ctx context.Context) []PipelineState
	// Runs are those that f asks for, newest first.
	Runs(ctx context.Context, f Filter) ([]Run, error)
	// Run is one run, or ErrNotFound.
	Run(ctx context.Context, id string) (Run, error)
	// Report is a run's report, or ErrNotFound. That of a run that ended without one, or goes on,
	// holds what the history knows: Run, Started, Outcome, Stage, Error.
	Report(ctx context.Context, id string) (*report.Report, error)
	// Start asks for a run now and returns its id, which Run knows at once. A pipeline that runs is
	// a Conflict; one that is paused is not: the person who asks knows it.
	Start(ctx context.Context, pipeline, by string) (id string, err error)
	// Cancel stops a run. One that has ended is a Conflict.
	Cancel(ctx context.Context, id, by string) error
	// Rollback swaps the previous staging database back. A pipeline that runs, or has no previous
	// database, is a Conflict.
	Rollback(ctx context.Context, pipeline, by string) error
	// Pause leaves out the times of a pipeline's schedule until Resume.
	Pause(ctx context.Context, pipeline, by string) error
	Resume(ctx context.Context, pipeline, by string) error
	// Events sends the state of a pipeline that changed, at most once a second for each, until ctx
	// ends; then the channel is closed. A reader that is slow misses states, never the newest.
	Events(ctx context.Context) <-chan PipelineState
	// Health says whether the service can do its work.
	Health(ctx context.Context) Health
}

// ErrNotFound means that there is no run, or no pipeline, of that name.
var ErrNotFound = errors.New("no such run")

// Conflict is an act that the state of things doesn't allow: the sentence says which.
type Conflict string

func (c Conflict) Error() string { return string(c) }

// PipelineState is a pipeline and what it does.
type PipelineState struct {
	Name     string `json:"name"`     // "default" where the configuration has no pipelines
	Database string `json:"database"` // the staging database, which runs replace
	Server   string `json:"server"`   // the staging server, host:port
	Schedule string `json:"schedule"` // in words, such as "0 3 * * 0, Europe/Berlin", or "no schedule"
	Timezone string `json:"timezone"` // IANA's name of the zone of the schedule; "" is UTC
	Workers  int    `json:"workers"`  // tables that are copied at once, by this process or by all workers
	// WorkerProcesses are the workers that are there, where other processes copy.
	WorkerProcesses []WorkerProcess `json:"worker_processes,omitempty"`
	Paused          bool            `json:"paused"`
	// PausedBy is who paused it, if it is paused.
	PausedBy string     `json:"paused_by,omitempty"`
	Next     *time.Time `json:"next"`    // null: none is planned
	Running  *Running   `json:"running"` // null: none
	Last     *Run       `json:"last"`    // the newest run that ended
	Done     *Run       `json:"done"`    // the newest that ended well
	Problem  string     `json:"problem,omitempty"`
}

// WorkerProcess is a refresher worker, and what it did for the run that goes on, or did last.
type WorkerProcess struct {
	ID      string `json:"id"`
	Host    string `json:"host"`
	Streams int    `json:"streams"`         // tables that it copies at once
	Run     string `json:"run,omitempty"`   // empty: none since it came
	Table   string `json:"table,omitempty"` // that it copies now, one of them
	Chunks  int64  `json:"chunks"`
	Rows    int64  `json:"rows"`
	Bytes   int64  `json:"bytes"`
}

// Run is a run as the history has it.
type Run struct {
	ID       string        `json:"run"`
	Pipeline string        `json:"pipeline"`
	Host     string        `json:"host,omitempty"` // where refresher ran
	By       string        `json:"by,omitempty"`   // who asked for it: "schedule", "command line", a person's name or "token"
	Started  time.Time     `json:"started"`
	Finished *time.Time    `json:"finished"` // null while it goes on
	Outcome  fault.Outcome `json:"outcome"`
	Stage    string        `json:"stage,omitempty"` // where it ended, unless done
	Error    string        `json:"error,omitempty"` // holds no value of a row
	Rows     int64         `json:"rows"`            // copied
	Bytes    int64         `json:"bytes"`           // copied, as COPY carried them
	Findings int64         `json:"findings"`        // of the verification: survivors and detector findings
	Promoted bool          `json:"promoted"`        // staging was replaced
	Reported bool          `json:"reported"`        // there is a report
	// BackTo is the run whose database a rollback (outcome rolled_back) brought back.
	BackTo string `json:"back_to,omitempty"`
}

// Seconds is how long the run took, until now if it goes on.
func (r Run) Seconds() float64 {
	if r.Finished == nil {
		return time.Since(r.Started).Seconds()
	}
	return r.Finished.Sub(r.Started).Seconds()
}

// Running is a run that goes on.
type Running struct {
	ID      string    `json:"run"`
	By      string    `json:"by,omitempty"`
	Host    string    `json:"host,omitempty"`
	Started time.Time `json:"started"`
	Progress
}

// Filter chooses runs.
type Filter struct {
	Pipeline string        // "" is any
	Outcome  fault.Outcome // "" is any
	Before   string        // the id of a run: only older ones, for the next page of a list
	Limit    int           // at most so many, 1 to 500; 0 is 50
}

// Health is what GET /readyz says.
type Health struct {
	// Role is the scheduler's: "leader" or "follower"; "" while it is neither.
	Role string `json:"role"`
	// History is whether the history can be read.
	History bool `json:"history"`
	// StaleSecrets are the settings whose secret could not be fetched anew for some time.
	StaleSecrets []string `json:"stale_secrets,omitempty"`
}

// Ready reports whether all is well.
func (h Health) Ready() bool { return h.Role != "" && h.History && len(h.StaleSecrets) == 0 }

// PipelineAct is what a person does to a pipeline: Rollback, Pause or Resume of a Control.
type PipelineAct func(ctx context.Context, pipeline, by string) error

// Has reports whether there is a pipeline of that name.
func Has(pipelines []PipelineState, name string) bool {
	return slices.ContainsFunc(pipelines, func(p PipelineState) bool { return p.Name == name })
}

// Status is the HTTP status of an error of Control, and what is said of it. What the staging
// server said goes into the log alone.
func Status(err error) (status int, detail string) {
	var conflict Conflict
	switch {
	case errors.Is(err, ErrNotFound):
		return http.StatusNotFound, "there is no run or pipeline of that name"
	case errors.As(err, &conflict):
		return http.StatusConflict, conflict.Error()
	}
	return http.StatusServiceUnavailable, "the staging server does not answer; the log says more"
}

// WithSecrets is a Control whose Health names the settings that stale says, too.
func WithSecrets(c Control, stale func() []string) Control { return secrets{c, stale} }

type secrets struct {
	Control
	stale func() []string
}

func (s secrets) Health(ctx context.Context) Health {
	h := s.Control.Health(ctx)
	h.StaleSecrets = append(h.StaleSecrets, s.stale()...)
	return h
}

// Recorded is a Control that writes each act to a log: what, who, and how it ended.
func Recorded(c Control, log *slog.Logger) Control { return recorded{c, log} }

type recorded struct {
	Control
	log *slog.Logger
}

func (r recorded) note(act string, err error, args ...any) error {
	if err != nil {
		r.log.Warn(act+" was refused", append(args, "error", err)...)
		return err
	}
	r.log.Info(act, args...)
	return nil
}

func (r recorded) Start(ctx context.Context, pipeline, by string) (string, error) {
	id, err := r.Control.Start(ctx, pipeline, by)
	return id, r.note("start", err, "pipeline", pipeline, "run", id, "by", by)
}

func (r recorded) Cancel(ctx context.Context, id, by string) error {
	return r.note("cancel", r.Control.Cancel(ctx, id, by), "run", id, "by", by)
}

func (r recorded) Rollback(ctx context.Context, pipeline, by string) error {
	return r.note("rollback", r.Control.Rollback(ctx, pipeline, by), "pipeline", pipeline, "by", by)
}

func (r recorded) Pause(ctx context.Context, pipeline, by string) error {
	return r.note("pause", r.Control.Pause(ctx, pipeline, by), "pipeline", pipeline, "by", by)
}

func (r recorded) Resume(ctx context.Context, pipeline, by string) error {
	return r.note("resume", r.Control.Resume(ctx, pipeline, by), "pipeline", pipeline, "by", by)
}
