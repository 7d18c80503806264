package hooks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/programs"
)

// Program is a program that works on a database.
type Program struct {
	Args []string // the program and its arguments; no secret, since all users can list them
	Dir  string   // where it runs
	Env  []string // names of environment variables that go along
	// Getenv is os.LookupEnv, or a reader of the environment and a file.
	Getenv func(string) (string, bool)
}

// Check finds the program and its variables.
func (p Program) Check(context.Context) error {
	bad := &fault.Input{}
	if _, err := exec.LookPath(p.Args[0]); err != nil {
		reason := "is not found in PATH"
		switch {
		case errors.Is(err, os.ErrPermission):
			reason = "can't be executed: run chmod +x on it"
		case errors.Is(err, os.ErrNotExist):
			reason = "is not there"
		}
		bad.Problems = append(bad.Problems, fault.Problem{Text: fmt.Sprintf("the program %s %s", p.Args[0], reason)})
	}
	for _, name := range p.Env {
		if _, ok := p.Getenv(name); !ok {
			bad.Problems = append(bad.Problems,
				fault.Problem{Text: fmt.Sprintf("the environment variable %s is not set", name)})
		}
	}
	if len(bad.Problems) > 0 {
		return bad
	}
	return nil
}

// ExitError is a program that ended badly.
type ExitError struct {
	Program string
	Status  int // -1: a signal ended it
	Lines   int // that it wrote
	Late    time.Duration
}

func (e *ExitError) Error() string {
	how := fmt.Sprintf("ended with exit status %d", e.Status)
	switch {
	case e.Late > 0:
		how = fmt.Sprintf("took longer than %s and was ended", e.Late)
	case e.Status < 0:
		how = "was ended by a signal"
	}
	return fmt.Sprintf("the program %s %s, after %s (which is not kept, as it may quote rows)",
		e.Program, how, output(e.Lines))
}

// Run runs the program to its end, and ends what it left running. It gets DATABASE_URL and libpq's
// variables in its environment, never in its arguments. It returns how much it wrote.
func (p Program) Run(ctx context.Context, db *pgx.ConnConfig) (did string, err error) {
	path, err := exec.LookPath(p.Args[0])
	if err != nil {
		return "", p.Check(ctx)
	}
	if path, err = filepath.Abs(path); err != nil { // a relative one would be looked for in Dir
		return "", fmt.Errorf("finding the program %s: %w", p.Args[0], err)
	}
	if db, err = client.LoggedIn(ctx, db, ""); err != nil {
		return "", err
	}
	env, err := p.environ(db)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, path, p.Args[1:]...)
	count := &counter{}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = p.Dir, env, count, count, 5*time.Second
	began := time.Now()
	err = client.RunGroup(cmd)
	var exit *exec.ExitError
	failed := &ExitError{Program: p.Args[0], Lines: count.lines, Status: -1}
	switch {
	case err == nil:
		return output(count.lines), nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		failed.Late = max(time.Second, time.Since(began).Round(time.Second))
		return "", failed
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.As(err, &exit):
		failed.Status = exit.ExitCode()
		return "", failed
	case errors.Is(err, exec.ErrWaitDelay):
		return "", fmt.Errorf("the program %s left another one running, which was ended", p.Args[0])
	}
	return "", fmt.Errorf("running the program %s: %w", p.Args[0], err)
}

func (p Program) environ(db *pgx.ConnConfig) ([]string, error) {
	env := programs.Environ()
	conn, err := client.ApplicationEnv(db)
	if err != nil {
		return nil, err
	}
	for _, name := range p.Env {
		v, ok := p.Getenv(name)
		if _, own := conn[name]; ok && !own {
			env = append(env, name+"="+v)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(conn)) {
		env = append(env, k+"="+conn[k])
	}
	return env, nil
}

// counter counts lines. Both streams of a program write to it one after the other (os/exec).
type counter struct{ lines int }

func (c *counter) Write(b []byte) (int, error) {
	c.lines += bytes.Count(b, []byte{'\n'})
	return len(b), nil
}

// output is a number of lines in words.
func output(lines int) string {
	if lines == 1 {
		return "1 line of output"
	}
	return fmt.Sprintf("%d lines of output", lines)
}
