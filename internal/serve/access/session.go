package access

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"html/template"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of sessions and of logging in.
const (
	sessionName = "refresher_session"
	sessionTime = 12 * time.Hour
	maxSessions = 1000

	maxAttempts    = 10 // wrong tokens from an address within attemptsWindow
	attemptsWindow = 5 * time.Minute
)

// sessions are the browsers that logged in, by the digest of their cookie's value.
type sessions struct {
	mu sync.Mutex
	m  map[[sha256.Size]byte]session
}

type session struct {
	value    string
	identity Identity
	token    [sha256.Size]byte // digest of the token that was shown
	end      time.Time
}

func (s *sessions) of(r *http.Request) (session, bool) {
	cookie, err := r.Cookie(sessionName)
	if err != nil {
		return session{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.m[sha256.Sum256([]byte(cookie.Value))]
	found.value = cookie.Value
	return found, ok && time.Now().Before(found.end)
}

// add makes a session. Where there are too many, others end.
func (s *sessions) add(id Identity, token string) (value string) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	value = hex.EncodeToString(random[:])
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = map[[sha256.Size]byte]session{}
	}
	for digest, old := range s.m {
		if now.After(old.end) || len(s.m) >= maxSessions {
			delete(s.m, digest)
		}
	}
	s.m[sha256.Sum256([]byte(value))] = session{identity: id, token: sha256.Sum256([]byte(token)),
		end: now.Add(sessionTime)}
	return value
}

func (s *sessions) remove(r *http.Request) {
	if cookie, err := r.Cookie(sessionName); err == nil {
		s.mu.Lock()
		delete(s.m, sha256.Sum256([]byte(cookie.Value)))
		s.mu.Unlock()
	}
}

// attempts counts wrong tokens by the address that they came from.
type attempts struct {
	mu    sync.Mutex
	since time.Time
	wrong map[string]int
}

// left reports whether an address may try again, and counts a wrong token.
func (a *attempts) left(peer string, wrong int) bool {
	host, _, err := net.SplitHostPort(peer)
	if err != nil {
		host = peer
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := time.Now(); now.Sub(a.since) > attemptsWindow {
		a.since, a.wrong = now, map[string]int{}
	}
	a.wrong[host] += wrong
	return a.wrong[host] < maxAttempts
}

//go:embed login.html
var loginPage string

var loginTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("login").Parse(loginPage))
})

// onlyHere keeps a path of this service's: what a log-in leads to is never another site.
func onlyHere(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}

func (g *guard) form(w http.ResponseWriter, r *http.Request) {
	if g.local(w, r) {
		g.showForm(w, r.URL.Query().Get("next"), http.StatusOK, "")
	}
}

func (g *guard) showForm(w http.ResponseWriter, next string, status int, wrong string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = loginTemplate().Execute(w, map[string]string{"Next": onlyHere(next), "Wrong": wrong})
}

// login gives a session for a token. The cookie goes to no script and to no other site.
func (g *guard) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
	if !g.local(w, r) {
		return
	}
	if r.Header.Get("Origin") == "" {
		Problem(w, http.StatusForbidden, "the log-in form must be sent from its own page")
		return
	}
	next := r.PostFormValue("next")
	if !g.attempts.left(r.RemoteAddr, 0) {
		w.Header().Set("Retry-After", strconv.Itoa(int(attemptsWindow.Seconds())))
		g.showForm(w, next, http.StatusTooManyRequests,
			"Too many wrong tokens came from this address. Wait five minutes.")
		return
	}
	shown := strings.TrimSpace(r.PostFormValue("token"))
	id, ok := g.token(shown)
	if !ok {
		g.attempts.left(r.RemoteAddr, 1)
		g.log.Warn("a log-in was refused", "from", r.RemoteAddr)
		g.showForm(w, next, http.StatusUnauthorized, "That is not the token of serve.token or serve.readers.")
		return
	}
	g.log.Info("logged in", "by", id.Name, "from", r.RemoteAddr)
	http.SetCookie(w, cookie(r, g.sessions.add(id, shown), int(sessionTime.Seconds())))
	http.Redirect(w, r, onlyHere(next), http.StatusSeeOther)
}

func (g *guard) logout(w http.ResponseWriter, r *http.Request) {
	if !g.local(w, r) {
		return
	}
	if id, ok := g.identify(r); ok && !g.meant(w, r, id) {
		Problem(w, http.StatusForbidden, "the page is old: load it again")
		return
	}
	g.sessions.remove(r)
	http.SetCookie(w, cookie(r, "", -1))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func cookie(r *http.Request, value string, age int) *http.Cookie {
	secure := r.TLS != nil || strings.HasPrefix(r.Header.Get("Origin"), "https://") // a proxy has the certificate
	return &http.Cookie{Name: sessionName, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode}
}
