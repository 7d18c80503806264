package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/config"
	"refresher/internal/config/secret"
	"refresher/internal/doctor"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh"
	"refresher/internal/refresh/hooks"
	"refresher/internal/refresh/outbound"
	"refresher/internal/report"
	"refresher/internal/verify"
)

// texts are settings that may be secret references; each is fetched when it is used.
func texts(list []secret.Text) (out []hooks.Text) {
	for _, t := range list {
		out = append(out, t.Fetch)
	}
	return out
}

// hooks puts what runs around the promote into a run's options; staging.after goes first.
func (a *app) hooks(c *config.Config, o *refresh.Options) error {
	for i, f := range c.Staging.After {
		o.BeforePromote = append(o.BeforePromote, hooks.Before{Name: fmt.Sprintf("staging.after[%d]", i), SQL: f})
	}
	for i, h := range c.Hooks.BeforePromote {
		limit, _ := time.ParseDuration(h.Timeout) // validated with the configuration
		o.BeforePromote = append(o.BeforePromote, hooks.Before{
			Name: fmt.Sprintf("hooks.before_promote[%d]", i), SQL: h.SQL, Program: a.program(c, h.Exec, h.Env),
			Limit: limit,
		})
	}
	for i, h := range c.Hooks.AfterPromote {
		again, _ := time.ParseDuration(h.Again)
		after := hooks.After{
			Name: fmt.Sprintf("hooks.after_promote[%d]", i), Kind: h.Kind(), Limit: h.Limit(), Again: again,
			Retry: outbound.Retry{Tries: 1 + h.Retries, Pause: time.Second},
		}
		var err error
		if after.Action, err = a.action(c, o.Source, o.Staging, after.Name, h); err != nil {
			return err
		}
		o.AfterPromote = append(o.AfterPromote, after)
	}
	return nil
}

func (a *app) program(c *config.Config, args, env []string) hooks.Program {
	return hooks.Program{Args: args, Dir: filepath.Dir(c.File), Env: env, Getenv: a.getenv}
}

func (a *app) action(c *config.Config, source, staging *pgx.ConnConfig, name string,
	h config.AfterHook) (hooks.Action, error) {
	switch h.Kind() {
	case "sql":
		return hooks.SQL{Path: h.SQL, Database: staging}, nil
	case "exec":
		return hooks.Exec{Program: a.program(c, h.Exec, h.Env), Database: staging}, nil
	case "http":
		roots, err := outbound.Roots(h.HTTP.CA)
		if err != nil {
			return nil, inSetting(name+".http.ca", err)
		}
		headers := map[string]hooks.Text{}
		for header, value := range h.HTTP.Headers {
			headers[header] = value.Fetch
		}
		return hooks.HTTP{
			URL: h.HTTP.URL.Fetch, Method: h.HTTP.Method, Headers: headers, Body: h.HTTP.Body,
			TLS: roots, Limit: h.Limit(),
		}, nil
	}
	roots, err := outbound.Roots(h.Redis.CA)
	if err != nil {
		return nil, inSetting(name+".redis.ca", err)
	}
	production := hooks.Production{Hosts: c.Hooks.ProductionHosts}
	hosts := []string{source.Host}
	for _, f := range source.Fallbacks {
		hosts = append(hosts, f.Host)
	}
	production.Hosts = append(production.Hosts, hooks.SourceHosts(hosts...)...)
	return hooks.Redis{
		URL: h.Redis.URL.Fetch, Cluster: texts(h.Redis.Cluster),
		Sentinels: texts(h.Redis.Sentinels),
		Pattern:   h.Redis.Pattern, FlushDB: h.Redis.FlushDB, Incr: h.Redis.Incr, TLS: roots, Production: production,
	}, nil
}

// hookChecks are doctor's: files, programs, URLs and secrets of hooks, without doing anything.
func (a *app) hookChecks(ctx context.Context, c *config.Config, rep *doctor.Report) error {
	var o refresh.Options
	var err error
	if o.Source, err = c.SourceConfig(ctx); err != nil {
		return err
	}
	if o.Staging, err = c.StagingConfig(ctx); err != nil {
		return err
	}
	if err := a.hooks(c, &o); err != nil {
		return err
	}
	for _, h := range o.BeforePromote {
		rep.Add("hooks", h.Name, h.Check(ctx), "it can be run", "see docs/hooks.md")
	}
	for _, h := range o.AfterPromote {
		rep.Add("hooks", h.Name+" ("+h.Kind+")", h.Action.Check(ctx), "it is complete; the server is not asked",
			"see docs/hooks.md")
	}
	return nil
}

// inSetting says which setting a mistake is in.
func inSetting(setting string, err error) error { return fault.BadInput("%s: %v", setting, err) }

// built brings what the rules say of tables to what hooks made of them in the last run that was done.
func (a *app) built(ctx context.Context, c *config.Config, tables []verify.Table) ([]verify.Table, error) {
	if len(c.Hooks.BeforePromote)+len(c.Staging.After) == 0 {
		return tables, nil
	}
	runs, err := runsOfPipeline(ctx, c)
	if err != nil {
		return nil, err
	}
	h, err := runs.open(ctx)
	if errors.Is(err, errNoHistory) {
		return tables, nil
	}
	if err != nil {
		return nil, err
	}
	last, err := h.LastDone(ctx, "")
	if errors.Is(err, history.ErrNotFound) {
		return tables, nil
	}
	if err != nil {
		return nil, err
	}
	rep, err := report.Parse(last.ReportJSON, []byte(last.Signature))
	if err != nil || !refresh.HooksMade(rep) {
		return tables, err
	}
	return refresh.Built(tables, rep), nil
}
