package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"refresher/internal/config"
	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/serve"
)

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Scheduler, status page and metrics", Args: maxArgs(0),
		Long: `serve refreshes at the times of schedule.cron, one run at a time, and shows the
status page, /healthz, /status (JSON), /metrics and every run's report at the
address of listen. Configuration, rules and key are read anew before each run; the
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
			access, err := a.access(cmd.Context(), in.config)
			if err != nil {
				return err
			}
			return a.serve(cmd.Context(), access, in.config, o, times)
		},
	}
}

// serve runs the scheduler and the pages until ctx ends; that is a clean stop.
func (a *app) serve(ctx context.Context, access serve.Access, c *config.Config, o refresh.Options,
	times config.Times) error {
	log := a.log()
	signal.Ignore(syscall.SIGHUP) // of a terminal that closes, or of who expects it to reload
	listener, err := net.Listen("tcp", access.Listen)
	if err != nil {
		var number syscall.Errno
		if !errors.As(err, &number) {
			return errors.New("serve.listen names no address of this machine") // the error repeats it, and it may come from a secret
		}
		return fmt.Errorf("listening on the address of serve.listen: %w", number)
	}
	state := serve.NewState()
	runs := &runsOf{staging: o.Staging}
	handler, err := serve.Handler(state, runs, about(c, o, times))
	if err != nil {
		return err
	}
	server := serve.Server(serve.Guard(access, handler))
	scheme, listen := "http://", server.Serve
	if tls := c.Serve.TLS; tls.Cert != "" {
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
	group.Go(func() error { runs.remember(gctx, state); return nil })
	group.Go(func() error {
		scheduler := serve.Scheduler{Clock: serve.Wall{}, Plan: times.Plan, Slots: runs, CatchUp: times.CatchUp,
			Jitter: times.Jitter, Log: log,
			Planned: func(at time.Time) { state.Planned(at); log.Info("next run", "at", at) },
			Run:     func(ctx context.Context) { a.scheduled(ctx, log, state, runs, times.Deadline) }}
		scheduler.Loop(gctx)
		shut, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return server.Shutdown(shut)
	})
	err = group.Wait()
	log.Info("stopped")
	return err
}

// about is what the page says of the service.
func about(c *config.Config, o refresh.Options, times config.Times) serve.About {
	schedule := "no schedule"
	if c.Schedule.Cron != "off" {
		schedule = c.Schedule.Cron + ", " + c.Schedule.Timezone
	}
	server := net.JoinHostPort(o.Staging.Host, strconv.Itoa(int(o.Staging.Port)))
	return serve.About{Staging: o.Staging.Database + " on " + server, Schedule: schedule, Version: version, Zone: times.Zone}
}

// access is who may see the pages, by the configuration.
func (a *app) access(ctx context.Context, c *config.Config) (serve.Access, error) {
	access := serve.Access{Listen: c.ListenAddress(), Hosts: c.Serve.Hosts}
	for _, ref := range []secret.Text{c.Serve.Token, c.Serve.Readers} {
		if ref.IsZero() {
			continue
		}
		token, err := ref.Fetch(ctx)
		if err != nil {
			return access, err
		}
		access.Tokens = append(access.Tokens, strings.TrimSpace(token))
	}
	if err := access.Check(); err != nil {
		return access, fault.BadInput("serve.listen: %v", err)
	}
	return access, nil
}

// errDeadline ends a run that takes longer than schedule.deadline.
var errDeadline = errors.New("the run took longer than schedule.deadline")

// scheduled is one run of the scheduler's, by the files as they are now. Its error is
// logged: the next run is a new chance.
func (a *app) scheduled(ctx context.Context, log *slog.Logger, state *serve.State, runs *runsOf,
	deadline time.Duration) {
	id := refresh.NewID(time.Now())
	defer func() {
		if p := recover(); p != nil { // what it says could be a value
			log.Error("run ended", "run", id, "outcome", fault.Failed, "error", "a defect of refresher: the run panicked")
			state.Ended(&report.Report{Run: id, Outcome: fault.Failed, Finished: time.Now()})
		}
	}()
	if deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, deadline, errDeadline)
		defer cancel()
	}
	state.Started(id)
	log.Info("run started", "run", id)
	rep, err := a.refreshNow(ctx, id, state, runs)
	state.Ended(rep)
	if err != nil {
		log.Error("run ended", "run", id, "outcome", rep.Outcome, "stage", rep.Stage, "error", err)
		return
	}
	log.Info("run ended", "run", id, "outcome", rep.Outcome, "seconds", int(rep.Finished.Sub(rep.Started).Seconds()))
}

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
