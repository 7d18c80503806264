package serve

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Access says who may read the pages, and under which names they are reached. A browser sends
// along the name that a page's address has, so that a foreign page whose name was made to lead
// here (DNS rebinding) is known by it.
type Access struct {
	Listen string   // the address that is listened on, host:port
	Hosts  []string // names under which the pages are reached besides loopback and Listen's own
	// Tokens are what a reader must show, any of them: as "Authorization: Bearer", or in the
	// log-in form. None: everybody who reaches the address may read, so it must be loopback.
	Tokens []string
}

// Check refuses what would let others in.
func (a Access) Check() error {
	host, port, err := net.SplitHostPort(a.Listen)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		return errors.New("must be host:port, such as 127.0.0.1:8320")
	}
	if len(a.Tokens) == 0 && !loopback(host) {
		return errors.New("is not a loopback address, and without serve.token the pages are only for this machine; " +
			"write 127.0.0.1, or set serve.token")
	}
	for _, t := range a.Tokens {
		if len(t) < MinToken {
			return fmt.Errorf("a token is shorter than %d characters; make one with: openssl rand -hex 32", MinToken)
		}
	}
	return nil
}

// MinToken is the shortest token, in bytes.
const MinToken = 16

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// known reports whether a request may name that host. The port is the listener's or a proxy's.
func (a Access) known(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	own, _, _ := net.SplitHostPort(a.Listen)
	return loopback(host) || host != "" && (host == own || slices.ContainsFunc(a.Hosts, func(h string) bool { return strings.EqualFold(h, host) }))
}

// Limits of a request.
const (
	sessionName = "refresher_session"
	sessionTime = 12 * time.Hour
	maxForm     = 4 << 10
	maxSessions = 1000
)

// guard lets through what Access allows.
type guard struct {
	Access
	next http.Handler

	mu       sync.Mutex
	sessions map[[sha256.Size]byte]time.Time // digest of a cookie's value to its end
}

// Guard is a handler behind the checks of a: the Host header is a known one, the Origin header
// too if there is one, and a token or a session is shown if tokens are set. GET /healthz says
// only "ok" and is open to health checks.
func Guard(a Access, next http.Handler) http.Handler {
	g := &guard{Access: a, next: next, sessions: map[[sha256.Size]byte]time.Time{}}
	mux := http.NewServeMux()
	mux.Handle("/", http.HandlerFunc(g.serve))
	mux.Handle("GET /healthz", next)
	mux.Handle("GET /login", http.HandlerFunc(g.form))
	mux.Handle("POST /login", http.HandlerFunc(g.login))
	return secure(mux)
}

func (g *guard) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case !g.local(w, r):
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		problem(w, http.StatusMethodNotAllowed, "the pages can only be read")
	case len(g.Tokens) == 0 || g.bearer(r) || g.session(r):
		g.next.ServeHTTP(w, r)
	case strings.Contains(r.Header.Get("Accept"), "text/html"):
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	default:
		w.Header().Set("WWW-Authenticate", `Bearer realm="refresher"`)
		problem(w, http.StatusUnauthorized, "send the token of serve.token as Authorization: Bearer")
	}
}

// local refuses requests that another site's page sent.
func (g *guard) local(w http.ResponseWriter, r *http.Request) bool {
	if !g.known(r.Host) {
		problem(w, http.StatusMisdirectedRequest, "this host name is not known here; add it to serve.hosts")
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	if u, err := url.Parse(origin); err != nil || !strings.EqualFold(u.Host, r.Host) {
		problem(w, http.StatusForbidden, "the request comes from a page of another site")
		return false
	}
	return true
}

func (g *guard) bearer(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && g.token(token)
}

// token compares in a time that doesn't depend on where texts differ, nor on their lengths.
func (g *guard) token(shown string) bool {
	got, found := sha256.Sum256([]byte(shown)), 0
	for _, t := range g.Tokens {
		want := sha256.Sum256([]byte(t))
		found |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	return found == 1
}

func (g *guard) session(r *http.Request) bool {
	cookie, err := r.Cookie(sessionName)
	if err != nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Now().Before(g.sessions[sha256.Sum256([]byte(cookie.Value))])
}

const loginPage = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>refresher: log in</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}input,button{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;margin:.25rem 0}</style>
<h1>refresher</h1><form method="post" action="/login"><label>Token<input type="password" name="token" autocomplete="current-password" autofocus required></label>
<button>Log in</button></form>`

func (g *guard) form(w http.ResponseWriter, r *http.Request) {
	if !g.local(w, r) {
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(loginPage))
}

// login gives a session for a token. The cookie goes to no script and to no other site.
func (g *guard) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	switch {
	case !g.local(w, r):
		return
	case r.Header.Get("Origin") == "":
		problem(w, http.StatusForbidden, "the log-in form must be sent from its own page")
		return
	case !g.token(r.PostFormValue("token")):
		problem(w, http.StatusUnauthorized, "the token is wrong")
		return
	}
	var id [32]byte
	_, _ = rand.Read(id[:]) // never fails
	value, now := hex.EncodeToString(id[:]), time.Now()
	g.mu.Lock()
	for digest, end := range g.sessions {
		if now.After(end) || len(g.sessions) >= maxSessions {
			delete(g.sessions, digest)
		}
	}
	g.sessions[sha256.Sum256([]byte(value))] = now.Add(sessionTime)
	g.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: sessionName, Value: value, Path: "/", MaxAge: int(sessionTime.Seconds()),
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// problem answers with an error in the form of RFC 9457.
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail})
}

// Server is an HTTP server whose requests can't hold it up: each has a time and a size.
func Server(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           http.TimeoutHandler(h, 30*time.Second, "the staging server does not answer\n"),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
}
