package serve_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"refresher/internal/serve"
)

var pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "report of "+r.URL.Path) })

// A page of another site that got its name to lead to this machine reads nothing.
func TestGuardKnowsItsNames(t *testing.T) {
	open := serve.Access{Listen: "127.0.0.1:8320", Hosts: []string{"refresher.staging.internal"}}
	for _, tt := range []struct {
		host, origin string
		status       int
	}{
		{"127.0.0.1:8320", "", 200}, {"localhost:8320", "", 200}, {"[::1]:8320", "", 200}, {"127.0.0.1", "", 200},
		{"refresher.staging.internal", "", 200}, {"Refresher.Staging.Internal:443", "https://refresher.staging.internal:443", 200},
		{"rebind.evil.example", "", 421}, {"127.0.0.1.evil.example:8320", "", 421}, {"localhost.evil.example", "", 421},
		{"evil.example.", "", 421}, {"0.0.0.0:8320", "", 421}, {"", "", 421},
		{"127.0.0.1:8320", "http://evil.example", 403}, {"127.0.0.1:8320", "null", 403}, {"127.0.0.1:8320", "http://127.0.0.1:9999", 403},
	} {
		for _, path := range []string{"/", "/status", "/metrics", "/runs/x/report.json", "/login"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Host = tt.host
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			w := httptest.NewRecorder()
			serve.Guard(open, pages).ServeHTTP(w, r)
			if w.Code != tt.status || w.Code != 200 && strings.Contains(w.Body.String(), "report of") {
				t.Errorf("Host %q, Origin %q, %s: %d, want %d", tt.host, tt.origin, path, w.Code, tt.status)
			}
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, "TRACE"} {
		r := httptest.NewRequest(method, "http://127.0.0.1:8320/runs/x", nil)
		w := httptest.NewRecorder()
		if serve.Guard(open, pages).ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

func TestGuardAsksForAToken(t *testing.T) {
	const token = "3f6c0a9d5e8b41727f"
	h := serve.Guard(serve.Access{Listen: "0.0.0.0:8320", Tokens: []string{token, "another-token-for-readers"}}, pages)
	do := func(r *http.Request) *httptest.ResponseRecorder {
		r.Host = "127.0.0.1:8320"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	get := func(path, authorization string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		return r
	}
	for authorization, want := range map[string]int{"": 401, "Bearer ": 401, "Bearer " + token[1:]: 401, "Basic " + token: 401,
		"Bearer " + token: 200, "Bearer another-token-for-readers": 200} {
		if w := do(get("/status", authorization)); w.Code != want {
			t.Errorf("%q: %d, want %d", authorization, w.Code, want)
		}
	}
	if w := do(get("/healthz", "")); w.Code != 200 {
		t.Errorf("/healthz: %d", w.Code)
	}
	page := get("/", "")
	page.Header.Set("Accept", "text/html,application/xhtml+xml")
	if w := do(page); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login" {
		t.Errorf("a browser gets %d", w.Code)
	}
	login := func(token, origin string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(url.Values{"token": {token}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		return do(r)
	}
	for _, w := range []*httptest.ResponseRecorder{login("wrong", "http://127.0.0.1:8320"), login(token, "http://evil.example"), login(token, ""),
		login(strings.Repeat("x", 1<<20), "http://127.0.0.1:8320")} {
		if len(w.Result().Cookies()) > 0 || w.Code < 400 {
			t.Errorf("%d %v", w.Code, w.Result().Cookies())
		}
	}
	cookies := login(token, "http://127.0.0.1:8320").Result().Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode || strings.Contains(cookies[0].Value, token) {
		t.Fatalf("%+v", cookies)
	}
	with := get("/runs/x", "")
	with.AddCookie(cookies[0])
	if w := do(with); w.Code != 200 {
		t.Errorf("with a session: %d", w.Code)
	}
}

func TestAccessIsForThisMachineWithoutAToken(t *testing.T) {
	for listen, ok := range map[string]bool{"127.0.0.1:8320": true, "localhost:0": true, "[::1]:1": true, "127.9.9.9:1": true,
		"0.0.0.0:8320": false, ":8320": false, "10.0.0.5:8320": false, "[::]:80": false, "refresher:80": false, "nothing": false} {
		if err := (serve.Access{Listen: listen}).Check(); (err == nil) != ok {
			t.Errorf("%s: %v", listen, err)
		}
	}
	if err := (serve.Access{Listen: "0.0.0.0:1", Tokens: []string{"short"}}).Check(); err == nil {
		t.Error("a short token is taken")
	}
	if err := (serve.Access{Listen: "0.0.0.0:1", Tokens: []string{"0123456789abcdef"}}).Check(); err != nil {
		t.Error(err)
	}
}
