// Package access says who may read the pages and the API, who may act, and how they show it.
//
//	g := access.Guard(access.Access{Listen: "127.0.0.1:8320", Tokens: …}, log, next)
//
// Each request must name a known host, and come from no other site's page. Who sends it is shown
// by a bearer token, by the session of a browser that logged in, or by a trusted proxy's header.
// The handlers behind the guard ask [Of] who it is; what they answer to errors is a [Problem].
package access

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"refresher/internal/config/host"
)

// Access says who may read the pages, who may act, and under which names they are reached. A
// browser sends along the name that a page's address has, so that a foreign page whose name was
// made to lead here (DNS rebinding) is known by it.
type Access struct {
	Listen string   // the address that is listened on, host:port
	Hosts  []string // names under which the pages are reached besides loopback and Listen's own
	// Token may read and act, Readers may read; each is shown as "Authorization: Bearer" or in the
	// log-in form. Without Token, Readers and ProxyHeader whoever reaches the address may read, so
	// it must be loopback, and nobody may act.
	Token, Readers string
	// Rotating, if it is set, has the tokens that are good now, in place of Token and Readers.
	Rotating *Tokens
	// ProxyHeader is the request's header in which a proxy that has logged a person in gives their
	// name; that person may act. It counts only from this machine and from Proxies.
	ProxyHeader string
	Proxies     []netip.Prefix
	// Apps are paths of other programs' pages, whose scripts don't know our CSRF token: what they
	// send must have the Origin header, as browsers send it.
	Apps []string
}

// MinToken is the shortest token, in bytes.
const MinToken = 16

// Check refuses what would let others in.
func (a Access) Check() error {
	at, port, err := net.SplitHostPort(a.Listen)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		return errors.New("must be host:port, such as 127.0.0.1:8320")
	}
	switch {
	case host.Loopback(at):
	case a.ProxyHeader != "" && len(a.Proxies) == 0:
		return errors.New("is not a loopback address, so that others than the proxy could send serve.proxy_header; " +
			"write 127.0.0.1, or list the networks of the proxies in serve.proxies")
	case a.open():
		return errors.New("is not a loopback address, and without serve.token the pages are only for this machine; " +
			"write 127.0.0.1, or set serve.token")
	}
	return checkTokens(a.Token, a.Readers)
}

func checkTokens(token, readers string) error {
	for _, t := range []string{token, readers} {
		if t != "" && len(t) < MinToken {
			return fmt.Errorf("a token is shorter than %d characters; make one with: openssl rand -hex 32", MinToken)
		}
	}
	if token != "" && token == readers {
		return errors.New("serve.token and serve.readers are the same token, so that readers could act; make two")
	}
	return nil
}

// Tokens are tokens that change while the service runs. Who logged in by one that is no longer good is logged out.
type Tokens struct {
	mu             sync.RWMutex
	token, readers string
}

// NewTokens are tokens that [Access.Check] has seen.
func NewTokens(token, readers string) *Tokens { return &Tokens{token: token, readers: readers} }

// SetToken takes a new token for acting, unless it would let others in.
func (t *Tokens) SetToken(token string) error { return t.set(&t.token, token) }

// SetReaders takes a new token for reading, unless it would let others in.
func (t *Tokens) SetReaders(readers string) error { return t.set(&t.readers, readers) }

func (t *Tokens) set(which *string, token string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := *which
	*which = strings.TrimSpace(token)
	err := checkTokens(t.token, t.readers)
	if *which == "" {
		err = errors.New("the token is empty")
	}
	if err != nil {
		*which = before
	}
	return err
}

// tokens are those that are good now.
func (a Access) tokens() (token, readers string) {
	if a.Rotating == nil {
		return a.Token, a.Readers
	}
	a.Rotating.mu.RLock()
	defer a.Rotating.mu.RUnlock()
	return a.Rotating.token, a.Rotating.readers
}

// open reports whether everybody who reaches the address may read.
func (a Access) open() bool { return a.Token == "" && a.Readers == "" && a.ProxyHeader == "" }

// known reports whether a request may name that host. The port is the listener's or a proxy's.
func (a Access) known(hostport string) bool {
	name := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	own, _, _ := net.SplitHostPort(a.Listen)
	return host.Loopback(name) || name != "" && (name == own ||
		slices.ContainsFunc(a.Hosts, func(h string) bool { return strings.EqualFold(h, name) }))
}

// proxied reports whether a peer is a proxy whose header counts.
func (a Access) proxied(peer string) bool {
	if a.ProxyHeader == "" {
		return false
	}
	p, err := netip.ParseAddrPort(peer)
	if err != nil {
		return false
	}
	addr := p.Addr().Unmap()
	return addr.IsLoopback() || slices.ContainsFunc(a.Proxies, func(n netip.Prefix) bool { return n.Contains(addr) })
}
