package mlflowserver

import (
	"net/http"
	"strings"
)

func (s *Server) logBatch(body []byte) (any, *refusal) {
	var in struct {
		ID      string   `json:"run_id"`
		Metrics []Metric `json:"metrics"`
		Params  []Pair   `json:"params"`
		Tags    []Pair   `json:"tags"`
	}
	if r := read(body, &in); r != nil {
		return nil, r
	}
	run, r := s.run(in.ID)
	if r != nil {
		return nil, r
	}
	if len(in.Params) > 100 || len(in.Tags) > 100 || len(in.Metrics)+len(in.Params)+len(in.Tags) > 1000 {
		return nil, invalid("more than the limits of a batch")
	}
	for _, p := range in.Params {
		if old, ok := run.Params[p.Key]; ok && old != p.Value {
			return nil, invalid("changing the parameter %q is not allowed", p.Key)
		}
	}
	for _, m := range in.Metrics {
		if !name().MatchString(m.Key) || m.Value == nil || m.Timestamp <= 0 {
			return nil, invalid("the metric %q", m.Key)
		}
	}
	if r := set(run.Params, in.Params, 500); r != nil {
		return nil, r
	}
	if r := set(run.Tags, in.Tags, 5000); r != nil {
		return nil, r
	}
	for _, m := range in.Metrics {
		run.Metrics[m.Key] = *m.Value
	}
	return map[string]any{}, nil
}

func (s *Server) update(body []byte) (any, *refusal) {
	var in struct {
		ID     string `json:"run_id"`
		Status string `json:"status"`
		End    int64  `json:"end_time"`
	}
	if r := read(body, &in); r != nil {
		return nil, r
	}
	run, r := s.run(in.ID)
	if r != nil {
		return nil, r
	}
	switch in.Status {
	case "FINISHED", "FAILED", "KILLED":
	default:
		return nil, invalid("the status %q", in.Status)
	}
	run.Status, run.End = in.Status, in.End
	return map[string]any{"run_info": map[string]any{"run_id": run.ID, "status": run.Status}}, nil
}

func (s *Server) upload(method, path string, body []byte) (any, *refusal) {
	if method != http.MethodPut || strings.Contains(path, "..") {
		return nil, invalid("an artefact that can't be stored")
	}
	parts := strings.SplitN(path, "/", 4)
	if len(parts) < 4 || parts[2] != "artifacts" {
		return nil, invalid("a path outside of a run's artefacts")
	}
	if run, r := s.run(parts[1]); r != nil || run.Experiment != parts[0] {
		return nil, invalid("a path of no run")
	}
	if s.artefacts == nil {
		s.artefacts = map[string][]byte{}
	}
	s.artefacts[path] = body
	return map[string]any{}, nil
}
