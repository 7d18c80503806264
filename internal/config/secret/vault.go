package secret

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// vaultTimeout is how long Vault may take for an answer.
const vaultTimeout = 30 * time.Second

// errRedirected is of a Vault that sends its clients to another host.
var errRedirected = errors.New("it redirects to another host or protocol, where the token must not go: name the active " +
	"node in VAULT_ADDR, or have standby nodes forward requests")

// vault reads Vault's KV version 2 over HTTP (GET /v1/<path>; the path holds "/data/", as in
// secret/data/refresher), as VAULT_ADDR, VAULT_TOKEN, VAULT_NAMESPACE, VAULT_CACERT and
// VAULT_TLS_SERVER_NAME say. docs/decisions has why this is not Vault's own client.
func (f Fetcher) vault(ctx context.Context, ref string) ([]byte, error) {
	path, field, _ := strings.Cut(ref, "#")
	env := func(name string) string { v, _ := f.Getenv(name); return v }
	if field == "" || env("VAULT_ADDR") == "" || env("VAULT_TOKEN") == "" {
		return nil, f.bad("vault:PATH#FIELD needs a field, and VAULT_ADDR and VAULT_TOKEN in the environment")
	}
	at, err := url.Parse(env("VAULT_ADDR"))
	if err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" {
		return nil, f.bad("VAULT_ADDR is not a URL such as https://vault.example:8200")
	}
	if at.Scheme == "http" && !loopback(at.Hostname()) {
		return nil, f.bad("VAULT_ADDR must be an https:// URL: the token and the secret would go over the network readable; " +
			"http:// is for this machine alone")
	}
	client, err := f.vaultClient(env)
	if err != nil {
		return nil, err
	}
	at = at.JoinPath("v1", path)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, f.bad("VAULT_ADDR is not a URL such as https://vault.example:8200")
	}
	req.Header.Set("X-Vault-Token", env("VAULT_TOKEN"))
	req.Header.Set("X-Vault-Request", "true") // which agents can ask for, so that no page's request passes
	if ns := env("VAULT_NAMESPACE"); ns != "" {
		req.Header.Set("X-Vault-Namespace", ns)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reading the secret %s from Vault: %w", path, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("reading the secret %s from Vault: %w", path, err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("reading the secret %s from Vault: HTTP status %d", path, res.StatusCode)
	}
	var answer struct {
		Data struct {
			Data json.RawMessage `json:"data"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil, fmt.Errorf("reading the secret %s from Vault: the answer is not KV version 2", path)
	}
	return f.jsonField(answer.Data.Data, path, field)
}

// loopback reports a host that is this machine, by what it is called.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// vaultClient is a client that gives the token to the one server that was named.
func (f Fetcher) vaultClient(env func(string) string) (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: env("VAULT_TLS_SERVER_NAME")}
	if file := env("VAULT_CACERT"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, f.bad("cannot read VAULT_CACERT: %v", err)
		}
		if config.RootCAs = x509.NewCertPool(); !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, f.bad("VAULT_CACERT holds no certificate in PEM")
		}
	}
	return &http.Client{
		Timeout:   vaultTimeout,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, ForceAttemptHTTP2: true},
		CheckRedirect: func(to *http.Request, via []*http.Request) error {
			if from := via[0].URL; to.URL.Scheme != from.Scheme || to.URL.Host != from.Host || len(via) > 3 {
				return errRedirected
			}
			return nil
		},
	}, nil
}
