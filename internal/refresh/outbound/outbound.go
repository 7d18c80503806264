// Package outbound sends what a run tells other services: HTTP requests of hooks, notifications, MLflow
// and OpenTelemetry, and the retries and errors that these share with Redis and mail.
//
// An error never holds a URL, a host, a header or an answer's body: any of them can be a secret (the
// path of a Slack webhook is one), and the caller's error says which setting it belongs to.
package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Retry is how often something is tried.
type Retry struct {
	Tries int           // in all; 0 is 1
	Pause time.Duration // before the second try; it doubles from try to try, up to a minute, with jitter
}

// DefaultRetry is 4 tries within some 7 seconds of pauses.
var DefaultRetry = Retry{Tries: 4, Pause: time.Second}

// longestPause bounds every pause, one that a Retry-After header asks for too.
const longestPause = time.Minute

// Do does something until it succeeds, fails for good ([Final]) or was tried often enough. It returns
// how often it was tried.
func (r Retry) Do(ctx context.Context, do func(context.Context) error) (tries int, err error) {
	pause := r.Pause
	for tries = 1; ; tries++ {
		err = do(ctx)
		if err == nil || ctx.Err() != nil || tries >= r.Tries || IsFinal(err) {
			return tries, err
		}
		wait := pause/2 + rand.N(pause/2+1)
		var status *StatusError
		if errors.As(err, &status) && status.RetryAfter > 0 {
			wait = status.RetryAfter
		}
		timer := time.NewTimer(min(wait, longestPause))
		select {
		case <-ctx.Done():
			timer.Stop()
			return tries, err
		case <-timer.C:
		}
		pause = min(2*pause, longestPause)
	}
}

type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// Final marks an error that another try would give again.
func Final(err error) error { return &finalError{err} }

// IsFinal reports whether an error was marked by [Final].
func IsFinal(err error) bool {
	var final *finalError
	return errors.As(err, &final)
}

// StatusError is an answer whose status is not a success.
type StatusError struct {
	Status     int
	RetryAfter time.Duration // 0: the server doesn't say
	Body       []byte        // the beginning of the answer, for the caller to interpret; never to be printed
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answered %d %s", e.Status, http.StatusText(e.Status))
}

// maxAnswer is how much of an answer is read.
const maxAnswer = 1 << 20

// Client sends HTTP requests.
type Client struct{ http *http.Client }

// NewClient makes a client. A redirect is followed on the same scheme and host only, and timeout is for
// one request, its answer included.
func NewClient(roots *tls.Config, timeout time.Duration) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = roots
	return &Client{&http.Client{Transport: transport, Timeout: timeout, CheckRedirect: sameHost}}
}

func sameHost(to *http.Request, via []*http.Request) error {
	if len(via) >= 5 || to.URL.Host != via[0].URL.Host || to.URL.Scheme != via[0].URL.Scheme {
		return errRedirect
	}
	return nil
}

var errRedirect = errors.New("the server redirects to another host, which is not followed")

// Close ends connections that wait for another request.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Do sends a request and returns the answer's body, up to 1 MiB. A status of 300 or more is a
// [StatusError]; one that another try gives again is final.
func (c *Client) Do(req *http.Request) ([]byte, error) {
	res, err := c.http.Do(req)
	if err != nil {
		return nil, Reason(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, Reason(err)
	}
	if res.StatusCode < 300 {
		return body, nil
	}
	failed := &StatusError{Status: res.StatusCode, Body: body, RetryAfter: retryAfter(res.Header.Get("Retry-After"))}
	code := res.StatusCode
	if code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500 {
		return nil, failed
	}
	return nil, Final(failed)
}

// retryAfter reads the header's two forms (RFC 9110, 10.2.3).
func retryAfter(v string) time.Duration {
	if n, err := strconv.Atoi(v); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// Reason is what broke a connection, without the address that the error of the network names.
func Reason(err error) error {
	var dns *net.DNSError
	var number syscall.Errno
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errRedirect):
		return Final(errRedirect)
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &dns):
		return errors.New("its host name can't be resolved")
	case errors.As(err, &unknown):
		return Final(errors.New("the server's certificate is signed by an unknown authority"))
	case errors.As(err, &host):
		return Final(errors.New("the server's certificate is for another host"))
	case errors.As(err, &invalid), errors.As(err, &verify):
		return Final(errors.New("the server's certificate is not valid"))
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return Final(errors.New("the server doesn't speak TLS there"))
	case errors.As(err, &number):
		return number
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("no answer in time")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the server closed the connection")
	}
	return ErrConnection
}

// ErrConnection is the [Reason] of an error that Reason doesn't know.
var ErrConnection = errors.New("the connection failed")

// ParseURL reads a URL of one of the schemes. The error doesn't quote it.
func ParseURL(text string, schemes ...string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err == nil {
		for _, s := range schemes {
			if u.Scheme == s && (u.Host != "" || s == "unix") {
				return u, nil
			}
		}
	}
	return nil, fmt.Errorf("is not a URL that begins with %s://", strings.Join(schemes, ":// or "))
}

// Roots is a TLS configuration that trusts the certificates of a PEM file alone; an empty path
// means those of the system.
func Roots(path string) (*tls.Config, error) {
	if path == "" {
		return &tls.Config{MinVersion: tls.VersionTLS12}, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a file of certificates: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", path)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}, nil
}
