package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/history"
	"refresher/internal/postgres/client"
	"refresher/internal/report"
	"refresher/internal/serve"
)

// runsOf is the history of a staging server for commands that read it. It makes none.
type runsOf struct {
	staging *pgx.ConnConfig
	mu      sync.Mutex
	opened  *history.History
}

// answer is how long the staging server may take to answer.
const answer = 5 * time.Second

// errNoHistory says that there was no run yet.
var errNoHistory = errors.New("no run was recorded yet")

// List returns the newest runs first.
func (r *runsOf) List(ctx context.Context) ([]serve.Summary, error) {
	var out []serve.Summary
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

// Report returns one run's report.
func (r *runsOf) Report(ctx context.Context, id string) (*report.Report, error) {
	rep := &report.Report{}
	err := r.with(ctx, func(ctx context.Context, h *history.History) error {
		run, err := h.Get(ctx, id)
		if errors.Is(err, history.ErrNotFound) {
			return serve.ErrNotFound
		}
		if err != nil {
			return err
		}
		if run.ReportJSON == nil {
			*rep = report.Report{
				Run:     run.ID,
				Started: run.Started,
				Outcome: run.Outcome,
				Stage:   run.Stage,
				Error:   run.Error,
			}
			return nil
		}
		found, err := report.Parse(run.ReportJSON, []byte(run.Signature))
		if err == nil {
			*rep = *found
		}
		return err
	})
	if errors.Is(err, errNoHistory) {
		err = serve.ErrNotFound
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
	err = do(ctx, h)
	if code := client.Code(err); code == "3D000" || code == "42P01" { // invalid_catalog_name, undefined_table: the server was made anew
		r.mu.Lock()
		r.opened = nil
		r.mu.Unlock()
	}
	return err
}

func (r *runsOf) open(ctx context.Context) (*history.History, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
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

func summary(run history.Run) serve.Summary {
	s := serve.Summary{ID: run.ID, Started: run.Started, Outcome: string(run.Outcome), Stage: run.Stage, Error: run.Error}
	if !run.Finished.IsZero() {
		finished := run.Finished
		s.Finished = &finished
	}
	return s
}
