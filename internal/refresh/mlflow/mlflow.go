// Package mlflow logs runs to an MLflow tracking server, by its REST API (mlflow.org/docs/latest/rest-api.html)
// and with the environment variables of MLflow's own client.
//
//	s := mlflow.Server{URI: uri, Experiment: "refresher", Getenv: os.LookupEnv}
//	err := s.Log(ctx, mlflow.Run{Pipeline: "shop", Report: rep})
//
// A run there has parameters (versions and hashes), metrics (rows, times, findings), tags, and the report
// as its artefacts: no value of a row. Errors hold no URL and no host, since each may be a secret.
package mlflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/refresh/outbound"
	"refresher/internal/report"
)

// Bound is how long the logging of a run may take.
const Bound = 2 * time.Minute

// Server is a tracking server.
type Server struct {
	URI        secret.Text // http:// or https://, a path before /api too
	Experiment string
	Getenv     func(string) (string, bool)
	Pause      time.Duration // before the second try of a request; 0: a second
}

// Run is what is logged.
type Run struct {
	Pipeline string
	By, Host string // who asked for it, and where refresher runs
	Report   *report.Report
}

// Check finds what can be seen wrong without asking the server: a [fault.Input] for what a person has
// to mend.
func (s Server) Check(ctx context.Context) error {
	_, err := s.connect(ctx)
	return err
}

// session is a server as it is reached.
type session struct {
	settings
	base  string // without a slash at its end
	http  *outbound.Client
	retry outbound.Retry
}

func (s Server) connect(ctx context.Context) (*session, error) {
	text, err := s.URI.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	u, err := outbound.ParseURL(text, "https", "http")
	if err != nil {
		return nil, s.URI.Bad("the address of the tracking server %v", err)
	}
	c := &session{}
	if c.settings, err = readSettings(s.Getenv); err != nil {
		return nil, err
	}
	if u.User != nil && c.user == "" && c.token == "" {
		c.user = u.User.Username()
		c.password, _ = u.User.Password()
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	c.base = strings.TrimRight(u.String(), "/")
	c.http = outbound.NewClient(c.tls, c.timeout)
	pause := s.Pause
	if pause == 0 {
		pause = time.Second
	}
	c.retry = outbound.Retry{Tries: 1 + c.retries, Pause: pause}
	return c, nil
}

// Log logs a run that ended. What could not be logged is the error; the run there has what could.
func (s Server) Log(ctx context.Context, run Run) error {
	ctx, cancel := context.WithTimeout(ctx, Bound)
	defer cancel()
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer c.http.Close()
	experiment, err := c.experiment(ctx, s.Experiment)
	if err != nil {
		return err
	}
	made, err := c.begin(ctx, experiment, run)
	if err != nil {
		return err
	}
	err = c.data(ctx, made.ID, run.Report)
	err = errors.Join(err, c.artefacts(ctx, made, run.Report))
	return errors.Join(err, c.end(ctx, made.ID, run.Report))
}

// answer is an error of MLflow's.
type answer struct {
	Code   string
	status *outbound.StatusError
}

func (a *answer) Error() string {
	if a.Code == "" {
		return a.status.Error()
	}
	return a.status.Error() + " (" + a.Code + ")"
}

func (a *answer) Unwrap() error { return a.status }

// plainCode reports whether a text looks like an error code: another isn't repeated.
func plainCode(s string) bool {
	return s != "" && len(s) < 60 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}

func answered(err error) error {
	var status *outbound.StatusError
	if !errors.As(err, &status) {
		return err
	}
	a := &answer{status: status}
	var body struct {
		Code string `json:"error_code"`
	}
	if json.Unmarshal(status.Body, &body) == nil && plainCode(body.Code) {
		a.Code = body.Code
	}
	if outbound.IsFinal(err) {
		return outbound.Final(a)
	}
	return a
}

// is reports whether an error is MLflow's of that code.
func is(err error, code string) bool {
	var a *answer
	return errors.As(err, &a) && a.Code == code
}

// once sends a request to a path, and reads the answer into a value.
func (c *session) once(ctx context.Context, method, path, kind string, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return outbound.Final(errors.New("the address can't be requested"))
	}
	req.Header.Set("User-Agent", "refresher")
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	c.authorize(req)
	text, err := c.http.Do(req)
	if err != nil {
		return answered(err)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return outbound.Final(errors.New("what answers is no tracking server of MLflow: it doesn't speak JSON"))
	}
	return nil
}

// api is a request of the REST API, with its retries.
func (c *session) api(ctx context.Context, what, method, path string, in, into any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("MLflow: %s: %w", what, err)
		}
	}
	_, err := c.retry.Do(ctx, func(ctx context.Context) error {
		return c.once(ctx, method, "/api/2.0/mlflow/"+path, "application/json", body, into)
	})
	if err != nil {
		return fmt.Errorf("MLflow: %s: %w", what, err)
	}
	return nil
}

type experiment struct {
	ID        string `json:"experiment_id"`
	Lifecycle string `json:"lifecycle_stage"`
}

// experiment finds the experiment of a name, or makes it. A deleted one is restored.
func (c *session) experiment(ctx context.Context, name string) (string, error) {
	found, err := c.find(ctx, name)
	if is(err, "RESOURCE_DOES_NOT_EXIST") {
		var made experiment
		err = c.api(ctx, "making the experiment", http.MethodPost, "experiments/create",
			map[string]any{"name": name}, &made)
		if err == nil {
			return made.ID, nil
		}
		if is(err, "RESOURCE_ALREADY_EXISTS") { // by another run, in this moment
			found, err = c.find(ctx, name)
		}
	}
	if err == nil && found.Lifecycle == "deleted" {
		err = c.api(ctx, "restoring the experiment, which was deleted", http.MethodPost, "experiments/restore",
			map[string]any{"experiment_id": found.ID}, nil)
	}
	return found.ID, err
}

func (c *session) find(ctx context.Context, name string) (experiment, error) {
	var got struct{ Experiment experiment }
	err := c.api(ctx, "looking for the experiment", http.MethodGet,
		"experiments/get-by-name?experiment_name="+url.QueryEscape(name), nil, &got)
	return got.Experiment, err
}

// made is a run of MLflow's.
type made struct {
	ID  string `json:"run_id"`
	URI string `json:"artifact_uri"`
}

// begin makes the run. A try whose answer was lost may have made it: it is looked for before the next.
func (c *session) begin(ctx context.Context, experiment string, run Run) (made, error) {
	const what = "MLflow: beginning the run"
	rep := run.Report
	body, err := json.Marshal(map[string]any{"experiment_id": experiment, "run_name": rep.Run,
		"start_time": rep.Started.UnixMilli(), "tags": tags(run)})
	if err != nil {
		return made{}, fmt.Errorf("%s: %w", what, err)
	}
	var got struct{ Run struct{ Info made } }
	tried := false
	_, err = c.retry.Do(ctx, func(ctx context.Context) error {
		if tried {
			var known struct{ Runs []struct{ Info made } }
			search, err := json.Marshal(map[string]any{"experiment_ids": []string{experiment}, "max_results": 1,
				"filter": "tags.`refresher.run` = '" + strings.ReplaceAll(rep.Run, "'", "") + "'"})
			if err == nil {
				err = c.once(ctx, http.MethodPost, "/api/2.0/mlflow/runs/search", "application/json", search, &known)
			}
			if err != nil {
				return err
			}
			if len(known.Runs) > 0 {
				got.Run.Info = known.Runs[0].Info
				return nil
			}
		}
		tried = true
		return c.once(ctx, http.MethodPost, "/api/2.0/mlflow/runs/create", "application/json", body, &got)
	})
	if err == nil && got.Run.Info.ID == "" {
		err = errors.New("the answer has no run")
	}
	if err != nil {
		return made{}, fmt.Errorf("%s: %w", what, err)
	}
	return got.Run.Info, nil
}

// The most that log-batch takes.
const (
	maxParams  = 100
	maxMetrics = 1000
)

// data logs parameters and metrics.
func (c *session) data(ctx context.Context, id string, rep *report.Report) error {
	params, metrics := params(rep), metrics(rep)
	for len(params)+len(metrics) > 0 {
		p := params[:min(len(params), maxParams)]
		m := metrics[:min(len(metrics), maxMetrics-len(p))]
		params, metrics = params[len(p):], metrics[len(m):]
		err := c.api(ctx, "logging parameters and metrics", http.MethodPost, "runs/log-batch",
			map[string]any{"run_id": id, "params": p, "metrics": m}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// end says how the run ended.
func (c *session) end(ctx context.Context, id string, rep *report.Report) error {
	status := "FAILED"
	switch rep.Outcome {
	case fault.Done:
		status = "FINISHED"
	case fault.Stopped:
		status = "KILLED"
	}
	return c.api(ctx, "ending the run", http.MethodPost, "runs/update",
		map[string]any{"run_id": id, "status": status, "end_time": rep.Finished.UnixMilli()}, nil)
}
