package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// Identity is who sent a request.
type Identity struct {
	Name   string // for the record: a person's name, "token", "readers" or "anybody"
	MayAct bool
	// CSRF is what forms send as "csrf", and scripts of the page as X-CSRF-Token; empty where the
	// request carries a bearer token, which no other site can make a browser send.
	CSRF string
	// Session is whether a cookie shows it, so that there is something to log out of.
	Session bool
	// MayLogIn is whether a log-in would let them act.
	MayLogIn bool
}

type identityKey struct{}

// Of is who sent a request that a guard let through.
func Of(r *http.Request) Identity {
	id, _ := r.Context().Value(identityKey{}).(Identity)
	return id
}

// CSRFField is the name of the form's field.
const CSRFField = "csrf"

// MaxForm is the size of a form, in bytes.
const MaxForm = 4 << 10

type guard struct {
	Access
	next     http.Handler
	log      *slog.Logger
	sessions sessions
	attempts attempts
	secret   [32]byte // of the CSRF tokens
}

// Guard is a handler behind the checks of a. Paths of open are for everybody and every host: they
// are for health checks, and say nothing else.
func Guard(a Access, log *slog.Logger, next http.Handler, open ...string) http.Handler {
	g := &guard{Access: a, next: next, log: log}
	_, _ = rand.Read(g.secret[:]) // never fails
	mux := http.NewServeMux()
	mux.HandleFunc("/", g.serve)
	for _, path := range open {
		mux.Handle("GET "+path, next)
	}
	mux.HandleFunc("GET /login", g.form)
	mux.HandleFunc("POST /login", g.login)
	mux.HandleFunc("POST /logout", g.logout)
	return secure(mux)
}

func (g *guard) serve(w http.ResponseWriter, r *http.Request) {
	if !g.local(w, r) {
		return
	}
	id, ok := g.identify(r)
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case !ok && reads && strings.Contains(r.Header.Get("Accept"), "text/html") && r.Header.Get("Authorization") == "":
		http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
	case !ok:
		w.Header().Set("WWW-Authenticate", `Bearer realm="refresher"`)
		Problem(w, http.StatusUnauthorized, "send the token of serve.token as Authorization: Bearer")
	case reads:
		g.next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, id)))
	case !id.MayAct:
		Problem(w, http.StatusForbidden, g.whyNot())
		g.log.Warn("an act was refused", "by", id.Name, "from", r.RemoteAddr, "method", r.Method, "path", r.URL.Path)
	case !g.meant(w, r, id):
		Problem(w, http.StatusForbidden, "the page is old, or the request comes from another one: load the page again")
	default:
		g.next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, id)))
	}
}

func (g *guard) whyNot() string {
	if g.open() {
		return "without serve.token the service can only be read"
	}
	return "this token may read, not act: use that of serve.token"
}

// local refuses requests for another host, and those that another site's page sent.
func (g *guard) local(w http.ResponseWriter, r *http.Request) bool {
	if !g.known(r.Host) {
		Problem(w, http.StatusMisdirectedRequest, "this host name is not known here; add it to serve.hosts")
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	if u, err := url.Parse(origin); err != nil || !strings.EqualFold(u.Host, r.Host) {
		Problem(w, http.StatusForbidden, "the request comes from a page of another site")
		return false
	}
	return true
}

// identify says who sends a request; ok is false if that isn't shown. What is shown wrongly is
// not made up for by what is shown beside it.
func (g *guard) identify(r *http.Request) (id Identity, ok bool) {
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		shown, bearer := strings.CutPrefix(values[0], "Bearer ")
		if len(values) > 1 || !bearer {
			return id, false
		}
		return g.token(shown)
	}
	if s, found := g.sessions.of(r); found && g.good(s) {
		s.identity.CSRF, s.identity.Session = g.csrf("session", s.value), true
		return s.identity, true
	}
	if g.proxied(r.RemoteAddr) {
		if values := r.Header.Values(g.ProxyHeader); len(values) == 1 && printable(values[0]) {
			return Identity{Name: values[0], MayAct: true, CSRF: g.csrf("proxy", values[0])}, true
		}
	}
	return Identity{Name: "anybody", MayLogIn: g.Token != ""}, g.open()
}

// printable keeps names that a record can show: of one line, and not too long.
func printable(name string) bool {
	return name != "" && len(name) <= 200 &&
		strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// token compares in a time that doesn't depend on where texts differ, nor on their lengths.
func (g *guard) token(shown string) (Identity, bool) {
	same := func(token string) bool {
		got, want := sha256.Sum256([]byte(shown)), sha256.Sum256([]byte(token))
		return subtle.ConstantTimeCompare(got[:], want[:]) == 1 && token != ""
	}
	token, readers := g.tokens()
	acts, reads := same(token), same(readers)
	switch {
	case acts:
		return Identity{Name: "token", MayAct: true}, true
	case reads:
		return Identity{Name: "readers", MayLogIn: g.Token != ""}, true
	}
	return Identity{}, false
}

// good reports whether the token by which a session began still is one.
func (g *guard) good(s session) bool {
	token, readers := g.tokens()
	return s.token == sha256.Sum256([]byte(token)) || s.token == sha256.Sum256([]byte(readers))
}

// csrf is bound to the session or to the proxy's name.
func (g *guard) csrf(kind, of string) string {
	mac := hmac.New(sha256.New, g.secret[:])
	mac.Write([]byte(kind + "\x00" + of))
	return hex.EncodeToString(mac.Sum(nil))
}

// meant reports whether a request that a browser sends was sent by a page of ours.
func (g *guard) meant(w http.ResponseWriter, r *http.Request, id Identity) bool {
	if id.CSRF == "" {
		return true
	}
	if slices.ContainsFunc(g.Apps, func(path string) bool { return strings.HasPrefix(r.URL.Path, path) }) {
		return r.Header.Get("Origin") != "" // local has compared it
	}
	shown := r.Header.Get("X-CSRF-Token")
	if shown == "" && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
		shown = r.PostFormValue(CSRFField)
	}
	return subtle.ConstantTimeCompare([]byte(shown), []byte(id.CSRF)) == 1
}

// Policy is what a page may load: its own files alone.
const Policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// secure adds the headers of a page that loads nothing but its own files and stands in no frame.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", Policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
