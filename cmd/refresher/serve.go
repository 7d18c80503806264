package main

import (
	"context"
	"net/http"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"refresher/internal/config"
	"refresher/internal/serve"
	"refresher/internal/serve/metrics"
	"refresher/internal/serve/web"
)

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Scheduler, status page, API and metrics", Args: maxArgs(0),
		Long: `serve refreshes each pipeline at the times of its schedule.cron, one run of it at a
time, and shows the status page, the API (/api/v1), /healthz, /readyz, /metrics and every
run's report at the address of serve.listen. Several may serve one configuration: each time has
one run. Configuration, rules and key are read anew before each run, the tokens of the page each
minute; the schedules and the page's address at start. SIGTERM lets a run clean up after itself,
then stops; SIGHUP changes nothing.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			configs, err := a.loadConfigs()
			if err != nil {
				return err
			}
			return a.serve(cmd.Context(), configs)
		},
	}
}

// serve runs the engine and the pages until ctx ends; that is a clean stop.
func (a *app) serve(ctx context.Context, configs []*config.Config) error {
	log := a.log()
	signal.Ignore(syscall.SIGHUP) // of a terminal that closes, or of who expects it to reload
	engine, err := a.engine(ctx, configs, log)
	if err != nil {
		return err
	}
	var jobs http.Handler
	if configs[0].Serve.JobsUI {
		jobs = engine.Jobs(web.JobsPath)
	}
	who, err := a.access(ctx, configs[0])
	if err != nil {
		return err
	}
	secrets := a.watch(configs, who, log)
	control := serve.WithSecrets(engine, secrets.Stale)
	metrics := metrics.New(control, version, log)
	engine.Notified = metrics.Notified
	pages, err := a.pages(configs[0], who, control, metrics, jobs, log)
	if err != nil {
		return err
	}
	group, gctx := errgroup.WithContext(ctx)
	go a.telemetry.FlushEvery(gctx, flushEvery)
	group.Go(func() error { secrets.Run(gctx); return nil })
	stopped := make(chan struct{})
	group.Go(func() error { return pages.serve(gctx, stopped) })
	group.Go(func() error {
		defer close(stopped)
		engine.Serve(gctx)
		return nil
	})
	err = group.Wait()
	log.Info("stopped")
	return err
}
