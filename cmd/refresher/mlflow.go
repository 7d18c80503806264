package main

import (
	"context"
	"time"

	"refresher/internal/config"
	"refresher/internal/doctor"
	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh"
	"refresher/internal/refresh/mlflow"
	"refresher/internal/report"
)

// tracking is the server that runs are logged to; false if the configuration names none.
func (a *app) tracking(c *config.Config) (mlflow.Server, bool) {
	return mlflow.Server{URI: c.MLflow.TrackingURI, Experiment: c.MLflow.Experiment, Getenv: a.getenv},
		!c.MLflow.TrackingURI.IsZero()
}

// checkTracking finds what a person has to mend before a run is begun. A store of secrets that can't be
// reached now is no reason not to begin.
func (a *app) checkTracking(ctx context.Context, c *config.Config) error {
	server, named := a.tracking(c)
	if !named {
		return nil
	}
	if err := server.Check(ctx); fault.Decided(err) {
		return err
	}
	return nil
}

// trackingCheck is doctor's: the address and the variables, without asking the server.
func (a *app) trackingCheck(ctx context.Context, c *config.Config, rep *doctor.Report) {
	if server, named := a.tracking(c); named {
		rep.Add("notifications", "mlflow", server.Check(ctx), "it is complete; the server is not asked",
			"see docs/notifications.md#mlflow")
	}
}

// tracked logs a run that ended to MLflow. One that can't be logged is a warning, and no more. A person
// who stopped the run waits for the end.
func (a *app) tracked(ctx context.Context, c *config.Config, o refresh.Options, rep *report.Report, warn func(string)) {
	server, named := a.tracking(c)
	if !named || o.DryRun || rep.Outcome == fault.Skipped {
		return
	}
	limit := mlflow.Bound
	if ctx.Err() != nil {
		limit = flushTime
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	if rep.Finished.IsZero() {
		rep.Finished = time.Now()
	}
	err := server.Log(ctx, mlflow.Run{Pipeline: o.Pipeline, By: o.By, Host: history.Hostname(), Report: rep})
	if err != nil {
		warn("the run could not be logged: " + err.Error())
	}
}
