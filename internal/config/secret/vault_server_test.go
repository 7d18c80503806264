package secret

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// vaultd is a server that speaks Vault's HTTP API as its documentation has it, for a KV engine
// of each version, AppRole, Kubernetes and an engine for databases. It is strict: a request
// without its headers, or with a token or namespace that isn't known, is refused.
type vaultd struct {
	*httptest.Server
	namespace string
	status    int         // answers all requests for secrets
	header    http.Header // goes with status

	mu      sync.Mutex
	tokens  map[string]bool
	heard   []string // method and path of each request that was let in
	users   int      // of the engine for databases
	renewed chan string
}

const vaultToken = "hvs.the-token"

func newVault(t *testing.T, start func(http.Handler) *httptest.Server) *vaultd {
	t.Helper()
	v := &vaultd{tokens: map[string]bool{vaultToken: true}, renewed: make(chan string, 16)}
	v.Server = start(v)
	t.Cleanup(v.Close)
	return v
}

func (v *vaultd) calls(prefix string) (n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, h := range v.heard {
		if strings.HasPrefix(h, prefix) {
			n++
		}
	}
	return n
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, text string) {
	answer(w, status, map[string]any{"errors": []string{text}})
}

type object = map[string]any

func (v *vaultd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	path, ok := strings.CutPrefix(r.URL.Path, "/v1/")
	token := r.Header.Get("X-Vault-Token")
	login := strings.HasSuffix(path, "/login")
	switch {
	case !ok || r.Header.Get("X-Vault-Request") != "true":
		refuse(w, http.StatusBadRequest, "missing X-Vault-Request")
		return
	case r.Header.Get("X-Vault-Namespace") != v.namespace:
		refuse(w, http.StatusNotFound, "no handler for route")
		return
	case !login && !v.tokens[token]:
		refuse(w, http.StatusForbidden, "permission denied")
		return
	}
	v.heard = append(v.heard, r.Method+" "+path)
	var in object
	if r.Body != nil && r.Method != http.MethodGet {
		_ = json.NewDecoder(r.Body).Decode(&in)
	}
	if v.status != 0 && r.Method == http.MethodGet {
		for k := range v.header {
			w.Header().Set(k, v.header.Get(k))
		}
		refuse(w, v.status, "the-secret is quoted here")
		return
	}
	switch r.Method + " " + path {
	case "PUT auth/approle/login", "PUT auth/k8s-eu/login":
		known := in["role_id"] == "the-role" && in["secret_id"] == "the-secret-id" || in["role"] == "refresher" && in["jwt"] == "the.jwt"
		if !known {
			refuse(w, http.StatusBadRequest, "invalid role or secret ID")
			return
		}
		v.tokens["hvs.lent"] = true
		answer(w, 200, object{"auth": object{"client_token": "hvs.lent", "lease_duration": 1200, "renewable": true, "accessor": "a"}})
	case "PUT auth/token/renew-self":
		v.renewed <- "token"
		answer(w, 200, object{"auth": object{"client_token": token, "lease_duration": 1200, "renewable": true}})
	case "PUT auth/token/revoke-self":
		delete(v.tokens, token)
		w.WriteHeader(http.StatusNoContent)
	case "PUT sys/leases/renew":
		v.renewed <- in["lease_id"].(string)
		answer(w, 200, object{"lease_id": in["lease_id"], "lease_duration": 3600, "renewable": true})
	case "PUT sys/leases/revoke":
		w.WriteHeader(http.StatusNoContent)
	default:
		v.secrets(w, r, path)
	}
}

// secrets answers reads.
func (v *vaultd) secrets(w http.ResponseWriter, r *http.Request, path string) {
	switch r.Method + " " + path {
	case "GET secret/data/refresher":
		answer(w, 200, object{"data": object{"data": object{"key": "from vault", "n": 1}, "metadata": object{"version": 3, "deletion_time": ""}}})
	case "GET secret/data/gone":
		answer(w, 404, object{"data": object{"data": nil, "metadata": object{"version": 3, "deletion_time": "2026-11-29T01:02:03Z", "destroyed": false}}})
	case "GET kv/refresher":
		answer(w, 200, object{"data": object{"key": "from version 1"}, "lease_duration": 2764800})
	case "GET database/creds/app":
		v.users++
		answer(w, 200, object{"lease_id": "database/creds/app/1", "lease_duration": 3600, "renewable": true,
			"data": object{"username": "v-app-" + string(rune('0'+v.users)), "password": "made"}})
	case "GET secret/data/moved":
		http.Redirect(w, r, "/v1/secret/data/refresher", http.StatusTemporaryRedirect)
	default:
		answer(w, 404, object{"errors": []string{}})
	}
}
