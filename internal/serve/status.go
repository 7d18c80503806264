// Package serve is what `refresher serve` shows of itself over HTTP: a page for
// people, JSON for scripts, a health check, and every run's report. It holds no
// personal data, since reports hold none, and changes nothing.
//
//	GET /            the page
//	GET /healthz     200 "ok" while the scheduler is alive
//	GET /status      last and next run as JSON
//	GET /runs/{id}   a run's report; with ?format=json the document itself
//	GET /runs/{id}/report.json, /runs/{id}/report.json.sig
//	                 the document as it was signed, and its signature, for refresher verify --report
//	GET /metrics     Prometheus text
package serve

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"sync"
	"time"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/report/visible"
)

// Runs is the history, as far as the pages need it.
type Runs interface {
	List(ctx context.Context) ([]Summary, error) // newest first
	Report(ctx context.Context, id string) (*report.Report, error)
}

// Summary is one line of the history.
type Summary struct {
	ID       string     `json:"run"`
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished"` // nil while it goes on
	Outcome  string     `json:"outcome"`
	Stage    string     `json:"stage,omitempty"`
	Error    string     `json:"error,omitempty"`
}

// Seconds is how long the run took.
func (s Summary) Seconds() float64 {
	if s.Finished == nil {
		return 0
	}
	return s.Finished.Sub(s.Started).Seconds()
}

// State is what the scheduler is doing. Its methods may be called from any
// goroutine. It is a refresh.Observer.
type State struct {
	mu      sync.Mutex
	next    time.Time
	current string
	stage   string
	rows    int64
	bytes   int64
	last    *report.Report
	total   map[report.Outcome]int
}

// NewState is a state in which nothing has happened yet.
func NewState() *State { return &State{total: map[report.Outcome]int{}} }

// Planned notes when the next run is due.
func (s *State) Planned(at time.Time) { s.mu.Lock(); s.next = at; s.mu.Unlock() }

// Started notes that a run began.
func (s *State) Started(id string) {
	s.mu.Lock()
	s.current, s.stage, s.rows, s.bytes = id, "", 0, 0
	s.mu.Unlock()
}

// Ended notes how a run ended.
func (s *State) Ended(r *report.Report) {
	s.mu.Lock()
	s.current, s.stage, s.last = "", "", r
	s.total[r.Outcome]++
	s.mu.Unlock()
}

// Remember notes how the last run before a restart ended.
func (s *State) Remember(r *report.Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = r
	}
}

// Stage notes the stage of the run that goes on.
func (s *State) Stage(name string) { s.mu.Lock(); s.stage = name; s.mu.Unlock() }

// Expect is part of refresh.Observer.
func (s *State) Expect(int64, int64) {}

// Copied counts what went through.
func (s *State) Copied(_ string, rows, bytes int64) {
	s.mu.Lock()
	s.rows += rows
	s.bytes += bytes
	s.mu.Unlock()
}

// Warn is part of refresh.Observer; warnings are in the report.
func (s *State) Warn(string) {}

// Document is GET /status.
type Document struct {
	Next    *time.Time `json:"next"`
	Current *Current   `json:"current"`
	Last    *Summary   `json:"last"`
}

// Current is the run that goes on.
type Current struct {
	Run   string `json:"run"`
	Stage string `json:"stage"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

// Document is the state now.
func (s *State) Document() Document {
	s.mu.Lock()
	defer s.mu.Unlock()
	var d Document
	if !s.next.IsZero() {
		next := s.next
		d.Next = &next
	}
	if s.current != "" {
		d.Current = &Current{s.current, s.stage, s.rows, s.bytes}
	}
	if r := s.last; r != nil {
		finished := r.Finished
		d.Last = &Summary{
			ID:       r.Run,
			Started:  r.Started,
			Finished: &finished,
			Outcome:  string(r.Outcome),
			Stage:    r.Stage,
			Error:    r.Error,
		}
	}
	return d
}

//go:embed status.tmpl.html
var page string

// About is what the page says of the service.
type About struct {
	Staging  string // the database that runs replace, with its server
	Schedule string // the expression, and the zone of its times
	Version  string
	Zone     *time.Location // of the times on the page; nil: UTC
}

// Handler serves the pages.
func Handler(state *State, runs Runs, about About) (http.Handler, error) {
	if about.Zone == nil {
		about.Zone = time.UTC
	}
	tmpl, err := template.New("status").Funcs(template.FuncMap{
		"count": visible.Count, "size": visible.Size, "seconds": visible.Seconds,
		"when": func(t time.Time) string { return t.In(about.Zone).Format("Mon 2006-01-02 15:04 MST") },
	}).Parse(page)
	if err != nil {
		return nil, fmt.Errorf("reading the status page's template: %w", err)
	}
	h := &handler{state, runs, about, tmpl}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.index)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, state.Document()) })
	mux.HandleFunc("GET /runs/{id}", h.run)
	mux.HandleFunc("GET /runs/{id}/"+report.JSONName, h.file(func(s *report.Signed) []byte { return s.Document }))
	mux.HandleFunc("GET /runs/{id}/"+report.JSONName+signature.Suffix,
		h.file(func(s *report.Signed) []byte { return s.Signature }))
	mux.HandleFunc("GET /metrics", h.metrics)
	return mux, nil
}

type handler struct {
	state *State
	runs  Runs
	about About
	tmpl  *template.Template
}

func (h *handler) index(w http.ResponseWriter, r *http.Request) {
	runs, err := h.runs.List(r.Context())
	var b bytes.Buffer
	if terr := h.tmpl.Execute(&b, map[string]any{"State": h.state.Document(), "Runs": runs, "Error": err, "About": h.about}); terr != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}

func (h *handler) run(w http.ResponseWriter, r *http.Request) {
	rep, err := h.runs.Report(r.Context(), r.PathValue("id"))
	switch {
	case errors.Is(err, ErrNotFound):
		http.Error(w, "no such run", http.StatusNotFound)
		return
	case err != nil:
		http.Error(w, "the history cannot be read", http.StatusBadGateway)
		return
	case r.URL.Query().Get("format") == "json" && rep.Signed != nil:
		writeJSON(w, json.RawMessage(rep.Signed.Document))
		return
	case r.URL.Query().Get("format") == "json":
		writeJSON(w, rep)
		return
	}
	var b bytes.Buffer
	if err := rep.HTML(&b); err != nil {
		http.Error(w, "the report could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}

// file serves a part of a run's signed report.
func (h *handler) file(part func(*report.Signed) []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rep, err := h.runs.Report(r.Context(), r.PathValue("id"))
		switch {
		case errors.Is(err, ErrNotFound), err == nil && (rep.Signed == nil || len(part(rep.Signed)) == 0):
			http.Error(w, "no such report", http.StatusNotFound)
		case err != nil:
			http.Error(w, "the history cannot be read", http.StatusBadGateway)
		default:
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(part(rep.Signed))
		}
	}
}

// metrics prints the Prometheus text format, version 0.0.4.
func (h *handler) metrics(w http.ResponseWriter, _ *http.Request) {
	h.state.mu.Lock()
	defer h.state.mu.Unlock()
	s := h.state
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprintf(w,
		"# HELP refresher_runs_total Runs since serve started, by outcome.\n# TYPE refresher_runs_total counter\n")
	for _, o := range []report.Outcome{
		fault.Done, fault.Refused, fault.Failed, fault.Invalid, fault.Stopped, fault.Skipped,
	} {
		fmt.Fprintf(w, "refresher_runs_total{outcome=%q} %d\n", o, s.total[o])
	}
	running := 0
	if s.current != "" {
		running = 1
	}
	fmt.Fprintf(w,
		"# HELP refresher_running Whether a run is going on.\n# TYPE refresher_running gauge\nrefresher_running %d\n",
		running)
	fmt.Fprintf(
		w,
		"# HELP refresher_rows Rows that the current or last run copied.\n# TYPE refresher_rows gauge\nrefresher_rows %d\n",
		s.rows,
	)
	if !s.next.IsZero() {
		fmt.Fprintf(
			w,
			"# HELP refresher_next_run_timestamp_seconds When the next run is due.\n# TYPE refresher_next_run_timestamp_seconds gauge\nrefresher_next_run_timestamp_seconds %d\n",
			s.next.Unix(),
		)
	}
	if s.last != nil {
		fmt.Fprintf(
			w,
			"# HELP refresher_last_run_timestamp_seconds When the last run ended.\n# TYPE refresher_last_run_timestamp_seconds gauge\nrefresher_last_run_timestamp_seconds %d\n",
			s.last.Finished.Unix(),
		)
		fmt.Fprintf(
			w,
			"# HELP refresher_last_run_done Whether the last run was done and clean.\n# TYPE refresher_last_run_done gauge\nrefresher_last_run_done %d\n",
			b2i(s.last.Outcome == fault.Done),
		)
		fmt.Fprintf(
			w,
			"# HELP refresher_last_run_seconds Duration of the last run.\n# TYPE refresher_last_run_seconds gauge\nrefresher_last_run_seconds %.3f\n",
			s.last.Finished.Sub(s.last.Started).Seconds(),
		)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v)
}

// secure adds the headers of a page that loads nothing and is framed by nobody.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
