package secret

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"refresher/internal/fault"
)

const vaultRef = "vault:secret/data/refresher#key"

func fetchFrom(ctx context.Context, ref string, env map[string]string) (string, error) {
	env["VAULT_TOKEN"] = vaultToken
	return fetch(ctx, "", env, ref)
}

func TestVaultEngines(t *testing.T) {
	v := newVault(t, httptest.NewServer)
	for ref, want := range map[string]string{
		vaultRef:                             "from vault",
		"vault:/secret/data/refresher#key":   "from vault",
		"vault:secret/data/moved#key":        "from vault", // redirected on the same server
		"vault:kv/refresher#key":             "from version 1",
		"vault:kv/refresher":                 `{"key":"from version 1"}`,
		"vault:database/creds/app#password":  "made",
		"vault:secret/data/refresher#none":   "!has no text field",
		"vault:secret/data/refresher#n":      "!has no text field",
		"vault:secret/data/gone#key":         "!was deleted at 2026-11-29T01:02:03Z",
		"vault:secret/data/nothing#key":      "!Vault has nothing at",
		"vault:secret/refresher#key":         "!has data/ behind the engine's name",
		"vault:secret/data/refresher/x?y#no": "!Vault has nothing at",
	} {
		got, err := fetchFrom(t.Context(), ref, map[string]string{"VAULT_ADDR": v.URL})
		var input *fault.Input
		if bad, is := strings.CutPrefix(want, "!"); is && (!errors.As(err, &input) || !strings.Contains(err.Error(), bad)) || !is && (err != nil || got != want) {
			t.Errorf("%s: %q, %v", ref, got, err)
		}
	}
}

// A Vault that refuses or isn't ready is a fault of the environment, in one sentence without what it says.
func TestVaultSaysNo(t *testing.T) {
	for status, want := range map[int]string{400: "path and the namespace", 403: "token is not valid", 429: "rate limit", 472: "disaster recovery",
		473: "performance standby", 503: "sealed"} {
		v := newVault(t, httptest.NewServer)
		v.status, v.header = status, http.Header{"Retry-After": {"0"}}
		_, err := fetchFrom(t.Context(), vaultRef, map[string]string{"VAULT_ADDR": v.URL})
		var input *fault.Input
		if err == nil || errors.As(err, &input) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "the-secret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%d: %v", status, err)
		}
		if n := v.calls("GET"); (status == 429 || status == 503) != (n == 3) {
			t.Errorf("%d was asked for %d times", status, n)
		}
	}
	v := newVault(t, httptest.NewServer)
	if _, err := fetch(t.Context(), "", map[string]string{"VAULT_ADDR": v.URL, "VAULT_TOKEN": "hvs.expired"}, vaultRef); err == nil || !strings.Contains(err.Error(), "token is not valid") {
		t.Error(err)
	}
}

// The token goes to the server that was named, encrypted, and nowhere else.
func TestTheTokenStaysWithVault(t *testing.T) {
	for _, address := range []string{"http://vault.example:8200", "http://10.0.0.1:8200", "http://localhost.example", "vault:8200", "ftp://x", ""} {
		var input *fault.Input
		if _, err := fetchFrom(t.Context(), vaultRef, map[string]string{"VAULT_ADDR": address}); !errors.As(err, &input) {
			t.Errorf("%q: %v", address, err)
		}
	}
	active := newVault(t, httptest.NewServer)
	active.namespace = "team/data"
	got, err := fetchFrom(t.Context(), vaultRef, map[string]string{"VAULT_ADDR": active.URL, "VAULT_NAMESPACE": "team/data"})
	if err != nil || got != "from vault" {
		t.Errorf("%q, %v", got, err)
	}
	active.heard = nil
	standby := httptest.NewServer(http.RedirectHandler(active.URL+"/v1/secret/data/refresher", http.StatusTemporaryRedirect))
	defer standby.Close()
	if _, err := fetchFrom(t.Context(), vaultRef, map[string]string{"VAULT_ADDR": standby.URL}); err == nil ||
		!strings.Contains(err.Error(), "redirects to another host") || strings.Contains(err.Error(), vaultToken) {
		t.Error(err)
	}
	if len(active.heard) > 0 {
		t.Errorf("another server got %v", active.heard)
	}
}

func TestVaultsCertificate(t *testing.T) {
	t.Setenv("VAULT_SKIP_VERIFY", "true") // which does not count
	v := newVault(t, httptest.NewTLSServer)
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := fetchFrom(short, vaultRef, map[string]string{"VAULT_ADDR": v.URL}); err == nil {
		t.Error("a certificate of an unknown authority is taken")
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: v.Certificate().Raw})
	if err := os.WriteFile(file, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := fetchFrom(t.Context(), vaultRef, map[string]string{"VAULT_ADDR": v.URL, "VAULT_CACERT": file})
	if err != nil || got != "from vault" {
		t.Errorf("%q, %v", got, err)
	}
	if err := os.WriteFile(file, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, file + ".none"} {
		if _, err := fetchFrom(t.Context(), vaultRef, map[string]string{"VAULT_ADDR": v.URL, "VAULT_CACERT": path}); err == nil ||
			!strings.Contains(err.Error(), "VAULT_CACERT") {
			t.Error(err)
		}
	}
}

// A Vault that does not answer is given up.
func TestASilentVault(t *testing.T) {
	done := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer srv.Close()
	defer close(done)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := fetchFrom(ctx, vaultRef, map[string]string{"VAULT_ADDR": srv.URL}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// By AppRole and Kubernetes a session logs in once, renews its token and leases while it lasts, and
// gives both back at its end.
func TestVaultSessions(t *testing.T) {
	jwt := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(jwt, []byte("the.jwt\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, settings := range map[string]Vault{
		"approle":    {Auth: "approle", Role: "the-role", SecretID: NewText("the-secret-id")},
		"kubernetes": {Auth: "kubernetes", Mount: "k8s-eu", Role: "refresher", JWT: jwt},
	} {
		v := newVault(t, httptest.NewServer)
		settings.Address, settings.Namespace, v.namespace = v.URL, "team", "team"
		f := Fetcher{Getenv: func(string) (string, bool) { return "", false }, Vault: &settings}
		ctx, end := WithSessions(t.Context())
		get := func(ctx context.Context, ref, want string) {
			t.Helper()
			if got, err := f.Text(ref, fault.Problem{}).Fetch(ctx); err != nil || got != want {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		get(ctx, vaultRef, "from vault")
		get(ctx, "vault:database/creds/app#username", "v-app-1")
		get(ctx, "vault:database/creds/app#username", "v-app-1")       // the same user while its lease is renewed
		get(Anew(ctx), "vault:database/creds/app#username", "v-app-2") // unless it was refused
		seen := map[string]bool{}
		for len(seen) < 2 {
			seen[<-v.renewed] = true
		}
		if !seen["token"] || !seen["database/creds/app/1"] {
			t.Errorf("%s: renewed: %v", name, seen)
		}
		end()
		if v.tokens["hvs.lent"] || v.calls("PUT auth/token/revoke-self") != 1 || v.calls("PUT auth/approle/login")+v.calls("PUT auth/k8s-eu/login") != 1 {
			t.Errorf("%s: %v", name, v.heard)
		}
		get(t.Context(), vaultRef, "from vault") // by itself, without a session
		if v.tokens["hvs.lent"] {
			t.Errorf("%s: a log-in for one fetch stays", name)
		}
	}
}

func TestVaultSettings(t *testing.T) {
	ref := Fetcher{Getenv: os.LookupEnv}.Text("vault:x#y", fault.Problem{})
	for want, v := range map[string]Vault{
		"":                       {},
		"auth must be":           {Auth: "ldap"},
		"role is missing":        {Auth: "kubernetes"},
		"secret_id is missing":   {Auth: "approle", Role: "r"},
		"token can't itself":     {Token: ref},
		"secret_id can't itself": {SecretID: ref},
	} {
		if field, problem := v.Check(); !strings.HasPrefix(strings.TrimSpace(field+" "+problem), want) || want == "" && field != "" {
			t.Errorf("%q: %s %s", want, field, problem)
		}
	}
	v := newVault(t, httptest.NewServer)
	f := Fetcher{Getenv: os.LookupEnv, Vault: &Vault{Address: v.URL, Auth: "approle", Role: "the-role", SecretID: NewText("wrong")}}
	if _, err := f.Text(vaultRef, fault.Problem{}).Fetch(t.Context()); err == nil || !strings.Contains(err.Error(), "logging in by approle") || strings.Contains(err.Error(), "wrong") {
		t.Error(err)
	}
}
