package client_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// A server without TLS is told from one that can't be reached, by its answer.
func TestAServerWithoutTLS(t *testing.T) {
	for answer, want := range map[string]string{"N": "switch ssl on", "": "the connection was cut"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = io.ReadFull(conn, make([]byte, 8)) // SSLRequest
				_, _ = io.WriteString(conn, answer)
				conn.Close()
			}
		}()
		cfg, err := pgx.ParseConfig("postgres://u@" + listener.Addr().String() + "/d?sslmode=require")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Open(t.Context(), cfg, client.Session{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("answer %q: %v, want %q", answer, err, want)
		}
	}
}
