// Package api is the HTTP API of the service, /api/v1, which openapi.yaml describes and
// GET /api/v1/openapi.json serves. Errors are RFC 9457 problems. Who may read and who may act
// is decided before its handlers, by package access.
package api

import (
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/serve"
	"refresher/internal/serve/access"
)

// Prefix is where the API stands.
const Prefix = "/api/v1"

//go:embed openapi.yaml
var description []byte

// Description is the OpenAPI document in JSON.
var Description = sync.OnceValues(func() ([]byte, error) { return yaml.YAMLToJSON(description) })

// Limits.
const (
	maxBody     = 4 << 10 // of a request's body, in bytes
	defaultRuns = 50
	maxRuns     = 500
)

type api struct {
	control serve.Control
	log     *slog.Logger
	streams *Streams
}

// Mux is what the API's routes are added to: an http.ServeMux.
type Mux interface {
	HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request))
}

// Handle adds the API to a mux.
func Handle(mux Mux, control serve.Control, log *slog.Logger, streams *Streams) {
	a := &api{control, log, streams}
	for route, h := range map[string]http.HandlerFunc{
		"GET /openapi.json":               a.openapi,
		"GET /pipelines":                  a.pipelines,
		"GET /runs":                       a.runs,
		"GET /runs/{id}":                  a.run,
		"GET /runs/{id}/report.json":      a.report(func(s *report.Signed) []byte { return s.Document }),
		"GET /runs/{id}/report.json.sig":  a.report(func(s *report.Signed) []byte { return s.Signature }),
		"GET /events":                     a.events,
		"POST /pipelines/{name}/runs":     act(a.start),
		"POST /pipelines/{name}/rollback": act(a.onPipeline(control.Rollback)),
		"POST /pipelines/{name}/pause":    act(a.onPipeline(control.Pause)),
		"POST /pipelines/{name}/resume":   act(a.onPipeline(control.Resume)),
		"POST /runs/{id}/cancel":          act(a.cancel),
	} {
		method, path, _ := strings.Cut(route, " ")
		mux.HandleFunc(method+" "+Prefix+path, h)
	}
}

func (a *api) openapi(w http.ResponseWriter, _ *http.Request) {
	doc, err := Description()
	if err != nil {
		a.fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(doc)
}

func (a *api) pipelines(w http.ResponseWriter, r *http.Request) {
	all := append([]serve.PipelineState{}, a.control.Pipelines(r.Context())...)
	write(w, http.StatusOK, map[string]any{"pipelines": all})
}

// runs lists one run more than it shows, to know whether there is another page.
func (a *api) runs(w http.ResponseWriter, r *http.Request) {
	f, detail := Filter(r)
	if detail == "" && f.Pipeline != "" && !serve.Has(a.control.Pipelines(r.Context()), f.Pipeline) {
		detail = "pipeline: there is none of that name"
	}
	if detail != "" {
		access.Problem(w, http.StatusBadRequest, detail)
		return
	}
	limit := f.Limit
	f.Limit++
	found, err := a.control.Runs(r.Context(), f)
	switch {
	case errors.Is(err, serve.ErrNotFound):
		access.Problem(w, http.StatusBadRequest, "before: there is no run of that id")
		return
	case err != nil:
		a.fail(w, err)
		return
	}
	answer := map[string]any{"runs": append([]serve.Run{}, found...)}
	if len(found) > limit {
		answer["runs"], answer["next"] = found[:limit], found[limit-1].ID
	}
	write(w, http.StatusOK, answer)
}

// outcomes are what a filter may ask for.
var outcomes = []fault.Outcome{fault.Running, fault.Done, fault.Refused, fault.Failed, fault.Invalid, fault.Stopped,
	fault.Skipped, fault.Lost, fault.RolledBack}

// Filter reads the query of a list of runs; detail says what is wrong with it.
func Filter(r *http.Request) (f serve.Filter, detail string) {
	f.Limit = defaultRuns
	query := r.URL.Query()
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := query.Get(name)
		switch {
		case len(query[name]) > 1:
			return f, name + ": give it once"
		case name == "pipeline":
			f.Pipeline = value
		case name == "before":
			f.Before = value
		case name == "outcome":
			if f.Outcome = fault.Outcome(value); value != "" && !slices.Contains(outcomes, f.Outcome) {
				return f, "outcome: must be running, done, refused, failed, invalid, stopped, skipped, lost or " +
					"rolled_back"
			}
		case name == "limit":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > maxRuns {
				return f, "limit: must be a number from 1 to " + strconv.Itoa(maxRuns)
			}
			f.Limit = n
		default:
			return f, "the query has a parameter that is none of pipeline, outcome, limit and before"
		}
	}
	return f, ""
}

func (a *api) run(w http.ResponseWriter, r *http.Request) {
	found, err := a.control.Run(r.Context(), r.PathValue("id"))
	if err != nil {
		a.fail(w, err)
		return
	}
	write(w, http.StatusOK, found)
}

// report serves a part of a run's signed report, byte for byte.
func (a *api) report(part func(*report.Signed) []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rep, err := a.control.Report(r.Context(), r.PathValue("id"))
		switch {
		case err != nil:
			a.fail(w, err)
		case rep.Signed == nil || len(part(rep.Signed)) == 0:
			access.Problem(w, http.StatusNotFound, "the run left no signed report")
		default:
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(part(rep.Signed))
		}
	}
}

func (a *api) start(w http.ResponseWriter, r *http.Request) {
	id, err := a.control.Start(r.Context(), r.PathValue("name"), access.Of(r).Name)
	if err != nil {
		a.fail(w, err)
		return
	}
	w.Header().Set("Location", Prefix+"/runs/"+id)
	write(w, http.StatusAccepted, map[string]string{"run": id})
}

func (a *api) cancel(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if err := a.control.Cancel(r.Context(), id, access.Of(r).Name); err != nil {
		a.fail(w, err)
		return
	}
	write(w, http.StatusAccepted, map[string]string{"run": id})
}

// act checks an act's body: there is none to send, but clients send "{}".
func act(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		var tooLarge *http.MaxBytesError
		media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		members := map[string]any{}
		switch {
		case errors.As(err, &tooLarge):
			access.Problem(w, http.StatusRequestEntityTooLarge, "the body is larger than 4096 bytes; it can be empty")
		case err != nil:
			access.Problem(w, http.StatusBadRequest, "the body can't be read")
		case len(body) > 0 && media != "application/json":
			access.Problem(w, http.StatusUnsupportedMediaType, "send no body, or {} as application/json")
		case len(body) > 0 && (json.Unmarshal(body, &members) != nil || len(members) > 0):
			access.Problem(w, http.StatusBadRequest, "send no body, or {}: the path says all")
		default:
			next(w, r)
		}
	}
}

// onPipeline does something to the pipeline that the path names.
func (a *api) onPipeline(do serve.PipelineAct) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(r.Context(), r.PathValue("name"), access.Of(r).Name); err != nil {
			a.fail(w, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// fail answers with the problem that an error of Control is.
func (a *api) fail(w http.ResponseWriter, err error) {
	status, detail := serve.Status(err)
	if status == http.StatusServiceUnavailable {
		a.log.Warn("a request could not be answered", "error", err)
		w.Header().Set("Retry-After", "30")
	}
	access.Problem(w, status, detail)
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v)
}
