package secret

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"refresher/internal/fault"
)

// A secret that changes is taken; one that can't be fetched is stale only after three times its interval, and
// not any more once it can. No log holds it.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "token")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first-secret-value")
	f := Fetcher{Dir: dir, Getenv: func(string) (string, bool) { return "", false }}
	text := f.Text("file:token", fault.Problem{Field: "serve.token"})
	var log bytes.Buffer
	w := NewWatch(slog.New(slog.NewTextHandler(&log, nil)))
	var taken []string
	refused := errors.New("it is too short")
	w.Add(text, time.Minute, "first-secret-value", func(s string) error {
		if len(s) < 8 {
			return refused
		}
		taken = append(taken, s)
		return nil
	})
	w.Add(text, time.Minute, "", nil)               // once is enough
	w.Add(NewText("at-hand"), time.Minute, "", nil) // is no reference
	w.Add(f.Text("at-hand", fault.Problem{}), time.Hour, "", nil)
	if len(w.watched) != 1 {
		t.Fatalf("%d secrets are watched", len(w.watched))
	}
	now := w.watched[0].good
	look := func(after time.Duration) { now = now.Add(after); w.look(context.Background(), w.watched[0], now) }
	stale := func(want string) {
		t.Helper()
		if got := strings.Join(w.stale(now), " "); got != want {
			t.Errorf("stale: %q, want %q", got, want)
		}
	}
	look(time.Minute)
	if stale(""); len(taken) > 0 {
		t.Error("what did not change was taken")
	}
	write("second-secret-value")
	look(time.Minute)
	write("short")
	look(time.Minute)
	look(time.Minute)
	stale("")
	look(time.Minute)
	stale("serve.token") // what the service uses is not what the store has
	write("third-secret-value")
	look(time.Minute)
	stale("")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for range patience {
		stale("")
		look(time.Minute)
	}
	stale("serve.token")
	write("third-secret-value")
	look(time.Minute)
	stale("")
	if strings.Join(taken, " ") != "second-secret-value third-secret-value" {
		t.Errorf("taken: %q", taken)
	}
	if strings.Contains(log.String(), "secret-value") || strings.Count(log.String(), "could not be fetched") != 2 {
		t.Errorf("the log:\n%s", log.String())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w.Run(ctx) // ends with its context
}
