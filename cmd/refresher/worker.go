package main

import (
	"context"
	"errors"
	"log/slog"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"refresher/internal/config"
	"refresher/internal/refresh"
)

func (a *app) workerCommand() *cobra.Command {
	return &cobra.Command{
		Use: "worker [PIPELINE]...", Short: "Takes jobs of runs that go elsewhere",
		Long: `worker copies and scrubs chunks of tables for runs of the pipelines of those names, or of
all, that another process leads (run or serve) and whose configuration says copy: {dispatch:
workers}. Any number may work, on any machine that reaches source and staging. Each has a
configuration of its own, which must have the same source, staging, rules and key: secrets never
come from the run. Configuration, rules and key are read anew for each run. SIGTERM gives
the chunks at hand back, then stops.

The exit code is 0 after SIGTERM, 2 if the files are wrong or are not those of the run that goes
on, 3 if the staging server can't be reached when it starts.`,
		Example: `  refresher worker
  refresher worker experimentation --config /etc/refresher/refresher.yaml`,
		RunE: func(cmd *cobra.Command, names []string) error {
			pipelines, err := a.loadConfigs(names...)
			if err != nil {
				return err
			}
			signal.Ignore(syscall.SIGHUP)
			group, ctx := errgroup.WithContext(cmd.Context())
			for _, c := range pipelines {
				log := a.log()
				if len(pipelines) > 1 {
					log = log.With("pipeline", c.Pipeline)
				}
				group.Go(func() error { return a.work(ctx, c.Pipeline, log) })
			}
			return group.Wait()
		},
	}
}

// work copies chunks for the runs of a pipeline until ctx ends, which is a clean stop.
func (a *app) work(ctx context.Context, pipeline string, log *slog.Logger) error {
	err := refresh.Work(ctx, func(ctx context.Context) (refresh.WorkerOptions, error) {
		configs, err := a.loadConfigs(pipeline)
		if err != nil {
			return refresh.WorkerOptions{}, err
		}
		return a.workerOptions(ctx, configs[0])
	}, log)
	if err == nil {
		log.Info("stopped")
	}
	return err
}

// workerOptions are what a worker needs of a configuration: no bucket, signing key or hook.
func (a *app) workerOptions(ctx context.Context, c *config.Config) (o refresh.WorkerOptions, err error) {
	in, err := withRules(c)
	if err != nil {
		return o, err
	}
	limits, err := c.Retry.Limits()
	o = refresh.WorkerOptions{Version: version, Rules: in.rules, Streams: c.Workers, TempDir: c.TempDir, Stall: limits.Stall}
	var errs [3]error
	o.Key, errs[0] = a.key(ctx, c)
	o.Source, errs[1] = c.SourceConfig(ctx)
	o.Staging, errs[2] = c.StagingConfig(ctx)
	return o, errors.Join(append(errs[:], err)...)
}
