package hooks

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
)

func shadow(t *testing.T) *pgx.ConnConfig {
	t.Helper()
	cfg, err := pgx.ParseConfig("postgres://app:hunter2@db.internal:5432/live?sslmode=require")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Database = "live_shadow"
	return cfg
}

func script(t *testing.T, text string) Program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "migrate")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return Program{Args: []string{path}, Dir: filepath.Dir(path), Env: []string{"RELEASE"},
		Getenv: func(name string) (string, bool) { return "42", name == "RELEASE" }}
}

// A program sees the connection of the shadow and what env: lists, and nothing else of this process.
func TestAProgramsEnvironment(t *testing.T) {
	t.Setenv("REFRESHER_KEY", "hunter3")
	p := script(t, `set -eu
test "$DATABASE_URL" = 'postgres://app:hunter2@db.internal:5432/live_shadow?sslmode=require'
test "$PGDATABASE" = live_shadow && test "$PGPASSWORD" = hunter2 && test -z "${PGOPTIONS:-}" && test "$RELEASE" = 42
test -z "${REFRESHER_KEY:-}"
echo one; echo two >&2`)
	if did, err := p.Run(t.Context(), shadow(t)); err != nil || did != "2 lines of output" {
		t.Errorf("%q, %v", did, err)
	}
}

func TestProgramsThatFail(t *testing.T) {
	var exit *ExitError
	_, err := script(t, "echo hunter2; exit 9").Run(t.Context(), shadow(t))
	if !errors.As(err, &exit) || exit.Status != 9 || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a status: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := script(t, "sleep 60").Run(ctx, shadow(t)); !errors.As(err, &exit) || exit.Late == 0 {
		t.Errorf("a program that hangs: %v", err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := script(t, "sleep 60").Run(stopped, shadow(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that was stopped: %v", err)
	}
}

// A program that is missing, or can't be run, or lacks a variable is found before a run begins.
func TestProgramsAreChecked(t *testing.T) {
	p := script(t, "")
	if err := p.Check(t.Context()); err != nil {
		t.Errorf("a good program: %v", err)
	}
	p.Env = append(p.Env, "NONE")
	if err := os.Chmod(p.Args[0], 0o644); err != nil {
		t.Fatal(err)
	}
	var bad *fault.Input
	if err := p.Check(t.Context()); !errors.As(err, &bad) || len(bad.Problems) != 2 ||
		!strings.Contains(err.Error(), "chmod +x") {
		t.Errorf("not executable, a variable missing: %v", err)
	}
	p.Args = []string{"no-such-program-anywhere"}
	if err := p.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "is not found in PATH") {
		t.Errorf("missing: %v", err)
	}
}
