package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/serve"
	"refresher/internal/serve/access"
	"refresher/internal/serve/api"
	"refresher/internal/serve/servetest"
)

const (
	actor  = "3f6c0a9d5e8b41727f"
	reader = "another-token-for-readers"
)

func document(t *testing.T) *openapi3.T {
	t.Helper()
	text, err := api.Description()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestTheDescriptionIsValid(t *testing.T) {
	doc := document(t)
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("it is OpenAPI %s", doc.OpenAPI)
	}
}

// patterns records the routes of the handlers.
type patterns []string

func (p *patterns) HandleFunc(pattern string, _ func(http.ResponseWriter, *http.Request)) {
	*p = append(*p, pattern)
}

func TestTheDescriptionHasTheHandlersRoutes(t *testing.T) {
	var have patterns
	api.Handle(&have, servetest.New(), slog.New(slog.DiscardHandler), api.NewStreams())
	var described []string
	for path, item := range document(t).Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+api.Prefix+path)
		}
	}
	slices.Sort(have)
	slices.Sort(described)
	if !slices.Equal(have, described) {
		t.Errorf("handlers:\n%s\ndescribed:\n%s", strings.Join(have, "\n"), strings.Join(described, "\n"))
	}
}

// service is the API behind its guard.
func service(t *testing.T, e *servetest.Engine) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	log := slog.New(slog.DiscardHandler)
	api.Handle(mux, e, log, api.NewStreams())
	return access.Guard(access.Access{Listen: "127.0.0.1:8320", Token: actor, Readers: reader}, log, access.Routes(mux))
}

func ended(id string, outcome fault.Outcome) serve.Run {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	end := at.Add(time.Hour)
	return serve.Run{ID: id, Pipeline: "experimentation", Host: "runner-1", By: "schedule", Started: at, Finished: &end,
		Outcome: outcome, Rows: 5_900_000, Bytes: 987_000_000}
}

// Every answer that the description names is given, and is as it says.
func TestAnswersAreAsDescribed(t *testing.T) {
	doc := document(t)
	const p, r = "/pipelines/experimentation", "/runs/20261122T030000Z-0001"
	big := `{"x":"` + strings.Repeat("x", 5000) + `"}`
	given := map[string]bool{}
	for _, tt := range []struct {
		method, path, token, body, media string
		state                            string // of the engine: "", "down" or "running"
		want                             int
		operation                        string
	}{
		{method: "GET", path: "/pipelines", want: 200, operation: "listPipelines"},
		{method: "GET", path: "/pipelines", state: "running", want: 200, operation: "listPipelines"},
		{method: "GET", path: "/pipelines", state: "down", want: 200, operation: "listPipelines"},
		{method: "GET", path: "/runs?pipeline=experimentation&outcome=done&limit=1", want: 200, operation: "listRuns"},
		{method: "GET", path: "/runs?before=20261122T030000Z-0003&limit=1", want: 200, operation: "listRuns"},
		{method: "GET", path: "/runs", state: "running", want: 200, operation: "listRuns"},
		{method: "GET", path: "/runs?limit=0", want: 400, operation: "listRuns"},
		{method: "GET", path: "/runs?limit=501", want: 400, operation: "listRuns"},
		{method: "GET", path: "/runs?limit=ten", want: 400, operation: "listRuns"},
		{method: "GET", path: "/runs?outcome=well", want: 400, operation: "listRuns"},
		{method: "GET", path: "/runs?outcome=done&outcome=lost", want: 400, operation: "listRuns"},
		{method: "GET", path: "/runs?pipelin=x", want: 400, operation: "listRuns"},
		{method: "GET", path: "/runs?pipeline=x", want: 400, operation: "listRuns"},
		{method: "GET", path: "/runs?before=x", want: 400, operation: "listRuns"},
		{method: "GET", path: "/runs", state: "down", want: 503, operation: "listRuns"},
		{method: "GET", path: r, want: 200, operation: "getRun"},
		{method: "GET", path: "/runs/x", want: 404, operation: "getRun"},
		{method: "GET", path: r, state: "down", want: 503, operation: "getRun"},
		{method: "GET", path: r + "/report.json", want: 200, operation: "getReport"},
		{method: "GET", path: "/runs/20261122T030000Z-0002/report.json", want: 404, operation: "getReport"},
		{method: "GET", path: r + "/report.json", state: "down", want: 503, operation: "getReport"},
		{method: "GET", path: r + "/report.json.sig", want: 200, operation: "getSignature"},
		{method: "GET", path: "/runs/x/report.json.sig", want: 404, operation: "getSignature"},
		{method: "GET", path: r + "/report.json.sig", state: "down", want: 503, operation: "getSignature"},
		{method: "GET", path: "/openapi.json", want: 200, operation: "describe"},

		{method: "POST", path: p + "/runs", want: 202, operation: "startRun"},
		{method: "POST", path: p + "/runs", state: "running", want: 409, operation: "startRun"},
		{method: "POST", path: "/pipelines/x/runs", want: 404, operation: "startRun"},
		{method: "POST", path: r + "/cancel", want: 409, operation: "cancelRun"},
		{method: "POST", path: "/runs/20261129T030001Z-0000/cancel", state: "running", want: 202, operation: "cancelRun"},
		{method: "POST", path: "/runs/x/cancel", want: 404, operation: "cancelRun"},
		{method: "POST", path: r + "/cancel", state: "down", want: 503, operation: "cancelRun"},
		{method: "POST", path: p + "/rollback", want: 204, operation: "rollBack"},
		{method: "POST", path: p + "/rollback", state: "running", want: 409, operation: "rollBack"},
		{method: "POST", path: p + "/pause", want: 204, operation: "pause"},
		{method: "POST", path: p + "/resume", want: 204, operation: "resume"},
		{method: "POST", path: p + "/runs", body: "{}", media: "application/json; charset=utf-8", want: 202, operation: "startRun"},
	} {
		doOne := func(method, path, token, body, media, state string, want int, operation string) {
			e := servetest.New("experimentation")
			e.Add(ended("20261122T030000Z-0001", fault.Done), &report.Report{Run: "20261122T030000Z-0001", Signed: &report.Signed{
				Document: []byte(`{"format":1,"run":"20261122T030000Z-0001","outcome":"done"}`), Signature: []byte(`{"sig":"x"}`)}})
			e.Add(ended("20261122T030000Z-0002", fault.Refused), nil)
			e.Add(ended("20261122T030000Z-0003", fault.Done), nil)
			switch state {
			case "down":
				e.Down(errors.New("connection refused by 10.1.2.3"))
			case "running":
				_, _ = e.Start(t.Context(), "experimentation", "schedule")
				e.Change("experimentation", func(p *serve.PipelineState) {
					p.WorkerProcesses = []serve.WorkerProcess{{ID: "0a1b2c3d4e5f", Host: "copier-2", Streams: 2, Table: "public.users"}}
				})
			}
			req := httptest.NewRequest(method, "http://127.0.0.1:8320"+api.Prefix+path, strings.NewReader(body))
			if media != "" {
				req.Header.Set("Content-Type", media)
			}
			if token != "" {
				req.Header.Set("Authorization", "Bearer "+token)
			}
			w := httptest.NewRecorder()
			service(t, e).ServeHTTP(w, req)
			given[fmt.Sprint(operation, " ", w.Code)] = true
			if w.Code != want {
				t.Errorf("%s %s %q: %d, want %d: %s", method, path, body, w.Code, want, w.Body)
				return
			}
			if strings.Contains(w.Body.String(), "10.1.2.3") {
				t.Errorf("%s %s tells what the server said: %s", method, path, w.Body)
			}
			if err := conforms(doc, operation, w); err != nil {
				t.Errorf("%s %s: %d: %v\n%s", method, path, w.Code, err, w.Body)
			}
		}
		doOne(tt.method, tt.path, actor, tt.body, tt.media, tt.state, tt.want, tt.operation)
		doOne(tt.method, tt.path, "", tt.body, tt.media, tt.state, 401, tt.operation)
		doOne(tt.method, tt.path, "wrong", tt.body, tt.media, tt.state, 401, tt.operation)
		if tt.method == "GET" {
			doOne(tt.method, tt.path, reader, tt.body, tt.media, tt.state, tt.want, tt.operation)
			continue
		}
		doOne(tt.method, tt.path, reader, tt.body, tt.media, tt.state, 403, tt.operation)
		doOne(tt.method, tt.path, actor, big, "application/json", tt.state, 413, tt.operation)
		doOne(tt.method, tt.path, actor, "x=1", "application/x-www-form-urlencoded", tt.state, 415, tt.operation)
		doOne(tt.method, tt.path, actor, `{"x":1}`, "application/json", tt.state, 400, tt.operation)
		doOne(tt.method, tt.path, actor, `{`, "application/json", tt.state, 400, tt.operation)
		if tt.want == 202 && tt.operation == "startRun" || tt.want == 204 {
			doOne(tt.method, tt.path, actor, "", "", "down", 503, tt.operation)
			doOne(tt.method, strings.Replace(tt.path, "experimentation", "x", 1), actor, "", "", "", 404, tt.operation)
		}
		if tt.operation == "pause" || tt.operation == "resume" { // they conflict with nothing today
			given[tt.operation+" 409"] = true
		}
	}
	for _, code := range []int{200, 401, 503} { // see TestEvents
		given[fmt.Sprint("watch ", code)] = true
	}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for code := range op.Responses.Map() {
				if !given[op.OperationID+" "+code] {
					t.Errorf("%s describes %s, which no request here got", op.OperationID, code)
				}
			}
		}
	}
}

// conforms checks an answer against what the description says of it.
func conforms(doc *openapi3.T, operation string, w *httptest.ResponseRecorder) error {
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if op.OperationID != operation {
				continue
			}
			answer := op.Responses.Status(w.Code)
			if answer == nil {
				return fmt.Errorf("the status is not described")
			}
			if len(answer.Value.Content) == 0 {
				if w.Body.Len() > 0 {
					return fmt.Errorf("there is a body")
				}
				return nil
			}
			media := answer.Value.Content[w.Header().Get("Content-Type")]
			if media == nil {
				return fmt.Errorf("the type %q is not described", w.Header().Get("Content-Type"))
			}
			var v any
			if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
				return err
			}
			for name := range answer.Value.Headers {
				if w.Header().Get(name) == "" {
					return fmt.Errorf("the header %s is missing", name)
				}
			}
			return media.Schema.Value.VisitJSON(v, openapi3.EnableJSONSchema2020())
		}
	}
	return fmt.Errorf("no operation %s", operation)
}

func TestOtherPathsAndMethodsAreProblems(t *testing.T) {
	h := service(t, servetest.New("experimentation"))
	for request, want := range map[string]int{"GET /api/v1/nothing": 404, "DELETE /api/v1/pipelines": 405, "PUT /api/v1/runs/x/cancel": 405,
		"GET /api/v1/pipelines/x/runs": 405} {
		method, path, _ := strings.Cut(request, " ")
		req := httptest.NewRequest(method, "http://127.0.0.1:8320"+path, nil)
		req.Header.Set("Authorization", "Bearer "+actor)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if w.Code != want || w.Header().Get("Content-Type") != "application/problem+json" || want == 405 && w.Header().Get("Allow") == "" {
			t.Errorf("%s: %d %v %s", request, w.Code, w.Header(), w.Body)
		}
	}
}

// Pages of runs fit together.
func TestPaging(t *testing.T) {
	e := servetest.New("experimentation")
	for i := range 7 {
		e.Add(ended(fmt.Sprint("run-", i), fault.Done), nil)
	}
	h, got, before := service(t, e), []string{}, ""
	for range 4 {
		req := httptest.NewRequest("GET", "http://127.0.0.1:8320/api/v1/runs?limit=3&before="+before, nil)
		req.Header.Set("Authorization", "Bearer "+reader)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		var page struct {
			Runs []serve.Run `json:"runs"`
			Next string      `json:"next"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Runs {
			got = append(got, r.ID)
		}
		if before = page.Next; before == "" {
			break
		}
	}
	if want := "run-6 run-5 run-4 run-3 run-2 run-1 run-0"; strings.Join(got, " ") != want {
		t.Errorf("%s", got)
	}
}

func TestEvents(t *testing.T) {
	e, streams := servetest.New("experimentation"), api.NewStreams()
	mux := http.NewServeMux()
	api.Handle(mux, e, slog.New(slog.DiscardHandler), streams)
	server := httptest.NewServer(mux)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s %v", res.Status, res.Header)
	}
	lines := bufio.NewScanner(res.Body)
	next := func() (p serve.PipelineState) {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &p); err != nil {
					t.Fatal(err)
				}
				return p
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return p
	}
	if p := next(); p.Name != "experimentation" || p.Running != nil {
		t.Errorf("%+v", p)
	}
	id, _ := e.Start(ctx, "experimentation", "token")
	if p := next(); p.Running == nil || p.Running.ID != id {
		t.Errorf("%+v", p)
	}
	streams.Close()
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream did not end cleanly: %v", err)
	}
}
