//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// quiet is an input on which nothing ever comes: it tells when it is read.
type quiet struct{ read, end chan struct{} }

func (q quiet) Read([]byte) (int, error) {
	select {
	case q.read <- struct{}{}:
	case <-q.end:
	}
	<-q.end
	return 0, io.EOF
}

// An interrupt ends verify while it waits for input that does not come.
func TestInterruptedWhileReading(t *testing.T) {
	dir := t.TempDir()
	fifo, folder := filepath.Join(dir, "fifo"), filepath.Join(dir, "refresher.yaml")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	for name, text := range map[string]string{"rules.yaml": "version: 1\ntables: {}\n", "refresher.yaml": `
source: {url: "postgres://u@127.0.0.1:1/app"}
staging: {url: "postgres://u@127.0.0.1:1/stage"}
rules: [rules.yaml]
key: env:KEY
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verify := func(in io.Reader, target string, ready func()) {
		t.Helper()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		code := make(chan int, 1)
		var out, said bytes.Buffer
		go func() {
			code <- run(ctx, []string{"verify", "--offline", "--config", folder, "--target", target}, &app{in: in, out: &out, err: &said, getenv: os.LookupEnv})
		}()
		ready()
		cancel()
		select {
		case c := <-code:
			if c != exitInterrupted {
				t.Errorf("%s: exit %d\n%s", target, c, said.String())
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s: still there", target)
		}
	}
	q := quiet{make(chan struct{}), make(chan struct{})}
	verify(q, "-", func() { <-q.read })
	close(q.end)

	verify(nil, fifo, func() {}) // waits for a writer
	var writer *os.File
	defer func() { writer.Close() }()
	verify(nil, fifo, func() { // waits for the writer to write
		var err error
		if writer, err = os.OpenFile(fifo, os.O_WRONLY, 0); err != nil {
			t.Fatal(err)
		}
	})
}
