package s3sink

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// While a long request is being sent its answer may take its time; when nothing moves
// any more, reading fails.
func TestSendingIsNoSilence(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			_, _ = io.Copy(io.Discard, c)
		}
	}()
	raw, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	const stall = 400 * time.Millisecond
	conn := &restless{Conn: raw, stall: stall}
	defer conn.Close()
	failed := make(chan error, 1)
	go func() { _, err := conn.Read(make([]byte, 1)); failed <- err }()
	pieces := time.NewTicker(stall / 8)
	defer pieces.Stop()
	for range 24 { // three times the longest silence
		<-pieces.C
		if _, err := conn.Write([]byte("piece")); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-failed:
			t.Fatalf("reading failed while something was sent: %v", err)
		default:
		}
	}
	if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
