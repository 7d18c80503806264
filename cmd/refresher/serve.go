package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"refresher/internal/config"
	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/serve"
)

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Scheduler, status page and metrics", Args: maxArgs(0),
		Long: `serve refreshes at the times of schedule.cron, one run at a time, and shows the
status page, /healthz, /status (JSON), /metrics and every run's report at the
address of listen. SIGTERM lets a run clean up after itself, then stops.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := a.load()
			if err != nil {
				return err
			}
			o, err := a.options(cmd.Context(), in)
			if err != nil {
				return err
			}
			next, err := in.config.Schedule.Next()
			if err != nil {
				return err
			}
			access, err := a.access(cmd.Context(), in.config)
			if err != nil {
				return err
			}
			return a.serve(cmd.Context(), access, in.config.Serve.TLS, o, next)
		},
	}
}

// serve runs the scheduler and the pages until ctx ends; that is a clean stop.
func (a *app) serve(
	ctx context.Context, access serve.Access, tls config.TLS, o refresh.Options, next func(time.Time) time.Time,
) error {
	log := a.log()
	listener, err := net.Listen("tcp", access.Listen)
	if err != nil {
		var number syscall.Errno
		if !errors.As(err, &number) {
			return errors.New("serve.listen names no address of this machine") // the error repeats it, and it may come from a secret
		}
		return fmt.Errorf("listening on the address of serve.listen: %w", number)
	}
	state := serve.NewState()
	handler, err := serve.Handler(state, runsOf{o})
	if err != nil {
		return err
	}
	server := serve.Server(serve.Guard(access, handler))
	scheme, listen := "http://", server.Serve
	if tls.Cert != "" {
		scheme = "https://"
		listen = func(l net.Listener) error { return server.ServeTLS(l, tls.Cert, tls.Key) }
	}
	log.Info("serving", "address", scheme+listener.Addr().String())
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := listen(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving the status page: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		serve.Loop(gctx, serve.Wall{}, next,
			func(at time.Time) { state.Planned(at); log.Info("next run", "at", at) },
			func(ctx context.Context) { a.scheduled(ctx, log, state, o) })
		shut, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return server.Shutdown(shut)
	})
	err = group.Wait()
	log.Info("stopped")
	return err
}

// access is who may see the pages, by the configuration.
func (a *app) access(ctx context.Context, c *config.Config) (serve.Access, error) {
	access := serve.Access{Listen: c.ListenAddress(), Hosts: c.Serve.Hosts}
	for setting, ref := range map[string]string{"serve.token": c.Serve.Token, "serve.readers": c.Serve.Readers} {
		if ref == "" {
			continue
		}
		token, err := secret.Fetcher{Dir: filepath.Dir(c.File), Getenv: a.getenv, Setting: setting}.Fetch(ctx, ref)
		if err != nil {
			return access, err
		}
		access.Tokens = append(access.Tokens, strings.TrimSpace(string(token)))
	}
	if err := access.Check(); err != nil {
		return access, fault.BadInput("serve.listen: %v", err)
	}
	return access, nil
}

// scheduled is one run of the scheduler's. Its error is logged: the next run is
// a new chance.
func (a *app) scheduled(ctx context.Context, log *slog.Logger, state *serve.State, o refresh.Options) {
	o.Run = refresh.NewID(time.Now())
	state.Started(o.Run)
	log.Info("run started", "run", o.Run)
	rep, err := refresh.Run(ctx, o, state)
	state.Ended(rep)
	if err != nil {
		log.Error("run ended", "run", o.Run, "outcome", rep.Outcome, "stage", rep.Stage, "error", err)
		return
	}
	log.Info("run ended", "run", o.Run, "outcome", rep.Outcome, "seconds", int(rep.Finished.Sub(rep.Started).Seconds()))
}

// runsOf reads the history for the pages, a connection a request: pages are
// looked at rarely, and an idle connection would outlive a restarted server.
type runsOf struct{ o refresh.Options }

// List returns the newest runs first.
func (r runsOf) List(ctx context.Context) ([]serve.Summary, error) {
	var out []serve.Summary
	err := r.with(ctx, func(h *history.History) error {
		runs, err := h.List(ctx)
		for _, run := range runs {
			out = append(out, summary(run))
		}
		return err
	})
	return out, err
}

// Report returns one run's report.
func (r runsOf) Report(ctx context.Context, id string) (*report.Report, error) {
	rep := &report.Report{}
	err := r.with(ctx, func(h *history.History) error {
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
	return rep, err
}

func (r runsOf) with(ctx context.Context, do func(*history.History) error) error {
	h, err := history.Open(ctx, r.o.Staging)
	if err != nil {
		return err
	}
	return do(h)
}

func summary(run history.Run) serve.Summary {
	s := serve.Summary{ID: run.ID, Started: run.Started, Outcome: string(run.Outcome), Stage: run.Stage, Error: run.Error}
	if !run.Finished.IsZero() {
		finished := run.Finished
		s.Finished = &finished
	}
	return s
}
