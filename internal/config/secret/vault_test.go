package secret

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"refresher/internal/fault"
)

// vaultServer answers as Vault does to the token, in the namespace.
func vaultServer(t *testing.T, start func(http.Handler) *httptest.Server) (*httptest.Server, *[]http.Header) {
	t.Helper()
	var heard []http.Header
	srv := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heard = append(heard, r.Header)
		switch r.URL.Path {
		case "/v1/secret/data/moved":
			http.Redirect(w, r, "/v1/secret/data/refresher", http.StatusTemporaryRedirect)
		case "/v1/secret/data/refresher":
			fmt.Fprint(w, `{"data":{"data":{"key":"from vault"}}}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(srv.Close)
	return srv, &heard
}

func fetchFrom(ctx context.Context, ref string, env map[string]string) (string, error) {
	env["VAULT_TOKEN"] = "the-token"
	b, err := Fetcher{Getenv: func(s string) (string, bool) { v, ok := env[s]; return v, ok }}.Fetch(ctx, ref)
	return string(b), err
}

// The token goes to the server that was named, encrypted, and nowhere else.
func TestTheTokenStaysWithVault(t *testing.T) {
	const ref = "vault:secret/data/refresher#key"
	for _, address := range []string{"http://vault.example:8200", "http://10.0.0.1:8200", "http://localhost.example", "vault:8200", "ftp://x", ""} {
		var input *fault.Input
		if _, err := fetchFrom(t.Context(), ref, map[string]string{"VAULT_ADDR": address}); !errors.As(err, &input) {
			t.Errorf("%q: %v", address, err)
		}
	}
	active, heard := vaultServer(t, httptest.NewServer)
	if got, err := fetchFrom(t.Context(), "vault:secret/data/moved#key", map[string]string{
		"VAULT_ADDR": active.URL, "VAULT_NAMESPACE": "team/data"}); err != nil || got != "from vault" {
		t.Errorf("redirected on the same server: %q, %v", got, err)
	}
	for _, h := range *heard {
		if h.Get("X-Vault-Token") != "the-token" || h.Get("X-Vault-Namespace") != "team/data" || h.Get("X-Vault-Request") != "true" {
			t.Errorf("%v", h)
		}
	}
	*heard = nil
	standby := httptest.NewServer(http.RedirectHandler(active.URL+"/v1/secret/data/refresher", http.StatusTemporaryRedirect))
	defer standby.Close()
	if _, err := fetchFrom(t.Context(), ref, map[string]string{"VAULT_ADDR": standby.URL}); err == nil ||
		!strings.Contains(err.Error(), "redirects to another host") || strings.Contains(err.Error(), "the-token") {
		t.Error(err)
	}
	if len(*heard) > 0 {
		t.Errorf("another server got %v", *heard)
	}
}

func TestVaultsCertificate(t *testing.T) {
	const ref = "vault:secret/data/refresher#key"
	srv, _ := vaultServer(t, httptest.NewTLSServer)
	if _, err := fetchFrom(t.Context(), ref, map[string]string{"VAULT_ADDR": srv.URL}); err == nil {
		t.Error("a certificate that nobody vouches for is taken")
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(file, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := fetchFrom(t.Context(), ref, map[string]string{"VAULT_ADDR": srv.URL, "VAULT_CACERT": file})
	if err != nil || got != "from vault" {
		t.Errorf("%q, %v", got, err)
	}
	if err := os.WriteFile(file, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, file + ".none"} {
		if _, err := fetchFrom(t.Context(), ref, map[string]string{"VAULT_ADDR": srv.URL, "VAULT_CACERT": path}); err == nil ||
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
	if _, err := fetchFrom(ctx, "vault:secret/data/refresher#key", map[string]string{"VAULT_ADDR": srv.URL}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if c, err := (Fetcher{}).vaultClient(func(string) string { return "" }); err != nil || c.Timeout != vaultTimeout {
		t.Errorf("%v, %v", c, err)
	}
}
