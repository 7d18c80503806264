package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"time"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/serve"
	"refresher/internal/serve/access"
	"refresher/internal/serve/api"
)

const (
	newest  = 12  // runs on the first page
	perPage = 50  // runs on a page of runs
	trended = 30  // runs in a trend
	looked  = 200 // runs that the first page's trends are taken from
)

// errRender is a defect of ours.
var errRender = errors.New("the template failed")

// render writes a page: the layout around what the template of that name defines as "main".
func (p *pages) render(w http.ResponseWriter, r *http.Request, name string, status int, data map[string]any) {
	all := map[string]any{"Who": access.Of(r), "Version": p.version, "Jobs": p.jobs, "Path": r.URL.Path}
	maps.Copy(all, data)
	var b bytes.Buffer
	if err := p.tmpl.ExecuteTemplate(&b, name, all); err != nil {
		p.fail(w, r, errors.Join(errRender, err))
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", p.policy)
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

func (p *pages) index(w http.ResponseWriter, r *http.Request) {
	states := p.control.Pipelines(r.Context())
	runs, err := p.control.Runs(r.Context(), serve.Filter{Limit: looked})
	if err != nil {
		p.log.Warn("the history cannot be read", "error", err)
	}
	var cards []card
	for _, s := range states {
		var own []serve.Run
		for _, run := range runs {
			if run.Pipeline == s.Name && len(own) < trended {
				own = append(own, run)
			}
		}
		cards = append(cards, p.cardOf(r, s, own))
	}
	p.render(w, r, "index.html", http.StatusOK, map[string]any{"Title": "Overview", "Cards": cards, "Several": len(states) > 1,
		"Runs": p.lines(states, runs[:min(len(runs), newest)]), "More": len(runs) > newest, "Down": err != nil})
}

// one finds the pipeline that the path names.
func (p *pages) one(r *http.Request) (serve.PipelineState, error) {
	for _, s := range p.control.Pipelines(r.Context()) {
		if s.Name == r.PathValue("name") {
			return s, nil
		}
	}
	return serve.PipelineState{}, serve.ErrNotFound
}

func (p *pages) pipeline(w http.ResponseWriter, r *http.Request) {
	s, err := p.one(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	runs, err := p.control.Runs(r.Context(), serve.Filter{Pipeline: s.Name, Limit: trended})
	if err != nil {
		p.log.Warn("the history cannot be read", "error", err)
	}
	data := map[string]any{"Title": s.Name, "Card": p.cardOf(r, s, nil), "Runs": p.lines([]serve.PipelineState{s}, runs),
		"Down": err != nil, "Trends": trends(runs)}
	if last := reported(s); last != nil {
		if rep, err := p.control.Report(r.Context(), last.ID); err == nil {
			data["Coverage"] = rep
		}
	}
	p.render(w, r, "pipeline.html", http.StatusOK, data)
}

// reported is the newest run that left a report that has tables.
func reported(s serve.PipelineState) *serve.Run {
	if s.Last != nil && s.Last.Reported && s.Last.Outcome != fault.Invalid && s.Last.Outcome != fault.Skipped {
		return s.Last
	}
	if s.Done != nil && s.Done.Reported {
		return s.Done
	}
	return nil
}

// card is a pipeline's part of the page alone.
func (p *pages) card(w http.ResponseWriter, r *http.Request) {
	s, err := p.one(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	var b bytes.Buffer
	if err := p.tmpl.ExecuteTemplate(&b, "now", p.cardOf(r, s, nil)); err != nil {
		p.fail(w, r, errors.Join(errRender, err))
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}

func (p *pages) runs(w http.ResponseWriter, r *http.Request) {
	states := p.control.Pipelines(r.Context())
	f, detail := api.Filter(r)
	if detail != "" {
		p.render(w, r, "error.html", http.StatusBadRequest, map[string]any{"Title": "Bad Request", "Detail": detail})
		return
	}
	f.Limit = perPage + 1
	runs, err := p.control.Runs(r.Context(), f)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	data := map[string]any{"Title": "Runs", "States": states, "Filter": f, "Outcomes": []fault.Outcome{fault.Done, fault.Refused,
		fault.Failed, fault.Invalid, fault.Stopped, fault.Skipped, fault.Lost, fault.RolledBack, fault.Running},
		"Several": len(states) > 1}
	if len(runs) > perPage {
		runs = runs[:perPage]
		data["Next"] = runs[perPage-1].ID
	}
	data["Runs"] = p.lines(states, runs)
	p.render(w, r, "runs.html", http.StatusOK, data)
}

func (p *pages) run(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	run, err := p.control.Run(r.Context(), id)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	for _, s := range p.control.Pipelines(r.Context()) {
		if s.Running != nil && s.Running.ID == id && r.URL.Query().Get("format") == "" {
			p.render(w, r, "run.html", http.StatusOK, map[string]any{"Title": "Run " + id, "Card": p.cardOf(r, s, nil), "Run": p.line(s, run)})
			return
		}
	}
	rep, err := p.control.Report(r.Context(), id)
	switch {
	case err != nil:
		p.fail(w, r, err)
	case r.URL.Query().Get("format") == "json" && rep.Signed != nil:
		writeJSON(w, json.RawMessage(rep.Signed.Document))
	case r.URL.Query().Get("format") == "json":
		writeJSON(w, rep)
	case !run.Reported:
		p.render(w, r, "run.html", http.StatusOK, map[string]any{"Title": "Run " + id,
			"Run": p.line(p.stateOf(r, run.Pipeline), run), "Card": nil})
	default:
		p.showReport(w, r, run, rep)
	}
}

func (p *pages) stateOf(r *http.Request, name string) serve.PipelineState {
	for _, s := range p.control.Pipelines(r.Context()) {
		if s.Name == name {
			return s
		}
	}
	return serve.PipelineState{Name: name}
}

// showReport shows a report, which is a page of its own, with a way back.
func (p *pages) showReport(w http.ResponseWriter, r *http.Request, run serve.Run, rep *report.Report) {
	var page, back bytes.Buffer
	if err := errors.Join(rep.HTML(&page), p.tmpl.ExecuteTemplate(&back, "back", run)); err != nil {
		p.fail(w, r, errors.Join(errRender, err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", // reports bring their style along
		"default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; "+
			"form-action 'none'")
	const start = "<body><main>"
	_, _ = w.Write(bytes.Replace(page.Bytes(), []byte(start), append([]byte(start), back.Bytes()...), 1))
}

// status is what GET /status answered before there was an API: of several pipelines what is next,
// what goes on, and what was last.
func (p *pages) status(w http.ResponseWriter, r *http.Request) {
	type current struct {
		Run   string `json:"run"`
		Stage string `json:"stage"`
		Rows  int64  `json:"rows"`
		Bytes int64  `json:"bytes"`
	}
	type summary struct {
		ID       string        `json:"run"`
		Started  time.Time     `json:"started"`
		Finished *time.Time    `json:"finished"`
		Outcome  fault.Outcome `json:"outcome"`
		Stage    string        `json:"stage,omitempty"`
		Error    string        `json:"error,omitempty"`
	}
	var doc struct {
		Next    *time.Time `json:"next"`
		Current *current   `json:"current"`
		Last    *summary   `json:"last"`
	}
	for _, s := range p.control.Pipelines(r.Context()) {
		if s.Next != nil && (doc.Next == nil || s.Next.Before(*doc.Next)) {
			doc.Next = s.Next
		}
		if c := s.Running; c != nil && doc.Current == nil {
			doc.Current = &current{c.ID, c.Stage, c.Rows, c.Bytes}
		}
		if l := s.Last; l != nil && l.Finished != nil && (doc.Last == nil || l.Finished.After(*doc.Last.Finished)) {
			doc.Last = &summary{l.ID, l.Started, l.Finished, l.Outcome, l.Stage, l.Error}
		}
	}
	writeJSON(w, doc)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v)
}
