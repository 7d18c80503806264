package faultproxy_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"refresher/internal/testkit/faultproxy"
)

// echo answers every byte with the same byte.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); c.Close() }()
		}
	}()
	return l.Addr().String()
}

func dial(t *testing.T, p *faultproxy.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp4", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func say(c net.Conn, text string) (string, error) {
	if _, err := io.WriteString(c, text); err != nil {
		return "", err
	}
	b := make([]byte, len(text))
	n, err := io.ReadFull(c, b)
	return string(b[:n]), err
}

func TestTCP(t *testing.T) {
	p, err := faultproxy.Listen(echo(t))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c := dial(t, p)
	if got, err := say(c, "hello"); got != "hello" || err != nil || p.Total() != 10 {
		t.Fatalf("%q, %v, %d bytes", got, err, p.Total())
	}
	p.At(8, p.Cut) // five there, three back
	if got, err := say(c, "hello"); got != "hel" && got != "" || err == nil {
		t.Errorf("cut at the byte: %q, %v", got, err)
	}
	c = dial(t, p)
	if got, err := say(c, "again"); got != "again" || err != nil {
		t.Errorf("after the cut: %q, %v", got, err)
	}
	p.At(2, p.Stall)
	if err := c.SetDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if got, err := say(c, "stall"); got != "" && got != "st" || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("stalled: %q, %v", got, err)
	}
	if got, err := say(dial(t, p), "other"); got != "other" || err != nil {
		t.Errorf("another connection: %q, %v", got, err)
	}
	p.Down()
	if c, err := net.Dial("tcp4", p.Addr()); err == nil { // or refused at once, as the moment has it
		defer c.Close()
		if got, err := say(c, "down"); err == nil {
			t.Errorf("down: %q", got)
		}
	}
	p.Up()
	if got, err := say(dial(t, p), "up"); got != "up" || err != nil {
		t.Errorf("up: %q, %v", got, err)
	}
}

func TestHTTP(t *testing.T) {
	heard := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heard++
		b, _ := io.ReadAll(r.Body)
		_, _ = w.Write(append([]byte(strings.Repeat("x", 100)), b...))
	}))
	defer server.Close()
	whole := strings.Repeat("x", 100) + "body"
	for _, tt := range []struct {
		name   string
		action faultproxy.Action
		heard  int
		check  func(status int, body string, err error) bool
	}{
		{"pass", faultproxy.Pass, 1, func(s int, b string, err error) bool { return s == 200 && b == whole && err == nil }},
		{"answer", faultproxy.Answer(503, "SlowDown"), 0, func(s int, b string, err error) bool { return s == 503 && strings.Contains(b, "SlowDown") }},
		{"before", faultproxy.ResetBefore, 0, func(s int, b string, err error) bool { return err != nil }},
		{"after", faultproxy.ResetAfter, 1, func(s int, b string, err error) bool { return err != nil }},
		{"truncate", faultproxy.Truncate, 1, func(s int, b string, err error) bool {
			return errors.Is(err, io.ErrUnexpectedEOF) && len(b) == 52
		}},
		{"flip", faultproxy.FlipDownload, 1, func(s int, b string, err error) bool { return err == nil && len(b) == 104 && b != whole }},
		{"upload", faultproxy.FlipUpload, 1, func(s int, b string, err error) bool {
			return err == nil && len(b) == 104 && b != whole && b[:100] == whole[:100]
		}},
		{"slow", faultproxy.Slow(time.Millisecond), 1, func(s int, b string, err error) bool { return b == whole && err == nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			heard = 0
			p, err := faultproxy.HTTP(server.URL, func(n int, _ *http.Request) faultproxy.Action {
				if n != 1 {
					t.Errorf("request %d", n)
				}
				return tt.action
			})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			status := 0
			var body bytes.Buffer
			res, err := http.Post(p.URL, "text/plain", strings.NewReader("body"))
			if err == nil {
				status = res.StatusCode
				_, err = body.ReadFrom(res.Body)
				res.Body.Close()
			}
			if !tt.check(status, body.String(), err) || heard != tt.heard {
				t.Errorf("status %d, %q, %v, heard %d times", status, body.String(), err, heard)
			}
		})
	}
}
