// Package mlflowserver is a tracking server of MLflow in memory, for tests: as much of its REST API as
// one needs that logs runs, and as strict as it is documented.
//
// It refuses what the real one refuses (unknown experiments and runs, a parameter that changes, what is
// longer or more than its limits, names with other characters than it allows), and fields that it doesn't
// know besides. 64-bit integers come back as text, as protocol buffers' JSON has them.
package mlflowserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Pair is a parameter or a tag.
type Pair struct{ Key, Value string }

// Metric is one number of a run.
type Metric struct {
	Key       string
	Value     *float64
	Timestamp int64
	Step      int64
}

// Run is a run that was logged.
type Run struct {
	ID, Experiment, Name, Status string
	Start, End                   int64
	Params, Tags                 map[string]string
	Metrics                      map[string]float64
}

// Server is a tracking server. Its fields are set before it is used.
type Server struct {
	// Authorization is the header that each request must have; empty: any.
	Authorization string
	// Root is where artefacts of experiments lie; empty: mlflow-artifacts:/
	Root string
	// Fail, if it is set, decides on requests, by their path: a status of 100 or more is the answer. After
	// says that the request is done and its answer lost.
	Fail func(path string) (status int, after bool)

	mu          sync.Mutex
	experiments []*experiment
	runs        []*Run
	artefacts   map[string][]byte
}

type experiment struct{ id, name, lifecycle string }

// Delete marks an experiment as deleted, as its page does.
func (s *Server) Delete(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.experiments {
		if e.name == name {
			e.lifecycle = "deleted"
		}
	}
}

// Runs are those that were logged.
func (s *Server) Runs() (all []Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.runs {
		all = append(all, *r)
	}
	return all
}

// Artefact is a file of a run, nil if it isn't there.
func (s *Server) Artefact(run, name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.runs {
		if r.ID == run {
			return s.artefacts[r.Experiment+"/"+run+"/artifacts/"+name]
		}
	}
	return nil
}

// refusal is an error as the API answers it.
type refusal struct {
	status     int
	code, text string
}

func invalid(format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, "INVALID_PARAMETER_VALUE", fmt.Sprintf(format, args...)}
}

func missing(what string) *refusal {
	return &refusal{http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "no " + what}
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Authorization != "" && r.Header.Get("Authorization") != s.Authorization {
		w.Header().Set("WWW-Authenticate", `Basic realm="mlflow"`)
		http.Error(w, "You are not authenticated.", http.StatusUnauthorized)
		return
	}
	status, after := 0, false
	if s.Fail != nil {
		status, after = s.Fail(r.URL.Path)
	}
	if status != 0 && !after {
		w.WriteHeader(status)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<26))
	if err != nil {
		return
	}
	answer, refused := s.answer(r, body)
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if refused != nil {
		w.WriteHeader(refused.status)
		answer = map[string]string{"error_code": refused.code, "message": refused.text}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

const (
	api   = "/api/2.0/mlflow/"
	proxy = "/api/2.0/mlflow-artifacts/artifacts/"
)

func (s *Server) answer(r *http.Request, body []byte) (any, *refusal) {
	if path, ok := strings.CutPrefix(r.URL.Path, proxy); ok {
		return s.upload(r.Method, path, body)
	}
	path, ok := strings.CutPrefix(r.URL.Path, api)
	if !ok {
		return nil, &refusal{http.StatusNotFound, "ENDPOINT_NOT_FOUND", r.URL.Path}
	}
	if r.Method == http.MethodPost && r.Header.Get("Content-Type") != "application/json" {
		return nil, invalid("the content type is not JSON")
	}
	if len(body) > 1_000_000 {
		return nil, invalid("a request of more than 1 MB")
	}
	switch r.Method + " " + path {
	case "GET experiments/get-by-name":
		return s.find(r.URL.Query().Get("experiment_name"))
	case "POST experiments/create":
		return s.create(body)
	case "POST experiments/restore":
		return s.restore(body)
	case "POST runs/create":
		return s.begin(body)
	case "POST runs/search":
		return s.search(body)
	case "POST runs/log-batch":
		return s.logBatch(body)
	case "POST runs/update":
		return s.update(body)
	}
	return nil, &refusal{http.StatusNotFound, "ENDPOINT_NOT_FOUND", path}
}

// read decodes a request; fields that there aren't are a mistake.
func read(body []byte, into any) *refusal {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return invalid("%v", err)
	}
	return nil
}

func (s *Server) find(name string) (any, *refusal) {
	for _, e := range s.experiments {
		if e.name == name {
			return map[string]any{"experiment": map[string]any{"experiment_id": e.id, "name": e.name,
				"artifact_location": s.root() + e.id, "lifecycle_stage": e.lifecycle,
				"creation_time": "1764468000000"}}, nil
		}
	}
	return nil, missing("experiment of that name")
}

func (s *Server) root() string {
	if s.Root == "" {
		return "mlflow-artifacts:/"
	}
	return s.Root
}

func (s *Server) create(body []byte) (any, *refusal) {
	var in struct {
		Name string `json:"name"`
	}
	if r := read(body, &in); r != nil {
		return nil, r
	}
	if in.Name == "" || len(in.Name) > 500 {
		return nil, invalid("the name of an experiment")
	}
	for _, e := range s.experiments {
		if e.name == in.Name {
			return nil, &refusal{http.StatusBadRequest, "RESOURCE_ALREADY_EXISTS", "it is there, " + e.lifecycle}
		}
	}
	e := &experiment{strconv.Itoa(len(s.experiments) + 1), in.Name, "active"}
	s.experiments = append(s.experiments, e)
	return map[string]any{"experiment_id": e.id}, nil
}

func (s *Server) restore(body []byte) (any, *refusal) {
	var in struct {
		ID string `json:"experiment_id"`
	}
	if r := read(body, &in); r != nil {
		return nil, r
	}
	for _, e := range s.experiments {
		if e.id == in.ID {
			e.lifecycle = "active"
			return map[string]any{}, nil
		}
	}
	return nil, missing("experiment of that id")
}

func (s *Server) begin(body []byte) (any, *refusal) {
	var in struct {
		Experiment string `json:"experiment_id"`
		Name       string `json:"run_name"`
		Start      int64  `json:"start_time"`
		Tags       []Pair `json:"tags"`
	}
	if r := read(body, &in); r != nil {
		return nil, r
	}
	for _, e := range s.experiments {
		if e.id != in.Experiment {
			continue
		}
		if e.lifecycle != "active" {
			return nil, invalid("the experiment is deleted")
		}
		run := &Run{ID: fmt.Sprintf("%032x", len(s.runs)+1), Experiment: e.id, Name: in.Name, Status: "RUNNING",
			Start: in.Start, Params: map[string]string{}, Tags: map[string]string{}, Metrics: map[string]float64{}}
		if r := set(run.Tags, in.Tags, 8000); r != nil {
			return nil, r
		}
		s.runs = append(s.runs, run)
		return map[string]any{"run": s.shown(run)}, nil
	}
	return nil, missing("experiment of that id")
}

func (s *Server) shown(run *Run) any {
	return map[string]any{"info": map[string]any{"run_id": run.ID, "run_uuid": run.ID, "experiment_id": run.Experiment,
		"status": run.Status, "start_time": strconv.FormatInt(run.Start, 10), "lifecycle_stage": "active",
		"artifact_uri": s.root() + run.Experiment + "/" + run.ID + "/artifacts"}, "data": map[string]any{},
		"inputs": map[string]any{}}
}

// filter is the only kind of search that this server knows: by a tag.
var filter = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^tags\\.`([^`]+)` = '([^']*)'$") })

func (s *Server) search(body []byte) (any, *refusal) {
	var in struct {
		Experiments []string `json:"experiment_ids"`
		Filter      string   `json:"filter"`
		Max         int      `json:"max_results"`
	}
	if r := read(body, &in); r != nil {
		return nil, r
	}
	tag := filter().FindStringSubmatch(in.Filter)
	if tag == nil || in.Max < 1 {
		return nil, invalid("a filter that can't be read")
	}
	found := []any{}
	for _, run := range s.runs {
		for _, e := range in.Experiments {
			if run.Experiment == e && run.Tags[tag[1]] == tag[2] && len(found) < in.Max {
				found = append(found, s.shown(run))
			}
		}
	}
	return map[string]any{"runs": found}, nil
}

func (s *Server) run(id string) (*Run, *refusal) {
	for _, r := range s.runs {
		if r.ID == id {
			return r, nil
		}
	}
	return nil, missing("run of that id")
}

// name is what keys of parameters, metrics and tags may hold.
var name = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w./ :-]{1,250}$`) })

func set(in map[string]string, pairs []Pair, longest int) *refusal {
	for _, p := range pairs {
		if !name().MatchString(p.Key) || len(p.Value) > longest {
			return invalid("%q, of %d bytes", p.Key, len(p.Value))
		}
		in[p.Key] = p.Value
	}
	return nil
}
