package web

import (
	"context"
	"net/http"

	"refresher/internal/serve"
	"refresher/internal/serve/access"
)

// question is what a page asks before an act. Verb and Why name what is done to the database.
type question struct {
	Verb, Button, Why string
	do                func(c serve.Control, ctx context.Context, pipeline, by string) (to string, err error)
}

// questionOf is the question of an act, false if there is none of that name.
func questionOf(act string) (question, bool) {
	home := func(do func(serve.Control, context.Context, string, string) error) func(serve.Control, context.Context,
		string, string) (string, error) {
		return func(c serve.Control, ctx context.Context, pipeline, by string) (string, error) {
			return "/", do(c, ctx, pipeline, by)
		}
	}
	switch act {
	case "refresh":
		return question{Verb: "Refresh", Button: "Refresh now", Why: "A new copy is built beside it and verified. Only then it takes the place " +
			"of this database; who is connected is disconnected, and what was written there since the last refresh " +
			"goes with the " +
			"database of today, which is kept for a rollback.",
			do: func(c serve.Control, ctx context.Context, pipeline, by string) (string, error) {
				id, err := c.Start(ctx, pipeline, by)
				return "/runs/" + id, err
			}}, true
	case "rollback":
		return question{Verb: "Roll back", Button: "Roll back", Why: "The previous database takes the place of this one at once, and who is " +
			"connected is disconnected. Rolling back again brings the database of today back.", do: home(serve.Control.Rollback)}, true
	case "pause":
		return question{Verb: "Pause the schedule of", Button: "Pause", Why: "No run begins by itself until it is resumed. A run that goes on " +
			"is not stopped.", do: home(serve.Control.Pause)}, true
	case "resume":
		return question{Verb: "Resume the schedule of", Button: "Resume", Why: "Runs begin at the times of the schedule again.",
			do: home(serve.Control.Resume)}, true
	}
	return question{}, false
}

func (p *pages) askPipeline(w http.ResponseWriter, r *http.Request) {
	q, ok := questionOf(r.PathValue("act"))
	s, err := p.one(r)
	if err != nil || !ok {
		p.fail(w, r, serve.ErrNotFound)
		return
	}
	p.ask(w, r, q, s, "")
}

func (p *pages) askCancel(w http.ResponseWriter, r *http.Request) {
	run, err := p.control.Run(r.Context(), r.PathValue("id"))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.ask(w, r, question{Verb: "Stop the run that builds", Button: "Stop the run",
		Why: "The copy that is being built is dropped. Staging stays as it is."}, p.stateOf(r, run.Pipeline), run.ID)
}

func (p *pages) ask(w http.ResponseWriter, r *http.Request, q question, s serve.PipelineState, run string) {
	if !access.Of(r).MayAct {
		p.render(w, r, "error.html", http.StatusForbidden, map[string]any{"Title": "Forbidden",
			"Detail": "You may read, not act. Log in with the token of serve.token."})
		return
	}
	p.render(w, r, "ask.html", http.StatusOK, map[string]any{"Title": q.Button, "Q": q, "State": s, "Run": run, "Action": r.URL.Path})
}

func (p *pages) actOnPipeline(w http.ResponseWriter, r *http.Request) {
	q, ok := questionOf(r.PathValue("act"))
	if !ok {
		p.fail(w, r, serve.ErrNotFound)
		return
	}
	to, err := q.do(p.control, r.Context(), r.PathValue("name"), access.Of(r).Name)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (p *pages) cancel(w http.ResponseWriter, r *http.Request) {
	if err := p.control.Cancel(r.Context(), r.PathValue("id"), access.Of(r).Name); err != nil {
		p.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
