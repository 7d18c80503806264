package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
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

// fetcher makes of a setting, which may be a secret reference, what gives its text.
type fetcher func(secret.Text) hooks.Text

// whenUsed fetches a secret each time that it is used.
func whenUsed(t secret.Text) hooks.Text { return t.Fetch }

// texts are settings that may be secret references.
func (f fetcher) texts(list []secret.Text) (out []hooks.Text) {
	for _, t := range list {
		out = append(out, f(t))
	}
	return out
}

// hooks puts what runs around the promote into a run's options.
func (a *app) hooks(c *config.Config, o *refresh.Options) error {
	o.BeforePromote = a.beforeHooks(c)
	for i := range c.Hooks.AfterPromote {
		after, err := a.afterHook(c, i, o.Source, o.Staging, whenUsed)
		if err != nil {
			return err
		}
		o.AfterPromote = append(o.AfterPromote, after)
	}
	return nil
}

// beforeHooks are the steps before the promote; staging.after goes first.
func (a *app) beforeHooks(c *config.Config) (steps []hooks.Before) {
	for i, f := range c.Staging.After {
		steps = append(steps, hooks.Before{Name: fmt.Sprintf("staging.after[%d]", i), SQL: f})
	}
	for i, h := range c.Hooks.BeforePromote {
		limit, _ := time.ParseDuration(h.Timeout) // validated with the configuration
		steps = append(steps, hooks.Before{
			Name: fmt.Sprintf("hooks.before_promote[%d]", i), SQL: h.SQL, Program: a.program(c, h.Exec, h.Env),
			Limit: limit,
		})
	}
	return steps
}

// afterHook is a step after the promote.
func (a *app) afterHook(c *config.Config, i int, source, staging *pgx.ConnConfig, fetch fetcher) (
	after hooks.After, err error) {
	h := c.Hooks.AfterPromote[i]
	again, _ := time.ParseDuration(h.Again)
	after = hooks.After{
		Name: fmt.Sprintf("hooks.after_promote[%d]", i), Kind: h.Kind(), Limit: h.Limit(), Again: again,
		Retry: outbound.Retry{Tries: 1 + h.Retries, Pause: time.Second},
	}
	after.Action, err = a.action(c, source, staging, after.Name, h, fetch)
	return after, err
}

func (a *app) program(c *config.Config, args, env []string) hooks.Program {
	return hooks.Program{Args: args, Dir: filepath.Dir(c.File), Env: env, Getenv: a.getenv}
}

func (a *app) action(c *config.Config, source, staging *pgx.ConnConfig, name string, h config.AfterHook,
	fetch fetcher) (hooks.Action, error) {
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
			headers[header] = fetch(value)
		}
		return hooks.HTTP{
			URL: fetch(h.HTTP.URL), Method: h.HTTP.Method, Headers: headers, Body: h.HTTP.Body,
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
		URL: fetch(h.Redis.URL), Cluster: fetch.texts(h.Redis.Cluster),
		Sentinels: fetch.texts(h.Redis.Sentinels),
		Pattern:   h.Redis.Pattern, FlushDB: h.Redis.FlushDB, Incr: h.Redis.Incr, TLS: roots, Production: production,
	}, nil
}

// errElsewhere is of a secret that is not fetched to look at a hook.
var errElsewhere = errors.New("the secret is not fetched")

// atHand gives what stands in the configuration, and fetches nothing.
func atHand(t secret.Text) hooks.Text {
	if t.IsReference() {
		return func(context.Context) (string, error) { return "", errElsewhere }
	}
	return t.Fetch
}

// hookProblems are check's: what the files show wrong with hooks. No secret is fetched, and no variable of a
// program's is asked for. With a schema file, check may run on another machine than refreshes do: then programs
// that are not beside the configuration are not looked for.
func (a *app) hookProblems(ctx context.Context, c *config.Config, source *pgx.ConnConfig, elsewhere bool) (
	problems []fault.Problem, err error) {
	look := func(name string, err error) error {
		var input *fault.Input
		switch {
		case err == nil, errors.Is(err, errElsewhere):
			return nil
		case !errors.As(err, &input):
			return err
		}
		for _, p := range input.Problems {
			if p.File == "" {
				at := c.Place(name)
				if at.Text = p.Text; !strings.HasPrefix(p.Text, name) {
					at.Text = name + ": " + p.Text
				}
				p = at
			}
			problems = append(problems, p)
		}
		return nil
	}
	here := func(p hooks.Program) bool {
		return !elsewhere || len(p.Args) > 0 && strings.ContainsRune(p.Args[0], filepath.Separator)
	}
	for _, h := range a.beforeHooks(c) {
		if h.Program.Env = nil; h.SQL == "" && !here(h.Program) {
			continue
		}
		if err := look(h.Name, h.Check(ctx)); err != nil {
			return nil, err
		}
	}
	for i := range c.Hooks.AfterPromote {
		h, err := a.afterHook(c, i, source, nil, atHand)
		if err == nil {
			if program, ok := h.Action.(hooks.Exec); ok {
				if program.Env = nil; !here(program.Program) {
					continue
				}
				h.Action = program
			}
			err = h.Action.Check(ctx)
		}
		if err := look(h.Name, err); err != nil {
			return nil, err
		}
	}
	return problems, nil
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
