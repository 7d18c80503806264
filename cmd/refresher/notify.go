package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"refresher/internal/config"
	"refresher/internal/doctor"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh/notify"
	"refresher/internal/refresh/outbound"
	"refresher/internal/report"
	"refresher/internal/report/notice"
)

// targets are where notifications of a pipeline go. The error is one of the configuration.
func targets(c *config.Config) (list []notify.Target, err error) {
	for i, n := range c.Notify {
		t := notify.Target{Name: fmt.Sprintf("notify[%d]", i), Kind: n.Kind(), On: n.Kinds(), Limit: n.Limit(),
			Retry: outbound.Retry{Tries: 1 + n.Retries, Pause: time.Second}}
		if t.Template, err = c.Template(i); err != nil {
			return nil, inSetting(t.Name, err)
		}
		if t.Channel, err = channel(n, t); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

func channel(n config.Notify, t notify.Target) (notify.Channel, error) {
	trusted := func(setting, path string) (*tls.Config, error) {
		roots, err := outbound.Roots(path)
		if err != nil {
			return nil, inSetting(t.Name+setting, err)
		}
		return roots, nil
	}
	switch t.Kind {
	case "slack":
		return notify.Slack{Post: notify.Post{URL: n.Slack, Limit: t.Limit}}, nil
	case "teams":
		return notify.Teams{Post: notify.Post{URL: n.Teams, Limit: t.Limit}}, nil
	case "webhook":
		roots, err := trusted(".webhook.ca", n.Webhook.CA)
		return notify.Webhook{Post: notify.Post{URL: n.Webhook.URL, TLS: roots, Limit: t.Limit},
			Secret: n.Webhook.Secret, Headers: n.Webhook.Headers}, err
	}
	roots, err := trusted(".smtp.ca", n.SMTP.CA)
	s := n.SMTP
	return notify.SMTP{Host: s.Host, Port: s.SMTPPort(), Security: s.TLS, Username: s.Username, Password: s.Password,
		From: s.From, To: s.To, TLS: roots, Limit: t.Limit}, err
}

// checkTargets finds what a person has to mend about targets, before anything is begun: all of it at
// once. A store of secrets that can't be reached now is no reason not to begin.
func checkTargets(ctx context.Context, list []notify.Target) error {
	var wrong fault.Input
	for _, t := range list {
		var input *fault.Input
		if err := t.Channel.Check(ctx); errors.As(err, &input) {
			for _, p := range input.Problems {
				if p.Field == "" {
					p.Text = t.Name + ": " + p.Text
				}
				wrong.Problems = append(wrong.Problems, p)
			}
		}
	}
	if len(wrong.Problems) > 0 {
		return &wrong
	}
	return nil
}

// notifyChecks are doctor's: secrets, addresses and templates, without sending anything.
func notifyChecks(ctx context.Context, c *config.Config, rep *doctor.Report) error {
	list, err := targets(c)
	if err != nil {
		return err
	}
	for _, t := range list {
		rep.Add("notifications", t.String(), t.Channel.Check(ctx), "it is complete; nothing is sent",
			"see docs/notifications.md")
	}
	return nil
}

// notified is a run, with notifications of its end if they are to be sent. Targets that are wrong are
// an error at once. do returns no report if it came to none.
func (a *app) notified(ctx context.Context, c *config.Config, send bool,
	do func() (*report.Report, error)) (*report.Report, error) {
	list, err := targets(c)
	if err == nil {
		err = checkTargets(ctx, list)
	}
	if err != nil {
		return nil, err
	}
	rep, err := do()
	if len(list) == 0 || !send {
		return rep, err
	}
	stopped := ctx.Err() != nil
	ctx = context.WithoutCancel(ctx)
	if stopped { // a person waits for the end
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, flushTime)
		defer cancel()
	}
	if n, ok := a.noticeOf(ctx, c, rep, err, stopped); ok {
		for _, r := range notify.Deliver(ctx, list, n) {
			if r.Err != nil {
				fmt.Fprintf(a.err, "warning: a notification was not sent (tries: %d): %v\n", r.Tries, r.Err)
			}
		}
	}
	return rep, err
}

// noticeOf is what there is to tell of a run of the command line.
func (a *app) noticeOf(ctx context.Context, c *config.Config, rep *report.Report, err error,
	stopped bool) (notice.Notice, bool) {
	if rep == nil {
		rep = &report.Report{Started: a.clock(), Finished: a.clock(), Outcome: fault.OutcomeOf(ctx, err)}
		if stopped && !fault.Decided(err) {
			rep.Outcome = fault.Stopped
		}
		if err != nil {
			rep.Error = err.Error()
		}
	}
	before := past{}
	if times, terr := c.Schedule.Times(); terr == nil {
		before = pastOf(ctx, c, rep.Run, times)
	}
	n, ok := notify.Of(rep, before.bad)
	n.Pipeline, n.By, n.Host, n.LastDone = c.Pipeline, "command line", history.Hostname(), before.done
	if n.Database == "" {
		if cfg, cerr := c.StagingConfig(ctx); cerr == nil {
			n.Database = cfg.Database
		}
	}
	if c.Serve.URL != "" && rep.Run != "" {
		n.Link = strings.TrimRight(c.Serve.URL, "/") + "/runs/" + rep.Run
	}
	if rep.Run == "" {
		n.ID = "unbegun-" + rep.Started.UTC().Format("20060102T150405Z") + "-" + string(n.Kind)
	}
	return n, ok
}

// past is what was before a run.
type past struct {
	bad  bool      // the run before was not done, or the data were stale
	done time.Time // when the last run that was done ended; zero: none is known
}

// pastOf asks the history, if there is one that answers.
func pastOf(ctx context.Context, c *config.Config, run string, times config.Times) (p past) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	cfg, err := c.StagingConfig(ctx)
	if err != nil {
		return p
	}
	if exists, err := history.Check(ctx, cfg); err != nil || !exists {
		return p
	}
	h, err := history.Open(ctx, cfg)
	if err != nil {
		return p
	}
	before, err := h.Before(ctx, run)
	if err != nil {
		return p
	}
	p.bad, p.done = before.Bad, before.Done.Finished
	if at := times.StaleAt(before.Done.Started); !p.done.IsZero() && !at.IsZero() && at.Before(time.Now()) {
		p.bad = true
	}
	return p
}
