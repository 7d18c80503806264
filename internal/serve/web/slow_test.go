package web_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"refresher/internal/serve/access"
	"refresher/internal/serve/servetest"
)

// pipes is a listener whose connections are made by a test.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8320} }

// A client that is slow, or silent, is hung up on: it can't hold the server up. The clock is a fake.
func TestSlowClients(t *testing.T) {
	const head = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:8320\r\n"
	for name, c := range map[string]struct {
		sent string
		most time.Duration // that the connection lasts
	}{
		"says nothing":                 {"", 5 * time.Second},
		"never ends its head":          {head + "X-Slow: ", 5 * time.Second},
		"sends no body":                {"POST" + head[3:] + "Content-Length: 9\r\n\r\n", 10 * time.Second},
		"asks nothing more":            {head + "\r\n", 2 * time.Minute},
		"has a head that has no limit": {head + "X-Long: " + string(make([]byte, 64<<10)), time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := newSite(t, servetest.New(), access.Access{}).Server()
				listener := make(pipes)
				go func() { _ = server.Serve(listener) }()
				client, served := net.Pipe()
				listener <- served
				go func() { _, _ = io.WriteString(client, c.sent) }()
				began := time.Now()
				if _, err := io.Copy(io.Discard, client); err != nil && !errors.Is(err, io.ErrClosedPipe) {
					t.Error(err)
				}
				if took := time.Since(began); took > c.most {
					t.Errorf("the connection lasts %s, more than %s", took, c.most)
				}
				_ = server.Close()
				_ = client.Close()
			})
		})
	}
}
