package web_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"refresher/internal/fault"
	"refresher/internal/report/visible"
	"refresher/internal/serve"
	"refresher/internal/serve/access"
	"refresher/internal/serve/metrics"
	"refresher/internal/serve/servetest"
	"refresher/internal/serve/web"
)

const (
	token  = "3f6c0a9d5e8b41727f"
	reader = "another-token-for-readers"
	host   = "http://127.0.0.1:8320"
)

func newSite(t *testing.T, e *servetest.Engine, a access.Access) *web.Site {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	return siteWith(t, e, a, log)
}

func siteWith(t *testing.T, e *servetest.Engine, a access.Access, log *slog.Logger) *web.Site {
	t.Helper()
	if a.Listen == "" {
		a.Listen = "127.0.0.1:8320"
	}
	s, err := web.New(web.Options{Access: a, Control: e, Metrics: metrics.New(e, "1.2.3", log), Version: "1.2.3", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask sends a request as a browser does.
func ask(h http.Handler, method, path string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, host+path, strings.NewReader(form.Encode()))
	req.Header.Set("Accept", "text/html,*/*")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", host)
	}
	for _, c := range change {
		c(req)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

// logIn returns what a browser that logged in sends along.
func logIn(t *testing.T, h http.Handler, token string) func(*http.Request) {
	t.Helper()
	w := ask(h, "POST", "/login", url.Values{"token": {token}})
	if w.Code != http.StatusSeeOther {
		t.Fatalf("log-in: %d %s", w.Code, w.Body)
	}
	cookie := w.Result().Cookies()[0]
	return func(r *http.Request) { r.AddCookie(cookie) }
}

var csrfField = regexp.MustCompile(`name="csrf" value="([0-9a-f]{64})"`)

var now = time.Date(2026, 11, 29, 4, 0, 0, 0, time.UTC)

// Each page is small, loads nothing from elsewhere, holds no script or style of its own, and
// says what it must.
func TestPages(t *testing.T) {
	e := weeks(now)
	add(e, "mlflow", fault.Done, now.Add(time.Hour), 200)
	if _, err := e.Start(t.Context(), "experimentation", "schedule"); err != nil {
		t.Fatal(err)
	}
	e.Change("experimentation", func(p *serve.PipelineState) { p.Running.Progress = halfway() })
	s := newSite(t, e, access.Access{Token: token, Readers: reader})
	browser := logIn(t, s, token)
	running, last := "20261129T030001Z-0000", e.Pipelines(t.Context())[1].Last.ID
	for path, wants := range map[string][]string{
		"/": {"experimentation_staging", "staging.internal:5432", "0 3 * * 0, Europe/Berlin", "public.events", "rows/s", "Cancel the run",
			"Refresh now", "Roll back", "Pause the schedule", running, "Duration of the last", "62 %", "CET"},
		"/pipelines/mlflow":            {"Trends", "Findings of the last", "Coverage by table", "public.sessions", "structure only", "of 10"},
		"/pipelines/mlflow/card":       {"mlflow_staging", "Refresh now"},
		"/pipelines/mlflow/refresh":    {"Refresh <span class=\"mono\">mlflow_staging</span>?", "staging.internal:5432"},
		"/pipelines/mlflow/rollback":   {"Roll back <span class=\"mono\">mlflow_staging</span>?"},
		"/pipelines/mlflow/pause":      {"Pause the schedule of <span class=\"mono\">mlflow_staging</span>?"},
		"/runs":                        {"Older runs", "refused", "3"},
		"/runs?outcome=refused":        {"in verify"},
		"/runs/" + running:             {"public.events", "The report is here when the run has ended"},
		"/runs/" + running + "/cancel": {"Stop the run that builds <span class=\"mono\">experimentation_staging</span>?"},
	} {
		w := ask(s, "GET", path, nil, browser)
		body := w.Body.String()
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", path, w.Code, body)
		}
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q", path, want)
			}
		}
		checkPage(t, path, w)
	}
	report := ask(s, "GET", "/runs/"+last, nil, browser)
	for _, want := range []string{"Refresh " + last, `href="/pipelines/mlflow"`, "signed report"} {
		if !strings.Contains(report.Body.String(), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if csp := report.Header().Get("Content-Security-Policy"); strings.Contains(csp, "script-src") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("the report may run scripts: %s", csp)
	}
}

var loads = regexp.MustCompile(`(?:src|href|action)="([^"]*)"`)

var style = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

func checkPage(t *testing.T, path string, w *httptest.ResponseRecorder) {
	t.Helper()
	body := w.Body.String()
	if len(body) > 100_000 {
		t.Errorf("%s has %d bytes", path, len(body))
	}
	for _, m := range loads.FindAllStringSubmatch(body, -1) {
		if !strings.HasPrefix(m[1], "/") && !strings.HasPrefix(m[1], "#") {
			t.Errorf("%s leads to %s", path, m[1])
		}
	}
	policy := w.Header().Get("Content-Security-Policy")
	if style := style.FindStringSubmatch(body); style != nil {
		sum := sha256.Sum256([]byte(style[1]))
		if !strings.Contains(policy, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"';") {
			t.Errorf("%s: its policy forbids its style: %s", path, policy)
		}
		body = strings.Replace(body, style[0], "", 1)
	}
	for _, inline := range []string{"<script>", " style=", " onclick=", "<style"} {
		if strings.Contains(body, inline) {
			t.Errorf("%s has %s, which its policy forbids", path, inline)
		}
	}
	for _, secret := range []string{token, reader} {
		if strings.Contains(body, secret) {
			t.Errorf("%s shows a token", path)
		}
	}
	if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("%s: %s", path, policy)
	}
}

func halfway() serve.Progress {
	eta := 412.0
	return serve.Progress{Stage: "data", Stages: []serve.StageProgress{{Name: "guard", Seconds: 1.3}, {Name: "schema", Seconds: 4}, {Name: "data", Seconds: 655}},
		Rows: 3_650_000, Bytes: 612_000_000, ExpectedRows: 5_900_000, ExpectedBytes: 987_000_000, RowsPerSecond: 5572, BytesPerSecond: 934_351,
		ETASeconds: &eta, Tables: []serve.TableProgress{{Table: "public.events", Rows: 1_900_000, Bytes: 330_000_000},
			{Table: "public.users", Rows: 500_000, Bytes: 160_000_000}, {Table: "public.payments", Rows: 450_000, Bytes: 80_000_000},
			{Table: "public.assignments", Rows: 800_000, Bytes: 42_000_000}}, MoreTables: 3}
}

// The acts of the page: each by its form alone, and logged with who asked.
// Where other processes copy, the page shows each of them and what it copies.
func TestThePageShowsWorkers(t *testing.T) {
	e := servetest.New("shop")
	e.Change("shop", func(p *serve.PipelineState) {
		p.WorkerProcesses = []serve.WorkerProcess{{ID: "0a1b2c3d4e5f", Host: "copier-2", Streams: 2, Table: "public.users", Chunks: 12, Rows: 34567},
			{ID: "ffffffffffff", Host: "copier-3", Streams: 2}}
	})
	page := ask(newSite(t, e, access.Access{}), "GET", "/", nil).Body.String()
	for _, want := range []string{"0a1b2c3d4e5f", "copier-2", "public.users", visible.Count(34567), "ffffffffffff", "idle</span>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestActsOfThePage(t *testing.T) {
	e := weeks(now)
	var log bytes.Buffer
	s := siteWith(t, e, access.Access{Token: token, Readers: reader}, slog.New(slog.NewTextHandler(&log, nil)))
	browser := logIn(t, s, token)
	send := func(path string) *httptest.ResponseRecorder {
		t.Helper()
		form := csrfField.FindStringSubmatch(ask(s, "GET", path, nil, browser).Body.String())
		if form == nil {
			t.Fatalf("%s: no form", path)
		}
		return ask(s, "POST", path, url.Values{"csrf": {form[1]}}, browser)
	}
	if w := send("/pipelines/mlflow/refresh"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/runs/20261129T030001Z-0000" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := ask(s, "GET", "/pipelines/mlflow/rollback", nil, browser); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
	if w := send("/pipelines/mlflow/rollback"); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "is going on") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, path := range []string{"/runs/20261129T030001Z-0000/cancel", "/pipelines/mlflow/rollback", "/pipelines/mlflow/pause", "/pipelines/mlflow/resume"} {
		if w := send(path); w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	want := "start mlflow by token, cancel 20261129T030001Z-0000 by token, rollback mlflow by token, pause mlflow by token, resume mlflow by token"
	if got := strings.Join(e.Acts(), ", "); got != want {
		t.Errorf("%s", got)
	}
	for _, line := range []string{`msg=start pipeline=mlflow run=20261129T030001Z-0000 by=token`, `msg="rollback was refused" pipeline=mlflow by=token`,
		`msg=pause pipeline=mlflow by=token`, `msg="logged in" by=token`} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("the log lacks %s:\n%s", line, log.String())
		}
	}
	if strings.Contains(log.String(), token) {
		t.Error("the log holds the token")
	}
}

// Without rights, or without the page's form, nothing is done.
func TestActsThatAreRefused(t *testing.T) {
	const path = "/pipelines/mlflow/rollback"
	for _, tt := range []struct {
		about  string
		access access.Access
		change func(t *testing.T, h http.Handler) []func(*http.Request)
		form   url.Values
		want   int
	}{
		{"no token is configured", access.Access{}, nil, nil, 403},
		{"nothing is shown", access.Access{Token: token}, nil, nil, 401},
		{"a reader", access.Access{Token: token, Readers: reader}, func(t *testing.T, h http.Handler) []func(*http.Request) {
			return []func(*http.Request){logIn(t, h, reader)}
		}, nil, 403},
		{"a session without the form", access.Access{Token: token}, func(t *testing.T, h http.Handler) []func(*http.Request) {
			return []func(*http.Request){logIn(t, h, token)}
		}, nil, 403},
		{"a session with a wrong form", access.Access{Token: token}, func(t *testing.T, h http.Handler) []func(*http.Request) {
			return []func(*http.Request){logIn(t, h, token)}
		}, url.Values{"csrf": {strings.Repeat("0", 64)}}, 403},
		{"another site", access.Access{Token: token}, func(t *testing.T, h http.Handler) []func(*http.Request) {
			return []func(*http.Request){logIn(t, h, token), func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }}
		}, nil, 403},
		{"another host", access.Access{Token: token}, func(*testing.T, http.Handler) []func(*http.Request) {
			return []func(*http.Request){bearer(token), func(r *http.Request) { r.Host = "evil.example" }}
		}, nil, 421},
	} {
		t.Run(tt.about, func(t *testing.T) {
			e := weeks(now)
			s := newSite(t, e, tt.access)
			var change []func(*http.Request)
			if tt.change != nil {
				change = tt.change(t, s)
			}
			for _, p := range []string{path, "/api/v1" + path} {
				if w := ask(s, "POST", p, tt.form, change...); w.Code != tt.want {
					t.Errorf("%s: %d, want %d: %s", p, w.Code, tt.want, w.Body)
				}
			}
			if len(e.Acts()) > 0 {
				t.Errorf("it was done: %s", e.Acts())
			}
		})
	}
}

// What answered before there was an API answers as before.
func TestOldPaths(t *testing.T) {
	e := weeks(now)
	s := newSite(t, e, access.Access{})
	last := e.Pipelines(t.Context())[0].Last
	var doc struct {
		Next    *time.Time
		Current any
		Last    *struct {
			Run, Outcome string
		}
	}
	if err := json.Unmarshal(ask(s, "GET", "/status", nil).Body.Bytes(), &doc); err != nil || doc.Next == nil || doc.Last == nil || doc.Last.Outcome != "done" {
		t.Errorf("%+v %v", doc, err)
	}
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ok: the scheduler is leader", "/runs/" + last.ID + "?format=json": `"promoted": true`,
		"/runs/" + last.ID + "/report.json": `"promoted": true`, "/runs/" + last.ID + "/report.json.sig": `{"sig":"x"}`,
		"/metrics": `refresher_last_run_timestamp_seconds{outcome="done",pipeline="mlflow"}`, "/runs/" + last.ID: "Refresh " + last.ID} {
		if w := ask(s, "GET", path, nil); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %.200s", path, w.Code, w.Body)
		}
	}
	if w := ask(s, "GET", "/runs/none", nil); w.Code != 404 || !strings.Contains(w.Body.String(), "<h1>Not Found</h1>") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(s, "GET", "/runs/none", nil, func(r *http.Request) { r.Header.Set("Accept", "application/json") }); w.Code != 404 ||
		w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// While staging is down the page is there, and says so.
func TestStagingIsDown(t *testing.T) {
	e := weeks(now)
	s := newSite(t, e, access.Access{})
	e.Down(errors.New("connection refused by 10.1.2.3"))
	e.SetHealth(serve.Health{Role: "leader", StaleSecrets: []string{"serve.token"}})
	for path, code := range map[string]int{"/": 200, "/pipelines/mlflow": 200, "/runs": 503, "/readyz": 503, "/status": 200, "/healthz": 200} {
		w := ask(s, "GET", path, nil)
		if w.Code != code || strings.Contains(w.Body.String(), "10.1.2.3") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if body := ask(s, "GET", "/", nil).Body.String(); !strings.Contains(body, "The staging server does not answer") {
		t.Error(body)
	}
	if body := ask(s, "GET", "/readyz", nil).Body.String(); body != "the history can't be read\nthe secret of serve.token could not be fetched anew\n" {
		t.Errorf("%q", body)
	}
}

// Names that come from databases and rules can't become markup, nor control a terminal's or a reader's eye.
func TestHostileNames(t *testing.T) {
	e := weeks(now)
	hostile := "<img src=x onerror=alert(1)>\u202e\x1b[2J"
	end := now.Add(time.Hour)
	r := serve.Run{ID: "20261129T030000Z-ffff", Pipeline: "mlflow", By: hostile, Started: now, Finished: &end, Outcome: fault.Failed, Stage: hostile, Error: hostile}
	e.Add(r, nil)
	s := newSite(t, e, access.Access{})
	for _, path := range []string{"/", "/runs", "/pipelines/mlflow", "/runs/" + r.ID} {
		body := ask(s, "GET", path, nil).Body.String()
		if strings.Contains(body, "<img") || strings.ContainsAny(body, "\x1b\u202e") || !strings.Contains(body, "&lt;img") {
			t.Errorf("%s shows %q as it is", path, hostile)
		}
	}
}

func TestCompression(t *testing.T) {
	s := newSite(t, weeks(now), access.Access{})
	w := ask(s, "GET", "/", nil, func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
	if w.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v", w.Header())
	}
	sent := w.Body.Len()
	zr, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(zr)
	if err != nil || !bytes.Contains(page, []byte("mlflow_staging")) || sent > len(page)/2 {
		t.Errorf("%d of %d bytes, %v", sent, len(page), err)
	}
	t.Logf("the page is %d bytes, %d as sent", len(page), sent)
}
