package main

import (
	"context"
	"errors"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"refresher/internal/config"
	"refresher/internal/fault"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/serve"
)

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Scheduler, status page, API and metrics", Args: maxArgs(0),
		Long: `serve refreshes at the times of schedule.cron, one run at a time, and shows the
status page, the API (/api/v1), /healthz, /readyz, /metrics and every run's report at
the address of serve.listen. Configuration, rules and key are read anew before each run; the
schedule and the page's address at start. SIGTERM lets a run clean up after itself,
then stops; SIGHUP changes nothing.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := a.load()
			if err != nil {
				return err
			}
			o, err := a.options(cmd.Context(), in)
			if err != nil {
				return err
			}
			times, err := in.config.Schedule.Times()
			if err != nil {
				return err
			}
			return a.serve(cmd.Context(), in.config, o, times)
		},
	}
}

// serve runs the scheduler and the pages until ctx ends; that is a clean stop.
func (a *app) serve(ctx context.Context, c *config.Config, o refresh.Options, times config.Times) error {
	log := a.log()
	signal.Ignore(syscall.SIGHUP) // of a terminal that closes, or of who expects it to reload
	group, gctx := errgroup.WithContext(ctx)
	engine := newLocal(gctx, a, log, c, o, times)
	pages, err := a.pages(ctx, c, engine, nil, log)
	if err != nil {
		return err
	}
	stopped := make(chan struct{})
	group.Go(func() error { return pages.serve(gctx, stopped) })
	group.Go(func() error {
		scheduler := serve.Scheduler{Clock: serve.Wall{}, Plan: times.Plan, Slots: engine.runs, CatchUp: times.CatchUp,
			Jitter: times.Jitter, Log: log,
			Planned: func(at time.Time) { engine.change(func() { engine.next = at }); log.Info("next run", "at", at) },
			Run:     engine.scheduled}
		scheduler.Loop(gctx)
		engine.running.Wait()
		close(stopped)
		return nil
	})
	err = group.Wait()
	log.Info("stopped")
	return err
}

// errDeadline ends a run that takes longer than schedule.deadline.
var errDeadline = errors.New("the run took longer than schedule.deadline")

// refreshNow reads the configuration and runs a refresh. It always returns a report. A
// configuration that can't be read is recorded where runs were recorded at start.
func (a *app) refreshNow(ctx context.Context, id string, watch refresh.Observer, runs *runsOf) (*report.Report, error) {
	started := time.Now()
	in, err := a.load()
	var o refresh.Options
	if err == nil {
		o, err = a.options(ctx, in)
	}
	if err != nil {
		rep := &report.Report{Run: id, Started: started, Finished: time.Now(), Outcome: fault.OutcomeOf(ctx, err), Error: err.Error()}
		return rep, errors.Join(err, runs.record(ctx, rep))
	}
	o.Run = id
	return refresh.Run(ctx, o, watch)
}
