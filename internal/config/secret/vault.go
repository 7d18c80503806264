package secret

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/vault/api"

	"refresher/internal/config/host"
)

// Vault is how HashiCorp Vault is reached, and logged in to.
type Vault struct {
	Address   string `yaml:"address" doc:"URL of the server, https:// unless it is this machine; empty: VAULT_ADDR"`
	Namespace string `yaml:"namespace" doc:"empty: VAULT_NAMESPACE"`
	Auth      string `yaml:"auth" doc:"how to log in: token, approle or kubernetes" default:"token"`
	Token     Text   `yaml:"token" doc:"for token: reference of the token, such as file:/vault/secrets/token of Vault Agent; empty: VAULT_TOKEN"`
	Mount     string `yaml:"mount" doc:"for approle and kubernetes: path of the auth method; empty: its own name"`
	Role      string `yaml:"role" doc:"for kubernetes: the role; for approle: its role_id"`
	SecretID  Text   `yaml:"secret_id" doc:"for approle: reference of the secret_id"`
	JWT       string `yaml:"jwt" doc:"for kubernetes: file of the service account's token" default:"/var/run/secrets/kubernetes.io/serviceaccount/token"`
}

// Check says what is wrong with the settings by themselves, as field and problem; "" if nothing is.
func (v Vault) Check() (field, problem string) {
	switch {
	case v.Auth != "" && v.Auth != "token" && v.Auth != "approle" && v.Auth != "kubernetes":
		return "auth", "must be token, approle or kubernetes"
	case strings.HasPrefix(v.Token.Name(), "vault:"):
		return "token", "can't itself be in Vault"
	case strings.HasPrefix(v.SecretID.Name(), "vault:"):
		return "secret_id", "can't itself be in Vault"
	case (v.Auth == "approle" || v.Auth == "kubernetes") && v.Role == "":
		return "role", "is missing, which " + v.Auth + " needs"
	case v.Auth == "approle" && v.SecretID.IsZero():
		return "secret_id", "is missing, which approle needs"
	}
	return "", ""
}

// vaultTimeout is how long Vault may take for an answer.
const vaultTimeout = 30 * time.Second

// errRedirected is of a Vault that sends its clients to another host.
var errRedirected = errors.New("it redirects to another host or protocol, where the token must not go: name the " +
	"active node in VAULT_ADDR, or have standby nodes forward requests")

// login is what makes one session with Vault different from another.
type login struct{ address, namespace, auth, mount, role, token string }

// vaultSession is a log-in, with what is renewed while it lasts.
type vaultSession struct {
	client *api.Client
	static bool // the token is the user's, not one of our log-in's

	mu       sync.Mutex
	leased   map[string]*api.Secret // by path: read once, and renewed since
	watchers []*api.LifetimeWatcher
	over     bool // the log-in's token can't be renewed any more
}

// vault reads a path of Vault: a field of it, or all fields as a JSON object. The answer is
// that of KV version 2 (fields below data, beside metadata), or of any engine that gives its
// fields at once, such as KV version 1 and database credentials.
func (r request) vault(ctx context.Context, ref string) ([]byte, error) {
	path, field, _ := strings.Cut(ref, "#")
	path = strings.Trim(path, "/")
	session, release, err := r.session(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	read, err := session.read(ctx, path, anew(ctx))
	if err != nil {
		return nil, r.ofVault(err, "reading "+path)
	}
	if read == nil || read.Data == nil {
		return nil, r.bad("Vault has nothing at %s; a path of KV version 2 has data/ behind the engine's name, "+
			"as in secret/data/refresher", path)
	}
	fields := any(read.Data)
	if meta, ok := read.Data["metadata"].(map[string]any); ok {
		if inner, ok := read.Data["data"]; ok {
			if fields = inner; inner == nil {
				return nil, r.bad("the newest version of %s in Vault was deleted at %v", path, meta["deletion_time"])
			}
		}
	}
	doc, err := json.Marshal(fields)
	if err != nil {
		return nil, r.unreachable(err, "reading %s from Vault", path)
	}
	if field == "" {
		return doc, nil
	}
	return r.member(doc, path, field)
}

// session is the context's session with Vault, or one of its own. release ends the latter.
func (r request) session(ctx context.Context) (_ *vaultSession, release func(), err error) {
	of, _ := ctx.Value(sessionsKey{}).(*Sessions)
	l, err := r.login(ctx)
	if err != nil {
		return nil, nil, err
	}
	if of == nil {
		s, err := r.logIn(ctx, l)
		return s, func() { s.end(context.WithoutCancel(ctx)) }, err
	}
	of.mu.Lock()
	defer of.mu.Unlock()
	s := of.vault[l]
	if s == nil || s.ended() {
		if s, err = r.logIn(ctx, l); err != nil {
			return nil, nil, err
		}
		of.vault[l] = s
	}
	return s, func() {}, nil
}

// login takes the settings, the environment where they are silent, and looks at the address.
func (r request) login(ctx context.Context) (l login, err error) {
	env := func(name string) string { v, _ := r.Getenv(name); return v }
	v := Vault{}
	if r.Vault != nil {
		v = *r.Vault
	}
	l = login{address: cmp.Or(v.Address, env("VAULT_ADDR")), namespace: cmp.Or(v.Namespace, env("VAULT_NAMESPACE")),
		auth: cmp.Or(v.Auth, "token"), role: v.Role}
	l.mount = strings.Trim(cmp.Or(v.Mount, l.auth), "/")
	if l.auth == "token" {
		if l.token = env("VAULT_TOKEN"); !v.Token.IsZero() {
			if l.token, err = v.Token.Fetch(ctx); err != nil {
				return l, err
			}
		}
	}
	at, err := url.Parse(l.address)
	switch {
	case l.address == "" || l.auth == "token" && l.token == "":
		return l, r.bad("vault:PATH#FIELD needs VAULT_ADDR and VAULT_TOKEN in the environment, or the section vault: " +
			"in the configuration")
	case err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http":
		return l, r.bad("VAULT_ADDR is not a URL such as https://vault.example:8200")
	case at.Scheme == "http" && !host.Loopback(at.Hostname()):
		return l, r.bad("VAULT_ADDR must be an https:// URL: the token and the secret would go over the network " +
			"readable; http:// is for this machine alone")
	}
	return l, nil
}

// logIn makes a session: its token is renewed from now on.
func (r request) logIn(ctx context.Context, l login) (*vaultSession, error) {
	client, err := r.client(l)
	if err != nil {
		return nil, err
	}
	s := &vaultSession{client: client, static: l.auth == "token", leased: map[string]*api.Secret{}}
	if s.static {
		client.SetToken(l.token)
		return s, nil
	}
	proof := map[string]any{"role": l.role}
	if l.auth == "approle" {
		id, err := r.Vault.SecretID.Fetch(ctx)
		if err != nil {
			return nil, err
		}
		proof = map[string]any{"role_id": l.role, "secret_id": id}
	} else {
		jwt, err := os.ReadFile(r.path(r.Vault.JWT))
		if err != nil {
			return nil, r.bad("cannot read the service account's token for Vault: %v", err)
		}
		proof["jwt"] = strings.TrimSpace(string(jwt))
	}
	answer, err := client.Logical().WriteWithContext(ctx, "auth/"+l.mount+"/login", proof)
	if err == nil && (answer == nil || answer.Auth == nil) {
		err = errors.New("the answer holds no token")
	}
	if err != nil {
		return nil, r.ofVault(err, "logging in by "+l.auth)
	}
	client.SetToken(answer.Auth.ClientToken)
	s.renew(answer, func() { s.over = true })
	return s, nil
}

// client is Vault's own client, with a token for the one server that was named.
func (r request) client(l login) (*api.Client, error) {
	env := func(name string) string { v, _ := r.Getenv(name); return v }
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	config := &api.Config{HttpClient: &http.Client{Transport: transport}}
	if err := config.ConfigureTLS(&api.TLSConfig{CACert: env("VAULT_CACERT"), CAPath: env("VAULT_CAPATH"), ClientCert: env("VAULT_CLIENT_CERT"),
		ClientKey: env("VAULT_CLIENT_KEY"), TLSServerName: env("VAULT_TLS_SERVER_NAME")}); err != nil {
		return nil, r.bad("cannot use VAULT_CACERT, VAULT_CAPATH, VAULT_CLIENT_CERT or VAULT_CLIENT_KEY: %v", err)
	}
	at, err := url.Parse(l.address)
	if err != nil {
		return nil, r.bad("VAULT_ADDR is not a URL such as https://vault.example:8200")
	}
	client, err := api.NewClient(&api.Config{
		Address: l.address, Timeout: vaultTimeout, MaxRetries: 2, Backoff: api.DefaultConfig().Backoff, CheckRetry: retry,
		HttpClient: &http.Client{Transport: only{transport, at.Scheme, at.Host}, Timeout: vaultTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, // the client's own work
	})
	if err != nil {
		return nil, r.bad("cannot use the VAULT_ variables of the environment: %v", err)
	}
	client.SetNamespace(l.namespace)
	return client, nil
}

// only sends requests to one server: the client follows redirects with its token.
type only struct {
	next         http.RoundTripper
	scheme, host string
}

func (o only) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != o.scheme || req.URL.Host != o.host {
		return nil, errRedirected
	}
	return o.next.RoundTrip(req)
}

// retry is the client's policy, but that a redirect stays one.
func retry(ctx context.Context, res *http.Response, err error) (bool, error) {
	if errors.Is(err, errRedirected) {
		return false, err
	}
	return api.DefaultRetryPolicy(ctx, res, err)
}

// statuses are Vault's answers in words (its API documentation, HTTP status codes and sys/health).
var statuses = map[int]string{
	400: "it takes the request for malformed: check the path and the namespace",
	403: "it refuses: the token is not valid (any more), or its policies don't allow this path in this namespace",
	405: "this path can't be read",
	412: "it has not yet got the state that was written: try again",
	429: "it answers too many requests: its rate limit is reached",
	472: "it is a secondary for disaster recovery, which gives no secrets: name the primary in VAULT_ADDR",
	473: "it is a performance standby that can't answer this: name the active node in VAULT_ADDR",
	500: "an error inside of it",
	502: "what it asks in turn doesn't answer",
	503: "it is sealed, or down for maintenance: unseal it",
}

// ofVault is an error of Vault's in one sentence. What Vault itself says stays out: it can quote.
func (r request) ofVault(err error, doing string) error {
	var answer *api.ResponseError
	if !errors.As(err, &answer) {
		return r.unreachable(err, "%s: Vault gave no answer", doing)
	}
	if answer.StatusCode == http.StatusNotFound {
		return r.bad("%s: Vault has nothing there", doing)
	}
	text := cmp.Or(statuses[answer.StatusCode], "it does not answer")
	return r.unreachable(fmt.Errorf("%s (HTTP status %d)", text, answer.StatusCode), "%s from Vault", doing)
}

// read reads a path. What has a lease is read once, and kept while the lease is renewed.
func (s *vaultSession) read(ctx context.Context, path string, anew bool) (*api.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept := s.leased[path]; kept != nil && !anew {
		return kept, nil
	}
	delete(s.leased, path)
	read, err := s.client.Logical().ReadWithContext(ctx, path)
	if err == nil && read != nil && read.LeaseID != "" {
		s.leased[path] = read
		s.renewLocked(read, func() {
			if s.leased[path] == read {
				delete(s.leased, path)
			}
		})
	}
	return read, err
}

// renew keeps a token or lease alive; ended is called, under the lock, when that is not
// possible any more.
func (s *vaultSession) renew(of *api.Secret, ended func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renewLocked(of, ended)
}

func (s *vaultSession) renewLocked(of *api.Secret, ended func()) {
	watcher, err := s.client.NewLifetimeWatcher(&api.LifetimeWatcherInput{Secret: of})
	if err != nil {
		ended()
		return
	}
	s.watchers = append(s.watchers, watcher)
	go watcher.Start()
	go func() {
		<-watcher.DoneCh()
		s.mu.Lock()
		defer s.mu.Unlock()
		ended()
	}()
}

func (s *vaultSession) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

// end stops renewing and gives back what Vault lent: the token of the log-in, and with it its leases.
func (s *vaultSession) end(ctx context.Context) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.watchers {
		w.Stop()
	}
	if !s.static {
		_ = s.client.Auth().Token().RevokeSelfWithContext(ctx, "") // else it runs out by itself
		return
	}
	for _, lease := range s.leased {
		_ = s.client.Sys().RevokeWithContext(ctx, lease.LeaseID)
	}
}
