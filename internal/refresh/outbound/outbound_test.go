package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func get(t *testing.T, client *Client, url string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Do(req)
	return err
}

// No error of the network or of a server shows the address, which can be a secret.
func TestErrorsHoldNoAddress(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/elsewhere/hunter2":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "/slow/hunter2":
			<-r.Context().Done()
		case "/moved/hunter2":
			http.Redirect(w, r, "/fine/hunter2", http.StatusTemporaryRedirect)
		case "/fine/hunter2":
		case "/cut/hunter2":
			panic(http.ErrAbortHandler)
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer server.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	secure.Config.ErrorLog, server.Config.ErrorLog = nil, nil
	client := NewClient(&tls.Config{MinVersion: tls.VersionTLS12}, time.Minute)
	defer client.Close()
	hurried := NewClient(nil, 300*time.Millisecond)
	defer hurried.Close()
	for name, tc := range map[string]struct {
		url, want string
		final     bool
	}{
		"another host":      {server.URL + "/elsewhere/hunter2", "redirects to another host", true},
		"the same host":     {server.URL + "/moved/hunter2", "", false},
		"silence":           {server.URL + "/slow/hunter2", "no answer in time", false},
		"a cut":             {server.URL + "/cut/hunter2", "closed the connection", false},
		"a status":          {server.URL + "/hunter2", "the server answered 418", true},
		"no such host":      {"http://hunter2.invalid/", "can't be resolved", false},
		"nothing there":     {"http://127.0.0.1:1/hunter2", "connection refused", false},
		"an unknown CA":     {secure.URL + "/hunter2", "unknown authority", true},
		"no TLS over there": {"https" + strings.TrimPrefix(server.URL, "http") + "/hunter2", "doesn't speak TLS", true},
	} {
		c := client
		if name == "silence" {
			c = hurried
		}
		err := get(t, c, tc.url)
		var final *finalError
		switch {
		case tc.want == "" && err == nil:
		case err == nil || !strings.Contains(err.Error(), tc.want) || errors.As(err, &final) != tc.final:
			t.Errorf("%s: %v, final: %t", name, err, errors.As(err, &final))
		case strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "127.0.0.1"):
			t.Errorf("%s shows the address: %v", name, err)
		}
	}
}

// What passes by itself is tried again, not before the time that the server asks for; what doesn't
// is tried once.
func TestRetry(t *testing.T) {
	var calls atomic.Int64
	var status atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) < 3 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(int(status.Load()))
		}
	}))
	defer server.Close()
	client := NewClient(nil, time.Minute)
	defer client.Close()
	for code, want := range map[int]int64{429: 3, 503: 3, 400: 1} {
		calls.Store(0)
		status.Store(int64(code))
		began := time.Now()
		ask := func(context.Context) error { return get(t, client, server.URL) }
		tries, err := Retry{Tries: 4, Pause: time.Millisecond}.Do(t.Context(), ask)
		if calls.Load() != want || int64(tries) != want || (err == nil) != (want == 3) {
			t.Errorf("%d: %d calls, %d tries, %v", code, calls.Load(), tries, err)
		}
		if want == 3 && time.Since(began) < 2*time.Second {
			t.Errorf("%d: Retry-After was not heeded", code)
		}
	}
}
