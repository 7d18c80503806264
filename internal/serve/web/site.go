// Package web is the site of the service: pages for people, made on the server, beside the API,
// the metrics and the answers for health checks. It shows what a serve.Control tells, and asks it
// for what a person wants done.
//
//	GET  /                                pipelines, and the newest runs
//	GET  /pipelines/{name}                one, with trends and coverage
//	GET  /pipelines/{name}/card           its part of the page, for the script that keeps it fresh
//	GET  /pipelines/{name}/{act}          asks before refresh, rollback, pause and resume
//	POST /pipelines/{name}/{act}          does it
//	GET  /runs                            runs, by pipeline and outcome
//	GET  /runs/{id}                       a run: its progress, its report, or why there is none
//	GET  /runs/{id}/cancel, POST          asks, and stops it
//	GET  /status, /runs/{id}?format=json  as before there was an API
//	GET  /healthz                         200 "ok" while the service is alive
//	GET  /readyz                          200 if it can do its work
//	GET  /metrics, /api/v1/…              see the packages metrics and api
package web

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/serve"
	"refresher/internal/serve/access"
	"refresher/internal/serve/api"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed static
var static embed.FS

// Options are what a site is made of.
type Options struct {
	Access  access.Access
	Control serve.Control
	Metrics http.Handler // GET /metrics
	Jobs    http.Handler // the pages of the job queue, under /jobs/; nil: there are none
	Version string       // of refresher
	Log     *slog.Logger
}

// Site serves the pages.
type Site struct {
	handler http.Handler
	streams *api.Streams
}

// JobsPath is where the pages of the job queue are.
const JobsPath = "/jobs/"

// New makes a site.
func New(o Options) (*Site, error) {
	o.Control = serve.Recorded(o.Control, o.Log)
	p := &pages{control: o.Control, log: o.Log, version: o.Version, jobs: o.Jobs != nil}
	assets, err := p.assets()
	if err == nil {
		p.tmpl, err = template.New("").Funcs(p.functions()).ParseFS(templates, "templates/*.html")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the pages' templates: %w", err)
	}
	s := &Site{streams: api.NewStreams()}
	mux := http.NewServeMux()
	for route, h := range p.routes() {
		mux.HandleFunc(route, h)
	}
	mux.Handle("GET /static/", assets)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", p.ready)
	mux.Handle("GET /metrics", o.Metrics)
	if o.Jobs != nil {
		mux.Handle(JobsPath, o.Jobs)
		o.Access.Apps = append(o.Access.Apps, JobsPath)
	}
	api.Handle(mux, o.Control, o.Log, s.streams)
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.RandomJitter(32, 0, false))
	if err != nil {
		return nil, fmt.Errorf("preparing compression: %w", err)
	}
	guarded := access.Guard(o.Access, o.Log, access.Routes(mux), "/healthz", "/readyz", "/static/")
	s.handler = limit(compress(guarded), guarded)
	return s, nil
}

// requestTime is how long the answer to a request may take to make.
const requestTime = 30 * time.Second

// limit gives each request its time, but the stream of events, which limits itself and is
// neither buffered nor compressed.
func limit(next, stream http.Handler) http.Handler {
	late := string(access.ProblemDocument(http.StatusServiceUnavailable, "the staging server does not answer"))
	limited := http.TimeoutHandler(next, requestTime, late)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == api.Prefix+"/events" {
			stream.ServeHTTP(w, r)
			return
		}
		limited.ServeHTTP(lateAnswer{w}, r)
	})
}

// lateAnswer names the type of what http.TimeoutHandler answers, which doesn't.
type lateAnswer struct{ http.ResponseWriter }

func (w lateAnswer) WriteHeader(status int) {
	if status == http.StatusServiceUnavailable && w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.ResponseWriter.WriteHeader(status)
}

// ServeHTTP is the site without a server.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Server is an HTTP server for the site whose requests can't hold it up: each has a time and a
// size. Its Shutdown ends the streams of events.
func (s *Site) Server() *http.Server {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 2 * requestTime, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
	server.RegisterOnShutdown(s.streams.Close)
	return server
}

// pages are the handlers.
type pages struct {
	control serve.Control
	log     *slog.Logger
	version string
	jobs    bool
	tmpl    *template.Template
	etag    string       // of the files
	style   template.CSS // is within each page, so that nothing is waited for before it is painted
	policy  string       // the content security policy that allows it
}

func (p *pages) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /{$}":                          p.index,
		"GET /pipelines/{name}":             p.pipeline,
		"GET /pipelines/{name}/card":        p.card,
		"GET /pipelines/{name}/{act}":       p.askPipeline,
		"POST /pipelines/{name}/{act}":      p.actOnPipeline,
		"GET /runs":                         p.runs,
		"GET /runs/{id}":                    p.run,
		"GET /runs/{id}/cancel":             p.askCancel,
		"POST /runs/{id}/cancel":            p.cancel,
		"GET /runs/{id}/" + report.JSONName: p.file(func(s *report.Signed) []byte { return s.Document }),
		"GET /runs/{id}/" + report.JSONName + signature.Suffix: p.file(func(s *report.Signed) []byte { return s.Signature }),
		"GET /status": p.status,
	}
}

// assets serves the files of the pages. Their addresses carry the version of their content.
func (p *pages) assets() (http.Handler, error) {
	sum := sha256.New()
	err := fs.WalkDir(static, "static", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := static.ReadFile(path)
		sum.Write(text)
		return err
	})
	p.etag = hex.EncodeToString(sum.Sum(nil)[:6])
	style, serr := static.ReadFile("static/style.css")
	p.style = template.CSS(style)
	own := sha256.Sum256(style)
	p.policy = strings.Replace(access.Policy, "style-src 'self'",
		"style-src 'sha256-"+base64.StdEncoding.EncodeToString(own[:])+"'", 1)
	files := http.FileServerFS(static)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") {
			access.Problem(w, http.StatusNotFound, "there is no such path")
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=86400")
		w.Header().Set("ETag", `"`+p.etag+`"`)
		files.ServeHTTP(w, r)
	}), errors.Join(err, serr)
}

// ready says whether the service can do its work, for health checks.
func (p *pages) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	h := p.control.Health(ctx)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if h.Ready() {
		fmt.Fprintf(w, "ok: the scheduler is %s\n", h.Role)
		return
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	if h.Role == "" {
		fmt.Fprintln(w, "the scheduler neither leads nor follows")
	}
	if !h.History {
		fmt.Fprintln(w, "the history can't be read")
	}
	for _, s := range h.StaleSecrets {
		fmt.Fprintf(w, "the secret of %s could not be fetched anew\n", s)
	}
}

// file serves a part of a run's signed report, byte for byte.
func (p *pages) file(part func(*report.Signed) []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rep, err := p.control.Report(r.Context(), r.PathValue("id"))
		if err == nil && (rep.Signed == nil || len(part(rep.Signed)) == 0) {
			err = serve.ErrNotFound
		}
		if err != nil {
			p.fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(part(rep.Signed))
	}
}

// fail answers with the page, or the problem, that an error is.
func (p *pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, detail := serve.Status(err)
	if errors.Is(err, errRender) {
		status, detail = http.StatusInternalServerError, "the page could not be made"
	}
	if status >= 500 {
		p.log.Warn("a page could not be made", "path", r.URL.Path, "error", err)
	}
	if status == http.StatusInternalServerError || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		access.Problem(w, status, detail)
		return
	}
	p.render(w, r, "error.html", status, map[string]any{"Title": http.StatusText(status), "Detail": detail})
}
