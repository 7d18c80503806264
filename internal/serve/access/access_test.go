package access_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"refresher/internal/serve/access"
)

const (
	token  = "3f6c0a9d5e8b41727f"
	reader = "another-token-for-readers"
	origin = "http://127.0.0.1:8320"
)

var pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "report of %s for %s", r.URL.Path, access.Of(r).Name)
})

func guard(a access.Access) http.Handler {
	if a.Listen == "" {
		a.Listen = "127.0.0.1:8320"
	}
	return access.Guard(a, slog.New(slog.DiscardHandler), pages, "/healthz")
}

// send sends a request; what change does not say is a program's on this machine.
func send(h http.Handler, method, path string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, origin+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = "127.0.0.1:50000"
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Add(name, value) }
}

func from(address string) func(*http.Request) {
	return func(r *http.Request) { r.RemoteAddr = address }
}

// A page of another site that got its name to lead to this machine reads nothing.
func TestGuardKnowsItsNames(t *testing.T) {
	open := guard(access.Access{Hosts: []string{"refresher.staging.internal"}})
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
			w := send(open, "GET", path, nil, func(r *http.Request) {
				r.Host = tt.host
				if tt.origin != "" {
					r.Header.Set("Origin", tt.origin)
				}
			})
			if w.Code != tt.status || w.Code != 200 && strings.Contains(w.Body.String(), "report of") {
				t.Errorf("Host %q, Origin %q, %s: %d, want %d", tt.host, tt.origin, path, w.Code, tt.status)
			}
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "TRACE"} {
		if w := send(open, method, "/runs/x", nil); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

func TestGuardAsksForAToken(t *testing.T) {
	h := guard(access.Access{Listen: "0.0.0.0:8320", Token: token, Readers: reader})
	for authorization, want := range map[string][2]int{"": {401, 401}, "Bearer ": {401, 401}, "Bearer " + token[1:]: {401, 401},
		"Basic " + token: {401, 401}, "Bearer " + token: {200, 200}, "Bearer " + reader: {200, 403}} {
		for i, method := range []string{"GET", "POST"} {
			var change []func(*http.Request)
			if authorization != "" {
				change = append(change, header("Authorization", authorization))
			}
			w := send(h, method, "/status", nil, change...)
			if w.Code != want[i] {
				t.Errorf("%s %q: %d, want %d", method, authorization, w.Code, want[i])
			}
			if w.Code == 401 && (w.Header().Get("WWW-Authenticate") == "" || w.Header().Get("Content-Type") != "application/problem+json") {
				t.Errorf("%v", w.Header())
			}
		}
	}
	if w := send(h, "GET", "/status", nil, header("Authorization", "Bearer "+token), header("Authorization", "Bearer x")); w.Code != 401 {
		t.Errorf("two headers: %d", w.Code)
	}
	if w := send(h, "GET", "/healthz", nil, func(r *http.Request) { r.Host = "10.0.0.7:8320" }); w.Code != 200 {
		t.Errorf("/healthz: %d", w.Code)
	}
	page := send(h, "GET", "/runs?outcome=done", nil, header("Accept", "text/html,application/xhtml+xml"))
	if page.Code != http.StatusSeeOther || page.Header().Get("Location") != "/login?next=%2Fruns%3Foutcome%3Ddone" {
		t.Errorf("a browser gets %d %v", page.Code, page.Header())
	}
}

func TestLogIn(t *testing.T) {
	h := guard(access.Access{Listen: "0.0.0.0:8320", Token: token, Readers: reader})
	login := func(token, next string, change ...func(*http.Request)) *httptest.ResponseRecorder {
		return send(h, "POST", "/login", url.Values{"token": {token}, "next": {next}}, change...)
	}
	same := header("Origin", origin)
	for _, w := range []*httptest.ResponseRecorder{login("wrong", "", same), login(token, "", header("Origin", "http://evil.example")), login(token, ""),
		login(strings.Repeat("x", 1<<20), "", same)} {
		if len(w.Result().Cookies()) > 0 || w.Code < 400 {
			t.Errorf("%d %v", w.Code, w.Result().Cookies())
		}
	}
	for next, want := range map[string]string{"": "/", "/runs?outcome=done": "/runs?outcome=done", "//evil.example": "/", "https://evil.example": "/",
		`/\evil.example`: "/", "/\tevil": "/"} {
		w := login(token, next, same)
		cookies := w.Result().Cookies()
		if w.Header().Get("Location") != want || len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].Secure ||
			cookies[0].SameSite != http.SameSiteStrictMode || strings.Contains(cookies[0].Value, token) {
			t.Errorf("next %q: %q %+v", next, w.Header().Get("Location"), cookies)
		}
	}
	secure := login(token, "", header("Origin", "https://refresher.example"), func(r *http.Request) { r.Host = "refresher.example" })
	if secure.Code != 421 {
		t.Errorf("a host that isn't known: %d", secure.Code)
	}
	behind := guard(access.Access{Token: token, Hosts: []string{"refresher.example"}})
	secure = send(behind, "POST", "/login", url.Values{"token": {token}}, header("Origin", "https://refresher.example"),
		func(r *http.Request) { r.Host = "refresher.example" })
	if c := secure.Result().Cookies(); len(c) != 1 || !c[0].Secure {
		t.Errorf("behind a proxy with TLS the cookie is not Secure: %+v", c)
	}

	cookie := login(reader, "", same).Result().Cookies()[0]
	session := func(r *http.Request) { r.AddCookie(cookie) }
	if w := send(h, "GET", "/runs/x", nil, session); w.Code != 200 || !strings.HasSuffix(w.Body.String(), "for readers") {
		t.Errorf("with a session: %d %s", w.Code, w.Body)
	}
	if w := send(h, "POST", "/logout", url.Values{}, session, same); w.Code != 403 {
		t.Errorf("logged out without the form's token: %d", w.Code)
	}
}

// After ten wrong tokens an address waits; others don't.
func TestLogInsAreLimited(t *testing.T) {
	h := guard(access.Access{Listen: "0.0.0.0:8320", Token: token})
	login := func(token, address string) int {
		return send(h, "POST", "/login", url.Values{"token": {token}}, header("Origin", origin), from(address)).Code
	}
	for i := range 10 {
		if code := login("wrong", "10.0.0.5:1"); code != 401 {
			t.Fatalf("%d: %d", i, code)
		}
	}
	if a, b := login(token, "10.0.0.5:2"), login(token, "10.0.0.6:1"); a != 429 || b != 303 {
		t.Errorf("the same address %d, another %d", a, b)
	}
}

// A proxy's header counts from where the proxy is, and from nowhere else.
func TestProxyHeader(t *testing.T) {
	network := netip.MustParsePrefix("10.1.0.0/16")
	for _, tt := range []struct {
		about, from, name string
		listen            string
		proxies           []netip.Prefix
		more              []func(*http.Request)
		want              int
	}{
		{"this machine", "127.0.0.1:9", "alice@acme.test", "127.0.0.1:8320", nil, nil, 200},
		{"the proxy's network", "10.1.2.3:9", "alice", "0.0.0.0:8320", []netip.Prefix{network}, nil, 200},
		{"the network, as IPv6 writes it", "[::ffff:10.1.2.3]:9", "alice", "[::]:8320", []netip.Prefix{network}, nil, 200},
		{"another network", "10.2.2.3:9", "alice", "0.0.0.0:8320", []netip.Prefix{network}, nil, 401},
		{"no name", "127.0.0.1:9", "", "127.0.0.1:8320", nil, nil, 401},
		{"two names", "127.0.0.1:9", "alice", "127.0.0.1:8320", nil, []func(*http.Request){header("X-Forwarded-User", "root")}, 401},
		{"a name of two lines", "127.0.0.1:9", "alice\nby=root", "127.0.0.1:8320", nil, nil, 401},
	} {
		t.Run(tt.about, func(t *testing.T) {
			h := guard(access.Access{Listen: tt.listen, ProxyHeader: "X-Forwarded-User", Proxies: tt.proxies})
			change := append([]func(*http.Request){from(tt.from)}, tt.more...)
			if tt.name != "" {
				change = append(change, header("X-Forwarded-User", tt.name))
			}
			w := send(h, "GET", "/", nil, change...)
			if w.Code != tt.want || w.Code == 200 && !strings.HasSuffix(w.Body.String(), "for "+tt.name) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if w := send(h, "POST", "/", url.Values{}, append(change, header("Origin", origin))...); w.Code == 200 {
				t.Error("a form of another page acts")
			}
		})
	}
	if w := send(guard(access.Access{Token: token}), "GET", "/", nil, header("X-Forwarded-User", "alice")); w.Code != 401 {
		t.Errorf("the header counts though it isn't configured: %d", w.Code)
	}
}

// Pages of other programs behind the guard act by the origin that browsers send.
func TestApps(t *testing.T) {
	h := guard(access.Access{Token: token, Apps: []string{"/jobs/"}})
	w := send(h, "POST", "/login", url.Values{"token": {token}}, header("Origin", origin))
	session := func(r *http.Request) { r.AddCookie(w.Result().Cookies()[0]) }
	for want, change := range map[int][]func(*http.Request){200: {session, header("Origin", origin)}, 403: {session}, 401: {header("Origin", origin)}} {
		if w := send(h, "POST", "/jobs/api/x", nil, change...); w.Code != want {
			t.Errorf("%d, want %d", w.Code, want)
		}
	}
	if w := send(h, "POST", "/runs/x", nil, session, header("Origin", origin)); w.Code != 403 {
		t.Errorf("elsewhere the origin is enough: %d", w.Code)
	}
}

func TestAccessIsForThisMachineWithoutAToken(t *testing.T) {
	for listen, ok := range map[string]bool{"127.0.0.1:8320": true, "localhost:0": true, "[::1]:1": true, "127.9.9.9:1": true,
		"0.0.0.0:8320": false, ":8320": false, "10.0.0.5:8320": false, "[::]:80": false, "refresher:80": false, "nothing": false} {
		if err := (access.Access{Listen: listen}).Check(); (err == nil) != ok {
			t.Errorf("%s: %v", listen, err)
		}
	}
	networks := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for about, c := range map[string]struct {
		access access.Access
		ok     bool
	}{
		"a short token":                     {access.Access{Listen: "0.0.0.0:1", Token: "short"}, false},
		"a token":                           {access.Access{Listen: "0.0.0.0:1", Token: "0123456789abcdef"}, true},
		"the same token twice":              {access.Access{Listen: "0.0.0.0:1", Token: token, Readers: token}, false},
		"a header from everywhere":          {access.Access{Listen: "0.0.0.0:1", ProxyHeader: "X-User"}, false},
		"a header beside a token":           {access.Access{Listen: "0.0.0.0:1", ProxyHeader: "X-User", Token: token}, false},
		"a header from the proxy's network": {access.Access{Listen: "0.0.0.0:1", ProxyHeader: "X-User", Proxies: networks}, true},
		"a header on loopback":              {access.Access{Listen: "127.0.0.1:1", ProxyHeader: "X-User"}, true},
	} {
		if err := c.access.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", about, err)
		}
	}
}

func TestRoutesAnswerWithProblems(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /here", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	for path, want := range map[string]int{"GET /here": 200, "GET /there": 404, "POST /here": 405} {
		method, path, _ := strings.Cut(path, " ")
		w := send(access.Routes(mux), method, path, nil)
		if w.Code != want || want >= 400 && w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %v", method, path, w.Code, w.Header())
		}
	}
}

// A token that was rotated is good at once, and the one before it no more, nor a session that began by it.
func TestRotatedTokens(t *testing.T) {
	const next = "another-token-of-people"
	tokens := access.NewTokens(token, reader)
	h := guard(access.Access{Listen: "0.0.0.0:8320", Token: token, Readers: reader, Rotating: tokens})
	session := func(token string) func(*http.Request) {
		w := send(h, "POST", "/login", url.Values{"token": {token}}, header("Origin", origin))
		if len(w.Result().Cookies()) != 1 {
			t.Fatalf("no log-in: %d", w.Code)
		}
		return func(r *http.Request) { r.AddCookie(w.Result().Cookies()[0]) }
	}
	want := func(code int, change ...func(*http.Request)) {
		t.Helper()
		if w := send(h, "GET", "/status", nil, change...); w.Code != code {
			t.Errorf("%d, want %d", w.Code, code)
		}
	}
	acts, reads := session(token), session(reader)
	for _, bad := range []string{"short", "", reader} { // would let others in: what was good stays good
		if tokens.SetToken(bad) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	want(200, acts)
	if err := tokens.SetToken(next + "\n"); err != nil {
		t.Fatal(err)
	}
	want(401, acts)
	want(401, header("Authorization", "Bearer "+token))
	want(200, header("Authorization", "Bearer "+next))
	want(200, session(next))
	want(200, reads)
	if err := tokens.SetReaders(token); err != nil {
		t.Fatal(err)
	}
	want(401, reads)
}
