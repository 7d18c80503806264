package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/history"
	"refresher/internal/report"
)

// runSummary is a run as `refresher runs` lists it.
type runSummary struct {
	ID       string     `json:"run"`
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished"` // nil while it goes on
	Outcome  string     `json:"outcome"`
	Stage    string     `json:"stage,omitempty"`
	Error    string     `json:"error,omitempty"`
	By       string     `json:"by,omitempty"`
	BackTo   string     `json:"back_to,omitempty"` // of a rollback
}

// Seconds is how long the run took.
func (s runSummary) Seconds() float64 {
	if s.Finished == nil {
		return 0
	}
	return s.Finished.Sub(s.Started).Seconds()
}

// runsOf is the history of a staging server for one command that reads it. It makes none.
type runsOf struct {
	staging *pgx.ConnConfig
	opened  *history.History // nil before it is used
}

// answer is how long the staging server may take to answer.
const answer = 5 * time.Second

// errNoHistory says that there was no run yet.
var errNoHistory = errors.New("no run was recorded yet")

// List returns the newest runs first.
func (r *runsOf) List(ctx context.Context) ([]runSummary, error) {
	var out []runSummary
	err := r.with(ctx, func(ctx context.Context, h *history.History) error {
		runs, err := h.List(ctx, history.Filter{})
		for _, run := range runs {
			out = append(out, summary(run))
		}
		return err
	})
	if errors.Is(err, errNoHistory) {
		err = nil
	}
	return out, err
}

// Report returns one run's report, or history.ErrNotFound.
func (r *runsOf) Report(ctx context.Context, id string) (rep *report.Report, err error) {
	err = r.with(ctx, func(ctx context.Context, h *history.History) error {
		run, err := h.Get(ctx, id)
		if err == nil {
			rep, err = report.Of(run)
		}
		return err
	})
	if errors.Is(err, errNoHistory) {
		err = history.ErrNotFound
	}
	return rep, err
}

func (r *runsOf) with(ctx context.Context, do func(context.Context, *history.History) error) error {
	ctx, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	h, err := r.open(ctx)
	if err != nil {
		return err
	}
	return do(ctx, h)
}

// open opens the history once, or fails with errNoHistory.
func (r *runsOf) open(ctx context.Context) (*history.History, error) {
	if r.opened != nil {
		return r.opened, nil
	}
	exists, err := history.Check(ctx, r.staging)
	if err == nil && !exists {
		err = errNoHistory
	}
	if err == nil {
		r.opened, err = history.Open(ctx, r.staging)
	}
	return r.opened, err
}

func summary(run history.Run) runSummary {
	s := runSummary{ID: run.ID, Started: run.Started, Outcome: string(run.Outcome), Stage: run.Stage, Error: run.Error,
		By: run.By, BackTo: run.BackTo}
	if !run.Finished.IsZero() {
		s.Finished = &run.Finished
	}
	return s
}
