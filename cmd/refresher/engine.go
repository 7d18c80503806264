package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"refresher/internal/config"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh"
	"refresher/internal/refresh/notify"
	"refresher/internal/report"
	"refresher/internal/serve"
	"refresher/internal/serve/engine"
)

// engine is what runs these pipelines. What is wrong with their files, rules or secrets now is
// found here; each run reads them anew.
func (a *app) engine(ctx context.Context, configs []*config.Config, log *slog.Logger) (*engine.Engine, error) {
	var pipelines []engine.Pipeline
	for _, c := range configs {
		p, err := a.scheduled(ctx, c)
		if err != nil {
			return nil, err
		}
		pipelines = append(pipelines, p)
	}
	return engine.New(log, pipelines...), nil
}

// scheduled is a pipeline as the engine runs it.
func (a *app) scheduled(ctx context.Context, c *config.Config) (engine.Pipeline, error) {
	in, err := withRules(c)
	if err != nil {
		return engine.Pipeline{}, err
	}
	o, err := a.options(ctx, in)
	if err != nil {
		return engine.Pipeline{}, err
	}
	times, err := c.Schedule.Times()
	if err != nil {
		return engine.Pipeline{}, err
	}
	list, err := targets(c)
	if err == nil {
		err = checkTargets(ctx, list)
	}
	if err == nil {
		err = a.checkTracking(ctx, c)
	}
	if err != nil {
		return engine.Pipeline{}, err
	}
	words := "no schedule"
	if c.Schedule.Cron != "off" {
		words = c.Schedule.Cron + ", " + c.Schedule.Timezone
	}
	return engine.Pipeline{
		Name: c.Pipeline, Staging: o.Staging, Plan: times.Plan, Schedule: words, Timezone: c.Schedule.Timezone,
		CatchUp: times.CatchUp, Jitter: times.Jitter, Deadline: times.Deadline,
		Workers: o.Workers, ByWorkers: o.ByWorkers, NewID: refresh.NewID,
		History: func(ctx context.Context) (*history.History, error) { return refresh.OpenHistory(ctx, o) },
		Run: func(ctx context.Context, id, by string, watch *serve.Watch) (*report.Report, error) {
			return a.refreshNow(ctx, c.Pipeline, id, by, watch)
		},
		Rollback: func(ctx context.Context, by string) error { return a.rollback(ctx, c, by, false) },
		Targets:  a.targetsNow(c.Pipeline, list), StaleAt: times.StaleAt, Site: c.Serve.URL,
		Expire: func(ctx context.Context) ([]string, error) { return expire(ctx, o.Staging) },
	}, nil
}

// targetsNow reads where a pipeline's notifications go from the configuration as it is now. While that
// is wrong, they go where they went before: that it is wrong is to be told, too.
func (a *app) targetsNow(pipeline string, before []notify.Target) func(context.Context) ([]notify.Target, error) {
	var mu sync.Mutex
	return func(context.Context) ([]notify.Target, error) {
		mu.Lock()
		defer mu.Unlock()
		if configs, err := a.loadConfigs(pipeline); err == nil {
			if list, err := targets(configs[0]); err == nil {
				before = list
			}
		}
		return before, nil
	}
}

// refreshNow reads the files of a pipeline and runs a refresh. It always returns a report.
func (a *app) refreshNow(ctx context.Context, pipeline, id, by string, watch refresh.Observer) (*report.Report, error) {
	started := time.Now()
	c, o, err := a.optionsNow(ctx, pipeline)
	if err != nil {
		return &report.Report{Run: id, Started: started, Finished: time.Now(), Outcome: fault.OutcomeOf(ctx, err),
			Error: err.Error()}, err
	}
	o.Run, o.By = id, by
	log := a.log().With("pipeline", pipeline, "run", id)
	return a.traced(ctx, c, o, watch, func(text string) { log.Warn(text) })
}

// optionsNow are a pipeline's configuration and options, by the files as they are now.
func (a *app) optionsNow(ctx context.Context, pipeline string) (*config.Config, refresh.Options, error) {
	configs, err := a.loadConfigs(pipeline)
	if err != nil {
		return nil, refresh.Options{}, err
	}
	in, err := withRules(configs[0])
	if err != nil {
		return nil, refresh.Options{}, err
	}
	o, err := a.options(ctx, in)
	return in.config, o, err
}
