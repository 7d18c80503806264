package engine

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"riverqueue.com/riverui"

	"refresher/internal/serve/access"
)

// Jobs are River's own pages of the queues, those of each pipeline below its name, at a path
// such as "/jobs/". It is called before Serve.
func (e *Engine) Jobs(path string) http.Handler {
	mux := http.NewServeMux()
	list := "<!doctype html><html lang=\"en\"><title>Queues</title><h1>Queues</h1><ul>"
	for _, r := range e.runners {
		r.jobs = path + r.Name
		mux.HandleFunc(r.jobs+"/", r.serveJobs)
		list += fmt.Sprintf(`<li><a href="%s/">%s</a>`, r.jobs, r.Name) // a pipeline's name needs no escaping
	}
	mux.HandleFunc("GET "+path+"{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, list, "</ul></html>")
	})
	return mux
}

func (r *runner) serveJobs(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	open := r.work
	r.mu.Unlock()
	if open == nil {
		http.Error(w, "the staging server does not answer", http.StatusServiceUnavailable)
		return
	}
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		r.log.Info("an act on the queue", "method", req.Method, "path", req.URL.Path, "by", access.Of(req).Name)
	}
	open.jobs.ServeHTTP(w, req)
}

// showJobs makes River's pages for what is open, if they are wanted.
func (r *runner) showJobs(w *work) error {
	if r.jobs == "" {
		return nil
	}
	ui, err := riverui.NewHandler(&riverui.HandlerOpts{Endpoints: riverui.NewEndpoints(w.client, nil), Prefix: r.jobs,
		Logger: slog.New(&quiet{r.log.Handler(), r})})
	if err != nil {
		return fmt.Errorf("making the pages of the queue: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.jobs, w.hideJobs = ui, cancel
	if err := ui.Start(ctx); err != nil {
		cancel()
		return fmt.Errorf("making the pages of the queue: %w", err)
	}
	return nil
}
